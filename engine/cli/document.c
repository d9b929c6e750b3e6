/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Showing documents. For people it is one "key: value" a line, indented by what it belongs to. */

#include "cli/document.h"

#include "base/json.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/template.h"

#include <string.h>

static void
scalar_append (GString *text, const DavitJson *value)
{
	if (davit_json_type (value) == DAVIT_JSON_STRING) {
		g_autofree char *safe = davit_log_escape (davit_json_string (value));

		g_string_append (text, safe);
	} else if (davit_json_type (value) != DAVIT_JSON_NULL) {
		g_autofree char *number = davit_json_to_text (value);

		g_string_append (text, number);
	}
}

/* Recursion is bounded by the depth that the reader takes; the documents are our own besides. */
static void
value_append (GString *text, const DavitJson *value, int depth)
{
	gboolean object = davit_json_type (value) == DAVIT_JSON_OBJECT;

	for (guint i = 0; i < davit_json_length (value); i++) {
		const DavitJson *element = davit_json_element (value, i);
		gboolean branch = davit_json_type (element) == DAVIT_JSON_OBJECT ||
				  davit_json_type (element) == DAVIT_JSON_ARRAY;

		g_string_append_printf (text, "%*s", depth * 2, "");
		if (object)
			g_string_append_printf (text, "%s:", davit_json_element_key (value, i));
		else
			g_string_append_c (text, '-');
		if (branch) {
			g_string_append_c (text, '\n');
			value_append (text, element, depth + 1);
			continue;
		}
		g_string_append_c (text, ' ');
		scalar_append (text, element);
		g_string_append_c (text, '\n');
	}
}

static gboolean
template_print (const DavitJson *const *values, guint n_values, const char *format, GError **error)
{
	/* A table of documents has no headings. */
	const char *bare =
		g_str_has_prefix (format, "table ") ? format + strlen ("table ") : format;
	g_autoptr (DavitTemplate) template = davit_template_parse (bare, error);
	g_autoptr (GString) text = g_string_new (NULL);

	if (template == NULL)
		return FALSE;
	for (guint i = 0; i < n_values; i++) {
		DavitTemplateData data = {values[i], NULL};

		if (!davit_template_render (template, &data, text, error))
			return FALSE;
		g_string_append_c (text, '\n');
	}
	return davit_cli_print (text->str, error);
}

gboolean
davit_document_print (const char *json, const char *format, gboolean json_is_usual, GError **error)
{
	g_autoptr (DavitJson) document = NULL;
	g_autoptr (GString) text = NULL;

	if (g_strcmp0 (format, "json") == 0 || (format == NULL && json_is_usual))
		return davit_cli_print_json (json, error);
	document = davit_json_parse (json, -1, error);
	if (document == NULL)
		return FALSE;
	if (format != NULL) {
		const DavitJson *const values[] = {document};

		return template_print (values, 1, format, error);
	}
	text = g_string_new (NULL);
	value_append (text, document, 0);
	return davit_cli_print (text->str, error);
}

gboolean
davit_document_print_elements (const char *json, const char *format, GError **error)
{
	g_autoptr (DavitJson) document = davit_json_parse (json, -1, error);
	g_autoptr (GPtrArray) values = g_ptr_array_new ();

	if (document == NULL)
		return FALSE;
	for (guint i = 0; i < davit_json_length (document); i++)
		g_ptr_array_add (values, (gpointer) davit_json_element (document, i));
	return template_print ((const DavitJson *const *) values->pdata, values->len, format,
			       error);
}
