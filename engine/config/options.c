/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Typed option tables: text in, value or an error out that says where the text stands and what
 * would be right. The same code reads [engine] and the groups of plugins, so that a plugin's
 * options behave like the engine's own.
 */

#include "config/options.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

struct _DavitOptionValues {
	GPtrArray *values; /* DavitOptionValue */
};

static void
value_free (gpointer data)
{
	DavitOptionValue *value = (DavitOptionValue *) data;

	g_free (value->text);
	g_free (value->source);
	g_strfreev (value->list);
	g_free (value);
}

void
davit_option_values_free (DavitOptionValues *values)
{
	if (values == NULL)
		return;
	g_ptr_array_unref (values->values);
	g_free (values);
}

guint
davit_option_values_count (const DavitOptionValues *values)
{
	return values->values->len;
}

const DavitOptionValue *
davit_option_values_nth (const DavitOptionValues *values, guint index)
{
	g_return_val_if_fail (index < values->values->len, NULL);
	return (const DavitOptionValue *) values->values->pdata[index];
}

const DavitOptionValue *
davit_option_values_get (const DavitOptionValues *values, const char *key)
{
	for (guint i = 0; i < values->values->len; i++) {
		const DavitOptionValue *value = davit_option_values_nth (values, i);

		if (g_str_equal (value->option->key, key))
			return value;
	}
	return NULL;
}

static gboolean
text_is_printable (const char *text)
{
	for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at)) {
		if (g_unichar_iscntrl (g_utf8_get_char (at)))
			return FALSE;
	}
	return TRUE;
}

static gboolean
integer_parse (const char *text, gint64 *ret)
{
	gboolean negative = *text == '-';
	guint64 magnitude = 0;

	if (!davit_text_parse_unsigned (text + negative, (guint64) G_MAXINT64 + negative, "value",
					&magnitude, NULL))
		return FALSE;
	/* Not -(gint64) magnitude: the lowest integer has no positive twin. */
	*ret = negative ? (gint64) (0 - magnitude) : (gint64) magnitude;
	return TRUE;
}

static gboolean
choice_is_valid (const DavitOption *option, const char *text)
{
	g_auto (GStrv) words = g_strsplit (option->choices, "|", -1);

	return g_strv_contains ((const char *const *) words, text);
}

static char *
choice_describe (const DavitOption *option)
{
	g_auto (GStrv) words = g_strsplit (option->choices, "|", -1);

	return g_strjoinv (", ", words);
}

/* What a text of this option must be; free with g_free. */
static char *
type_describe (const DavitOption *option)
{
	g_autofree char *choices = NULL;

	switch (option->type) {
	case DAVIT_OPTION_BOOLEAN:
		return g_strdup ("must be true or false");
	case DAVIT_OPTION_INTEGER:
		return g_strdup ("must be a whole number");
	case DAVIT_OPTION_SIZE:
		return g_strdup ("must be a number of bytes, such as 1048576, 64m or 2g");
	case DAVIT_OPTION_DURATION:
		return g_strdup ("must be a duration, such as 250ms, 10s or 1m30s");
	case DAVIT_OPTION_CHOICE:
		choices = choice_describe (option);
		return g_strdup_printf ("must be one of: %s", choices);
	case DAVIT_OPTION_PATH:
		return g_strdup ("must be an absolute path");
	case DAVIT_OPTION_LIST:
		return g_strdup ("must be texts without control characters, none of them empty, "
				 "separated by \";\"");
	case DAVIT_OPTION_STRING:
	default:
		return g_strdup ("must be text without control characters");
	}
}

static gboolean
list_is_valid (char **list)
{
	for (guint i = 0; list[i] != NULL; i++) {
		if (*list[i] == '\0' || !text_is_printable (list[i]))
			return FALSE;
	}
	return TRUE;
}

/* Fills value->integer and value->list from value->text. */
static gboolean
value_convert (DavitOptionValue *value)
{
	const char *text = value->text;
	guint64 size = 0;

	switch (value->option->type) {
	case DAVIT_OPTION_BOOLEAN:
		value->integer = g_str_equal (text, "true");
		return value->integer || g_str_equal (text, "false");
	case DAVIT_OPTION_INTEGER:
		return integer_parse (text, &value->integer);
	case DAVIT_OPTION_SIZE:
		if (!davit_text_parse_size (text, "value", &size, NULL) || size > G_MAXINT64)
			return FALSE;
		value->integer = (gint64) size;
		return TRUE;
	case DAVIT_OPTION_DURATION:
		return davit_text_parse_duration (text, "value", &value->integer, NULL);
	case DAVIT_OPTION_CHOICE:
		return choice_is_valid (value->option, text);
	case DAVIT_OPTION_PATH:
		return g_path_is_absolute (text) && text_is_printable (text);
	case DAVIT_OPTION_LIST:
		return list_is_valid (value->list);
	case DAVIT_OPTION_STRING:
	default:
		return text_is_printable (text);
	}
}

/* Whether an empty text takes the value away, so that a later file can undo an earlier one. */
static gboolean
type_may_be_empty (DavitOptionType type)
{
	return type == DAVIT_OPTION_STRING || type == DAVIT_OPTION_PATH ||
	       type == DAVIT_OPTION_LIST;
}

/* Lets GKeyFile resolve the escapes of a raw text, as it does when it reads a file. */
static gboolean
value_unescape (DavitOptionValue *value, const char *raw)
{
	g_autoptr (GKeyFile) scratch = g_key_file_new ();
	g_autoptr (GError) error = NULL;

	g_key_file_set_value (scratch, "group", "key", raw);
	/* GKeyFile gives a text also where it found a wrong escape: only the error tells. */
	if (value->option->type == DAVIT_OPTION_LIST) {
		g_strfreev (value->list);
		value->list = g_key_file_get_string_list (scratch, "group", "key", NULL, &error);
		value->text = g_strdup (raw);
		return error == NULL && value->list != NULL;
	}
	value->text = g_key_file_get_string (scratch, "group", "key", &error);
	return error == NULL && value->text != NULL;
}

static gboolean
value_set (DavitOptionValue *value, const char *group, const char *raw, GError **error)
{
	g_autofree char *expected = NULL;

	if (*raw == '\0' && type_may_be_empty (value->option->type))
		return TRUE;
	if (!value_unescape (value, raw))
		return davit_error_set (error, DAVIT_ERROR_CONFIG,
					"%s: key \"%s\" of [%s]: \"%s\" holds an unknown escape; a "
					"backslash is written \"\\\\\"",
					value->source, value->option->key, group, raw);
	if (value_convert (value))
		return TRUE;
	expected = type_describe (value->option);
	return davit_error_set (error, DAVIT_ERROR_CONFIG, "%s: key \"%s\" of [%s]: \"%s\" %s",
				value->source, value->option->key, group, raw, expected);
}

static gboolean
value_read (const DavitConfig *config, const char *group, const DavitOption *option,
	    GPtrArray *values, GError **error)
{
	const DavitConfigEntry *entry = davit_config_lookup (config, group, option->key);
	DavitOptionValue *value = g_new0 (DavitOptionValue, 1);
	const char *raw = entry != NULL ? entry->raw : option->fallback;

	value->option = option;
	value->source = g_strdup (entry != NULL ? entry->source : "default");
	g_ptr_array_add (values, value);
	if (option->type == DAVIT_OPTION_LIST)
		value->list = g_new0 (char *, 1);
	/* Neither set nor with a fallback: no value, whatever the type. */
	return raw == NULL || value_set (value, group, raw, error);
}

static char *
table_describe (const DavitOption *table)
{
	g_autoptr (GPtrArray) keys = g_ptr_array_new ();
	g_autofree char *joined = NULL;

	for (; table != NULL && table->key != NULL; table++)
		g_ptr_array_add (keys, (gpointer) table->key);
	if (keys->len == 0)
		return g_strdup ("it has none");
	g_ptr_array_add (keys, NULL);
	joined = g_strjoinv (", ", (char **) keys->pdata);
	return g_strdup_printf ("it has: %s", joined);
}

static gboolean
keys_are_known (const DavitConfig *config, const char *group, const DavitOption *table,
		GError **error)
{
	g_autofree const char **keys = davit_config_keys (config, group);

	for (guint i = 0; keys[i] != NULL; i++) {
		const DavitOption *option = table;
		g_autofree char *known = NULL;

		while (option != NULL && option->key != NULL && !g_str_equal (option->key, keys[i]))
			option++;
		if (option != NULL && option->key != NULL)
			continue;
		known = table_describe (table);
		return davit_error_set (error, DAVIT_ERROR_CONFIG,
					"%s: unknown key \"%s\" of [%s]; %s",
					davit_config_lookup (config, group, keys[i])->source,
					keys[i], group, known);
	}
	return TRUE;
}

DavitOptionValues *
davit_config_check_group (const DavitConfig *config, const char *group, const DavitOption *table,
			  GError **error)
{
	g_autoptr (DavitOptionValues) values = g_new0 (DavitOptionValues, 1);

	values->values = g_ptr_array_new_with_free_func (value_free);
	if (!keys_are_known (config, group, table, error))
		return NULL;
	for (const DavitOption *option = table; option != NULL && option->key != NULL; option++) {
		if (!value_read (config, group, option, values->values, error))
			return NULL;
	}
	return g_steal_pointer (&values);
}
