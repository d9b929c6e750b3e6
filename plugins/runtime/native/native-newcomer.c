/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Without no_new_privs a filter needs CAP_SYS_ADMIN: so it is loaded outside, and the newcomer is
 * made under it. To load it in the newcomer would leave that one with CAP_SYS_ADMIN over the host
 * for a moment, or, if it waits for its start, for as long as that takes.
 */

#include "native-newcomer.h"

#include "native-syscall.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static gsize
process_room (const NativeProcess *process)
{
	return native_bare_room_strings (process->args) + native_bare_room_strings (process->env) +
	       native_bare_room (strlen (process->search) + 1) +
	       native_bare_room (strlen (process->cwd) + 1);
}

static void
process_copy (NativeProcess *copy, const NativeProcess *process, NativeBare *bare)
{
	*copy = *process;
	copy->args = native_bare_add_strings (bare, process->args);
	copy->env = native_bare_add_strings (bare, process->env);
	copy->search = native_bare_add_string (bare, process->search);
	copy->cwd = native_bare_add_string (bare, process->cwd);
}

NativeNewcomer *
native_newcomer_new (NativeBare *bare, const NativeProcess *process, const RuntimeSeccomp *seccomp,
		     GError **error)
{
	gsize room = native_bare_room (sizeof (NativeNewcomer)) + process_room (process) +
		     native_seccomp_room (seccomp);
	NativeNewcomer *newcomer;

	if (!native_bare_init (bare, room, error))
		return NULL;
	newcomer = native_bare_add (bare, NULL, sizeof *newcomer);
	process_copy (&newcomer->process, process, bare);
	newcomer->final.process = &newcomer->process;
	newcomer->final.seccomp = native_seccomp_copy (seccomp, bare);
	newcomer->final.report = &newcomer->report;
	newcomer->final.keep[0] = &newcomer->socket;
	newcomer->socket = newcomer->listener = -1;
	return newcomer;
}

void
native_newcomer_send (NativeNewcomer *newcomer, const NativeBare *bare,
		      int (*run) (gpointer newcomer))
{
	NativeReport report = {.kind = NATIVE_REPORT_PROCESS};
	int pidfd = -1;

	if (native_final_give_up (&newcomer->final)) {
		report.number =
			native_bare_clone (bare, CLONE_PIDFD | CLONE_PARENT, run, newcomer, &pidfd);
		if (report.number < 0)
			native_bare_explain (&newcomer->report, errno);
	}
	if (pidfd < 0)
		report = newcomer->report;
	native_report_send (newcomer->socket, &report, pidfd);
	_exit (pidfd < 0 ? 125 : 0);
}

gboolean
native_newcomer_arrive (NativeNewcomer *newcomer)
{
	int slave = newcomer->process.terminal ? STDIN_FILENO : -1;

	return native_final_lead (slave, &newcomer->report) &&
	       native_final_enter (&newcomer->final);
}
