/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lines of a Dockerfile. */

#include "base/error.h"
#include "image/changes.h"

static DavitChanges *
parse (const char *const *lines)
{
	g_autoptr (GError) error = NULL;
	DavitChanges *changes = davit_changes_parse (lines, &error);

	g_assert_no_error (error);
	return changes;
}

static void
assert_words (char **words, const char *joined)
{
	g_autofree char *text = g_strjoinv ("|", words);

	g_assert_cmpstr (text, ==, joined);
}

static void
assert_array (GPtrArray *array, const char *joined)
{
	g_autoptr (GString) text = g_string_new (NULL);

	for (guint i = 0; i < array->len; i++)
		g_string_append_printf (text, "%s%s", i == 0 ? "" : "|",
					(char *) g_ptr_array_index (array, i));
	g_assert_cmpstr (text->str, ==, joined);
}

static void
test_commands (void)
{
	const char *lines[] = {"CMD [\"/bin/x\", \"a b\"]", "entrypoint  echo $HOME | cat ", NULL};
	const char *later[] = {"CMD one", "CMD []", NULL};
	g_autoptr (DavitChanges) changes = parse (lines);
	g_autoptr (DavitChanges) last = parse (later);
	g_autoptr (DavitChanges) none = parse (NULL);

	assert_words (changes->cmd, "/bin/x|a b");
	assert_words (changes->entrypoint, "/bin/sh|-c|echo $HOME | cat");
	assert_words (last->cmd, "");
	g_assert_null (none->cmd);
	g_assert_cmpuint (none->env->len, ==, 0);
}

static void
test_pairs (void)
{
	const char *lines[] = {"ENV A=b c",
			       "ENV B=1 C=2",
			       "ENV D word and more",
			       "ENV E=\"x y\" F='p q'",
			       "ENV G=a\\ b",
			       "ENV B=3",
			       "ENV H=",
			       "LABEL one=1",
			       "LABEL \"two words\"=x=y",
			       NULL};
	g_autoptr (DavitChanges) changes = parse (lines);

	assert_array (changes->env, "A=b c|C=2|D=word and more|E=x y|F=p q|G=a b|B=3|H=");
	assert_array (changes->labels, "one=1|two words=x=y");
}

static void
test_others (void)
{
	const char *lines[] = {"EXPOSE 80 53/udp 80/tcp",
			       "EXPOSE 8000-8002",
			       "VOLUME /a /b",
			       "VOLUME [\"/c d\", \"/a\"]",
			       "STOPSIGNAL SIGQUIT",
			       "USER 1:2",
			       "WORKDIR /srv",
			       "WORKDIR sub/./x/..",
			       NULL};
	g_autoptr (DavitChanges) changes = parse (lines);

	assert_array (changes->ports, "80/tcp|53/udp|8000/tcp|8001/tcp|8002/tcp");
	assert_array (changes->volumes, "/a|/b|/c d");
	g_assert_cmpstr (changes->stop_signal, ==, "SIGQUIT");
	g_assert_cmpstr (changes->user, ==, "1:2");
	g_assert_cmpstr (changes->working_dir, ==, "/srv/sub");
}

static void
test_bad (void)
{
	static const char *const table[][2] = {
		{"FROM x", "\"FROM\" is not one of CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, "
			   "STOPSIGNAL, USER, VOLUME, WORKDIR"},
		{"", "\"\" is not one of CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, "
		     "VOLUME, WORKDIR"},
		{"CMD", "nothing stands behind CMD"},
		{"CMD [\"a\", 1]",
		 "it begins like a JSON array of strings and is none: entry 1 is no string"},
		{"ENV A", "it must be KEY=VALUE"},
		{"ENV =x", "a key is missing"},
		{"ENV A=\"x", "a quote is left open"},
		{"EXPOSE 0", "\"0\" must be PORT[-PORT][/tcp|/udp|/sctp]"},
		{"EXPOSE 80/icmp", "\"80/icmp\" must be PORT[-PORT][/tcp|/udp|/sctp]"},
		{"EXPOSE 90-80", "\"90-80\" must be PORT[-PORT][/tcp|/udp|/sctp]"},
		{"VOLUME data", "\"data\" must be an absolute path"},
		{"USER a b", "it must be USER[:GROUP]"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
		const char *lines[] = {table[i][0], NULL};
		g_autoptr (GError) error = NULL;
		g_autofree char *text =
			g_strdup_printf ("change \"%s\": %s", table[i][0], table[i][1]);

		g_assert_null (davit_changes_parse (lines, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE);
		g_assert_cmpstr (error->message, ==, text);
	}
}

static void
test_bad_values (void)
{
	static const char *const lines[] = {"EXPOSE 65536", "EXPOSE x",	      "STOPSIGNAL NOSUCH",
					    "CMD [ -f x ]", "VOLUME [\"/a\"", "ENV A=\xff"};

	for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
		const char *one[] = {lines[i], NULL};
		g_autoptr (GError) error = NULL;

		g_assert_null (davit_changes_parse (one, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE);
		g_assert_true (g_str_has_prefix (error->message, "change \""));
	}
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/changes/commands", test_commands);
	g_test_add_func ("/changes/pairs", test_pairs);
	g_test_add_func ("/changes/others", test_others);
	g_test_add_func ("/changes/bad", test_bad);
	g_test_add_func ("/changes/bad-values", test_bad_values);
	return g_test_run ();
}
