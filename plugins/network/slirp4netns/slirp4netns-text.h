/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text from outside made fit for messages, JSON text, and descriptors that close themselves. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Closes if not -1 and keeps errno. */
void slirp4netns_fd_close (int *fd);

#define slirp_autofd __attribute__ ((cleanup (slirp4netns_fd_close))) int

static inline int
slirp4netns_fd_steal (int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

/* As UTF-8 without control characters, of at most 300 bytes. */
char *slirp4netns_text_escape (const char *text, gsize length);

/* A JSON string with its quotes; text must be UTF-8. */
char *slirp4netns_text_to_json (const char *text);

/* The last lines of a log that say something, joined by ", "; NULL if there are none. */
char *slirp4netns_text_last_lines (const char *log, gsize length);

/* A number without sign, decimal digits only. */
gboolean slirp4netns_text_to_number (const char *text, guint64 maximum, guint64 *ret);

G_END_DECLS
