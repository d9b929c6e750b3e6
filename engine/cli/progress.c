/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bars and lines. */

#include "cli/progress.h"

#include "base/log.h"
#include "base/text.h"

#include <stdio.h>
#include <unistd.h>

#define BAR_WIDTH 24

static void
bar_show (DavitProgress *progress, const char *what, guint64 done, guint64 total)
{
	g_autofree char *size = davit_text_size (done);
	int percent = total == 0 ? -1 : (int) (MIN (done, total) * 100 / total);
	int filled = MAX (percent, 0) * BAR_WIDTH / 100;

	/* More often than the picture changes would only slow the work down. */
	if (percent >= 0 && percent == progress->last)
		return;
	progress->last = percent;
	if (percent < 0)
		fprintf (stderr, "\r\033[K%s %s", what, size);
	else
		fprintf (stderr, "\r\033[K%s [%.*s%*s] %3d%% %s", what, filled,
			 "========================", BAR_WIDTH - filled, "", percent, size);
}

static void
progress_step (const char *what, guint64 done, guint64 total, gboolean finished, gpointer data)
{
	DavitProgress *progress = data;
	g_autofree char *safe = davit_log_escape (what);

	if (!finished && progress->bar) {
		bar_show (progress, safe, done, total);
		return;
	}
	if (!finished)
		return;
	fprintf (stderr, "%s%s\n", progress->bar ? "\r\033[K" : "", safe);
	progress->last = -1;
}

void
davit_progress_connect (DavitProgress *progress, DavitEngine *engine, gboolean quiet)
{
	progress->bar = davit_cli_is_fancy (STDERR_FILENO);
	progress->last = -1;
	if (!quiet)
		davit_image_store_set_progress (engine->images, progress_step, progress);
}
