/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The child's half of a report. */

#pragma once

#include "driver/report.h"

G_BEGIN_DECLS

/*
 * What the child writes: lines "phase WORD" when it enters a phase (loading, opening, probing),
 * and "report JSON" when it knows more. The last report counts.
 */
#define DAVIT_REPORT_PHASE "phase "
#define DAVIT_REPORT_REPORT "report "

/* Writes to fd and ends the process. */
G_NORETURN void davit_report_child (const DavitDriverContext *context, const DavitPluginFile *file,
				    gboolean describe, int fd);

G_END_DECLS
