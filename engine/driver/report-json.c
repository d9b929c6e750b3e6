/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reports as text, there and back. */

#include "driver/report-json.h"

#include "base/json.h"
#include "driver/driver.h"

static void
option_free (gpointer data)
{
	DavitPluginOption *option = (DavitPluginOption *) data;

	g_free (option->key);
	g_free (option->type);
	g_free (option->fallback);
	g_free (option->choices);
	g_free (option->help);
	g_free (option->value);
	g_free (option->source);
	g_free (option);
}

void
davit_report_reset (DavitPluginReport *report)
{
	g_clear_pointer (&report->reason, g_free);
	g_clear_pointer (&report->misset, g_free);
	g_clear_pointer (&report->version, g_free);
	g_clear_pointer (&report->summary, g_free);
	g_clear_pointer (&report->license, g_free);
	g_clear_pointer (&report->needs, g_ptr_array_unref);
	g_clear_pointer (&report->options, g_ptr_array_unref);
	g_clear_pointer (&report->operations, g_strfreev);
	g_clear_pointer (&report->missing, g_strfreev);
	report->loads = FALSE;
	report->usable = FALSE;
	report->abi_major = 0;
	report->abi_minor = 0;
	report->needs = g_ptr_array_new_with_free_func (davit_need_free);
	report->options = g_ptr_array_new_with_free_func (option_free);
	report->operations = g_new0 (char *, 1);
	report->missing = g_new0 (char *, 1);
}

static void
options_write (DavitJsonWriter *writer, const GPtrArray *options)
{
	davit_json_writer_begin_array (writer, "options");
	for (guint i = 0; i < options->len; i++) {
		const DavitPluginOption *option = (const DavitPluginOption *) options->pdata[i];

		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_string_if (writer, "key", option->key);
		davit_json_writer_string_if (writer, "type", option->type);
		davit_json_writer_string_if (writer, "fallback", option->fallback);
		davit_json_writer_string_if (writer, "choices", option->choices);
		davit_json_writer_string_if (writer, "help", option->help);
		davit_json_writer_string_if (writer, "value", option->value);
		davit_json_writer_string_if (writer, "source", option->source);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_array (writer);
}

static void
needs_write (DavitJsonWriter *writer, const GPtrArray *needs)
{
	davit_json_writer_begin_array (writer, "needs");
	for (guint i = 0; i < needs->len; i++) {
		const DavitNeed *need = (const DavitNeed *) needs->pdata[i];

		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_string_if (writer, "what", need->what);
		davit_json_writer_boolean (writer, "met", need->met);
		davit_json_writer_string_if (writer, "hint", need->hint);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_array (writer);
}

char *
davit_report_to_json (const DavitPluginReport *report)
{
	DavitJsonWriter *writer = davit_json_writer_new (FALSE);

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_integer (writer, "kind", report->kind);
	davit_json_writer_boolean (writer, "loads", report->loads);
	davit_json_writer_boolean (writer, "usable", report->usable);
	davit_json_writer_string_if (writer, "reason", report->reason);
	davit_json_writer_string_if (writer, "misset", report->misset);
	davit_json_writer_string_if (writer, "version", report->version);
	davit_json_writer_string_if (writer, "summary", report->summary);
	davit_json_writer_string_if (writer, "license", report->license);
	davit_json_writer_integer (writer, "abi-major", report->abi_major);
	davit_json_writer_integer (writer, "abi-minor", report->abi_minor);
	davit_json_writer_strings (writer, "operations", (const char *const *) report->operations);
	davit_json_writer_strings (writer, "missing", (const char *const *) report->missing);
	options_write (writer, report->options);
	needs_write (writer, report->needs);
	davit_json_writer_end_object (writer);
	return davit_json_writer_finish (writer, NULL);
}

static gboolean
number_read (const DavitJson *object, const char *key, gint64 maximum, guint *ret, GError **error)
{
	gint64 value = 0;

	if (!davit_json_get_integer (object, key, 0, maximum, &value, error))
		return FALSE;
	*ret = (guint) value;
	return TRUE;
}

static gboolean
options_read (const DavitJson *root, GPtrArray *options, GError **error)
{
	const DavitJson *array = NULL;

	if (!davit_json_get_array (root, "options", &array, error))
		return FALSE;
	for (guint i = 0; i < davit_json_length (array); i++) {
		const DavitJson *element = davit_json_element (array, i);
		DavitPluginOption *option = g_new0 (DavitPluginOption, 1);

		g_ptr_array_add (options, option);
		if (!davit_json_dup_string (element, "key", &option->key, error) ||
		    !davit_json_dup_string (element, "type", &option->type, error) ||
		    !davit_json_dup_string (element, "fallback", &option->fallback, error) ||
		    !davit_json_dup_string (element, "choices", &option->choices, error) ||
		    !davit_json_dup_string (element, "help", &option->help, error) ||
		    !davit_json_dup_string (element, "value", &option->value, error) ||
		    !davit_json_dup_string (element, "source", &option->source, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
needs_read (const DavitJson *root, GPtrArray *needs, GError **error)
{
	const DavitJson *array = NULL;

	if (!davit_json_get_array (root, "needs", &array, error))
		return FALSE;
	for (guint i = 0; i < davit_json_length (array); i++) {
		const DavitJson *element = davit_json_element (array, i);
		DavitNeed *need = g_new0 (DavitNeed, 1);

		g_ptr_array_add (needs, need);
		if (!davit_json_dup_string (element, "what", &need->what, error) ||
		    !davit_json_get_boolean (element, "met", &need->met, error) ||
		    !davit_json_dup_string (element, "hint", &need->hint, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
davit_report_from_json (const char *text, gsize length, DavitPluginReport *report, GError **error)
{
	g_autoptr (DavitJson) root = davit_json_parse (text, (gssize) length, error);
	guint kind = 0;

	if (root == NULL)
		return FALSE;
	davit_report_reset (report);
	if (!number_read (root, "kind", DAVIT_KIND_CHECKPOINT, &kind, error) ||
	    !davit_json_get_boolean (root, "loads", &report->loads, error) ||
	    !davit_json_get_boolean (root, "usable", &report->usable, error) ||
	    !davit_json_dup_string (root, "reason", &report->reason, error) ||
	    !davit_json_dup_string (root, "misset", &report->misset, error) ||
	    !davit_json_dup_string (root, "version", &report->version, error) ||
	    !davit_json_dup_string (root, "summary", &report->summary, error) ||
	    !davit_json_dup_string (root, "license", &report->license, error) ||
	    !number_read (root, "abi-major", G_MAXUINT16, &report->abi_major, error) ||
	    !number_read (root, "abi-minor", G_MAXUINT16, &report->abi_minor, error) ||
	    !davit_json_dup_strings (root, "operations", &report->operations, error) ||
	    !davit_json_dup_strings (root, "missing", &report->missing, error) ||
	    !options_read (root, report->options, error) ||
	    !needs_read (root, report->needs, error))
		return FALSE;
	report->kind = (DavitKind) kind;
	return TRUE;
}
