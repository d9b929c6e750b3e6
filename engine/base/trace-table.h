/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Recorded events as a table for people. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* events: lines of JSON, each with a comma behind it. What is no event is left out. g_free it. */
char *davit_trace_table (const char *events);

G_END_DECLS
