/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What CRIU counted: the file "stats-dump" or "stats-restore" in the work directory. */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/* Adds what is known to result, with the keys of DavitCheckpointOps. keep: the file stays. */
void criu_statistics_add (const DavitHost *host, int work_dirfd, gboolean restore, gboolean keep,
			  DavitResult *result);

typedef void (*CriuStatisticsDo) (gpointer data, const char *key, gint64 value);

/* Calls found for each number in such a file. FALSE: it is none. */
gboolean criu_statistics_parse (const guint8 *bytes, gsize length, CriuStatisticsDo found,
				gpointer data);

G_END_DECLS
