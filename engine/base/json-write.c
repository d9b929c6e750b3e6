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
escape_append (GString *text, char control)
{
	static const char controls[] = "\b\f\n\r\t\"\\";
	static const char letters[] = "bfnrt\"\\";
	const char *found = strchr (controls, control);

	if (found != NULL)
		g_string_append_printf (text, "\\%c", letters[found - controls]);
	else
		g_string_append_printf (text, "\\u%04x", (guint) control);
}

/* value: valid UTF-8. */
static void
valid_append (GString *text, const char *value)
{
	const char *at = value;

	g_string_append_c (text, '"');
	for (;;) {
		const char *run = at;

		while ((guchar) *at >= ' ' && *at != '"' && *at != '\\')
			at++;
		g_string_append_len (text, run, at - run);
		if (*at == '\0')
			break;
		escape_append (text, *at++);
	}
	g_string_append_c (text, '"');
}

/* value: of a document, behind whose text there is room to look at it in words. */
static void
parsed_append (GString *text, const char *value)
{
	const char *at = davit_json_plain_skip (value);

	g_string_append_c (text, '"');
	g_string_append_len (text, value, at - value);
	while (*at != '\0') {
		const char *run = at + 1;

		escape_append (text, *at);
		at = davit_json_plain_skip (run);
		g_string_append_len (text, run, at - run);
	}
	g_string_append_c (text, '"');
}

static void
string_append (GString *text, const char *value)
{
	g_autofree char *valid = NULL;

	/* Bytes that are no UTF-8 have no place in JSON; each becomes U+FFFD. */
	if (!g_utf8_validate (value, -1, NULL))
		value = valid = g_utf8_make_valid (value, -1);
	valid_append (text, value);
}

/* Not by printf, which takes ten times as long; documents are full of small numbers. */
static void
unsigned_append (GString *text, guint64 value)
{
	char digits[20];
	gsize at = sizeof digits;

	do {
		digits[--at] = (char) ('0' + value % 10);
		value /= 10;
	} while (value > 0);
	g_string_append_len (text, digits + at, (gssize) (sizeof digits - at));
}

static void
integer_append (GString *text, gint64 value)
{
	if (value < 0)
		g_string_append_c (text, '-');
	unsigned_append (text, value < 0 ? 0 - (guint64) value : (guint64) value);
}

/* What stands before each value: a comma and a line break. */
static void
element_begin (DavitJsonWriter *writer)
{
	guint depth = writer->open->len;

	if (depth > 0) {
		if (writer->open->data[depth - 1])
			g_string_append_c (writer->text, ',');
		writer->open->data[depth - 1] = TRUE;
		line_break (writer);
	}
}

static void
key_end (DavitJsonWriter *writer)
{
	g_string_append_c (writer->text, ':');
	if (writer->pretty)
		g_string_append_c (writer->text, ' ');
}

static void
value_begin (DavitJsonWriter *writer, const char *key)
{
	element_begin (writer);
	if (key == NULL)
		return;
	string_append (writer->text, key);
	key_end (writer);
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
	integer_append (writer->text, value);
}

void
davit_json_writer_unsigned (DavitJsonWriter *writer, const char *key, guint64 value)
{
	value_begin (writer, key);
	unsigned_append (writer->text, value);
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

void
davit_json_writer_strings_if (DavitJsonWriter *writer, const char *key, char *const *values)
{
	if (values != NULL && values[0] != NULL)
		davit_json_writer_strings (writer, key, (const char *const *) values);
}

static void parsed_write (DavitJsonWriter *writer, const DavitJson *value);

static void
parsed_elements_write (DavitJsonWriter *writer, const DavitJson *value, char open, char close)
{
	guint8 none = FALSE;

	g_string_append_c (writer->text, open);
	g_byte_array_append (writer->open, &none, 1);
	for (guint32 i = 0; i < value->length; i++) {
		const DavitJson *element = &value->elements[i];

		element_begin (writer);
		if (element->key != NULL) {
			parsed_append (writer->text, element->key);
			key_end (writer);
		}
		parsed_write (writer, element);
	}
	elements_end (writer, close);
}

/* What the reader took is valid: it is not looked at for a second time. */
static void
parsed_write (DavitJsonWriter *writer, const DavitJson *value)
{
	switch (value->type) {
	case DAVIT_JSON_BOOLEAN:
		g_string_append (writer->text, value->boolean ? "true" : "false");
		return;
	case DAVIT_JSON_INTEGER:
		integer_append (writer->text, value->integer);
		return;
	case DAVIT_JSON_DOUBLE:
		/* As it was written: 18446744073709551615 keeps its last digit. */
		g_string_append_len (writer->text, value->text, value->length);
		return;
	case DAVIT_JSON_STRING:
		parsed_append (writer->text, value->text);
		return;
	case DAVIT_JSON_ARRAY:
		parsed_elements_write (writer, value, '[', ']');
		return;
	case DAVIT_JSON_OBJECT:
		parsed_elements_write (writer, value, '{', '}');
		return;
	case DAVIT_JSON_NULL:
	default:
		g_string_append (writer->text, "null");
		return;
	}
}

void
davit_json_writer_value (DavitJsonWriter *writer, const char *key, const DavitJson *value)
{
	value_begin (writer, key);
	if (value == NULL)
		g_string_append (writer->text, "null");
	else
		parsed_write (writer, value);
}

void
davit_json_writer_text (DavitJsonWriter *writer, const char *key, const char *text)
{
	value_begin (writer, key);
	g_string_append (writer->text, text);
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
