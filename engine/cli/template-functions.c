/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The functions of templates: Go's own, and those that docker and podman add. */

#include "base/error.h"
#include "cli/json-escape.h"
#include "cli/template-private.h"

#include <string.h>

/* More is no column of a table any more, and would only eat memory. */
#define PAD_LIMIT 4096

static const TemplateValue *
argument (const GPtrArray *arguments, guint index)
{
	return g_ptr_array_index (arguments, index);
}

static gboolean
argument_string (const char *function, const TemplateValue *value, const char **ret,
		 gboolean *foreign, GError **error)
{
	*ret = "";
	if (foreign != NULL)
		*foreign = FALSE;
	if (value->type != TEMPLATE_STRING)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"template: function \"%s\" takes a string, not a %s",
					function, davit_template_value_kind (value));
	*ret = value->string;
	if (foreign != NULL)
		*foreign = value->foreign;
	return TRUE;
}

static gboolean
argument_integer (const char *function, const TemplateValue *value, gint64 maximum, gint64 *ret,
		  GError **error)
{
	if (value->type != TEMPLATE_INTEGER)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"template: function \"%s\" takes an integer, not a %s",
					function, davit_template_value_kind (value));
	if (value->integer < 0 || value->integer > maximum)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"template: function \"%s\": %" G_GINT64_FORMAT
					" is not between 0 and %" G_GINT64_FORMAT,
					function, value->integer, maximum);
	*ret = value->integer;
	return TRUE;
}

static TemplateValue *
function_json (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	g_autofree char *json = davit_template_value_to_json (argument (arguments, 0));

	return davit_template_value_string (arena, davit_json_escape_controls (json), FALSE);
}

typedef char *(*CaseFunc) (const char *text, gssize length);

static TemplateValue *
text_change (TemplateArena *arena, const char *name, const GPtrArray *arguments, CaseFunc change,
	     GError **error)
{
	const char *text;
	gboolean foreign;
	g_autofree char *valid = NULL;

	if (!argument_string (name, argument (arguments, 0), &text, &foreign, error))
		return NULL;
	valid = g_utf8_make_valid (text, -1);
	return davit_template_value_string (arena, change (valid, -1), foreign);
}

static TemplateValue *
function_lower (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	return text_change (arena, "lower", arguments, g_utf8_strdown, error);
}

static TemplateValue *
function_upper (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	return text_change (arena, "upper", arguments, g_utf8_strup, error);
}

static char *
title_change (const char *text, gssize length)
{
	GString *result = g_string_new (NULL);
	gboolean first = TRUE;

	for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at)) {
		gunichar c = g_utf8_get_char (at);

		g_string_append_unichar (result, first ? g_unichar_totitle (c) : c);
		first = !g_unichar_isalnum (c) && c != '_' && c != '\'';
	}
	return g_string_free (result, FALSE);
}

static TemplateValue *
function_title (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	return text_change (arena, "title", arguments, title_change, error);
}

static TemplateValue *
function_split (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	TemplateValue *list = davit_template_value_list (arena);
	g_auto (GStrv) parts = NULL;
	const char *text, *separator;
	gboolean foreign;

	if (!argument_string ("split", argument (arguments, 0), &text, &foreign, error) ||
	    !argument_string ("split", argument (arguments, 1), &separator, NULL, error))
		return NULL;
	if (separator[0] == '\0') {
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "template: function \"split\": the separator is empty");
		return NULL;
	}
	parts = g_strsplit (text, separator, -1);
	/* Go gives one empty part for an empty text, GLib none. */
	if (parts[0] == NULL)
		g_ptr_array_add (list->list,
				 davit_template_value_string (arena, g_strdup (""), foreign));
	for (gsize i = 0; parts[i] != NULL; i++)
		g_ptr_array_add (list->list,
				 davit_template_value_string (arena, g_strdup (parts[i]), foreign));
	return list;
}

static TemplateValue *
function_join (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	const TemplateValue *list = argument (arguments, 0);
	g_autoptr (GString) text = g_string_new (NULL);
	const char *separator;

	if (!argument_string ("join", argument (arguments, 1), &separator, NULL, error))
		return NULL;
	if (list->type == TEMPLATE_NIL)
		return davit_template_value_string (arena, g_strdup (""), FALSE);
	if (strcmp (davit_template_value_kind (list), "list") != 0) {
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "template: function \"join\" takes a list, not a %s",
				 davit_template_value_kind (list));
		return NULL;
	}
	for (guint i = 0; i < davit_template_value_length (list); i++) {
		g_autofree char *element = davit_template_value_display (
			davit_template_value_element (arena, list, i));

		g_string_append_printf (text, "%s%s", i > 0 ? separator : "", element);
	}
	return davit_template_value_string (arena, g_strdup (text->str), FALSE);
}

static TemplateValue *
function_len (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	gint64 length = davit_template_value_length (argument (arguments, 0));

	if (length >= 0)
		return davit_template_value_integer (arena, length);
	davit_error_set (error, DAVIT_ERROR_USAGE, "template: function \"len\": a %s has no length",
			 davit_template_value_kind (argument (arguments, 0)));
	return NULL;
}

static TemplateValue *
index_step (TemplateArena *arena, const TemplateValue *value, const TemplateValue *key,
	    GError **error)
{
	const DavitJson *member;
	const char *name;
	gint64 index = 0;

	if (strcmp (davit_template_value_kind (value), "object") == 0) {
		if (!argument_string ("index", key, &name, NULL, error))
			return NULL;
		member = davit_json_member (value->json, name);
		/* As Go's empty value of a map of strings. */
		return member != NULL ? davit_template_value_json (arena, member)
				      : davit_template_value_string (arena, g_strdup (""), FALSE);
	}
	if (value->type == TEMPLATE_NIL)
		return davit_template_value_nil (arena);
	if (strcmp (davit_template_value_kind (value), "list") != 0) {
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "template: function \"index\": a %s has no elements",
				 davit_template_value_kind (value));
		return NULL;
	}
	if (!argument_integer ("index", key, davit_template_value_length (value) - 1, &index,
			       error))
		return NULL;
	return davit_template_value_element (arena, value, (guint) index);
}

static TemplateValue *
function_index (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	TemplateValue *value = g_ptr_array_index (arguments, 0);

	for (guint i = 1; value != NULL && i < arguments->len; i++)
		value = index_step (arena, value, argument (arguments, i), error);
	return value;
}

static TemplateValue *
function_slice (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	const TemplateValue *value = argument (arguments, 0);
	gint64 length = davit_template_value_length (value), from = 0, to = length;
	TemplateValue *list;

	if (length < 0 || strcmp (davit_template_value_kind (value), "object") == 0) {
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "template: function \"slice\": a %s can't be sliced",
				 davit_template_value_kind (value));
		return NULL;
	}
	if (arguments->len > 1 &&
	    !argument_integer ("slice", argument (arguments, 1), length, &from, error))
		return NULL;
	if (arguments->len > 2 &&
	    !argument_integer ("slice", argument (arguments, 2), length, &to, error))
		return NULL;
	if (to < from)
		to = from;
	if (value->type == TEMPLATE_STRING)
		return davit_template_value_string (arena,
						    g_strndup (value->string + from,
							       (gsize) (to - from)),
						    value->foreign);
	list = davit_template_value_list (arena);
	for (gint64 i = from; i < to; i++)
		g_ptr_array_add (list->list,
				 davit_template_value_element (arena, value, (guint) i));
	return list;
}

static char *
arguments_join (const GPtrArray *arguments, gboolean all_spaces)
{
	GString *text = g_string_new (NULL);

	for (guint i = 0; i < arguments->len; i++) {
		g_autofree char *part = davit_template_value_display (argument (arguments, i));
		gboolean space = i > 0 && (all_spaces ||
					   (argument (arguments, i)->type != TEMPLATE_STRING &&
					    argument (arguments, i - 1)->type != TEMPLATE_STRING));

		g_string_append_printf (text, "%s%s", space ? " " : "", part);
	}
	return g_string_free (text, FALSE);
}

/* Go puts spaces only between two operands that are no strings. */
static TemplateValue *
function_print (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	return davit_template_value_string (arena, arguments_join (arguments, FALSE), FALSE);
}

static TemplateValue *
function_println (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	g_autofree char *text = arguments_join (arguments, TRUE);

	return davit_template_value_string (arena, g_strconcat (text, "\n", NULL), FALSE);
}

static TemplateValue *
function_not (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	return davit_template_value_boolean (arena, !davit_template_value_is_true (
							    argument (arguments, 0)));
}

static gboolean
value_is_number (const TemplateValue *value)
{
	return value->type == TEMPLATE_INTEGER || value->type == TEMPLATE_DOUBLE;
}

static double
value_number (const TemplateValue *value)
{
	return value->type == TEMPLATE_INTEGER ? (double) value->integer : value->number;
}

static gboolean
values_compare (const char *function, const TemplateValue *a, const TemplateValue *b, int *ret,
		GError **error)
{
	if (a->type == TEMPLATE_STRING && b->type == TEMPLATE_STRING)
		*ret = strcmp (a->string, b->string);
	else if (a->type == TEMPLATE_INTEGER && b->type == TEMPLATE_INTEGER)
		*ret = (a->integer > b->integer) - (a->integer < b->integer);
	else if (value_is_number (a) && value_is_number (b))
		*ret = (value_number (a) > value_number (b)) -
		       (value_number (a) < value_number (b));
	else if (a->type == TEMPLATE_BOOLEAN && b->type == TEMPLATE_BOOLEAN)
		*ret = (a->boolean != 0) - (b->boolean != 0);
	else if (a->type == TEMPLATE_NIL || b->type == TEMPLATE_NIL)
		*ret = (a->type != TEMPLATE_NIL) - (b->type != TEMPLATE_NIL);
	else
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"template: function \"%s\" can't compare a %s with a %s",
					function, davit_template_value_kind (a),
					davit_template_value_kind (b));
	return TRUE;
}

/* Go: the first argument against each of the others. */
static TemplateValue *
function_eq (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	for (guint i = 1; i < arguments->len; i++) {
		int order = 0;

		if (!values_compare ("eq", argument (arguments, 0), argument (arguments, i), &order,
				     error))
			return NULL;
		if (order == 0)
			return davit_template_value_boolean (arena, TRUE);
	}
	return davit_template_value_boolean (arena, FALSE);
}

static gboolean
order_get (const char *function, const GPtrArray *arguments, int *ret, GError **error)
{
	return values_compare (function, argument (arguments, 0), argument (arguments, 1), ret,
			       error);
}

static TemplateValue *
function_ne (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	int order = 0;

	return order_get ("ne", arguments, &order, error)
		       ? davit_template_value_boolean (arena, order != 0)
		       : NULL;
}

static TemplateValue *
function_lt (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	int order = 0;

	return order_get ("lt", arguments, &order, error)
		       ? davit_template_value_boolean (arena, order < 0)
		       : NULL;
}

static TemplateValue *
function_le (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	int order = 0;

	return order_get ("le", arguments, &order, error)
		       ? davit_template_value_boolean (arena, order <= 0)
		       : NULL;
}

static TemplateValue *
function_gt (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	int order = 0;

	return order_get ("gt", arguments, &order, error)
		       ? davit_template_value_boolean (arena, order > 0)
		       : NULL;
}

static TemplateValue *
function_ge (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	int order = 0;

	return order_get ("ge", arguments, &order, error)
		       ? davit_template_value_boolean (arena, order >= 0)
		       : NULL;
}

static TemplateValue *
function_truncate (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	const char *text;
	gboolean foreign;
	gint64 length = 0;
	g_autofree char *valid = NULL;

	if (!argument_string ("truncate", argument (arguments, 0), &text, &foreign, error) ||
	    !argument_integer ("truncate", argument (arguments, 1), G_MAXINT32, &length, error))
		return NULL;
	valid = g_utf8_make_valid (text, -1);
	if (g_utf8_strlen (valid, -1) > length)
		*g_utf8_offset_to_pointer (valid, length) = '\0';
	return davit_template_value_string (arena, g_steal_pointer (&valid), foreign);
}

static TemplateValue *
function_pad (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	const char *text;
	gboolean foreign;
	gint64 before = 0, after = 0;

	if (!argument_string ("pad", argument (arguments, 0), &text, &foreign, error) ||
	    !argument_integer ("pad", argument (arguments, 1), PAD_LIMIT, &before, error) ||
	    !argument_integer ("pad", argument (arguments, 2), PAD_LIMIT, &after, error))
		return NULL;
	if (text[0] == '\0')
		before = after = 0;
	return davit_template_value_string (arena,
					    g_strdup_printf ("%*s%s%*s", (int) before, "", text,
							     (int) after, ""),
					    foreign);
}

/* Sorted by name: the manual shows them in this order. */
static const TemplateFunction functions[] = {
	{"and", 1, G_MAXUINT, NULL},
	{"eq", 2, G_MAXUINT, function_eq},
	{"ge", 2, 2, function_ge},
	{"gt", 2, 2, function_gt},
	{"index", 1, G_MAXUINT, function_index},
	{"join", 2, 2, function_join},
	{"json", 1, 1, function_json},
	{"le", 2, 2, function_le},
	{"len", 1, 1, function_len},
	{"lower", 1, 1, function_lower},
	{"lt", 2, 2, function_lt},
	{"ne", 2, 2, function_ne},
	{"not", 1, 1, function_not},
	{"or", 1, G_MAXUINT, NULL},
	{"pad", 3, 3, function_pad},
	{"print", 0, G_MAXUINT, function_print},
	{"printf", 1, G_MAXUINT, davit_template_printf},
	{"println", 0, G_MAXUINT, function_println},
	{"slice", 1, 3, function_slice},
	{"split", 2, 2, function_split},
	{"title", 1, 1, function_title},
	{"truncate", 2, 2, function_truncate},
	{"upper", 1, 1, function_upper},
};

const TemplateFunction *
davit_template_function_find (const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS (functions); i++) {
		if (strcmp (functions[i].name, name) == 0)
			return &functions[i];
	}
	return NULL;
}

const char *const *
davit_template_functions (void)
{
	/* The same words again, as a vector for messages; test-template.c compares the two. */
	static const char *const names[] = {
		"and",	  "eq",	     "ge",    "gt",    "index", "join",	    "json",  "le",
		"len",	  "lower",   "lt",    "ne",    "not",	"or",	    "pad",   "print",
		"printf", "println", "slice", "split", "title", "truncate", "upper", NULL,
	};

	return names;
}
