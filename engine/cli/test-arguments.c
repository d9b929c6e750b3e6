/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parser of command lines: every form that users of docker and podman write. */

#include "base/error.h"
#include "cli/arguments.h"
#include "cli/suggest.h"

#include <string.h>

static const DavitFlag flags[] = {
	{.name = "interactive", .letter = 'i', .type = DAVIT_FLAG_SWITCH, .help = "x"},
	{.name = "tty", .letter = 't', .type = DAVIT_FLAG_SWITCH, .help = "x"},
	{.name = "env", .letter = 'e', .type = DAVIT_FLAG_LIST, .argument = "KEY", .help = "x"},
	{.name = "publish", .letter = 'p', .type = DAVIT_FLAG_LIST, .argument = "P", .help = "x"},
	{.name = "name", .type = DAVIT_FLAG_TEXT, .argument = "NAME", .help = "x"},
	{.name = "network", .type = DAVIT_FLAG_TEXT, .argument = "MODE", .help = "x"},
	{.name = "net", .alias = "network"},
	{.name = "format", .type = DAVIT_FLAG_TEXT, .argument = "F", .choices = "a|b", .help = "x"},
	{.name = "hostname", .letter = 'h', .type = DAVIT_FLAG_TEXT, .argument = "H", .help = "x"},
	{.name = NULL},
};

static const DavitFlag common[] = {
	{.name = "help", .letter = 'h', .type = DAVIT_FLAG_SWITCH, .help = "x"},
	{.name = NULL},
};

static const DavitFlag *const tables[] = {flags, common, NULL};

/* line: words separated by single spaces; it must outlive the result. */
static DavitArguments *
parse (char **words, gboolean stop, GError **error)
{
	DavitSyntax syntax = {"run", tables, stop};

	return davit_arguments_parse (&syntax, (const char *const *) words, error);
}

static void
expect (const char *line, gboolean stop, const char *wanted)
{
	g_auto (GStrv) words = line[0] == '\0' ? g_new0 (char *, 1) : g_strsplit (line, " ", -1);
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitArguments) arguments = parse (words, stop, &error);
	g_autoptr (GString) text = g_string_new (NULL);

	g_assert_no_error (error);
	for (guint i = 0; i < davit_arguments_count (arguments); i++) {
		const char *value;
		const DavitFlag *flag = davit_arguments_nth (arguments, i, &value);

		g_string_append_printf (text, "%s=%s ", flag->name, value);
	}
	g_string_append_c (text, '|');
	for (const char *const *operand = davit_arguments_operands (arguments); *operand != NULL;
	     operand++)
		g_string_append_printf (text, " %s", *operand);
	g_assert_cmpstr (text->str, ==, wanted);
}

static void
refuse (const char *line, const char *wanted)
{
	g_auto (GStrv) words = g_strsplit (line, " ", -1);
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitArguments) arguments = parse (words, TRUE, &error);

	g_assert_null (arguments);
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE);
	g_assert_cmpstr (error->message, ==, wanted);
}

static void
test_forms (void)
{
	expect ("", TRUE, "|");
	expect ("-it img", TRUE, "interactive=true tty=true | img");
	expect ("-i -t img", TRUE, "interactive=true tty=true | img");
	expect ("-e A -e B=1 img", TRUE, "env=A env=B=1 | img");
	expect ("-eA -eB=1 img", TRUE, "env=A env=B=1 | img");
	expect ("-p=80:80 -p 81:81 -p82:82 img", TRUE,
		"publish=80:80 publish=81:81 publish=82:82 | img");
	expect ("-ite A=B img", TRUE, "interactive=true tty=true env=A=B | img");
	expect ("-iteA=B img", TRUE, "interactive=true tty=true env=A=B | img");
	expect ("--name x img", TRUE, "name=x | img");
	expect ("--name=x=y img", TRUE, "name=x=y | img");
	expect ("--name= img", TRUE, "name= | img");
	expect ("--name --tty img", TRUE, "name=--tty | img");
	expect ("--tty=false img", TRUE, "tty=false | img");
	expect ("-t=0 img", TRUE, "tty=false | img");
	expect ("--tty=1 img", TRUE, "tty=true | img");
	expect ("--net host img", TRUE, "network=host | img");
	expect ("--net=host img", TRUE, "network=host | img");
	expect ("-h box img", TRUE, "hostname=box | img");
}

static void
test_operands (void)
{
	expect ("img ls -l --name x", TRUE, "| img ls -l --name x");
	expect ("a -t b --name x c", FALSE, "tty=true name=x | a b c");
	expect ("-t -- -x --name", TRUE, "tty=true | -x --name");
	expect ("a -- -t", FALSE, "| a -t");
	expect ("- -t", FALSE, "tty=true | -");
	expect ("img -- ls", TRUE, "| img -- ls");
}

static void
test_help (void)
{
	expect ("--help --nonsense", TRUE, "help=true |");
	expect ("--help=false img", TRUE, "help=false | img");
}

static void
test_values (void)
{
	g_auto (GStrv) words = g_strsplit ("-e A --name x -e B -t --name y -t=false z", " ", -1);
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitArguments) arguments = parse (words, TRUE, &error);
	const char *const *list;

	g_assert_no_error (error);
	g_assert_cmpstr (davit_arguments_text (arguments, "name"), ==, "y");
	g_assert_false (davit_arguments_switch (arguments, "tty"));
	g_assert_true (davit_arguments_has (arguments, "tty"));
	g_assert_false (davit_arguments_has (arguments, "interactive"));
	g_assert_null (davit_arguments_text (arguments, "network"));
	list = davit_arguments_list (arguments, "env");
	g_assert_cmpstr (list[0], ==, "A");
	g_assert_cmpstr (list[1], ==, "B");
	g_assert_null (list[2]);
	g_assert_null (davit_arguments_list (arguments, "publish")[0]);
	g_assert_cmpuint (davit_arguments_operand_count (arguments), ==, 1);
}

static void
test_refused (void)
{
	refuse ("--bar img", "unknown option \"--bar\" of \"run\"; see davit run --help");
	refuse ("--nmae x", "unknown option \"--nmae\" of \"run\"; did you mean \"--name\"?");
	refuse ("--nmae=x", "unknown option \"--nmae\" of \"run\"; did you mean \"--name\"?");
	refuse ("-z", "unknown option \"-z\" of \"run\"; see davit run --help");
	refuse ("-itz", "-itz: unknown option \"-z\" of \"run\"; see davit run --help");
	refuse ("--name", "option \"--name\" of \"run\" needs a value (NAME)");
	refuse ("-e", "option \"--env\" of \"run\" needs a value (KEY)");
	refuse ("--tty=maybe", "option \"--tty\" of \"run\" takes true or false, not \"maybe\"");
	refuse ("-t=", "option \"--tty\" of \"run\" takes true or false, not \"\"");
	refuse ("--format=c", "option \"--format\" of \"run\" must be one of a, b, not \"c\"");
	refuse ("--na x", "unknown option \"--na\" of \"run\"; see davit run --help");
	refuse ("--=x", "unknown option \"--\" of \"run\"; see davit run --help");
}

static void
test_suggest (void)
{
	const char *best = NULL;

	g_assert_cmpuint (davit_suggest_distance ("", "abc"), ==, 3);
	g_assert_cmpuint (davit_suggest_distance ("abc", "abc"), ==, 0);
	g_assert_cmpuint (davit_suggest_distance ("ab", "ba"), ==, 1);
	g_assert_cmpuint (davit_suggest_distance ("inspect", "insepct"), ==, 1);
	g_assert_cmpuint (davit_suggest_distance ("start", "stop"), ==, 3);
	davit_suggest_consider ("imges", "inspect", &best);
	g_assert_null (best);
	davit_suggest_consider ("imges", "image", &best);
	davit_suggest_consider ("imges", "images", &best);
	g_assert_cmpstr (best, ==, "images");
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/cli/arguments/forms", test_forms);
	g_test_add_func ("/cli/arguments/operands", test_operands);
	g_test_add_func ("/cli/arguments/help", test_help);
	g_test_add_func ("/cli/arguments/values", test_values);
	g_test_add_func ("/cli/arguments/refused", test_refused);
	g_test_add_func ("/cli/arguments/suggest", test_suggest);
	return g_test_run ();
}
