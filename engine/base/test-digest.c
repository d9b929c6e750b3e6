/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Digests, chain ids and random names. */

#include "base/digest.h"

#include <string.h>

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void
test_valid (void)
{
	static const char *const bad[] = {
		"",
		"sha256:",
		EMPTY,
		"sha512:" EMPTY,
		"SHA256:" EMPTY,
		"sha256:" EMPTY "0",
		"sha256:" EMPTY "\n",
		"sha256:E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"sha256:g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"sha256:../c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"sha256:3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	};

	for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
		g_assert_false (davit_digest_is_valid (bad[i]));
	g_assert_false (davit_digest_is_valid (NULL));
	g_assert_true (davit_digest_is_valid ("sha256:" EMPTY));
	g_assert_cmpstr (davit_digest_hex ("sha256:" EMPTY), ==, EMPTY);
}

static void
test_of (void)
{
	g_autofree char *empty = davit_digest_of ("", 0);
	g_autofree char *abc = davit_digest_of ("abc", 3);

	g_assert_cmpstr (empty, ==, "sha256:" EMPTY);
	g_assert_cmpstr (abc, ==, "sha256:" ABC);
}

static void
test_chain (void)
{
	static const char *const ids[] = {"sha256:" EMPTY, "sha256:" ABC, "sha256:" EMPTY, NULL};
	static const char second_of[] = "sha256:" EMPTY " sha256:" ABC;
	g_auto (GStrv) chain = davit_digest_chain_ids (ids);
	g_auto (GStrv) none = davit_digest_chain_ids (ids + 3);
	g_autofree char *second = davit_digest_of (second_of, strlen (second_of));
	g_autofree char *third_of = g_strconcat (second, " sha256:" EMPTY, NULL);
	g_autofree char *third = davit_digest_of (third_of, strlen (third_of));

	g_assert_cmpuint (g_strv_length (chain), ==, 3);
	g_assert_cmpstr (chain[0], ==, EMPTY);
	g_assert_cmpstr (chain[1], ==, davit_digest_hex (second));
	g_assert_cmpstr (chain[2], ==, davit_digest_hex (third));
	g_assert_cmpuint (g_strv_length (none), ==, 0);
}

static void
test_random (void)
{
	g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < 1000; i++) {
		char text[66];

		memset (text, '!', sizeof text);
		davit_digest_random_hex (text, 64);
		g_assert_cmpuint (strspn (text, "0123456789abcdef"), ==, 64);
		g_assert_cmpint (text[64], ==, '\0');
		g_assert_cmpint (text[65], ==, '!');
		g_assert_true (g_hash_table_add (seen, g_strdup (text)));
	}
	for (gsize length = 0; length <= 4; length += 2) {
		char text[8] = "!!!!!!!";

		davit_digest_random_hex (text, length);
		g_assert_cmpuint (strlen (text), ==, length);
		g_assert_cmpint (text[length + 1], ==, '!');
	}
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/digest/valid", test_valid);
	g_test_add_func ("/digest/of", test_of);
	g_test_add_func ("/digest/chain", test_chain);
	g_test_add_func ("/digest/random", test_random);
	return g_test_run ();
}
