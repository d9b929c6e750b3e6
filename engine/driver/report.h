/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What one file is, found out in a child, so that a bad one can do no harm here. */

#pragma once

#include "driver/driver.h"
#include "driver/search.h"

G_BEGIN_DECLS

#define DAVIT_REPORT_DEADLINE_MSEC 5000

/* describe: load only, and run none of the plugin's functions. Never NULL. */
DavitPluginReport *davit_report_make (const DavitDriverContext *context,
				      const DavitPluginFile *file, gboolean describe,
				      guint deadline_msec);

/* "usable", "not usable here: REASON" or "does not load: REASON". */
char *davit_report_state (const DavitPluginReport *report);

G_END_DECLS
