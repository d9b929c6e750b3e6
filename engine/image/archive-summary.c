/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What both the engine and the worker do with a summary. */

#include "image/archive.h"

void
davit_archive_summary_clear (DavitArchiveSummary *summary)
{
	g_clear_pointer (&summary->digest, g_free);
	g_clear_pointer (&summary->diff_id, g_free);
	*summary = (DavitArchiveSummary){0};
}
