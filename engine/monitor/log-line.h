/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One record of a log: "TIME stdout|stderr F|P TEXT". */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A longer one is not of a monitor, and is damage. */
#define DAVIT_LOG_LINE_LIMIT (256 * 1024)

typedef struct {
	gint64 time; /* nanoseconds since 1970 */
	gboolean is_stderr;
	gboolean partial;
	const char *text; /* in the line */
	gsize length;
} DavitLogLine;

/* line: without its line break. FALSE: it is damaged. */
gboolean davit_log_line_parse (const char *line, gsize length, DavitLogLine *ret);

G_END_DECLS
