/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What CRIU's log says about a failure, in words. */

#pragma once

#include "criu-message.h"

#include <davit/host.h>

G_BEGIN_DECLS

/* Sets the error of a request that failed; always FALSE. what: "checkpoint" or "restore". */
gboolean criu_log_explain (const DavitHost *host, int work_dirfd, const char *file,
			   const char *what, const CriuResponse *response, GError **error);

/* The same from a log's text, which is changed. */
gboolean criu_log_explain_text (char *log, const char *file, const char *what,
				const CriuResponse *response, GError **error);

G_END_DECLS
