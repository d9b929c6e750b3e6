/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The tables themselves: what help, manual and parser take for granted. */

#include "base/error.h"
#include "cli/absent.h"
#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/help.h"
#include "container/create-request.h"

#include <string.h>

static void
phrase_check (const char *phrase)
{
	g_assert_nonnull (phrase);
	g_assert_false (g_str_has_suffix (phrase, "."));
	g_assert_cmpuint (strlen (phrase), <=, 110);
	g_assert_true (g_ascii_islower (phrase[0]) || !g_ascii_isalpha (phrase[0]) ||
		       g_str_has_prefix (phrase, "KEY") || g_str_has_prefix (phrase, "IMAGE") ||
		       g_str_has_prefix (phrase, "FILE"));
}

static void
flag_check (const DavitFlag *const *tables, const DavitFlag *flag, const DavitFlag *const *table)
{
	/* The first of two flags of one name would hide the second. */
	if (flag->alias == NULL)
		g_assert_true (davit_arguments_find_name (tables, flag->name,
							  strlen (flag->name)) == flag);
	else
		g_assert_nonnull (
			davit_arguments_find_name (tables, flag->name, strlen (flag->name)));
	if (flag->alias != NULL)
		return;
	phrase_check (flag->help);
	g_assert_true ((flag->type == DAVIT_FLAG_SWITCH) == (flag->argument == NULL));
	/* Only -h of help may be taken by another. */
	if (flag->letter != 0 && strcmp (flag->name, "help") != 0)
		g_assert_true (davit_arguments_find_letter (tables, flag->letter) == flag);
}

static void
test_flags (void)
{
	for (const DavitVerb *verb = davit_commands_all (); verb->name != NULL; verb++) {
		const DavitFlag *tables[4];

		g_test_message ("%s", verb->name);
		davit_commands_tables (verb, tables);
		for (const DavitFlag **table = tables; *table != NULL; table++) {
			for (const DavitFlag *flag = *table; flag->name != NULL; flag++)
				flag_check (tables, flag, table);
		}
	}
}

static void
test_verbs (void)
{
	for (const DavitVerb *verb = davit_commands_all (); verb->name != NULL; verb++) {
		g_autofree char *help = NULL;

		g_test_message ("%s", verb->name);
		phrase_check (verb->summary);
		g_assert_nonnull (verb->run);
		g_assert_nonnull (verb->synopsis);
		g_assert_true (davit_commands_find (verb->name) == verb);
		g_assert_cmpuint (verb->operands_min, <=, verb->operands_max);
		g_assert_true ((verb->operands_max == 0) == (verb->synopsis[0] == '\0'));
		help = davit_help_verb (verb);
		g_assert_true (g_str_has_prefix (help, "Usage: davit "));
		g_assert_nonnull (strstr (help, "--help"));
	}
}

static void
test_aliases (void)
{
	for (const DavitVerbAlias *alias = davit_commands_aliases (); alias->name != NULL;
	     alias++) {
		g_test_message ("%s", alias->name);
		g_assert_null (davit_commands_find (alias->name));
		g_assert_nonnull (davit_commands_find (alias->verb));
	}
}

/* Every flag of run and create is one that the request knows, and the other way round. */
static void
test_create_flags (void)
{
	static const char *const own[] = {"quiet", NULL};
	const DavitFlag *const tables[] = {davit_create_flags, NULL};
	const char *const *known = davit_create_request_options ();

	for (const DavitFlag *flag = davit_create_flags; flag->name != NULL; flag++) {
		if (flag->alias != NULL || g_strv_contains (own, flag->name))
			continue;
		g_test_message ("%s", flag->name);
		g_assert_true (g_strv_contains (known, flag->name));
	}
	for (; *known != NULL; known++) {
		g_test_message ("%s", *known);
		g_assert_nonnull (davit_arguments_find_name (tables, *known, strlen (*known)));
	}
}

/* What has come must leave the table of what is not there yet; what is in it can be found. */
static void
test_absent (void)
{
	for (const DavitAbsent *absent = davit_absent_verbs (); absent->name != NULL; absent++) {
		g_test_message ("%s", absent->name);
		g_assert_null (davit_commands_find (absent->name));
		g_assert_true (davit_absent_verb (absent->name) == absent);
	}
	for (const DavitAbsent *absent = davit_absent_flags (); absent->name != NULL; absent++) {
		const char *names = absent->verbs != NULL ? absent->verbs + 1 : "";
		g_auto (GStrv) words = g_strsplit (names, " ", -1);

		for (guint i = 0; words[i] != NULL && words[i][0] != '\0'; i++) {
			const DavitVerb *verb = davit_commands_find (words[i]);
			const DavitFlag *tables[4];

			g_test_message ("%s --%s", words[i], absent->name);
			g_assert_nonnull (verb);
			davit_commands_tables (verb, tables);
			g_assert_null (davit_arguments_find_name (tables, absent->name,
								  strlen (absent->name)));
			g_assert_true (davit_absent_flag (words[i], absent->name,
							  strlen (absent->name), 0) == absent);
		}
	}
}

static const DavitVerb *
resolve (const char *line, guint *used, GError **error)
{
	g_auto (GStrv) words = g_strsplit (line, " ", -1);
	const DavitVerbAlias *alias;

	return davit_commands_resolve ((const char *const *) words, &alias, used, error);
}

static void
resolves (const char *line, const char *verb, guint words)
{
	g_autoptr (GError) error = NULL;
	guint used;

	g_assert_cmpstr (resolve (line, &used, &error)->name, ==, verb);
	g_assert_no_error (error);
	g_assert_cmpuint (used, ==, words);
}

static void
unknown (const char *line, const char *text)
{
	g_autoptr (GError) error = NULL;
	guint used;

	g_assert_null (resolve (line, &used, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE);
	g_assert_cmpstr (error->message, ==, text);
}

static void
test_resolve (void)
{
	resolves ("run x", "run", 1);
	resolves ("ls -a", "ps", 1);
	resolves ("container ls -a", "ps", 2);
	resolves ("image inspect x", "inspect", 2);
	resolves ("plugin list", "plugin list", 2);
	resolves ("config", "config show", 1);
	resolves ("config --format json", "config show", 1);
	unknown ("foo", "unknown command \"foo\"; see davit --help");
	unknown ("rnu", "unknown command \"rnu\"; see davit --help, or did you mean \"run\"?");
	unknown ("container foo", "unknown command \"container foo\"; see davit --help");
	unknown ("plugin lst", "unknown command \"plugin lst\"; see davit --help, or did you mean "
			       "\"plugin list\"?");
	unknown ("plugin", "command \"plugin\" needs one of: list, info, new, check, inspect, ls");
}

/* What the shells are answered, without a store. */
static void
completes (const char *line, const char *wanted, gboolean there)
{
	/* Of nothing GLib makes no word at all; a shell gives an empty one. */
	g_auto (GStrv) words = g_strsplit (line[0] == '\0' ? " " : line, " ", -1);
	g_autoptr (GString) output = g_string_new ("\n");
	g_autofree char *candidate = g_strconcat ("\n", wanted, NULL);
	DavitCli *no_cli = NULL;

	davit_complete_words (no_cli, (const char *const *) (line[0] == '\0' ? words + 1 : words),
			      output);
	g_test_message ("%s: %s", line, output->str);
	g_assert_true ((strstr (output->str, candidate) != NULL) == there);
}

static void
test_complete (void)
{
	completes ("", "run\tmake a container", TRUE);
	completes ("", "__complete\t", FALSE);
	completes ("", "plugin\t", TRUE);
	completes ("ru", "run\t", TRUE);
	completes ("ru", "ps\t", FALSE);
	completes ("--log", "--log-format\t", TRUE);
	completes ("--log-format ", "json\t", TRUE);
	completes ("--log-format j", "text\t", FALSE);
	completes ("--root ", ":directory", TRUE);
	completes ("--root x r", "run\t", TRUE);
	completes ("plugin ", "list\t", TRUE);
	completes ("plugin li", "info\t", FALSE);
	completes ("container l", "ls\t", TRUE);
	completes ("run --na", "--name\t", TRUE);
	completes ("run --net", "--net\t", FALSE);
	completes ("container run --na", "--name\t", TRUE);
	completes ("run -i --stop-signal SIGT", "SIGTERM\t", TRUE);
	completes ("run --stop-signal=SIGT", "--stop-signal=SIGTERM\t", TRUE);
	completes ("kill -s SIGK", "SIGKILL\t", TRUE);
	completes ("run --cap-add sys_a", "sys_admin\tcapability", TRUE);
	completes ("run img --na", "--name\t", FALSE);
	completes ("ps --sort n", "names\t", TRUE);
	completes ("ps --sort=n", "--sort=names\t", TRUE);
	completes ("save --format oci-d", "oci-dir\t", TRUE);
	completes ("import ", ":file", TRUE);
	completes ("help r", "run\t", TRUE);
	completes ("nonsense ", "run\t", FALSE);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/cli/commands/flags", test_flags);
	g_test_add_func ("/cli/commands/verbs", test_verbs);
	g_test_add_func ("/cli/commands/aliases", test_aliases);
	g_test_add_func ("/cli/commands/create-flags", test_create_flags);
	g_test_add_func ("/cli/commands/absent", test_absent);
	g_test_add_func ("/cli/commands/resolve", test_resolve);
	g_test_add_func ("/cli/commands/complete", test_complete);
	return g_test_run ();
}
