/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Numbers, sizes, durations and times as people write and read them. Strict: no sign, space or
 * leftover where none belongs. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Decimal digits only, within the bounds. what names the value in the error. USAGE. */
gboolean davit_text_parse_unsigned (const char *text, guint64 maximum, const char *what,
				    guint64 *ret, GError **error);
/* "512", "64k", "1.5g", "2gb", "1GiB": powers of 1024. */
gboolean davit_text_parse_size (const char *text, const char *what, guint64 *ret, GError **error);
/* "250ms", "10", "1m30s": to milliseconds; a bare number is seconds. */
gboolean davit_text_parse_duration (const char *text, const char *what, gint64 *ret_msec,
				    GError **error);
/* RFC 3339, seconds since 1970, or a duration before now. To nanoseconds since 1970. */
gboolean davit_text_parse_time (const char *text, const char *what, gint64 *ret_nsec,
				GError **error);
/* "SIGTERM", "term", "15", "SIGRTMIN+3". */
gboolean davit_text_parse_signal (const char *text, int *ret, GError **error);
/* "SIGRTMIN+3"; "unknown signal" if there is none of this number. */
const char *davit_text_signal_name (int signal);

/* "2026-11-24T14:11:26.123456789Z" from nanoseconds since 1970 in UTC. Free with g_free. */
char *davit_text_time (gint64 nsec);
gint64 davit_text_now (void);
/* "3 minutes ago" without "ago"; "12.3MB" with powers of 1000 as docker prints. */
char *davit_text_age (gint64 seconds);
char *davit_text_size (guint64 bytes);

/* Whether every byte is one of [a-z0-9-] and there is one. */
gboolean davit_text_is_plugin_name (const char *text);
/*
 * The same, or "NAME:VARIANT", where VARIANT is [a-zA-Z0-9][a-zA-Z0-9_.-]* or the absolute path of
 * a file, without components that are empty, "." or "..".
 */
gboolean davit_text_is_plugin_choice (const char *text);
/* [a-zA-Z0-9][a-zA-Z0-9_.-]*, at most 255 bytes. */
gboolean davit_text_is_container_name (const char *text);

G_END_DECLS
