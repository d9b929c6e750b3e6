/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of images. */

#include "base/error.h"
#include "image/image-store.h"
#include "image/names.h"
#include "image/reference.h"

#include <string.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
test_normalize (void)
{
	static const char *const table[][2] = {
		{"web", "localhost/web:latest"},
		{"web:1.0", "localhost/web:1.0"},
		{"sub/name:tag", "localhost/sub/name:tag"},
		{"localhost/web", "localhost/web:latest"},
		{"localhost:5000/web", "localhost:5000/web:latest"},
		{"quay.io/a/b/c:x", "quay.io/a/b/c:x"},
		{"docker.io/busybox", "docker.io/library/busybox:latest"},
		{"index.docker.io/busybox:1", "docker.io/library/busybox:1"},
		{"docker.io/user/x", "docker.io/user/x:latest"},
		{"[::1]:5000/a", "[::1]:5000/a:latest"},
		{"x/a__b.c-d---e/f_g", "localhost/x/a__b.c-d---e/f_g:latest"},
		{"web:UPPER_.-", "localhost/web:UPPER_.-"},
		{"web@sha256:" HEX, "localhost/web@sha256:" HEX},
		{"web:1@sha256:" HEX, "localhost/web:1@sha256:" HEX},
		{"HOST/web", "HOST/web:latest"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
		g_autoptr (GError) error = NULL;
		g_autofree char *name = davit_image_normalize_name (table[i][0], &error);
		g_autofree char *again = NULL;

		g_assert_no_error (error);
		g_assert_cmpstr (name, ==, table[i][1]);
		again = davit_image_normalize_name (name, &error);
		g_assert_cmpstr (again, ==, name);
	}
}

static void
test_bad (void)
{
	static const char name_rule[] =
		"a name is made of a-z and 0-9, with \".\", \"_\" or \"-\" between them";
	static const char tag_rule[] =
		"a tag is made of at most 128 letters, digits, \"_\", \".\" or \"-\"";
	static const char host_rule[] = "what stands in front of the first slash is no host";
	static const char *const table[][2] = {
		{"", name_rule},
		{"/", name_rule},
		{"a/", name_rule},
		{"/a", name_rule},
		{"a//b", name_rule},
		{"..", name_rule},
		{"../a", host_rule},
		{"a/../b", name_rule},
		{"a/.b", name_rule},
		{"Not/A Name", name_rule},
		{"Upper", name_rule},
		{"a..b", name_rule},
		{"a___b", name_rule},
		{"-a", name_rule},
		{"a-", name_rule},
		{"a.-b", name_rule},
		{"a\nb", name_rule},
		{"\xff\xfe", name_rule},
		{"-.io/a", host_rule},
		{"a.b:x/c", host_rule},
		{"a.b:/c", host_rule},
		{"[::1/a", host_rule},
		{"a:", tag_rule},
		{"a:-x", tag_rule},
		{"a:.x", tag_rule},
		{"a:b c", tag_rule},
		{"a@", "a digest is \"sha256:\" and 64 hexadecimal digits"},
		{"a@sha256:12", "a digest is \"sha256:\" and 64 hexadecimal digits"},
		{"a@sha512:" HEX HEX, "a digest is \"sha256:\" and 64 hexadecimal digits"},
		{HEX, "64 hexadecimal digits are an id"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
		g_autoptr (GError) error = NULL;
		g_autofree char *text = g_strdup_printf ("\"%s\" is no name of an image; %s",
							 table[i][0], table[i][1]);

		g_assert_null (davit_image_normalize_name (table[i][0], &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE);
		g_assert_cmpstr (error->message, ==, text);
	}
}

/* However long it gets when it is completed, it is a name still. */
static void
test_long (void)
{
	g_autofree char *path = g_strnfill (237, 'a');
	g_autofree char *long_path = g_strnfill (238, 'a');
	g_autofree char *docker_path = g_strconcat ("index.docker.io/", long_path, NULL);
	g_autofree char *tag = g_strnfill (128, 'b');
	g_autofree char *good = g_strconcat (path, ":", tag, NULL);
	g_autofree char *bad_tag = g_strconcat ("x:", tag, "b", NULL);
	g_autofree char *name = davit_image_normalize_name (good, NULL);
	g_autofree char *docker = davit_reference_give (good, "docker.io", NULL);
	g_autofree char *again = davit_reference_give (docker, "localhost", NULL);
	g_autoptr (GError) error = NULL;

	g_assert_nonnull (name);
	g_assert_nonnull (docker);
	g_assert_cmpstr (again, ==, docker);
	g_assert_null (davit_image_normalize_name (bad_tag, NULL));
	g_assert_null (davit_image_normalize_name (docker_path, NULL));
	g_assert_null (davit_image_normalize_name (long_path, &error));
	g_assert_true (
		g_str_has_suffix (error->message,
				  "a name has at most 255 characters, with that of its registry"));
}

static void
test_give (void)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *docker = davit_reference_give ("busybox", "docker.io", NULL);
	g_autofree char *user = davit_reference_give ("user/x:1", "docker.io", NULL);
	g_autofree char *whole = davit_reference_give ("localhost/x:1", "docker.io", NULL);

	g_assert_cmpstr (docker, ==, "docker.io/library/busybox:latest");
	g_assert_cmpstr (user, ==, "docker.io/user/x:1");
	g_assert_cmpstr (whole, ==, "localhost/x:1");
	g_assert_null (davit_reference_give ("x@sha256:" HEX, "localhost", &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE);
	g_assert_cmpstr (error->message, ==,
			 "\"x@sha256:" HEX "\" can't be given to an image; leave the digest out");
}

static void
test_ids (void)
{
	g_assert_cmpstr (davit_reference_id_digits ("0123"), ==, "0123");
	g_assert_cmpstr (davit_reference_id_digits ("sha256:abcd"), ==, "abcd");
	g_assert_cmpstr (davit_reference_id_digits (HEX), ==, HEX);
	g_assert_null (davit_reference_id_digits ("012"));
	g_assert_null (davit_reference_id_digits ("ABCD"));
	g_assert_null (davit_reference_id_digits (HEX "0"));
	g_assert_null (davit_reference_id_digits ("012g"));
	g_assert_null (davit_reference_id_digits (""));
}

/* Different names, different files; each of them a single, visible, short component. */
static void
test_files (void)
{
	g_autofree char *many = g_strnfill (250, 'a');
	g_autofree char *other = g_strconcat (many, "b", NULL);
	const char *names[] = {"localhost/web:1",
			       "localhost/web",
			       "localhost%2Fweb:1",
			       "a/b/c:1",
			       "a%b/c:1",
			       "../../etc/passwd",
			       ".hidden",
			       "..",
			       "a\nb",
			       many,
			       other,
			       "sha256:" HEX};
	g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
		char *file = davit_names_file (names[i]);

		g_assert_cmpuint (strlen (file), <=, 200);
		g_assert_null (strchr (file, '/'));
		g_assert_null (strchr (file, '\n'));
		g_assert_cmpint (file[0], !=, '.');
		g_assert_true (g_hash_table_add (seen, file));
	}
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/reference/normalize", test_normalize);
	g_test_add_func ("/reference/bad", test_bad);
	g_test_add_func ("/reference/long", test_long);
	g_test_add_func ("/reference/give", test_give);
	g_test_add_func ("/reference/ids", test_ids);
	g_test_add_func ("/reference/files", test_files);
	return g_test_run ();
}
