/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The output of the verbs that list: rows of fields, shown as a table, through a template, or as a
 * JSON array that the verb writes itself.
 *
 * --format is one of
 *     (nothing), table          the verb's columns
 *     table TEMPLATE            a table; cells are separated by \t
 *     json                      one JSON array for all (as podman; docker prints lines, for which
 *                               there is {{json .}})
 *     TEMPLATE                  for each row, with a line break
 */

#pragma once

#include "base/json.h"
#include "cli/verb.h"

G_BEGIN_DECLS

typedef struct _DavitRows DavitRows;

/**
 * DavitRowsLook: how to show rows. columns: names of fields, separated by spaces.
 */
typedef struct {
	const char *format; /* of the command line, or NULL */
	const DavitField *fields;
	const char *columns; /* the usual ones */
	gboolean no_heading;
} DavitRowsLook;

/* Checks the format; before any work, so that a mistake is told at once. */
DavitRows *davit_rows_new (const DavitRowsLook *look, GError **error);
void davit_rows_free (DavitRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitRows, davit_rows_free)

/* Whether the verb has to write JSON instead. */
gboolean davit_rows_is_json (const DavitRows *rows);
/* Whether a field will be shown: for those that cost something. */
gboolean davit_rows_wants (DavitRows *rows, const char *field);

/* Begins a row. labels ("key=value", for {{.Label "KEY"}}) must outlive rows, or NULL. */
void davit_rows_add (DavitRows *rows, const char *const *labels);
/* Sets a field of the current row; _take frees text. A field of no row is "". */
void davit_rows_set (DavitRows *rows, const char *field, const char *text);
void davit_rows_take (DavitRows *rows, const char *field, char *text);
void davit_rows_set_integer (DavitRows *rows, const char *field, gint64 integer);

/* Writes all to standard output. */
gboolean davit_rows_print (DavitRows *rows, GError **error);

G_END_DECLS
