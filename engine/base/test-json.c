/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* JSON: what is taken, what is refused and where, and that writing gives back what was read. */

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static void
refuse (const char *text, gssize length, const char *wanted)
{
	g_autoptr (GError) error = NULL;
	DavitJson *root = davit_json_parse (text, length, &error);

	g_assert_null (root);
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_cmpstr (error->message, ==, wanted);
}

static DavitJson *
parse (const char *text)
{
	g_autoptr (GError) error = NULL;
	DavitJson *root = davit_json_parse (text, -1, &error);

	g_assert_no_error (error);
	return root;
}

static void
same (const char *text, const char *wanted)
{
	g_autoptr (DavitJson) root = parse (text);
	g_autofree char *result = davit_json_to_text (root);

	g_assert_cmpstr (result, ==, wanted);
}

static void
test_refuse (void)
{
	static const struct {
		const char *text;
		const char *error;
	} cases[] = {
		{"", "line 1, column 1: the text ends too early"},
		{" \n ", "line 2, column 2: the text ends too early"},
		{"[1,\n  2,]", "line 2, column 5: a value is expected here"},
		{"[1 2]", "line 1, column 4: \",\" or \"]\" is expected here"},
		{"{\"a\":1", "line 1, column 7: \",\" or \"}\" is expected here"},
		{"{\"a\" 1}", "line 1, column 6: \":\" is expected here"},
		{"{a:1}", "line 1, column 2: a key in quotation marks is expected here"},
		{"{\"a\":1,}", "line 1, column 8: a key in quotation marks is expected here"},
		{"{}{}", "line 1, column 3: something stands behind the end of the document"},
		{"1 x", "line 1, column 3: something stands behind the end of the document"},
		{"{\"a\":1,\"b\":2,\"a\":3}", "line 1, column 14: key \"a\" comes twice"},
		{"{\"a\":1,\"\\u0061\":3}", "line 1, column 8: key \"a\" comes twice"},
		{"01", "line 1, column 1: a number that begins with a superfluous 0"},
		{"-", "line 1, column 1: a number without digits"},
		{"+1", "line 1, column 1: a value is expected here"},
		{".5", "line 1, column 1: a value is expected here"},
		{"1.", "line 1, column 1: a number whose fraction or exponent has no digits"},
		{"[1e]", "line 1, column 2: a number whose fraction or exponent has no digits"},
		{"0x10", "line 1, column 2: something stands behind the end of the document"},
		{"1e400", "line 1, column 1: a number that is too large"},
		{"-1e400", "line 1, column 1: a number that is too large"},
		{"NaN", "line 1, column 1: a value is expected here"},
		{"truest", "line 1, column 1: a value is expected here"},
		{"True", "line 1, column 1: a value is expected here"},
		{"'a'", "line 1, column 1: a value is expected here"},
		{"// a\n1", "line 1, column 1: a value is expected here"},
		{"\"a", "line 1, column 1: string without end"},
		{"\"a\\", "line 1, column 3: unknown escape in a string"},
		{"\"a\\\"", "line 1, column 1: string without end"},
		{"\"a\nb\"", "line 1, column 3: a control character in a string"},
		{"\"\\x41\"", "line 1, column 2: unknown escape in a string"},
		{"\"\\u12g4\"", "line 1, column 2: \"\\u\" needs four hexadecimal digits"},
		{"\"\\u12", "line 1, column 2: \"\\u\" needs four hexadecimal digits"},
		{"\"a\\u0000b\"", "line 1, column 3: U+0000 can't stand in a string"},
		{"\"\\ud800\"", "line 1, column 2: half of a surrogate pair"},
		{"\"\\ud800\\ud800\"", "line 1, column 2: half of a surrogate pair"},
		{"\"\\udc00\"", "line 1, column 2: half of a surrogate pair"},
		{"\"\xff\"", "line 1, column 2: not valid UTF-8"},
		{"\"\xc0\xaf\"", "line 1, column 2: not valid UTF-8"},
		{"\"\xed\xa0\x80\"", "line 1, column 2: not valid UTF-8"},
		{"\"\xc3\xa4\" x",
		 "line 1, column 5: something stands behind the end of the document"},
		{"\xef\xbb\xbf{}", "line 1, column 1: a value is expected here"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
		refuse (cases[i].text, -1, cases[i].error);
	refuse ("[1]\0", 4, "line 1, column 4: a NUL byte");
	refuse ("\"a\0b\"", 5, "line 1, column 3: a NUL byte");
	refuse ("[1]]", 2, "line 1, column 3: \",\" or \"]\" is expected here");
	refuse ("\xc3\xa4", 1, "line 1, column 1: not valid UTF-8");
}

static void
test_depth (void)
{
	g_autoptr (GString) text = g_string_new (NULL);
	g_autoptr (DavitJson) root = NULL;

	for (guint i = 0; i < 64; i++)
		g_string_append (text, i % 2 == 0 ? "[" : "{\"a\":");
	g_string_append (text, "1");
	for (guint i = 64; i-- > 0;)
		g_string_append_c (text, i % 2 == 0 ? ']' : '}');
	root = parse (text->str);
	g_assert_nonnull (root);
	g_string_prepend_c (text, '[');
	g_string_append_c (text, ']');
	refuse (text->str, -1, "line 1, column 189: nested deeper than 64");
	g_string_truncate (text, 0);
	for (guint i = 0; i < 1000000; i++)
		g_string_append_c (text, '[');
	refuse (text->str, -1, "line 1, column 65: nested deeper than 64");
}

static void
test_take (void)
{
	same (" { \"a\" : [ 1 , -0 , true , false , null ] , \"b\" : { } } ",
	      "{\"a\":[1,0,true,false,null],\"b\":{}}");
	same ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u001f\\u00e4\\ud83d\\ude00\"",
	      "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u001f\xc3\xa4\xf0\x9f\x98\x80\"");
	same ("[[],[[]],\"\"]", "[[],[[]],\"\"]");
	same ("9223372036854775807", "9223372036854775807");
	same ("-9223372036854775808", "-9223372036854775808");
	/* Not a digit is lost of what 64 bits with sign can't hold. */
	same ("[18446744073709551615,1.50,1E2]", "[18446744073709551615,1.50,1E2]");
}

static void
test_types (void)
{
	g_autoptr (DavitJson) root = parse (
		"[null,true,7,7.0,7e0,9223372036854775808,-9223372036854775809,\"s\",[],{}]");
	static const DavitJsonType types[] = {
		DAVIT_JSON_NULL,   DAVIT_JSON_BOOLEAN, DAVIT_JSON_INTEGER, DAVIT_JSON_DOUBLE,
		DAVIT_JSON_DOUBLE, DAVIT_JSON_DOUBLE,  DAVIT_JSON_DOUBLE,  DAVIT_JSON_STRING,
		DAVIT_JSON_ARRAY,  DAVIT_JSON_OBJECT,
	};

	g_assert_cmpuint (davit_json_length (root), ==, G_N_ELEMENTS (types));
	for (guint i = 0; i < G_N_ELEMENTS (types); i++)
		g_assert_cmpint (davit_json_type (davit_json_element (root, i)), ==, types[i]);
	g_assert_null (davit_json_element (root, G_N_ELEMENTS (types)));
	g_assert_null (davit_json_element_key (root, 0));
	g_assert_true (davit_json_boolean (davit_json_element (root, 1)));
	g_assert_false (davit_json_boolean (davit_json_element (root, 2)));
	g_assert_cmpint (davit_json_integer (davit_json_element (root, 2)), ==, 7);
	g_assert_cmpint (davit_json_integer (davit_json_element (root, 3)), ==, 0);
	g_assert_cmpfloat (davit_json_number (davit_json_element (root, 2)), ==, 7);
	g_assert_cmpfloat (davit_json_number (davit_json_element (root, 5)), ==,
			   9223372036854775808.0);
	g_assert_cmpstr (davit_json_string (davit_json_element (root, 7)), ==, "s");
	g_assert_null (davit_json_string (davit_json_element (root, 2)));
	g_assert_cmpint (davit_json_type (NULL), ==, DAVIT_JSON_NULL);
	g_assert_cmpuint (davit_json_length (NULL), ==, 0);
	g_assert_null (davit_json_member (NULL, "a"));
	g_assert_null (davit_json_member (root, "a"));
	g_assert_cmpfloat (davit_json_number (NULL), ==, 0);
}

static char *
object_text (guint length, guint twice)
{
	GString *text = g_string_new ("{");

	/* All keys have one hash: length, first, middle and last byte are the same. */
	for (guint i = 0; i < length; i++)
		g_string_append_printf (text, "%s\"k%03ukk%03uk\":%u", i == 0 ? "" : ",",
					i == twice ? 0 : i, 7U, i);
	g_string_append_c (text, '}');
	return g_string_free (text, FALSE);
}

/* Up to 64 members are told apart by a hash, which may be that of others. */
static void
test_object_lengths (void)
{
	for (guint length = 1; length <= 70; length++) {
		g_autofree char *text = object_text (length, length);
		g_autofree char *twice = object_text (length, length - 1);
		g_autofree char *error =
			g_strdup_printf ("line 1, column %u: key \"k000kk007k\" "
					 "comes twice",
					 (guint) strlen (twice) - 13 - (length > 10 ? 2 : 1));
		g_autoptr (DavitJson) root = parse (text);

		g_assert_cmpuint (davit_json_length (root), ==, length);
		for (guint i = 0; i < length; i++) {
			g_autofree char *key = g_strdup_printf ("k%03ukk007k", i);

			g_assert_cmpint (davit_json_integer (davit_json_member (root, key)), ==, i);
		}
		g_assert_null (davit_json_member (root, "k900kk007k"));
		g_assert_null (davit_json_member (root, ""));
		if (length > 1)
			refuse (twice, -1, error);
	}
}

/* Texts are looked at in words: each byte at each place of one, and at the end of the memory. */
static void
test_words (void)
{
	static const char *const ends[] = {"\"", "\\\"\"", "\\u00e4\"", "\xc3\xa4\"", "\x7f\""};
	static const char *const meant[] = {"", "\"", "\xc3\xa4", "\xc3\xa4", "\x7f"};

	for (guint i = 0; i < 20; i++) {
		g_autofree char *letters = g_strnfill (i, '~');
		g_autofree char *control = g_strdup_printf ("\"%s\x1f\"", letters);
		g_autofree char *open = g_strdup_printf ("\"%s", letters);
		g_autofree char *wrong = g_strdup_printf ("\"%s\xff\"", letters);
		g_autofree char *place = g_strdup_printf ("line 1, column %u: ", i + 2);
		g_autofree char *error =
			g_strconcat (place, "a control character in a string", NULL);
		g_autofree char *nul = g_strconcat (place, "a NUL byte", NULL);
		g_autofree char *no_utf8 = g_strconcat (place, "not valid UTF-8", NULL);

		for (guint j = 0; j < G_N_ELEMENTS (ends); j++) {
			g_autofree char *text = g_strconcat ("\"", letters, ends[j], NULL);
			g_autofree char *string = g_strconcat (letters, meant[j], NULL);
			g_autoptr (DavitJson) root = parse (text);

			g_assert_cmpstr (davit_json_string (root), ==, string);
		}
		refuse (control, -1, error);
		refuse (open, -1, "line 1, column 1: string without end");
		refuse (wrong, -1, no_utf8);
		wrong[i + 1] = '\0';
		refuse (wrong, i + 3, nul);
	}
}

/* Beyond 64 members there is an index. */
static void
test_large_object (void)
{
	g_autoptr (GString) text = g_string_new ("{");
	g_autoptr (DavitJson) root = NULL;

	for (guint i = 0; i < 5000; i++)
		g_string_append_printf (text, "%s\"key%u\":{\"n\":%u}", i == 0 ? "" : ",\n", i, i);
	g_string_append_c (text, '}');
	root = parse (text->str);
	for (guint i = 0; i < 5000; i++) {
		g_autofree char *key = g_strdup_printf ("key%u", i);
		const DavitJson *member = davit_json_member (root, key);
		const DavitJson *number = davit_json_member (member, "n");
		g_autofree char *path = davit_json_path (number);
		g_autofree char *wanted = g_strdup_printf ("key%u.n", i);

		g_assert_cmpstr (davit_json_element_key (root, i), ==, key);
		g_assert_cmpint (davit_json_integer (number), ==, i);
		g_assert_cmpstr (path, ==, wanted);
	}
	g_assert_null (davit_json_member (root, "key5000"));
	g_assert_null (davit_json_member (root, ""));
	g_string_truncate (text, text->len - 1);
	g_string_append (text, ",\n\"key17\":0}");
	refuse (text->str, -1, "line 5001, column 1: key \"key17\" comes twice");
}

static const char typed[] =
	"{\"s\":\"text\",\"b\":true,\"i\":5,\"d\":1.0,\"h\":99999999999999999999,\"n\":null,"
	"\"o\":{\"list\":[{\"k\":1},{\"k\":\"x\"}]},\"a\":[\"x\",\"y\"],\"m\":[\"x\",7],\"w\":[3]}";

static void
wrong (gboolean good, GError **error, const char *wanted)
{
	g_assert_false (good);
	g_assert_error (*error, DAVIT_ERROR, DAVIT_ERROR_CONFIG);
	g_assert_cmpstr ((*error)->message, ==, wanted);
	g_clear_error (error);
}

static void
test_get (void)
{
	g_autoptr (DavitJson) root = parse (typed);
	g_autoptr (GError) error = NULL;
	g_autofree const char **strings = NULL;
	const char *string = "before";
	gboolean boolean = FALSE;
	gint64 integer = -3;
	const DavitJson *value = NULL;

	g_assert_true (davit_json_get_string (root, "s", &string, &error));
	g_assert_cmpstr (string, ==, "text");
	g_assert_true (davit_json_get_string (root, "absent", &string, &error));
	g_assert_true (davit_json_get_string (root, "n", &string, &error));
	g_assert_true (davit_json_get_string (NULL, "s", &string, &error));
	g_assert_true (davit_json_get_string (davit_json_member (root, "n"), "s", &string, &error));
	g_assert_cmpstr (string, ==, "text");
	g_assert_true (davit_json_get_boolean (root, "b", &boolean, &error));
	g_assert_true (boolean);
	g_assert_true (davit_json_get_integer (root, "i", 5, 5, &integer, &error));
	g_assert_cmpint (integer, ==, 5);
	g_assert_true (davit_json_get_integer (root, "n", 6, 7, &integer, &error));
	g_assert_cmpint (integer, ==, 5);
	g_assert_true (davit_json_get_object (root, "o", &value, &error));
	g_assert_true (davit_json_get_array (value, "list", &value, &error));
	g_assert_cmpuint (davit_json_length (value), ==, 2);
	g_assert_true (davit_json_get_strings (root, "absent", &strings, &error));
	g_assert_null (strings);
	g_assert_true (davit_json_get_strings (root, "a", &strings, &error));
	g_assert_no_error (error);
	g_assert_cmpstr (strings[0], ==, "x");
	g_assert_cmpstr (strings[1], ==, "y");
	g_assert_null (strings[2]);
}

static void
test_get_wrong (void)
{
	g_autoptr (DavitJson) root = parse (typed);
	const DavitJson *list = davit_json_member (davit_json_member (root, "o"), "list");
	const DavitJson *second = davit_json_element (list, 1);
	const char *string = "before";
	const char **strings = NULL;
	const DavitJson *value = root;
	gboolean boolean = 2;
	gint64 integer = -3;
	GError *error = NULL;

	wrong (davit_json_get_string (root, "i", &string, &error), &error, "i: must be a string");
	wrong (davit_json_get_boolean (root, "i", &boolean, &error), &error,
	       "i: must be true or false");
	wrong (davit_json_get_integer (root, "d", 0, 9, &integer, &error), &error,
	       "d: must be an integer");
	wrong (davit_json_get_integer (root, "i", 6, 9, &integer, &error), &error,
	       "i: must be an integer from 6 to 9");
	wrong (davit_json_get_integer (root, "h", 0, 9, &integer, &error), &error,
	       "h: must be an integer from 0 to 9");
	wrong (davit_json_get_integer (second, "k", 0, 9, &integer, &error), &error,
	       "o.list[1].k: must be an integer");
	wrong (davit_json_get_object (root, "a", &value, &error), &error, "a: must be an object");
	wrong (davit_json_get_array (root, "o", &value, &error), &error, "o: must be an array");
	wrong (davit_json_get_strings (root, "m", &strings, &error), &error,
	       "m[1]: must be a string");
	/* An array in the place of an object is not an object without members. */
	wrong (davit_json_get_string (list, "k", &string, &error), &error,
	       "o.list: must be an object");
	wrong (davit_json_get_integer (davit_json_member (root, "w"), "k", 0, 9, &integer, &error),
	       &error, "w: must be an object");
	g_assert_cmpstr (string, ==, "before");
	g_assert_cmpint (boolean, ==, 2);
	g_assert_cmpint (integer, ==, -3);
	g_assert_true (value == root);
	g_assert_null (strings);
}

static void
test_dup (void)
{
	DavitJson *root = parse (typed);
	g_autofree char *string = g_strdup ("before");
	g_auto (GStrv) strings = NULL;
	GError *error = NULL;

	g_assert_true (davit_json_dup_string (root, "absent", &string, &error));
	g_assert_true (davit_json_dup_string (root, "n", &string, &error));
	wrong (davit_json_dup_string (root, "i", &string, &error), &error, "i: must be a string");
	g_assert_cmpstr (string, ==, "before");
	wrong (davit_json_dup_strings (root, "m", &strings, &error), &error,
	       "m[1]: must be a string");
	g_assert_null (strings);
	g_assert_true (davit_json_dup_strings (root, "absent", &strings, &error));
	g_assert_cmpuint (g_strv_length (strings), ==, 0);
	g_assert_true (davit_json_dup_string (root, "s", &string, &error));
	g_assert_true (davit_json_dup_strings (root, "a", &strings, &error));
	g_assert_true (davit_json_dup_strings (root, "n", &strings, &error));
	g_assert_no_error (error);
	/* They are ours. */
	davit_json_free (root);
	g_assert_cmpstr (string, ==, "text");
	g_assert_cmpuint (g_strv_length (strings), ==, 2);
	g_assert_cmpstr (strings[1], ==, "y");
}

static void
test_root_wrong (void)
{
	g_autoptr (DavitJson) root = parse ("[1]");
	const char *string = NULL;
	GError *error = NULL;

	wrong (davit_json_get_string (root, "s", &string, &error), &error,
	       "the document: must be an object");
}

static void
write_all (DavitJsonWriter *writer)
{
	static const char *const words[] = {"x", "y\"\x01", NULL};
	char *none = NULL;

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "s\n", "\xff");
	davit_json_writer_string (writer, "n", NULL);
	davit_json_writer_string_if (writer, "left out", NULL);
	davit_json_writer_integer (writer, "i", G_MININT64);
	davit_json_writer_unsigned (writer, "u", G_MAXUINT64);
	davit_json_writer_boolean (writer, "b", TRUE);
	davit_json_writer_begin_array (writer, "d");
	davit_json_writer_double (writer, NULL, 0.1);
	davit_json_writer_double (writer, NULL, 1e300);
	davit_json_writer_double (writer, NULL, 1.0 / 3);
	davit_json_writer_double (writer, NULL, G_MAXDOUBLE * 2);
	davit_json_writer_end_array (writer);
	davit_json_writer_strings_if (writer, "w", (char **) words);
	davit_json_writer_strings_if (writer, "left out", &none);
	davit_json_writer_strings_if (writer, "left out", NULL);
	davit_json_writer_begin_object (writer, "o");
	davit_json_writer_end_object (writer);
	davit_json_writer_null (writer, "z");
	davit_json_writer_end_object (writer);
}

static void
test_write (void)
{
	g_autoptr (DavitJsonWriter) plain = davit_json_writer_new (FALSE);
	g_autoptr (DavitJsonWriter) pretty = davit_json_writer_new (TRUE);
	g_autofree char *text = NULL;
	g_autofree char *lines = NULL;
	gsize length = 0;

	write_all (plain);
	text = davit_json_writer_finish (plain, &length);
	g_assert_cmpstr (text, ==,
			 "{\"s\\n\":\"\xef\xbf\xbd\",\"n\":null,\"i\":-9223372036854775808,"
			 "\"u\":18446744073709551615,\"b\":true,\"d\":[0.1,1e+300,"
			 "0.3333333333333333,null],\"w\":[\"x\",\"y\\\"\\u0001\"],\"o\":{},"
			 "\"z\":null}");
	g_assert_cmpuint (length, ==, strlen (text));
	same (text, text);
	write_all (pretty);
	lines = davit_json_writer_finish (pretty, NULL);
	g_assert_cmpstr (lines, ==,
			 "{\n  \"s\\n\": \"\xef\xbf\xbd\",\n  \"n\": null,\n"
			 "  \"i\": -9223372036854775808,\n  \"u\": 18446744073709551615,\n"
			 "  \"b\": true,\n  \"d\": [\n    0.1,\n    1e+300,\n"
			 "    0.3333333333333333,\n    null\n  ],\n  \"w\": [\n    \"x\",\n"
			 "    \"y\\\"\\u0001\"\n  ],\n  \"o\": {},\n  \"z\": null\n}\n");
	same (lines, text);
}

static void
read_wrong (int dirfd, const char *name, DavitErrorCode code, const char *wanted)
{
	g_autoptr (GError) error = NULL;

	g_assert_null (davit_json_read (dirfd, name, 100, &error));
	g_assert_error (error, DAVIT_ERROR, (int) code);
	g_assert_nonnull (strstr (error->message, wanted));
}

static void
test_read (void)
{
	g_autofree char *path = g_dir_make_tmp ("davit-test-json-XXXXXX", NULL);
	davit_autofd dirfd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	static const char *const names[] = {"good", "bad", "long", "fifo", "link"};
	g_autofree char *spaces = g_strnfill (101, ' ');
	g_autoptr (DavitJson) root = NULL;
	g_autoptr (GError) error = NULL;
	const char *texts[] = {"{\"a\":1}", "[\n,]", spaces};

	for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
		g_autofree char *file = g_build_filename (path, names[i], NULL);

		g_assert_true (g_file_set_contents (file, texts[i], -1, NULL));
	}
	g_assert_cmpint (mkfifoat (dirfd, "fifo", 0600), ==, 0);
	g_assert_cmpint (symlinkat ("good", dirfd, "link"), ==, 0);
	root = davit_json_read (dirfd, "good", 100, &error);
	g_assert_no_error (error);
	g_assert_cmpint (davit_json_integer (davit_json_member (root, "a")), ==, 1);
	read_wrong (dirfd, "bad", DAVIT_ERROR_CORRUPT,
		    "\"bad\": line 2, column 1: a value is expected here");
	read_wrong (dirfd, "long", DAVIT_ERROR_CORRUPT, "long");
	read_wrong (dirfd, "fifo", DAVIT_ERROR_CORRUPT, "\"fifo\": not a regular file");
	read_wrong (dirfd, "absent", DAVIT_ERROR_NOT_FOUND, "\"absent\"");
	g_assert_null (davit_json_read (dirfd, "link", 100, NULL));
	for (guint i = 0; i < G_N_ELEMENTS (names); i++)
		g_assert_cmpint (unlinkat (dirfd, names[i], 0), ==, 0);
	g_assert_cmpint (g_rmdir (path), ==, 0);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/json/refuse", test_refuse);
	g_test_add_func ("/json/depth", test_depth);
	g_test_add_func ("/json/take", test_take);
	g_test_add_func ("/json/types", test_types);
	g_test_add_func ("/json/object-lengths", test_object_lengths);
	g_test_add_func ("/json/words", test_words);
	g_test_add_func ("/json/large-object", test_large_object);
	g_test_add_func ("/json/get", test_get);
	g_test_add_func ("/json/get-wrong", test_get_wrong);
	g_test_add_func ("/json/dup", test_dup);
	g_test_add_func ("/json/root-wrong", test_root_wrong);
	g_test_add_func ("/json/write", test_write);
	g_test_add_func ("/json/read", test_read);
	return g_test_run ();
}
