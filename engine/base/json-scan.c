/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Strings, numbers and words of JSON (RFC 8259), and the places of errors. */

#include "base/error.h"
#include "base/json-private.h"

#include <math.h>
#include <string.h>

gboolean
davit_json_scan_fail (const DavitJsonScan *scan, gsize offset, GError **error, const char *format,
		      ...)
{
	g_autofree char *what = NULL;
	guint64 line = 1;
	guint64 column = 1;
	va_list values;

	for (gsize i = 0; i < offset && i < scan->length; i++) {
		if (scan->text[i] == '\n') {
			line++;
			column = 1;
		} else if (((guchar) scan->text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	va_start (values, format);
	what = g_strdup_vprintf (format, values);
	va_end (values);
	return davit_error_set (error, DAVIT_ERROR_CORRUPT,
				"line %" G_GUINT64_FORMAT ", column %" G_GUINT64_FORMAT ": %s",
				line, column, what);
}

/*
 * Nearly all documents are ASCII, which eight bytes at a time show. Behind a NUL byte the
 * subtraction may take others for one, too, but then there is one.
 */
static gboolean
text_is_ascii (const char *text, gsize length)
{
	guint64 found = 0;
	gsize at = 0;

	for (; at + sizeof found <= length; at += sizeof found) {
		guint64 word = davit_json_word (text + at);

		found |= word | (word - JSON_ONES);
	}
	for (; at < length; at++)
		found |= text[at] == '\0' ? JSON_HIGHS : (guchar) text[at];
	return (found & JSON_HIGHS) == 0;
}

gboolean
davit_json_scan_check (const DavitJsonScan *scan, GError **error)
{
	const char *end = NULL;

	if (text_is_ascii (scan->text, scan->length))
		return TRUE;
	if (g_utf8_validate_len (scan->text, scan->length, &end))
		return TRUE;
	return davit_json_scan_fail (scan, (gsize) (end - scan->text), error,
				     *end == '\0' ? "a NUL byte" : "not valid UTF-8");
}

/* Four hex digits; the text ends with NUL, which is none. */
static gboolean
hex_scan (const char *text, gunichar *ret)
{
	gunichar unit = 0;

	for (guint i = 0; i < 4; i++) {
		if (!g_ascii_isxdigit (text[i]))
			return FALSE;
		unit = unit * 16 + (gunichar) g_ascii_xdigit_value (text[i]);
	}
	*ret = unit;
	return TRUE;
}

/* from: behind "\u". Halves of a pair must stand together: alone they are no character. */
static gboolean
unicode_scan (DavitJsonScan *scan, const char **from, char **to, GError **error)
{
	gsize offset = (gsize) (*from - scan->copy) - 2;
	gunichar unit = 0;
	gunichar low = 0;

	if (!hex_scan (*from, &unit))
		return davit_json_scan_fail (scan, offset, error,
					     "\"\\u\" needs four hexadecimal digits");
	*from += 4;
	if (unit == 0)
		return davit_json_scan_fail (scan, offset, error, "U+0000 can't stand in a string");
	if (unit >= 0xd800 && unit <= 0xdbff && (*from)[0] == '\\' && (*from)[1] == 'u' &&
	    hex_scan (*from + 2, &low) && low >= 0xdc00 && low <= 0xdfff) {
		unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
		*from += 6;
	}
	if (unit >= 0xd800 && unit <= 0xdfff)
		return davit_json_scan_fail (scan, offset, error, "half of a surrogate pair");
	*to += g_unichar_to_utf8 (unit, *to);
	return TRUE;
}

/* from: at the backslash. */
static gboolean
escape_scan (DavitJsonScan *scan, const char **from, char **to, GError **error)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *letter = (*from)[1] == '\0' ? NULL : strchr (letters, (*from)[1]);
	gsize offset = (gsize) (*from - scan->copy);

	*from += 2;
	if (letter != NULL) {
		*(*to)++ = meanings[letter - letters];
		return TRUE;
	}
	if ((*from)[-1] == 'u')
		return unicode_scan (scan, from, to, error);
	return davit_json_scan_fail (scan, offset, error, "unknown escape in a string");
}

gboolean
davit_json_scan_string (DavitJsonScan *scan, const char **ret, guint32 *ret_length, GError **error)
{
	char *start = scan->copy + scan->at + 1;
	const char *from = davit_json_plain_skip (start);
	char *to = scan->copy + (from - scan->copy);

	while (*from != '"') {
		if (*from == '\\') {
			const char *run;

			if (!escape_scan (scan, &from, &to, error))
				return FALSE;
			run = from;
			from = davit_json_plain_skip (from);
			memmove (to, run, (gsize) (from - run));
			to += from - run;
			continue;
		}
		if (*from == '\0')
			return davit_json_scan_fail (scan, scan->at, error, "string without end");
		return davit_json_scan_fail (scan, (gsize) (from - scan->copy), error,
					     "a control character in a string");
	}
	scan->at = (gsize) (from - scan->copy) + 1;
	*to = '\0';
	*ret = start;
	*ret_length = (guint32) (to - start);
	return TRUE;
}

static const char *
digits_skip (const char *at)
{
	while (g_ascii_isdigit (*at))
		at++;
	return at;
}

/* Whether the digits are an integer of 64 bits with sign. */
static gboolean
integer_convert (const char *digits, const char *end, gboolean negative, gint64 *ret)
{
	guint64 limit = (guint64) G_MAXINT64 + negative;
	guint64 magnitude = 0;

	for (const char *at = digits; at < end; at++) {
		guint digit = (guint) (*at - '0');

		/* 18 digits always fit. */
		if (at - digits >= 18 && magnitude > (limit - digit) / 10)
			return FALSE;
		magnitude = magnitude * 10 + digit;
	}
	/* Not -(gint64) magnitude: the lowest integer has no positive twin. */
	*ret = negative ? (gint64) (0 - magnitude) : (gint64) magnitude;
	return TRUE;
}

/* The end of a fraction and an exponent, or NULL where digits are missing. */
static const char *
fraction_skip (const char *at)
{
	if (*at == '.') {
		if (!g_ascii_isdigit (at[1]))
			return NULL;
		at = digits_skip (at + 1);
	}
	if (*at == 'e' || *at == 'E') {
		at++;
		if (*at == '+' || *at == '-')
			at++;
		if (!g_ascii_isdigit (*at))
			return NULL;
		at = digits_skip (at);
	}
	return at;
}

gboolean
davit_json_scan_number (DavitJsonScan *scan, DavitJson *ret, GError **error)
{
	const char *start = scan->copy + scan->at;
	gboolean negative = *start == '-';
	const char *digits = start + negative;
	const char *whole = digits_skip (digits);
	const char *end;

	if (whole == digits)
		return davit_json_scan_fail (scan, scan->at, error, "a number without digits");
	if (*digits == '0' && whole > digits + 1)
		return davit_json_scan_fail (scan, scan->at, error,
					     "a number that begins with a superfluous 0");
	end = fraction_skip (whole);
	if (end == NULL)
		return davit_json_scan_fail (scan, scan->at, error,
					     "a number whose fraction or exponent has no digits");
	ret->type = DAVIT_JSON_INTEGER;
	if (end > whole || !integer_convert (digits, whole, negative, &ret->integer)) {
		ret->type = DAVIT_JSON_DOUBLE;
		ret->text = start;
		ret->length = (guint32) (end - start);
		/* A value that can't be written again would make a document that nobody reads. */
		if (!isfinite (g_ascii_strtod (start, NULL)))
			return davit_json_scan_fail (scan, scan->at, error,
						     "a number that is too large");
	}
	scan->at = (gsize) (end - scan->copy);
	return TRUE;
}

gboolean
davit_json_scan_word (DavitJsonScan *scan, DavitJson *ret, GError **error)
{
	static const struct {
		const char *word;
		DavitJsonType type;
		gboolean boolean;
	} words[] = {
		{"true", DAVIT_JSON_BOOLEAN, TRUE},
		{"false", DAVIT_JSON_BOOLEAN, FALSE},
		{"null", DAVIT_JSON_NULL, FALSE},
	};
	const char *start = scan->copy + scan->at;

	for (gsize i = 0; i < G_N_ELEMENTS (words); i++) {
		gsize length = strlen (words[i].word);

		if (*start != words[i].word[0] || strncmp (start, words[i].word, length) != 0 ||
		    g_ascii_isalnum (start[length]))
			continue;
		ret->type = words[i].type;
		ret->boolean = words[i].boolean;
		scan->at += length;
		return TRUE;
	}
	if (*start == '\0')
		return davit_json_scan_fail (scan, scan->at, error, "the text ends too early");
	return davit_json_scan_fail (scan, scan->at, error, "a value is expected here");
}
