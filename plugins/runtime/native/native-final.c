/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Giving up privileges in the order in which it is possible:
 *
 *     descriptors, rlimits, bounding set, groups, group, user, capabilities, no_new_privs, cwd
 *     ... waiting ... program, seccomp, execve
 *
 * A filter that allows what is left to do is loaded before the waiting instead.
 *
 * Without no_new_privs a filter needs CAP_SYS_ADMIN, so that the capabilities go after it then; the
 * filter must allow capset and prctl for it, as all known profiles do. A process that comes into a
 * pid namespace of others must not have them when it comes there: it is made under the filter, and
 * what it does until execve the filter must allow, too.
 */

#include "native-final.h"

#include "native-descriptors.h"
#include "native-program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What was ignored stays ignored over execve, and what was blocked, blocked. */
static void
reset_signals (void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		if (i != SIGKILL && i != SIGSTOP)
			sigaction (i, &action, NULL);
	sigemptyset (&none);
	sigprocmask (SIG_SETMASK, &none, NULL);
}

gboolean
native_final_detach (NativeReport *report)
{
	reset_signals ();
	/* The caller's keys are not for the container; a kernel without keys has none to give. */
	if (syscall (SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return native_report_fail (report, NATIVE_STEP_KEYRING, errno, NULL);
	return TRUE;
}

gboolean
native_final_lead (int slave, NativeReport *report)
{
	if (setsid () < 0)
		return native_report_fail (report, NATIVE_STEP_SESSION, errno, NULL);
	if (slave >= 0 && ioctl (slave, TIOCSCTTY, 0) < 0)
		return native_report_fail (report, NATIVE_STEP_TERMINAL, errno, NULL);
	return TRUE;
}

/* The capabilities go only after the filter is loaded. */
static gboolean
filter_needs_privilege (const NativeFinal *final)
{
	return final->seccomp != NULL && !final->process->no_new_privileges;
}

/* Nothing but the group that the process has anyway. */
static gboolean
groups_are_bare (const NativeProcess *process)
{
	for (gsize i = 0; i < process->n_groups; i++) {
		if (process->groups[i] != process->gid)
			return FALSE;
	}
	return TRUE;
}

/* System calls and not the C library's functions: those would tell other threads, under a lock. */
static gboolean
become_user (const NativeProcess *process, NativeReport *report)
{
	if (syscall (SYS_setgroups, process->n_groups, process->groups) < 0 &&
	    /* Forbidden in the user namespace, and there is nothing to set. */
	    (errno != EPERM || !groups_are_bare (process)))
		return native_report_fail (report, NATIVE_STEP_GROUPS, errno, NULL);
	if (syscall (SYS_setresgid, process->gid, process->gid, process->gid) < 0 ||
	    syscall (SYS_setresuid, process->uid, process->uid, process->uid) < 0)
		return native_report_fail (report, NATIVE_STEP_USER, errno, NULL);
	return TRUE;
}

static gboolean
drop_privileges (NativeFinal *final)
{
	const NativeProcess *process = final->process;
	int status = native_rlimits_apply (&process->rlimits);

	if (status < 0)
		return native_report_fail (final->report, NATIVE_STEP_RLIMITS, status, NULL);
	status = native_capabilities_drop_bounding (&process->capabilities);
	if (status == 0 && prctl (PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		status = -errno;
	if (status < 0)
		return native_report_fail (final->report, NATIVE_STEP_CAPABILITIES, status, NULL);
	if (!become_user (process, final->report))
		return FALSE;
	status = filter_needs_privilege (final)
			 ? 0
			 : native_capabilities_apply (&process->capabilities);
	if (status < 0)
		return native_report_fail (final->report, NATIVE_STEP_CAPABILITIES, status, NULL);
	if (process->no_new_privileges && prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return native_report_fail (final->report, NATIVE_STEP_NO_NEW_PRIVILEGES, errno,
					   NULL);
	return TRUE;
}

/*
 * A directory of the host that was reached through a leaked descriptor has no path below our root:
 * the kernel says so in front of the path, or calls it "(unreachable)" (CVE-2024-21626).
 */
static gboolean
enter_directory (const char *cwd, NativeReport *report)
{
	char path[PATH_MAX];
	long length;

	if (chdir (cwd) < 0)
		return native_report_fail (report, NATIVE_STEP_CWD, errno, cwd);
	length = syscall (SYS_getcwd, path, sizeof path);
	if (length < 0)
		return native_report_fail (report, NATIVE_STEP_CWD, errno, cwd);
	if (path[0] != '/')
		return native_report_fail (report, NATIVE_STEP_CWD_OUTSIDE, 0, cwd);
	return TRUE;
}

gboolean
native_final_prepare (NativeFinal *final)
{
	if (!native_descriptors_arrange (final) || !drop_privileges (final))
		return FALSE;
	umask (final->process->umask);
	if (final->has_personality && personality (final->personality) < 0)
		return native_report_fail (final->report, NATIVE_STEP_PERSONALITY, errno, NULL);
	return TRUE;
}

gboolean
native_final_enter (const NativeFinal *final)
{
	return enter_directory (final->process->cwd, final->report);
}

/* The change of user took the effective set, not the permitted one (PR_SET_KEEPCAPS). */
static int
raise_permitted (void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall (SYS_capget, &header, data) < 0)
		return -errno;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].effective = data[i].permitted;
	return syscall (SYS_capset, &header, data) < 0 ? -errno : 0;
}

static gboolean
load_filter (const NativeFinal *final)
{
	gboolean privileged = filter_needs_privilege (final);
	int status = privileged ? raise_permitted () : 0;

	if (status == 0)
		status = native_seccomp_load (final->seccomp);
	if (status < 0)
		return native_report_fail (final->report, NATIVE_STEP_SECCOMP, status, NULL);
	if (privileged)
		status = native_capabilities_apply (&final->process->capabilities);
	if (status < 0)
		return native_report_fail (final->report, NATIVE_STEP_CAPABILITIES, status, NULL);
	return TRUE;
}

/* Before it is time, and then not again. */
static gboolean
load_early (NativeFinal *final)
{
	gboolean loaded = load_filter (final);

	if (loaded)
		final->seccomp = NULL;
	return loaded;
}

gboolean
native_final_give_up (NativeFinal *final)
{
	return !filter_needs_privilege (final) || load_early (final);
}

gboolean
native_final_restrict (NativeFinal *final)
{
	return final->seccomp == NULL || !native_seccomp_lets_start (final->seccomp) ||
	       load_early (final);
}

gboolean
native_final_execute (const NativeFinal *final, int socket)
{
	const NativeProcess *process = final->process;
	char path[NATIVE_PROGRAM_PATH];

	if (!native_program_find (process, path, final->report))
		return FALSE;
	/* Before the filter, which may not let us say it. */
	native_report_say (socket, NATIVE_REPORT_EXECUTING);
	if (final->seccomp != NULL && !load_filter (final))
		return FALSE;
	execve (path, (char *const *) process->args, (char *const *) process->env);
	return native_program_explain (path, errno, final->report);
}
