/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Log lines on standard error. Library code logs debug only and returns errors; cli decides on the
 * level. What comes from outside is escaped: no control character reaches a terminal.
 */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/* Shows lines up to this level; json: one JSON object a line. */
void davit_log_set_up (DavitLogLevel level, gboolean json);
gboolean davit_log_enabled (DavitLogLevel level);
void davit_log (DavitLogLevel level, const char *domain, const char *format, ...)
	G_GNUC_PRINTF (3, 4);

#define davit_debug(...) davit_log (DAVIT_LOG_DEBUG, G_LOG_DOMAIN, __VA_ARGS__)
#define davit_warning(...) davit_log (DAVIT_LOG_WARNING, G_LOG_DOMAIN, __VA_ARGS__)

/* C0, DEL, C1 and bidirectional controls become \xNN or \u{...}; bad UTF-8 too. g_free it. */
char *davit_log_escape (const char *text);
/* The same, behind what stands in safe. */
void davit_log_escape_append (GString *safe, const char *text);

G_END_DECLS
