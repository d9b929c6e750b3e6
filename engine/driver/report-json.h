/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a report comes from the child that made it: one JSON object. */

#pragma once

#include "driver/drivers.h"

G_BEGIN_DECLS

char *davit_report_to_json (const DavitPluginReport *report);

/* Fills in what the child found out: all but name and path. CORRUPT or CONFIG if it is damaged. */
gboolean davit_report_from_json (const char *text, gsize length, DavitPluginReport *report,
				 GError **error);

/* Frees what davit_report_from_json fills in. */
void davit_report_reset (DavitPluginReport *report);

G_END_DECLS
