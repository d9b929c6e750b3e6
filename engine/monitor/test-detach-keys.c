/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The keys that leave a terminal. */

#include "base/error.h"
#include "monitor/detach-keys.h"

#include <string.h>

#define KEYS "ctrl-p,ctrl-q"

static void
test_filter (void)
{
	static const struct {
		const char *keys;
		const char *typed;
		const char *passed;
		gboolean detached;
	} cases[] = {
		{KEYS, "abc", "abc", FALSE},	       {KEYS, "a\020\021b", "a", TRUE},
		{KEYS, "a\020b", "a\020b", FALSE},     {KEYS, "a\020", "a", FALSE},
		{KEYS, "\020\020\021", "\020", TRUE},  {"a,a,b", "aaab", "a", TRUE},
		{"a,b,a,c", "ababac", "ab", TRUE},     {"ctrl-@", "\1", "\1", FALSE},
		{"ctrl-_", "x\037", "x", TRUE},	       {"", "\020\021", "\020\021", FALSE},
		{NULL, "\020\021", "\020\021", FALSE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
		for (int whole = 0; whole < 2; whole++) {
			gsize length = strlen (cases[i].typed);
			guint8 output[64];
			gsize total = 0;
			gboolean detached = FALSE;
			DavitDetachKeys keys;

			g_assert_true (davit_detach_keys_parse (&keys, cases[i].keys, NULL));
			/* In one piece, and key by key. */
			for (gsize at = 0; at < length && !detached; at += whole ? length : 1) {
				gsize got;

				detached = davit_detach_keys_filter (
					&keys, (const guint8 *) cases[i].typed + at,
					whole ? length : 1, output + total, &got);
				total += got;
			}
			g_assert_cmpint (detached, ==, cases[i].detached);
			g_assert_cmpmem (output, total, cases[i].passed, strlen (cases[i].passed));
		}
	}
}

static void
test_wrong (void)
{
	static const char *const wrong[] = {"ctrl-", "ctrl-1", "ab", "a,,b", "ctrl-p,", "shift-a"};
	g_autoptr (GError) error = NULL;
	DavitDetachKeys keys;

	for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
		g_autoptr (GError) each = NULL;

		g_assert_false (davit_detach_keys_parse (&keys, wrong[i], &each));
		g_assert_error (each, DAVIT_ERROR, DAVIT_ERROR_USAGE);
	}
	g_assert_false (davit_detach_keys_parse (&keys, "ctrl-p,nix", &error));
	g_assert_cmpstr (error->message, ==,
			 "detach keys \"ctrl-p,nix\": \"nix\" is no key; write characters or "
			 "\"ctrl-\" and a letter or one of @ [ \\ ] ^ _, with commas between them");
	g_clear_error (&error);
	g_assert_false (
		davit_detach_keys_parse (&keys, "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a", &error));
	g_assert_nonnull (strstr (error->message, "are more than 16"));
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/detach-keys/filter", test_filter);
	g_test_add_func ("/detach-keys/wrong", test_wrong);
	return g_test_run ();
}
