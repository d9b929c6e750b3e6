/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The writer: what it gives is JSON whatever the strings hold. */

#include "base/json-private.h"

#include <math.h>
#include <string.h>

struct _DavitJsonWriter {
	GString *text;
	GByteArray
		*open; /* one byte for each array or object that is open: whether it has elements */
	gboolean pretty;
};

DavitJsonWriter *
davit_json_writer_new (gboolean pretty)
{
	DavitJsonWriter *writer = g_new0 (DavitJsonWriter, 1);

	writer->text = g_string_sized_new (256);
	writer->open = g_byte_array_new ();
	writer->pretty = pretty;
	return writer;
}

void
davit_json_writer_free (DavitJsonWriter *writer)
{
	if (writer == NULL)
		return;
	if (writer->text != NULL)
		g_string_free (writer->text, TRUE);
	g_byte_array_unref (writer->open);
	g_free (writer);
}

static void
line_break (DavitJsonWriter *writer)
{
	if (!writer->pretty)
		return;
	g_string_append_c (writer->text, '\n');
	for (guint i = 0; i < writer->open->len; i++)
		g_string_append (writer->text, "  ");
}

static void
string_append (GString *text, const char *value)
{
	g_autofree char *valid = NULL;
	const char *run = value;
	const char *at;

	/* Bytes that are no UTF-8 have no place in JSON; each becomes U+FFFD. */
	if (!g_utf8_validate (value, -1, NULL))
		run = value = valid = g_utf8_make_valid (value, -1);
	g_string_append_c (text, '"');
	for (at = value; *at != '\0'; at++) {
		static const char controls[] = "\b\f\n\r\t\"\\";
		static const char letters[] = "bfnrt\"\\";
		const char *control;

		if ((guchar) *at >= ' ' && *at != '"' && *at != '\\')
			continue;
		g_string_append_len (text, run, at - run);
		run = at + 1;
		control = strchr (controls, *at);
		if (control != NULL)
			g_string_append_printf (text, "\\%c", letters[control - controls]);
		else
			g_string_append_printf (text, "\\u%04x", (guint) *at);
	}
	g_string_append_len (text, run, at - run);
	g_string_append_c (text, '"');
}

/* What stands before each value: a comma, a line break, its key. */
static void
value_begin (DavitJsonWriter *writer, const char *key)
{
	guint depth = writer->open->len;

	if (depth > 0) {
		if (writer->open->data[depth - 1])
			g_string_append_c (writer->text, ',');
		writer->open->data[depth - 1] = TRUE;
		line_break (writer);
	}
	if (key != NULL) {
		string_append (writer->text, key);
		g_string_append (writer->text, writer->pretty ? ": " : ":");
	}
}

static void
elements_begin (DavitJsonWriter *writer, const char *key, char bracket)
{
	guint8 none = FALSE;

	value_begin (writer, key);
	g_string_append_c (writer->text, bracket);
	g_byte_array_append (writer->open, &none, 1);
}

static void
elements_end (DavitJsonWriter *writer, char bracket)
{
	guint depth = writer->open->len;
	gboolean filled;

	g_return_if_fail (depth > 0);
	filled = writer->open->data[depth - 1];
	g_byte_array_set_size (writer->open, depth - 1);
	if (filled)
		line_break (writer);
	g_string_append_c (writer->text, bracket);
}

void
davit_json_writer_begin_object (DavitJsonWriter *writer, const char *key)
{
	elements_begin (writer, key, '{');
}

void
davit_json_writer_end_object (DavitJsonWriter *writer)
{
	elements_end (writer, '}');
}

void
davit_json_writer_begin_array (DavitJsonWriter *writer, const char *key)
{
	elements_begin (writer, key, '[');
}

void
davit_json_writer_end_array (DavitJsonWriter *writer)
{
	elements_end (writer, ']');
}

void
davit_json_writer_string (DavitJsonWriter *writer, const char *key, const char *value)
{
	value_begin (writer, key);
	if (value == NULL)
		g_string_append (writer->text, "null");
	else
		string_append (writer->text, value);
}

void
davit_json_writer_string_if (DavitJsonWriter *writer, const char *key, const char *value)
{
	if (value != NULL)
		davit_json_writer_string (writer, key, value);
}

void
davit_json_writer_integer (DavitJsonWriter *writer, const char *key, gint64 value)
{
	value_begin (writer, key);
	g_string_append_printf (writer->text, "%" G_GINT64_FORMAT, value);
}

void
davit_json_writer_unsigned (DavitJsonWriter *writer, const char *key, guint64 value)
{
	value_begin (writer, key);
	g_string_append_printf (writer->text, "%" G_GUINT64_FORMAT, value);
}

void
davit_json_writer_double (DavitJsonWriter *writer, const char *key, double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE] = "null";

	value_begin (writer, key);
	/* The shortest of them that reads back as the same number: 0.1, not 0.10000000000000001. */
	for (guint digits = 15; isfinite (value) && digits <= 17; digits++) {
		char format[] = "%.17g";

		format[3] = (char) ('0' + digits - 10);
		g_ascii_formatd (text, sizeof text, format, value);
		if (g_ascii_strtod (text, NULL) == value)
			break;
	}
	g_string_append (writer->text, text);
}

void
davit_json_writer_boolean (DavitJsonWriter *writer, const char *key, gboolean value)
{
	value_begin (writer, key);
	g_string_append (writer->text, value ? "true" : "false");
}

void
davit_json_writer_null (DavitJsonWriter *writer, const char *key)
{
	davit_json_writer_string (writer, key, NULL);
}

void
davit_json_writer_strings (DavitJsonWriter *writer, const char *key, const char *const *values)
{
	davit_json_writer_begin_array (writer, key);
	for (gsize i = 0; values != NULL && values[i] != NULL; i++)
		davit_json_writer_string (writer, NULL, values[i]);
	davit_json_writer_end_array (writer);
}

static void
elements_write (DavitJsonWriter *writer, const DavitJson *value)
{
	for (guint32 i = 0; i < value->length; i++)
		davit_json_writer_value (writer, value->elements[i].key, &value->elements[i]);
}

void
davit_json_writer_value (DavitJsonWriter *writer, const char *key, const DavitJson *value)
{
	switch (davit_json_type (value)) {
	case DAVIT_JSON_BOOLEAN:
		davit_json_writer_boolean (writer, key, value->boolean);
		return;
	case DAVIT_JSON_INTEGER:
		davit_json_writer_integer (writer, key, value->integer);
		return;
	case DAVIT_JSON_DOUBLE:
		/* As it was written: 18446744073709551615 keeps its last digit. */
		value_begin (writer, key);
		g_string_append_len (writer->text, value->text, value->length);
		return;
	case DAVIT_JSON_STRING:
		davit_json_writer_string (writer, key, value->text);
		return;
	case DAVIT_JSON_ARRAY:
		davit_json_writer_begin_array (writer, key);
		elements_write (writer, value);
		davit_json_writer_end_array (writer);
		return;
	case DAVIT_JSON_OBJECT:
		davit_json_writer_begin_object (writer, key);
		elements_write (writer, value);
		davit_json_writer_end_object (writer);
		return;
	case DAVIT_JSON_NULL:
	default:
		davit_json_writer_null (writer, key);
		return;
	}
}

char *
davit_json_writer_finish (DavitJsonWriter *writer, gsize *ret_length)
{
	if (writer->pretty)
		g_string_append_c (writer->text, '\n');
	if (ret_length != NULL)
		*ret_length = writer->text->len;
	return g_string_free (g_steal_pointer (&writer->text), FALSE);
}
