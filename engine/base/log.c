/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which lines are shown, and how a line looks. */

#include "base/log.h"
#include "base/fd.h"
#include "base/json.h"

#include <string.h>
#include <unistd.h>

typedef struct {
	DavitLogLevel level;
	gboolean json;
} LogState;

/* The process has one standard error, and so one state of what goes there. */
static LogState *
log_state (void)
{
	static LogState state = {DAVIT_LOG_WARNING, FALSE};

	return &state;
}

void
davit_log_set_up (DavitLogLevel level, gboolean json)
{
	*log_state () = (LogState){level, json};
}

gboolean
davit_log_enabled (DavitLogLevel level)
{
	return level <= log_state ()->level;
}

static const char *
level_name (DavitLogLevel level)
{
	switch (level) {
	case DAVIT_LOG_WARNING:
		return "warning";
	case DAVIT_LOG_INFO:
		return "info";
	case DAVIT_LOG_DEBUG:
	default:
		return "debug";
	}
}

static char *
line_json (DavitLogLevel level, const char *domain, const char *text)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "level", level_name (level));
	davit_json_writer_string_if (writer, "domain", domain);
	davit_json_writer_string (writer, "msg", text);
	davit_json_writer_end_object (writer);
	return davit_json_writer_finish (writer, NULL);
}

void
davit_log (DavitLogLevel level, const char *domain, const char *format, ...)
{
	g_autofree char *text = NULL;
	g_autofree char *safe = NULL;
	g_autofree char *content = NULL;
	g_autofree char *line = NULL;
	va_list values;

	if (!davit_log_enabled (level))
		return;
	va_start (values, format);
	text = g_strdup_vprintf (format, values);
	va_end (values);
	safe = davit_log_escape (text);
	if (log_state ()->json)
		content = line_json (level, domain, safe);
	else
		content = g_strdup_printf ("%s: %s: %s", domain == NULL ? "davit" : domain,
					   level_name (level), safe);
	/* In one write, so that lines of several processes don't mix. */
	line = g_strconcat (content, "\n", NULL);
	davit_fd_write (STDERR_FILENO, line, strlen (line), "standard error", NULL);
}
