/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* /proc/PID/mountinfo: the mounts that a process sees. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
	gint id;
	gint parent;
	char *root;	   /* which part of the file system it shows */
	char *path;	   /* where it is mounted */
	char *file_system; /* type of it */
} CriuMountinfo;

/* An array of CriuMountinfo that owns its texts; NULL and error. */
GArray *criu_mountinfo_read (guint32 pid, GError **error);

/* The same of text, which is changed. NULL: a line is not understood. */
GArray *criu_mountinfo_parse (char *text);

G_END_DECLS
