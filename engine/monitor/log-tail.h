/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where the last lines of a log begin, found from its end. */

#pragma once

#include "monitor/log-reader.h"

G_BEGIN_DECLS

/* A place in the files of a log, counted from the oldest. */
typedef struct {
	guint file;
	gint64 offset;
} DavitLogPlace;

/*
 * The places from which the records of standard output and of standard error belong to the last
 * query->tail lines. One for each, since lines of the two that come in pieces may be interwoven.
 */
gboolean davit_log_tail_find (const DavitLogQuery *query, const GArray *files,
			      DavitLogPlace ret_starts[2], GError **error);

G_END_DECLS
