/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The parent's half of a report: lets a child find out, and turns whatever became of it into one
 * line of text.
 */

#include "driver/report.h"

#include "base/text.h"
#include "driver/report-child.h"
#include "driver/report-json.h"
#include "driver/watch.h"

#include <string.h>

#define REPORT_SIZE_LIMIT ((gsize) 1024 * 1024)

/* What the child is told. */
typedef struct {
	const DavitDriverContext *context;
	const DavitPluginFile *file;
	gboolean describe;
} ReportTask;

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

static void
child_run (int fd, gconstpointer data)
{
	const ReportTask *task = (const ReportTask *) data;

	davit_report_child (task->context, task->file, task->describe, fd);
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
child_reason (const DavitWatch *child, const siginfo_t *info, const char *phase, gboolean complete,
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
	const ReportTask task = {context, file, describe};
	g_autoptr (GString) text = g_string_new (NULL);
	DavitWatch child = {.pidfd = -1, .fd = -1, .text = text, .limit = REPORT_SIZE_LIMIT};
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
	if (davit_watch_start (&child, 0, child_run, &task, &error))
		davit_watch_wait (&child, deadline_msec);
	davit_watch_end (&child, &info);

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
