/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The runtime is our child and ends; what it leaves behind comes to us, since we are a subreaper.
 * Whether it did is asked from the kernel: only for a child does waitid not say ECHILD.
 */

#include "oci-process.h"

#include "oci-words.h"
#include "runtime-error.h"
#include "runtime-proc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PID_FILE_LIMIT 64

static gboolean
pid_read (const DavitHost *host, int dirfd, const char *name, int *ret_pid, GError **error)
{
	g_autoptr (GError) local = NULL;
	g_autofree char *text = NULL;
	g_autofree char *plain = NULL;
	guint64 pid = 0;
	gsize length = 0;

	if (!host->files->read_file (dirfd, name, PID_FILE_LIMIT, &text, &length, &local))
		return runtime_error_say (error, DAVIT_ERROR_HELPER,
					  "the runtime succeeded and yet made no process: %s",
					  local->message);
	plain = oci_words_plain (text, (gssize) length);
	if (!g_ascii_string_to_unsigned (plain, 10, 1, G_MAXINT32, &pid, NULL))
		return runtime_error_say (
			error, DAVIT_ERROR_HELPER,
			"the runtime gave \"%s\" where the number of a process was "
			"expected",
			plain);
	*ret_pid = (int) pid;
	return TRUE;
}

static gboolean
is_child (int pidfd)
{
	siginfo_t info;

	return waitid (P_PIDFD, (id_t) pidfd, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static gboolean
start_time_read (OciProcess *process, GError **error)
{
	int proc_fd = -1;
	char state = 0;
	gboolean read = runtime_proc_open (&proc_fd, error) &&
			runtime_proc_start_time (proc_fd, process->pid, &process->start_time,
						 &state, error);

	if (proc_fd >= 0)
		close (proc_fd);
	return read;
}

gboolean
oci_process_open (const DavitHost *host, int dirfd, const char *name, OciProcess *ret,
		  GError **error)
{
	OciProcess process = {.pidfd = -1};

	if (!pid_read (host, dirfd, name, &process.pid, error))
		return FALSE;
	process.pidfd = pidfd_open (process.pid, 0);
	if (process.pidfd < 0 || !is_child (process.pidfd)) {
		if (process.pidfd >= 0)
			close (process.pidfd);
		return runtime_error_say (error, DAVIT_ERROR_HELPER,
					  "the runtime gave the process %d, which it did not make",
					  process.pid);
	}
	if (!start_time_read (&process, error)) {
		close (process.pidfd);
		return FALSE;
	}
	*ret = process;
	return TRUE;
}

gboolean
oci_process_adopt (gboolean adopt)
{
	int before = 0;

	prctl (PR_GET_CHILD_SUBREAPER, &before, 0, 0, 0);
	prctl (PR_SET_CHILD_SUBREAPER, adopt ? 1 : 0, 0, 0, 0);
	return before != 0;
}
