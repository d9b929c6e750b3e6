/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reads the log that a monitor writes (k8s-file: "TIME stdout|stderr F|P TEXT"), across rotated
 * files, and follows it by inotify.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DavitLogQuery: which lines.
 */
typedef struct {
	int dirfd;	  /* where the log stands */
	const char *name; /* the current file; rotated ones are NAME.1, NAME.2, ... */
	gint64 since;	  /* nanoseconds since 1970; 0: from the start */
	gint64 until;	  /* 0: to the end */
	gint64 tail;	  /* the last n lines; -1: all */
	gboolean follow;
	int end_fd; /* follow ends when this becomes readable (a pidfd or the monitor); or -1 */
} DavitLogQuery;

/* One piece of output; partial: no line break follows. Return FALSE to stop. */
typedef gboolean (*DavitLogFunc) (gint64 time, gboolean is_stderr, const char *text, gsize length,
				  gboolean partial, gpointer data);

void davit_log_query_init (DavitLogQuery *query);
gboolean davit_log_read (const DavitLogQuery *query, DavitLogFunc func, gpointer data,
			 GError **error);

G_END_DECLS
