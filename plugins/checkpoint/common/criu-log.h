/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What CRIU's log says about a failure, in words. */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/*
 * Sets the error of a request that failed; always FALSE. what: "checkpoint" or "restore". message
 * and number are what CRIU has answered, which counts where its log has nothing: NULL and 0 if it
 * was not asked by us.
 */
gboolean criu_log_explain (const DavitHost *host, int work_dirfd, const char *file,
			   const char *what, const char *message, int number, GError **error);

/* The same from a log's text, which is changed. */
gboolean criu_log_explain_text (char *log, const char *file, const char *what, const char *message,
				int number, GError **error);

G_END_DECLS
