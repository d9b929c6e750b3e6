/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The parent's half of a report: forks, reads with a deadline and a cap, and turns whatever became
 * of the child into one line of text.
 */

#include "driver/report.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "driver/report-child.h"
#include "driver/report-json.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPORT_SIZE_LIMIT ((gsize) 1024 * 1024)

typedef struct {
	pid_t pid;
	int pidfd;
	int fd;
	GString *text;
	gboolean late;
} ReportChild;

void
davit_plugin_report_free (DavitPluginReport *report)
{
	if (report == NULL)
		return;
	davit_report_reset (report);
	g_ptr_array_unref (report->needs);
	g_ptr_array_unref (report->options);
	g_strfreev (report->operations);
	g_strfreev (report->missing);
	g_free (report->name);
	g_free (report->path);
	g_free (report);
}

/* What is in the pipe now. FALSE at its end, or when there is too much. */
static gboolean
child_read (ReportChild *child)
{
	char buffer[4096];
	gssize length;

	while ((length = read (child->fd, buffer, sizeof buffer)) > 0) {
		if (child->text->len + (gsize) length > REPORT_SIZE_LIMIT)
			return FALSE;
		g_string_append_len (child->text, buffer, length);
	}
	return length < 0 && (errno == EAGAIN || errno == EINTR);
}

/*
 * Until the child ends or the deadline passes. The end of the pipe alone tells nothing: a process
 * that the plugin left behind may hold it open.
 */
static void
child_wait (ReportChild *child, guint deadline_msec)
{
	gint64 end = g_get_monotonic_time () + (gint64) deadline_msec * 1000;
	gboolean reading = TRUE;

	for (;;) {
		struct pollfd polls[] = {
			{.fd = child->pidfd, .events = POLLIN},
			{.fd = reading ? child->fd : -1, .events = POLLIN},
		};
		gint64 left = (end - g_get_monotonic_time () + 999) / 1000;

		if (left <= 0) {
			child->late = TRUE;
			return;
		}
		if (poll (polls, G_N_ELEMENTS (polls), (int) left) < 0 && errno != EINTR)
			return;
		if (polls[1].revents != 0)
			reading = child_read (child);
		if (polls[0].revents != 0) {
			child_read (child);
			return;
		}
	}
}

static gboolean
child_start (ReportChild *child, const DavitDriverContext *context, const DavitPluginFile *file,
	     gboolean describe, GError **error)
{
	int pipe_fds[2];

	if (pipe2 (pipe_fds, O_CLOEXEC) < 0)
		return davit_error_errno (error, errno, "pipe");
	child->pid = fork ();
	if (child->pid == 0) {
		close (pipe_fds[0]);
		davit_report_child (context, file, describe, pipe_fds[1]);
	}
	child->fd = pipe_fds[0];
	close (pipe_fds[1]);
	if (child->pid < 0)
		return davit_error_errno (error, errno, "fork");
	/* Here too: otherwise a kill of the group might come before there is one. */
	setpgid (child->pid, child->pid);
	fcntl (child->fd, F_SETFL, O_NONBLOCK);
	child->pidfd = pidfd_open (child->pid, 0);
	if (child->pidfd < 0)
		return davit_error_errno (error, errno, "pidfd");
	return TRUE;
}

/* Ends the whole group, then collects the child; until then nobody else can have its number. */
static void
child_end (ReportChild *child, siginfo_t *ret_info)
{
	int options = WEXITED | WNOWAIT;

	if (child->pid > 0) {
		if (child->late || child->pidfd < 0)
			kill (child->pid, SIGKILL);
		while (waitid (P_PID, (id_t) child->pid, ret_info, options) < 0 && errno == EINTR)
			continue;
		kill (-child->pid, SIGKILL);
		while (waitid (P_PID, (id_t) child->pid, ret_info, WEXITED) < 0 && errno == EINTR)
			continue;
	}
	davit_fd_close (&child->pidfd);
	davit_fd_close (&child->fd);
}

/* Takes the last report and the last phase out of what the child wrote. */
static const char *
report_parse (DavitPluginReport *report, char **lines, gboolean *ret_complete, GError **error)
{
	const char *phase = "starting";
	gboolean complete = FALSE;

	/* The piece behind the last line break is not a whole line. */
	for (guint i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++) {
		if (g_str_has_prefix (lines[i], DAVIT_REPORT_PHASE)) {
			phase = lines[i] + strlen (DAVIT_REPORT_PHASE);
			complete = FALSE;
		} else if (g_str_has_prefix (lines[i], DAVIT_REPORT_REPORT)) {
			const char *json = lines[i] + strlen (DAVIT_REPORT_REPORT);

			if (!davit_report_from_json (json, strlen (json), report, error))
				break;
			complete = TRUE;
		}
	}
	*ret_complete = complete;
	return phase;
}

static char *
child_reason (const ReportChild *child, const siginfo_t *info, const char *phase, gboolean complete,
	      guint deadline_msec)
{
	if (child->late)
		return g_strdup_printf ("did not answer within %g s while %s",
					deadline_msec / 1000.0, phase);
	if (info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED)
		return g_strdup_printf ("crashed with signal %d (%s) while %s", info->si_status,
					davit_text_signal_name (info->si_status), phase);
	if (info->si_status != 0 || !complete)
		return g_strdup_printf ("ended the process with status %d while %s",
					info->si_status, phase);
	return NULL;
}

DavitPluginReport *
davit_report_make (const DavitDriverContext *context, const DavitPluginFile *file,
		   gboolean describe, guint deadline_msec)
{
	g_autoptr (DavitPluginReport) report = g_new0 (DavitPluginReport, 1);
	ReportChild child = {.pidfd = -1, .fd = -1};
	g_autoptr (GString) text = g_string_new (NULL);
	g_auto (GStrv) lines = NULL;
	g_autoptr (GError) error = NULL;
	siginfo_t info = {0};
	gboolean complete = FALSE;
	const char *phase;
	char *reason;

	davit_report_reset (report);
	report->kind = file->kind;
	report->name = g_strdup (file->name);
	report->path = g_strdup (file->path);
	child.text = text;
	if (child_start (&child, context, file, describe, &error))
		child_wait (&child, deadline_msec);
	child_end (&child, &info);

	lines = g_strsplit (text->str, "\n", -1);
	phase = report_parse (report, lines, &complete, error == NULL ? &error : NULL);
	if (error != NULL)
		reason = g_strdup_printf ("gave no report that can be read: %s", error->message);
	else
		reason = child_reason (&child, &info, phase, complete, deadline_msec);
	if (reason == NULL)
		return g_steal_pointer (&report);
	g_free (report->reason);
	report->reason = reason;
	report->usable = FALSE;
	return g_steal_pointer (&report);
}

char *
davit_report_state (const DavitPluginReport *report)
{
	const char *reason = report->reason == NULL ? "no reason was given" : report->reason;

	if (!report->loads)
		return g_strconcat ("does not load: ", reason, NULL);
	if (!report->usable)
		return g_strconcat ("not usable here: ", reason, NULL);
	return g_strdup ("usable");
}
