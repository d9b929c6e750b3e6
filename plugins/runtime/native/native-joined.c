/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The order of steps, where a container shares the pid namespace of another one:
 *
 *     the process outside                            the parent
 *     joins user and pid, makes the other namespaces
 *     entered                                 →
 *                                             ←      maps and score are written: go
 *     all that native-init.c does
 *     the newcomer, a child of the parent     →
 *     ends                                           records the newcomer
 *     the newcomer: session, directory        ←      go
 *     ready                                   →
 *
 * To join a pid namespace changes where the children of a process are, not where it is itself: the
 * process outside is seen by nobody in there, whatever it has open.
 *
 * Who dies in between leaves nobody behind: each of the three reads what the others would write,
 * and ends with them.
 */

#include "native-joined.h"

#include "native-bare.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Made by the first process itself, or not at all: see native-clone.c. */
#define NOT_NOW (CLONE_NEWPID | CLONE_NEWCGROUP | CLONE_NEWTIME)

gboolean
native_joined_prepare (NativeInit *init, NativeBare *bare, GError **error)
{
	NativeNewcomer *newcomer =
		native_newcomer_new (bare, &init->spec->process, init->seccomp, error);

	if (newcomer == NULL)
		return FALSE;
	newcomer->socket = init->socket;
	newcomer->listener = init->listener;
	newcomer->final.keep[1] = &newcomer->listener;
	newcomer->final.has_personality = init->spec->has_personality;
	newcomer->final.personality = init->spec->personality;
	newcomer->final.pass_fds = init->pass_fds;
	newcomer->final.n_pass_fds = init->n_pass_fds;
	newcomer->final.scratch = init->scratch;
	init->newcomer = newcomer;
	init->bare = bare;
	return TRUE;
}

static gboolean
outside_enter (const NativeInit *init, NativeReport *report)
{
	const NativeNamespaces *namespaces = &init->spec->namespaces;

	if (!native_namespaces_join (namespaces, CLONE_NEWUSER | CLONE_NEWPID, report))
		return FALSE;
	if (unshare (namespaces->new_flags & ~NOT_NOW) < 0)
		return native_report_fail (report, NATIVE_STEP_CLONE, errno, NULL);
	if (!native_report_say (init->socket, NATIVE_REPORT_ENTERED))
		return native_report_fail (report, NATIVE_STEP_WAIT, EPIPE, NULL);
	return native_init_wait_for_parent (init->socket, report) &&
	       native_init_leave_host (init, report);
}

static gboolean
outside_set_up (NativeInit *init, NativeReport *report)
{
	NativeFinal *final = &init->newcomer->final;
	int slave = -1;
	int status;

	umask (0);
	if (!outside_enter (init, report))
		return FALSE;
	/* Before there is anything in memory that the newcomer needs not know, and with procfs. */
	status = native_bare_forget (init->bare, init->proc_fd);
	if (status < 0)
		return native_report_fail (report, NATIVE_STEP_FORGET, status, NULL);
	if (!native_init_make (init, &slave, report) || !native_final_detach (report))
		return FALSE;
	memcpy (final->stdio, init->stdio, sizeof final->stdio);
	return native_final_prepare (final);
}

static int
newcomer_run (gpointer data)
{
	NativeNewcomer *newcomer = (NativeNewcomer *) data;

	if (!native_newcomer_arrive (newcomer) ||
	    !native_init_wait_for_parent (newcomer->socket, &newcomer->report))
		native_init_fail (newcomer->socket, &newcomer->report);
	native_init_finish (&newcomer->final, newcomer->socket, newcomer->listener);
}

void
native_joined_run (gpointer data)
{
	NativeInit *init = (NativeInit *) data;
	NativeNewcomer *newcomer = init->newcomer;

	if (!outside_set_up (init, &newcomer->report))
		native_init_fail (newcomer->socket, &newcomer->report);
	native_newcomer_send (newcomer, init->bare, newcomer_run);
}
