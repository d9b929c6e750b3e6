/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The engine's side of a launch: starts the set-up child and hears what it says. Over one pipe
 * comes its report (a header and a text), and from the monitor in the end one byte.
 */

#include "container/launch-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/sanitized.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static gboolean
read_all (int fd, gpointer data, gsize length)
{
	char *bytes = data;

	while (length > 0) {
		ssize_t count = read (fd, bytes, length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return FALSE;
		bytes += count;
		length -= (gsize) count;
	}
	return TRUE;
}

/* ret_text is what was created; an error is what the child says or that it is gone. */
static gboolean
report_read (int fd, char **ret_text, GError **error)
{
	DavitLaunchReport header;
	g_autofree char *text = NULL;

	if (!read_all (fd, &header, sizeof header) || header.length > DAVIT_LAUNCH_LIMIT)
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"the process that sets the container up has ended without "
					"a word");
	text = g_malloc0 (header.length + 1);
	if (!read_all (fd, text, header.length))
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"the process that sets the container up has ended in the "
					"middle of a word");
	if (header.code != DAVIT_LAUNCH_CREATED)
		return davit_error_set (error, (DavitErrorCode) header.code, "%s", text);
	*ret_text = g_steal_pointer (&text);
	return TRUE;
}

/* Memory that is still shared must be left alone: a few kilobytes are lost then. */
static void
child_free (DavitLaunchChild *child, gboolean gone)
{
	if (child == NULL || (child->shared && !gone))
		return;
	davit_child_clear (&child->child);
	davit_monitor_command_free (child->command, FALSE);
	g_free (child->program);
	g_free (child->report);
	g_free (child);
}

void
davit_launched_clear (DavitLaunched *launched)
{
	davit_fd_close (&launched->ready_fd);
	child_free (g_steal_pointer (&launched->child), launched->heard);
	g_clear_pointer (&launched->freezer, g_free);
	g_clear_pointer (&launched->statistics, g_strfreev);
}

static void
created_parse (const char *text, DavitLaunched *launched)
{
	g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
	char *rest = NULL;

	launched->pid = g_ascii_strtoll (lines[0], &rest, 10);
	launched->freezer = rest[0] == ' ' && rest[1] != '\0' ? g_strdup (rest + 1) : NULL;
	launched->statistics = g_strdupv (lines + 1);
}

static gboolean
child_start (DavitLaunchChild *child, GError **error)
{
	const DavitLaunch *launch = child->launch;

	/* Sanitizers do not know whose stack it is that they find. */
	child->shared = !DAVIT_SANITIZED && launch->restoring == NULL &&
			launch->prepared->pid.path == NULL &&
			davit_runtime_shares_memory (launch->runtime->runtime);
	if (child->shared)
		return davit_child_start (&child->child, DAVIT_CHILD_STACK, SIGCHLD,
					  davit_launch_child_run, child, error);
	child->child.pid = fork ();
	if (child->child.pid == 0)
		davit_launch_child_run (child);
	return child->child.pid >= 0 || davit_error_errno (error, errno, "fork");
}

/* From here to the report we only wait. */
static gboolean
child_hear (const DavitLaunchChild *child, int fd, char **ret_text, GError **error)
{
	if (report_read (fd, ret_text, error))
		return TRUE;
	while (waitpid (child->child.pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return FALSE;
}

gboolean
davit_launch (const DavitLaunch *launch, DavitLaunched *ret_launched, GError **error)
{
	DavitLaunchChild *child = g_new0 (DavitLaunchChild, 1);
	davit_autofd report_fd = -1;
	davit_autofd child_fd = -1;
	g_autofree char *text = NULL;
	int ends[2] = {-1, -1};
	gboolean heard;

	child->launch = launch;
	child->pidfd = -1;
	child->mounts_fd = -1;
	child->program = g_build_filename (launch->prepared->container->engine->paths->libexecdir,
					   "davit-monitor", NULL);
	heard = pipe2 (ends, O_CLOEXEC) == 0 || davit_error_errno (error, errno, "make a pipe");
	report_fd = ends[0];
	child->report_fd = child_fd = ends[1];
	child->engine_fd = ends[0];
	heard = heard && child_start (child, error);
	davit_fd_close (&child_fd);
	if (!heard || !child_hear (child, report_fd, &text, error)) {
		child_free (child, TRUE);
		return FALSE;
	}
	ret_launched->child = child;
	created_parse (text, ret_launched);
	ret_launched->ready_fd = davit_fd_steal (&report_fd);
	return TRUE;
}

gboolean
davit_launch_wait_ready (DavitLaunched *launched, GError **error)
{
	int number = 0;
	char byte;

	/* Whatever comes, it has executed the monitor, or is gone. */
	launched->heard = TRUE;
	if (!read_all (launched->ready_fd, &byte, sizeof byte))
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"the monitor has ended before it was ready");
	if (byte != DAVIT_LAUNCH_FAILED)
		return TRUE;
	while (waitpid (launched->child->child.pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	if (!read_all (launched->ready_fd, &number, sizeof number))
		number = EPIPE;
	return davit_monitor_execute_failed (launched->child->program, number, error);
}
