/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tables for people, by libsmartcols, in docker's plain look: a heading, three spaces, no lines. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _DavitTable DavitTable;

/* headings: NULL-terminated. heading FALSE leaves the first line out. */
DavitTable *davit_table_new (const char *const *headings, gboolean heading);
void davit_table_free (DavitTable *table);
/* Right-aligns a column. */
void davit_table_align_right (DavitTable *table, guint column);
/* cells: as many as headings, copied and escaped; NULL is empty. */
void davit_table_add (DavitTable *table, const char *const *cells);
/* The whole text; never truncated when it does not go to a terminal. Free with g_free. */
char *davit_table_print (DavitTable *table);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitTable, davit_table_free)

G_END_DECLS
