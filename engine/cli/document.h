/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A JSON document that a verb shows: as it is, through a template, or indented for people. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "json", or NULL with json_is_usual: as it is; NULL: for people; else a template. */
gboolean davit_document_print (const char *json, const char *format, gboolean json_is_usual,
			       GError **error);

/* For each element of an array a line of the template. */
gboolean davit_document_print_elements (const char *json, const char *format, GError **error);

G_END_DECLS
