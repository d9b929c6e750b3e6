/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tables whose characters may take two places, or none: libsmartcols knows how wide they are. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DavitTableWide: everything is borrowed.
 */
typedef struct {
	char *const *headings;
	gboolean heading; /* FALSE: the first line is left out */
	guint columns;
	const gboolean *right;
	const char *separator;
	const char *cells; /* line by line, with a NUL behind each */
	guint lines;
} DavitTableWide;

/*
 * The text, with spaces at the ends of lines; free with g_free. NULL where the library or a locale
 * with UTF-8 is missing.
 */
char *davit_table_wide_print (const DavitTableWide *wide);

G_END_DECLS
