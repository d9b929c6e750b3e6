/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The exit file, as its readers see it: complete, or damaged and said to be. */

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/lock.h"
#include "monitor/client.h"
#include "monitor/protocol.h"

#include <fcntl.h>
#include <signal.h>

#define EXIT_FILE_LIMIT 4096
#define EXIT_FILE_VERSION 1

static gboolean
exit_parse (const DavitJson *root, DavitExit *result, GError **error)
{
	gint64 status = -1;
	gint64 signal = 0;
	gint64 finished = -1;

	if (!davit_json_get_integer (root, "status", 0, 255, &status, error) ||
	    !davit_json_get_integer (root, "signal", 0, _NSIG - 1, &signal, error) ||
	    !davit_json_get_integer (root, "finished", 0, G_MAXINT64, &finished, error) ||
	    !davit_json_get_boolean (root, "oom_killed", &result->oom_killed, error) ||
	    !davit_json_get_boolean (root, "timed_out", &result->timed_out, error))
		return FALSE;
	if (status < 0 || finished < 0)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "status or time is missing");
	result->status = (int) status;
	result->signal = (int) signal;
	result->finished = finished;
	return TRUE;
}

/* Whatever is wrong with what the file says: it is the file that is damaged. */
static gboolean
damage_report (GError **error, GError *cause)
{
	davit_error_set (error, DAVIT_ERROR_CORRUPT, "exit file \"%s\": %s", DAVIT_PROTOCOL_EXIT,
			 cause->message);
	g_error_free (cause);
	return FALSE;
}

gboolean
davit_monitor_read_exit (int run_dirfd, DavitExit *ret_exit, GError **error)
{
	g_autoptr (DavitJson) root =
		davit_json_read (run_dirfd, DAVIT_PROTOCOL_EXIT, EXIT_FILE_LIMIT, error);
	DavitExit result = {0};
	GError *cause = NULL;
	gint64 version = 0;

	if (root == NULL)
		return FALSE;
	if (!davit_json_get_integer (root, "version", 1, G_MAXINT, &version, &cause))
		return damage_report (error, cause);
	if (version > EXIT_FILE_VERSION)
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"exit file \"%s\": has version %d; a newer davit wrote it",
					DAVIT_PROTOCOL_EXIT, (int) version);
	if (version == 0 || !exit_parse (root, &result, &cause)) {
		if (cause == NULL)
			cause = g_error_new_literal (DAVIT_ERROR, DAVIT_ERROR_CORRUPT,
						     "has no version");
		return damage_report (error, cause);
	}
	*ret_exit = result;
	return TRUE;
}

gboolean
davit_monitor_wait_mounts (int run_dirfd, int monitor_fd, int timeout_msec, GError **error)
{
	static const char name[] = "mounts of the container";
	davit_autofd fd = openat (run_dirfd, DAVIT_PROTOCOL_EXIT,
				  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || davit_lock_take (fd, 0, name, NULL))
		return TRUE;
	/* Mostly the monitor says it in time; to wait for a lock takes a process. */
	if (monitor_fd >= 0)
		davit_fd_wait (monitor_fd, timeout_msec, NULL);
	return davit_lock_take (fd, timeout_msec, name, error);
}
