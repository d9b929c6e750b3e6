/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Values of templates, and how they look. */

#include "cli/template-value.h"

#include "base/log.h"

#include <string.h>

static void
value_free (gpointer data)
{
	TemplateValue *value = data;

	g_free (value->string);
	if (value->list != NULL)
		g_ptr_array_unref (value->list);
	g_free (value);
}

TemplateArena *
davit_template_arena_new (void)
{
	return g_ptr_array_new_with_free_func (value_free);
}

static TemplateValue *
value_new (TemplateArena *arena, TemplateType type)
{
	TemplateValue *value = g_new0 (TemplateValue, 1);

	value->type = type;
	g_ptr_array_add (arena, value);
	return value;
}

TemplateValue *
davit_template_value_nil (TemplateArena *arena)
{
	return value_new (arena, TEMPLATE_NIL);
}

TemplateValue *
davit_template_value_boolean (TemplateArena *arena, gboolean boolean)
{
	TemplateValue *value = value_new (arena, TEMPLATE_BOOLEAN);

	value->boolean = boolean;
	return value;
}

TemplateValue *
davit_template_value_integer (TemplateArena *arena, gint64 integer)
{
	TemplateValue *value = value_new (arena, TEMPLATE_INTEGER);

	value->integer = integer;
	return value;
}

TemplateValue *
davit_template_value_double (TemplateArena *arena, double number)
{
	TemplateValue *value = value_new (arena, TEMPLATE_DOUBLE);

	value->number = number;
	return value;
}

TemplateValue *
davit_template_value_string (TemplateArena *arena, char *string, gboolean foreign)
{
	TemplateValue *value = value_new (arena, TEMPLATE_STRING);

	value->string = string;
	/* What a function has cut in the middle of a character must be escaped, too. */
	value->foreign = foreign || !g_utf8_validate (string, -1, NULL);
	return value;
}

TemplateValue *
davit_template_value_list (TemplateArena *arena)
{
	TemplateValue *value = value_new (arena, TEMPLATE_LIST);

	value->list = g_ptr_array_new ();
	return value;
}

TemplateValue *
davit_template_value_json (TemplateArena *arena, const DavitJson *json)
{
	TemplateValue *value;

	if (json == NULL)
		return davit_template_value_nil (arena);
	switch (davit_json_type (json)) {
	case DAVIT_JSON_BOOLEAN:
		return davit_template_value_boolean (arena, davit_json_boolean (json));
	case DAVIT_JSON_INTEGER:
		return davit_template_value_integer (arena, davit_json_integer (json));
	case DAVIT_JSON_DOUBLE:
		return davit_template_value_double (arena, davit_json_number (json));
	case DAVIT_JSON_STRING:
		return davit_template_value_string (arena, g_strdup (davit_json_string (json)),
						    TRUE);
	case DAVIT_JSON_ARRAY:
	case DAVIT_JSON_OBJECT:
		value = value_new (arena, TEMPLATE_JSON);
		value->json = json;
		return value;
	case DAVIT_JSON_NULL:
	default:
		return davit_template_value_nil (arena);
	}
}

const char *
davit_template_value_kind (const TemplateValue *value)
{
	switch (value->type) {
	case TEMPLATE_BOOLEAN:
		return "boolean";
	case TEMPLATE_INTEGER:
		return "integer";
	case TEMPLATE_DOUBLE:
		return "number";
	case TEMPLATE_STRING:
		return "string";
	case TEMPLATE_LIST:
		return "list";
	case TEMPLATE_JSON:
		return davit_json_type (value->json) == DAVIT_JSON_OBJECT ? "object" : "list";
	case TEMPLATE_NIL:
	default:
		return "missing value";
	}
}

gint64
davit_template_value_length (const TemplateValue *value)
{
	if (value->type == TEMPLATE_STRING)
		return (gint64) strlen (value->string);
	if (value->type == TEMPLATE_LIST)
		return value->list->len;
	return value->type == TEMPLATE_JSON ? (gint64) davit_json_length (value->json) : -1;
}

gboolean
davit_template_value_is_true (const TemplateValue *value)
{
	switch (value->type) {
	case TEMPLATE_BOOLEAN:
		return value->boolean;
	case TEMPLATE_INTEGER:
		return value->integer != 0;
	case TEMPLATE_DOUBLE:
		return value->number != 0;
	case TEMPLATE_STRING:
	case TEMPLATE_LIST:
	case TEMPLATE_JSON:
		return davit_template_value_length (value) > 0;
	case TEMPLATE_NIL:
	default:
		return FALSE;
	}
}

TemplateValue *
davit_template_value_element (TemplateArena *arena, const TemplateValue *value, guint index)
{
	if (value->type == TEMPLATE_LIST)
		return g_ptr_array_index (value->list, index);
	return davit_template_value_json (arena, davit_json_element (value->json, index));
}

/* Line breaks and tabs are what the user's own script may be after; nothing else passes. */
static char *
text_escape (const char *text)
{
	g_autoptr (GString) safe = NULL;

	if (strpbrk (text, "\n\t") == NULL)
		return davit_log_escape (text);
	safe = g_string_new (NULL);
	while (*text != '\0') {
		gsize length = strcspn (text, "\n\t");
		g_autofree char *part = g_strndup (text, length);
		g_autofree char *escaped = davit_log_escape (part);

		g_string_append (safe, escaped);
		text += length;
		if (*text != '\0')
			g_string_append_c (safe, *text++);
	}
	return g_string_free (g_steal_pointer (&safe), FALSE);
}

static char *
number_display (double number)
{
	char buffer[G_ASCII_DTOSTR_BUF_SIZE];

	return g_strdup (g_ascii_formatd (buffer, sizeof buffer, "%.6g", number));
}

static void json_display (const DavitJson *json, GString *text);

static int
key_compare (gconstpointer a, gconstpointer b, gpointer json)
{
	return strcmp (davit_json_element_key (json, *(const guint *) a),
		       davit_json_element_key (json, *(const guint *) b));
}

GArray *
davit_template_value_order (const DavitJson *object)
{
	guint length = davit_json_length (object);
	GArray *order = g_array_sized_new (FALSE, FALSE, sizeof (guint), length);

	for (guint i = 0; i < length; i++)
		g_array_append_val (order, i);
	g_array_sort_with_data (order, key_compare, (gpointer) object);
	return order;
}

static void
object_display (const DavitJson *json, GString *text)
{
	guint length = davit_json_length (json);
	g_autoptr (GArray) order = davit_template_value_order (json);

	g_string_append (text, "map[");
	for (guint i = 0; i < length; i++) {
		guint index = g_array_index (order, guint, i);
		g_autofree char *key = text_escape (davit_json_element_key (json, index));

		g_string_append_printf (text, "%s%s:", i > 0 ? " " : "", key);
		json_display (davit_json_element (json, index), text);
	}
	g_string_append_c (text, ']');
}

/* Recursion is bounded by the depth that the JSON reader takes. */
static void
json_display (const DavitJson *json, GString *text)
{
	g_autoptr (GPtrArray) arena = NULL;
	g_autofree char *scalar = NULL;

	if (davit_json_type (json) == DAVIT_JSON_OBJECT) {
		object_display (json, text);
		return;
	}
	if (davit_json_type (json) == DAVIT_JSON_ARRAY) {
		g_string_append_c (text, '[');
		for (guint i = 0; i < davit_json_length (json); i++) {
			if (i > 0)
				g_string_append_c (text, ' ');
			json_display (davit_json_element (json, i), text);
		}
		g_string_append_c (text, ']');
		return;
	}
	arena = davit_template_arena_new ();
	scalar = davit_template_value_display (davit_template_value_json (arena, json));
	g_string_append (text, scalar);
}

char *
davit_template_value_display (const TemplateValue *value)
{
	g_autoptr (GString) text = NULL;

	switch (value->type) {
	case TEMPLATE_BOOLEAN:
		return g_strdup (value->boolean ? "true" : "false");
	case TEMPLATE_INTEGER:
		return g_strdup_printf ("%" G_GINT64_FORMAT, value->integer);
	case TEMPLATE_DOUBLE:
		return number_display (value->number);
	case TEMPLATE_STRING:
		return value->foreign ? text_escape (value->string) : g_strdup (value->string);
	case TEMPLATE_LIST:
		text = g_string_new ("[");
		for (guint i = 0; i < value->list->len; i++) {
			g_autofree char *element =
				davit_template_value_display (g_ptr_array_index (value->list, i));

			g_string_append_printf (text, "%s%s", i > 0 ? " " : "", element);
		}
		g_string_append_c (text, ']');
		return g_string_free (g_steal_pointer (&text), FALSE);
	case TEMPLATE_JSON:
		text = g_string_new (NULL);
		json_display (value->json, text);
		return g_string_free (g_steal_pointer (&text), FALSE);
	case TEMPLATE_NIL:
	default:
		return g_strdup ("<no value>");
	}
}

static void
value_write (DavitJsonWriter *writer, const TemplateValue *value)
{
	g_autofree char *valid = NULL;

	switch (value->type) {
	case TEMPLATE_BOOLEAN:
		davit_json_writer_boolean (writer, NULL, value->boolean);
		break;
	case TEMPLATE_INTEGER:
		davit_json_writer_integer (writer, NULL, value->integer);
		break;
	case TEMPLATE_DOUBLE:
		davit_json_writer_double (writer, NULL, value->number);
		break;
	case TEMPLATE_STRING:
		/* A slice may have cut a character. */
		valid = g_utf8_make_valid (value->string, -1);
		davit_json_writer_string (writer, NULL, valid);
		break;
	case TEMPLATE_LIST:
		davit_json_writer_begin_array (writer, NULL);
		for (guint i = 0; i < value->list->len; i++)
			value_write (writer, g_ptr_array_index (value->list, i));
		davit_json_writer_end_array (writer);
		break;
	case TEMPLATE_JSON:
		davit_json_writer_value (writer, NULL, value->json);
		break;
	case TEMPLATE_NIL:
	default:
		davit_json_writer_null (writer, NULL);
		break;
	}
}

char *
davit_template_value_to_json (const TemplateValue *value)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);

	value_write (writer, value);
	return davit_json_writer_finish (writer, NULL);
}
