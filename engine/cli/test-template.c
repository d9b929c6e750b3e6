/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Templates: what Go prints for the same template and data, unless it is said otherwise. */

#include "base/error.h"
#include "base/json.h"
#include "cli/template-private.h"
#include "cli/template.h"

#include <string.h>

static const char data[] =
	"{\"ID\":\"0123456789abcdef\",\"Name\":\"web\",\"Empty\":\"\",\"Number\":42,\"Zero\":0,"
	"\"Half\":0.5,\"Yes\":true,\"No\":false,\"Nothing\":null,\"Evil\":\"a\\u001b[31mb\","
	"\"Lines\":\"a\\nb\",\"Umlaut\":\"\\u00e4bc\",\"Bidi\":\"x\\u202ey\","
	"\"List\":[\"a\",\"b\",\"c\"],\"None\":[],\"Numbers\":[1,2,3],"
	"\"Config\":{\"Env\":[\"A=1\",\"B=2\"],\"Labels\":{\"b.c\":\"2\",\"a\":\"1\"},\"User\":"
	"\"\"},"
	"\"State\":{\"Pid\":7,\"Running\":true},\"Mounts\":[{\"Source\":\"/a\"},{\"Source\":\"/"
	"b\"}]}";

static const char *const labels[] = {"app=web=1", "tier=", NULL};

static char *
render (const char *text, GError **error)
{
	g_autoptr (DavitTemplate) template = davit_template_parse (text, error);
	g_autoptr (DavitJson) root = davit_json_parse (data, -1, NULL);
	DavitTemplateData values = {root, labels};
	g_autoptr (GString) output = g_string_new (NULL);

	g_assert_nonnull (root);
	if (template == NULL || !davit_template_render (template, &values, output, error)) {
		g_assert_cmpuint (output->len, ==, 0);
		return NULL;
	}
	return g_string_free (g_steal_pointer (&output), FALSE);
}

static void
gives (const char *text, const char *wanted)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *result = render (text, &error);

	g_test_message ("%s", text);
	g_assert_no_error (error);
	g_assert_cmpstr (result, ==, wanted);
}

static void
fails (const char *text, const char *wanted)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *result = render (text, &error);

	g_test_message ("%s", text);
	g_assert_null (result);
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE);
	if (!g_str_has_prefix (error->message, wanted))
		g_assert_cmpstr (error->message, ==, wanted);
}

static void
test_fields (void)
{
	gives ("", "");
	gives ("plain { } text", "plain { } text");
	gives ("{{.Name}}", "web");
	gives ("{{ .Name }}-{{.Number}}", "web-42");
	gives ("{{.Config.User}}|{{.State.Pid}}|{{.Half}}|{{.Yes}}", "|7|0.5|true");
	gives ("{{.List}} {{.None}} {{.Numbers}}", "[a b c] [] [1 2 3]");
	gives ("{{.Config.Labels}}", "map[a:1 b.c:2]");
	gives ("{{.Mounts}}", "[map[Source:/a] map[Source:/b]]");
	gives ("{{.Nothing}}", "<no value>");
	gives ("{{.Nothing.Deep}}", "<no value>");
	gives ("{{.Config.Labels.missing}}", "<no value>");
	/* Letters count where the keys are the user's, and there alone. */
	gives ("{{.Config.Labels.A}} {{.config.LABELS.a}} {{.id}}",
	       "<no value> 1 0123456789abcdef");
	gives ("{{$.Name}}", "web");
	gives ("{{(index .Mounts 1).Source}}", "/b");
	gives ("{{.Label \"app\"}}|{{.Label \"tier\"}}|{{.Label \"x\"}}|{{$.Label \"app\"}}",
	       "web=1|||web=1");
}

static void
test_literals (void)
{
	gives ("{{\"a\\tb\\n\\\"\\x41\\u00e4\"}}", "a\tb\n\"A\303\244");
	gives ("{{`raw \\t`}}", "raw \\t");
	gives ("{{12}} {{-3}} {{0x10}} {{1.5}} {{true}} {{false}} {{'A'}}",
	       "12 -3 16 1.5 true false 65");
	gives ("a\\tb\\nc\\\\d\\x", "a\tb\nc\\\\d\\x");
	gives ("{{/* nothing */}}x{{- /* gone */ -}} y", "xy");
}

static void
test_trim (void)
{
	gives ("a  {{- .Name -}}  b", "awebb");
	gives ("a \n {{- \"x\" }} b", "ax b");
	gives ("a {{\"x\" -}} \n b", "a xb");
	gives ("a {{-3}} b", "a -3 b");
	gives ("{{\"x\" -}}{{\"y\"}} z", "xy z");
}

static void
test_conditions (void)
{
	gives ("{{if .Yes}}a{{end}}", "a");
	gives ("{{if .No}}a{{else}}b{{end}}", "b");
	gives ("{{if .No}}a{{else if .Zero}}b{{else if .Name}}c{{else}}d{{end}}e", "ce");
	gives ("{{if .Empty}}a{{end}}{{if .None}}b{{end}}{{if .Nothing}}c{{end}}{{if "
	       ".List}}d{{end}}",
	       "d");
	gives ("{{if and .Yes .Name}}a{{end}}{{if or .No .Empty}}b{{end}}{{if not .No}}c{{end}}",
	       "ac");
	gives ("{{and .Yes 0}} {{or .Empty \"x\"}} {{or .Zero .No}}", "0 x false");
	/* What stands behind the one that decides is not looked at. */
	gives ("{{or .Yes (index .List 9)}}", "true");
	gives ("{{with .State}}{{.Pid}}{{end}}{{with .Empty}}a{{else}}{{.Name}}{{end}}", "7web");
	gives ("{{with $x := .Name}}{{$x}}{{.}}{{end}}", "webweb");
	gives ("{{if eq .Name \"web\"}}a{{end}}{{if ne .Number 41}}b{{end}}{{if lt 1 2}}c{{end}}"
	       "{{if ge 2 2.0}}d{{end}}{{if eq .Number 1 2 42}}e{{end}}{{if gt .Half 1}}f{{end}}"
	       "{{if le \"a\" \"b\"}}g{{end}}",
	       "abcdeg");
}

static void
test_ranges (void)
{
	gives ("{{range .List}}<{{.}}>{{end}}", "<a><b><c>");
	gives ("{{range $i, $e := .List}}{{$i}}{{$e}}{{end}}", "0a1b2c");
	gives ("{{range $e := .List}}{{$e}}{{$.Name}}{{end}}", "awebbwebcweb");
	gives ("{{range .None}}a{{else}}none{{end}}{{range .Nothing}}a{{else}}b{{end}}", "noneb");
	gives ("{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}", "a=1;b.c=2;");
	gives ("{{range .Mounts}}{{.Source}} {{end}}", "/a /b ");
	gives ("{{range .Numbers}}{{if eq . 2}}{{continue}}{{end}}{{.}}{{end}}", "13");
	gives ("{{range .Numbers}}{{if eq . 2}}{{break}}{{end}}{{.}}{{end}}!", "1!");
	gives ("{{range .List}}{{range $.Numbers}}{{.}}{{end}}{{.}}{{end}}", "123a123b123c");
	gives ("{{$n := 0}}{{range .Numbers}}{{$n = .}}{{end}}{{$n}}", "3");
	gives ("{{range .Config.Env}}{{println .}}{{end}}", "A=1\nB=2\n");
}

static void
test_functions (void)
{
	gives ("{{json .List}} {{json .Name}} {{json .Config.Labels}} {{json .Nothing}}",
	       "[\"a\",\"b\",\"c\"] \"web\" {\"b.c\":\"2\",\"a\":\"1\"} null");
	gives ("{{.Name | upper | json}}", "\"WEB\"");
	gives ("{{upper \"ab\"}}{{lower \"AB\"}}{{title \"ab cd\"}}", "ABabAb Cd");
	gives ("{{join .List \", \"}} {{join (split \"a,b\" \",\") \"-\"}}", "a, b, c a-b");
	gives ("{{split \"\" \",\" | len}} {{len .List}} {{len .Name}} {{len .Config.Labels}}",
	       "1 3 3 2");
	gives ("{{index .List 1}} {{index .Config.Labels \"b.c\"}} {{index .Config.Labels \"x\"}}|",
	       "b 2 |");
	gives ("{{slice .ID 0 4}} {{slice .ID 12}} {{slice .List 1 2}}", "0123 cdef [b]");
	gives ("{{truncate .ID 3}} {{truncate .Umlaut 1}}|{{pad .Name 1 2}}|",
	       "012 \303\244| web  |");
	gives ("{{print .Name 1 2 .Name}} {{println 1 \"a\"}}", "web1 2web 1 a\n");
	gives ("{{printf \"%s-%d|%5d|%-5s|%05d|%q|%v|%t|%%\" .Name .Number 7 .Name 7 \"x\" .List "
	       ".Yes}}",
	       "web-42|    7|web  |00007|\"x\"|[a b c]|true|%");
	gives ("{{printf \"%.2f %x %X %o %c %e\" .Half 255 255 8 65 .Half}}",
	       "0.50 ff FF 10 A 5.000000e-01");
	gives ("{{printf \"%.1s %d %s\" .Name .Name}}", "w %!d(string=web) %!s(MISSING)");
	gives ("{{printf \"%d\" 1 2}}", "1%!(EXTRA)");
	gives ("{{printf \"%+d %+.1f\" 3 .Half}}", "+3 +0.5");
	gives ("{{.Number | printf \"%d %s\" 1}}", "1 %!s(integer=42)");
}

/* What comes from data can't reach a terminal as it is, whatever is done with it. */
static void
test_escaping (void)
{
	gives ("{{.Evil}}", "a\\x1b[31mb");
	gives ("{{upper .Evil}}", "A\\x1b[31MB");
	gives ("{{printf \"%s\" .Evil}}", "a\\x1b[31mb");
	gives ("{{print .Evil}}", "a\\x1b[31mb");
	gives ("{{json .Evil}}", "\"a\\u001b[31mb\"");
	gives ("{{json .Bidi}}", "\"x\\u202ey\"");
	gives ("{{.Lines}}", "a\nb");
	/* A character that was cut is no character. */
	gives ("{{slice .Umlaut 0 1}}|{{slice \"\303\244\" 0 1}}", "\\xc3|\\xc3");
	gives ("{{printf \"%5s\" (slice \"\303\244\" 0 1)}}", " \\xc3");
}

static void
test_syntax_errors (void)
{
	fails ("{{", "template: column 3: the action does not end");
	fails ("{{.Name", "template: column 8: the action does not end");
	fails ("{{}}", "template: column 3: a value is missing here");
	fails ("{{.Name}", "template: column 8: unexpected character");
	fails ("{{\"a}}", "template: column 3: the string does not end");
	fails ("{{\"\\q\"}}", "template: column 3: the string holds an escape");
	fails ("{{\"\\x00\"}}", "template: column 3: the string holds an escape");
	fails ("{{nope .}}", "template: column 3: unknown function \"nope\"; there are and, eq,");
	fails ("{{if .Yes}}a", "template: column 13: \"{{end}}\" is missing");
	fails ("a{{end}}", "template: column 4: there is no block here to end");
	fails ("{{else}}", "template: column 3: there is no block here to end");
	fails ("{{if .Yes}}{{else}}{{else}}{{end}}", "template: column 26: a second \"else\"");
	fails ("{{break}}", "template: column 3: only inside of \"range\"");
	fails ("{{if .Yes}}{{continue}}{{end}}", "template: column 14: only inside");
	fails ("{{define \"x\"}}{{end}}", "template: column 3: \"define\", \"template\" and");
	fails ("{{.Name 1}}", "template: field \"Name\" takes no arguments");
	fails ("{{. 1}}", "template: column 3: only a function takes arguments");
	fails ("{{.Name | .ID}}", "template: column 11: only a function can stand behind");
	fails ("{{(.Name}}", "template: column 9: \")\" is missing here");
	fails ("{{.Name)}}", "template: column 8: \"}}\" is missing here");
	fails ("{{99999999999999999999}}", "template: column 3: not a number");
	fails ("{{1x}}", "template: column 3: not a number");
	fails ("{{/* x", "template: column 3: the comment does not end");
	fails ("{{/* x */ y}}", "template: column 10: a comment must fill its action");
	fails ("{{if $a, $b := .List}}{{end}}", "template: column");
	fails ("\377", "template: column 1: the template is not UTF-8");
}

static void
test_value_errors (void)
{
	fails ("{{.Nmae}}", "template: unknown field \"Nmae\"; there are ID, Name, Empty,");
	fails ("{{.State.Pod}}", "template: unknown field \"Pod\"; there are Pid, Running");
	fails ("{{.Name.Deep}}", "template: can't take field \"Deep\" of a string");
	fails ("{{$x}}", "template: column 3: unknown variable \"$x\"");
	fails ("{{$x = 1}}", "template: unknown variable \"$x\"");
	fails ("{{if .Yes}}{{$x := 1}}{{end}}{{$x}}", "template: column");
	fails ("{{range .Name}}{{end}}", "template: can't range over a string");
	fails ("{{index .List 3}}", "template: function \"index\": 3 is not between 0 and 2");
	fails ("{{index .None 0}}", "template: function \"index\": 0 is not between 0 and -1");
	fails ("{{index .List \"a\"}}", "template: function \"index\" takes an integer");
	fails ("{{index .Name 0}}", "template: function \"index\": a string has no elements");
	fails ("{{slice .ID 99}}", "template: function \"slice\": 99 is not between 0 and 16");
	fails ("{{len .Number}}", "template: function \"len\": a integer has no length");
	fails ("{{join .Name \",\"}}", "template: function \"join\" takes a list, not a string");
	fails ("{{split .Name \"\"}}", "template: function \"split\": the separator is empty");
	fails ("{{upper .Number}}", "template: function \"upper\" takes a string, not a integer");
	fails ("{{eq .Name 1}}", "template: function \"eq\" can't compare a string with a integer");
	fails ("{{upper}}", "template: function \"upper\" needs 1 arguments, but has 0");
	fails ("{{eq 1}}", "template: function \"eq\" needs at least 2 arguments, but has 1");
	fails ("{{len upper}}", "template: column 7: put function \"upper\"");
	fails ("{{printf .Name}}", "template: function \"printf\" needs its format as a string");
	fails ("{{pad .Name 99999 1}}", "template: function \"pad\": 99999 is not between");
}

static void
test_limits (void)
{
	g_autoptr (GString) deep = g_string_new ("{{");
	g_autoptr (GString) blocks = g_string_new (NULL);
	g_autoptr (GString) loops = g_string_new (NULL);

	for (int i = 0; i < 10000; i++)
		g_string_append_c (deep, '(');
	g_string_append (deep, "}}");
	fails (deep->str, "template: column 36: nested too deeply");
	for (int i = 0; i < 1000; i++)
		g_string_append (blocks, "{{if .Yes}}");
	fails (blocks->str, "template: column");
	/* 3 to the power of 20 steps would take minutes. */
	for (int i = 0; i < 20; i++)
		g_string_append (loops, "{{range $.Numbers}}");
	for (int i = 0; i < 20; i++)
		g_string_append (loops, "{{end}}");
	fails (loops->str, "template: it takes too many steps");
	gives ("{{printf \"%1000000000d\" 1 | len}}", "4096");
}

static void
test_uses (void)
{
	g_autoptr (DavitTemplate) template =
		davit_template_parse ("{{.Name}}{{range .List}}{{.Other}}{{$.Size}}{{end}}", NULL);
	g_autoptr (DavitTemplate) whole = davit_template_parse ("{{json .}}", NULL);
	static const char *const known[] = {"List", "Name", "Size", NULL};
	static const char *const fewer[] = {"List", "Name", NULL};
	g_autoptr (GError) error = NULL;

	g_assert_true (davit_template_uses_field (template, "Name"));
	g_assert_true (davit_template_uses_field (template, "Size"));
	g_assert_false (davit_template_uses_field (template, "Other"));
	g_assert_true (davit_template_uses_field (whole, "Anything"));
	g_assert_true (davit_template_check_fields (template, known, NULL));
	g_assert_false (davit_template_check_fields (template, fewer, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE);
	g_assert_cmpstr (error->message, ==,
			 "template: unknown field \"Size\"; there are List, Name");
}

static void
test_function_names (void)
{
	const char *const *names = davit_template_functions ();

	for (; *names != NULL; names++) {
		g_assert_nonnull (davit_template_function_find (*names));
		if (names[1] != NULL)
			g_assert_cmpstr (names[0], <, names[1]);
	}
	g_assert_cmpuint (g_strv_length ((char **) davit_template_functions ()), ==, 23);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/cli/template/fields", test_fields);
	g_test_add_func ("/cli/template/literals", test_literals);
	g_test_add_func ("/cli/template/trim", test_trim);
	g_test_add_func ("/cli/template/conditions", test_conditions);
	g_test_add_func ("/cli/template/ranges", test_ranges);
	g_test_add_func ("/cli/template/functions", test_functions);
	g_test_add_func ("/cli/template/escaping", test_escaping);
	g_test_add_func ("/cli/template/syntax-errors", test_syntax_errors);
	g_test_add_func ("/cli/template/value-errors", test_value_errors);
	g_test_add_func ("/cli/template/limits", test_limits);
	g_test_add_func ("/cli/template/uses", test_uses);
	g_test_add_func ("/cli/template/function-names", test_function_names);
	return g_test_run ();
}
