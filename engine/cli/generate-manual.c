/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Manual pages from the tables: davit(1), a page for each verb, davit.conf(5). They hold no date,
 * so that a build can be repeated.
 */

#include "cli/generate.h"

#include "base/error.h"
#include "cli/commands.h"
#include "cli/template.h"
#include "config/config.h"

#include "davit-config.h"

#include <string.h>

/* Text for roff: a "-" that is typed must stay one, and a line must not begin as a request. */
static void
roff_append (GString *page, const char *text)
{
	for (; *text != '\0'; text++) {
		gboolean begins = page->len == 0 || page->str[page->len - 1] == '\n';

		if (*text == '\\')
			g_string_append (page, "\\e");
		else if (*text == '-')
			g_string_append (page, "\\-");
		else if (begins && (*text == '.' || *text == '\''))
			g_string_append_printf (page, "\\&%c", *text);
		else if (*text == '\'')
			g_string_append (page, "\\(aq");
		else if (*text == '^')
			g_string_append (page, "\\(ha");
		else if (*text == '~')
			g_string_append (page, "\\(ti");
		else if (*text == '`')
			g_string_append (page, "\\(ga");
		else
			g_string_append_c (page, *text);
	}
}

static void
line_append (GString *page, const char *text)
{
	roff_append (page, text);
	g_string_append_c (page, '\n');
}

/* "davit\-plugin\-list" of "plugin list". */
static char *
page_name (const char *verb)
{
	g_autofree char *name = g_strconcat ("davit-", verb, NULL);

	return g_strdelimit (g_steal_pointer (&name), " ", '-');
}

static void
head_append (GString *page, const char *name, int section, const char *summary)
{
	g_autofree char *upper = g_ascii_strup (name, -1);

	g_string_append_printf (page, ".TH %s %d \"\" \"davit %s\" \"davit manual\"\n", upper,
				section, DAVIT_VERSION);
	g_string_append (page, ".SH NAME\n");
	roff_append (page, name);
	g_string_append (page, " \\- ");
	line_append (page, summary);
}

/*
 * A sentence from a phrase of the tables. What begins with an enumeration begins with a value or a
 * command, and these are written small.
 */
static void
sentence_append (GString *page, const char *phrase)
{
	g_autofree char *sentence = g_strdup (phrase);

	if (phrase[strcspn (phrase, " ,=")] == ' ' || strpbrk (phrase, " ,=") == NULL)
		sentence[0] = g_ascii_toupper (sentence[0]);
	roff_append (page, sentence);
}

static void
flag_append (GString *page, const DavitFlag *const *tables, const DavitFlag *flag)
{
	g_string_append (page, ".TP\n");
	if (flag->letter != 0 && davit_arguments_find_letter (tables, flag->letter) == flag)
		g_string_append_printf (page, "\\fB\\-%c\\fR, ", flag->letter);
	g_string_append (page, "\\fB");
	g_string_append (page, "\\-\\-");
	roff_append (page, flag->name);
	g_string_append (page, "\\fR");
	if (flag->type != DAVIT_FLAG_SWITCH) {
		g_string_append (page, " \\fI");
		roff_append (page, flag->argument);
		g_string_append (page, "\\fR");
	}
	g_string_append_c (page, '\n');
	sentence_append (page, flag->help);
	if (flag->choices != NULL) {
		g_auto (GStrv) choices = g_strsplit (flag->choices, "|", -1);
		g_autofree char *words = g_strjoinv (", ", choices);

		g_string_append (page, ": ");
		roff_append (page, words);
	}
	if (flag->fallback != NULL) {
		g_string_append (page, " (default: ");
		roff_append (page, flag->fallback);
		g_string_append_c (page, ')');
	}
	g_string_append (page, ".\n");
	if (flag->since != NULL)
		g_string_append_printf (page, "Since %s.\n", flag->since);
}

static void
flags_append (GString *page, const DavitFlag *const *tables)
{
	for (const DavitFlag *const *table = tables; *table != NULL; table++) {
		for (const DavitFlag *flag = *table; flag->name != NULL; flag++) {
			if (flag->help != NULL)
				flag_append (page, tables, flag);
		}
	}
}

/* Paragraphs stand on a line each; those that begin with "$ " are examples, to the end. */
static void
manual_append (GString *page, const DavitVerb *verb)
{
	g_auto (GStrv) lines = g_strsplit (verb->manual == NULL ? "" : verb->manual, "\n", -1);
	gboolean examples = FALSE;

	g_string_append (page, ".SH DESCRIPTION\n");
	sentence_append (page, verb->summary);
	g_string_append (page, ".\n");
	for (char **line = lines; *line != NULL; line++) {
		gboolean example = g_str_has_prefix (*line, "$ ");

		if ((*line)[0] == '\0' || example)
			continue;
		g_string_append (page, ".PP\n");
		line_append (page, *line);
	}
	for (char **line = lines; *line != NULL; line++) {
		if (!g_str_has_prefix (*line, "$ "))
			continue;
		g_string_append (page, examples ? "" : ".SH EXAMPLES\n.nf\n");
		examples = TRUE;
		line_append (page, *line);
	}
	if (examples)
		g_string_append (page, ".fi\n");
}

static void
fields_append (GString *page, const DavitField *fields)
{
	g_string_append (page, ".SH FORMAT\n"
			       "Fields for \\fB\\-\\-format\\fR (see \\fBdavit\\fR(1)):\n");
	for (; fields->name != NULL; fields++) {
		g_string_append_printf (page, ".TP\n\\fB.%s\\fR\n", fields->name);
		sentence_append (page, fields->help);
		g_string_append (page, ".\n");
	}
}

static void
aliases_append (GString *page, const DavitVerb *verb)
{
	for (const DavitVerbAlias *alias = davit_commands_aliases (); alias->name != NULL;
	     alias++) {
		if (strcmp (alias->verb, verb->name) != 0)
			continue;
		g_string_append (page, ".br\n\\fBdavit ");
		roff_append (page, alias->name);
		g_string_append (page, "\\fR ...\n");
	}
}

static void
synopsis_append (GString *page, const DavitVerb *verb)
{
	g_string_append (page, ".SH SYNOPSIS\n\\fBdavit ");
	roff_append (page, verb->name);
	g_string_append (page, "\\fR [\\fIOPTION\\fR...]");
	if (verb->synopsis[0] != '\0') {
		g_string_append_c (page, ' ');
		roff_append (page, verb->synopsis);
	}
	g_string_append_c (page, '\n');
	aliases_append (page, verb);
}

static gboolean
verb_write (const DavitVerb *verb, const char *directory, GError **error)
{
	g_autoptr (GString) page = g_string_new (NULL);
	g_autofree char *name = page_name (verb->name);
	g_autofree char *file = g_strconcat (name, ".1", NULL);
	const DavitFlag *tables[4];

	davit_commands_tables (verb, tables);
	head_append (page, name, 1, verb->summary);
	synopsis_append (page, verb);
	manual_append (page, verb);
	g_string_append (page, ".SH OPTIONS\n");
	flags_append (page, tables);
	if (verb->fields != NULL)
		fields_append (page, verb->fields);
	g_string_append (page, ".SH SEE ALSO\n.BR davit (1)\n");
	return davit_generate_write (directory, file, page->str, error);
}

static void
verbs_append (GString *page)
{
	g_string_append (page, ".SH COMMANDS\n");
	for (const DavitVerb *verb = davit_commands_all (); verb->name != NULL; verb++) {
		g_autofree char *name = page_name (verb->name);

		if (verb->group == NULL)
			continue;
		g_string_append (page, ".TP\n.BR ");
		roff_append (page, name);
		g_string_append (page, " (1)\n");
		sentence_append (page, verb->summary);
		g_string_append (page, ".\n");
	}
}

static void
format_append (GString *page)
{
	static const char *const lines[] = {
		"{{.Field}}, {{.Field.Field}}, {{$variable}}",
		"{{FUNCTION ARGUMENT...}}, {{.Field | FUNCTION}}",
		"{{if X}} ... {{else if Y}} ... {{else}} ... {{end}}",
		"{{range $i, $element := X}} ... {{break}} {{continue}} {{else}} ... {{end}}",
		"{{with X}} ... {{else}} ... {{end}}",
		"{{$x := Y}}, {{$x = Y}}, {{- trimmed -}}, {{/* comment */}}",
	};
	g_autofree char *functions = g_strjoinv (", ", (char **) davit_template_functions ());

	g_string_append (page, ".SH FORMAT\n"
			       "Commands that list or show take \\fB\\-\\-format\\fR with a Go "
			       "template, as docker and podman do. The word json gives JSON: one "
			       "array for a list, as with podman; docker's line for each entry is "
			       "{{json .}}. The word table gives the usual table, and table with a "
			       "template one whose cells are separated by \\et. Around the actions "
			       "\\et and \\en stand for a tab and a line break.\n.PP\n.nf\n");
	for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
		line_append (page, lines[i]);
	g_string_append (page, ".fi\n.PP\nFunctions: ");
	roff_append (page, functions);
	g_string_append (page, ".\n");
}

static void
statuses_append (GString *page)
{
	static const struct {
		const char *status;
		const char *meaning;
	} statuses[] = {
		{"125", "davit failed, or the command line is wrong"},
		{"126", "the command can't be executed"},
		{"127", "the command is not there"},
		{"128+N", "signal N ended the command"},
		{"others", "the status of the command (run, exec, start --attach, attach)"},
		{"1", "rm, rmi: it does not exist; container exists, image exists: no; system "
		      "check: damage is left"},
		{"2", "rm, rmi: it is in use"},
		{"255", "the container does not run (exec)"},
	};

	g_string_append (page, ".SH EXIT STATUS\n");
	for (gsize i = 0; i < G_N_ELEMENTS (statuses); i++) {
		g_string_append_printf (page, ".TP\n%s\n", statuses[i].status);
		sentence_append (page, statuses[i].meaning);
		g_string_append (page, ".\n");
	}
}

static void
environment_append (GString *page)
{
	static const struct {
		const char *name;
		const char *meaning;
	} variables[] = {
		{"DAVIT_CONFIG", "a further configuration file, after all others"},
		{"DAVIT_PLUGIN_PATH",
		 "directories in which plugins are looked for, separated by :"},
		{"NO_COLOR", "plain messages and no progress bar, if it is set"},
	};

	g_string_append (page, ".SH ENVIRONMENT\n");
	for (gsize i = 0; i < G_N_ELEMENTS (variables); i++) {
		g_string_append_printf (page, ".TP\n.B %s\n", variables[i].name);
		sentence_append (page, variables[i].meaning);
		g_string_append (page, ".\n");
	}
}

static void
users_append (GString *page)
{
	static const char *const paragraphs[] = {
		"All commands but checkpoint and restore work without root, in a user namespace "
		"in which the caller is root. The other ids there are his subordinate ones, of "
		"/etc/subuid and /etc/subgid; without such there is no other user than root, and "
		"all files of images belong to him.",
		"What is kept is in $XDG_DATA_HOME/davit, or ~/.local/share/davit; what does not "
		"outlive a reboot is in $XDG_RUNTIME_DIR/davit, or /run/user/UID/davit, or "
		"/tmp/davit-UID.",
		"Limits need cgroup v2 and the systemd user manager, or a control group that is "
		"the caller's own. Containers in the background end with his last session unless "
		"\"loginctl enable-linger\" was called.",
	};

	g_string_append (page, ".SH WITHOUT ROOT\n");
	for (gsize i = 0; i < G_N_ELEMENTS (paragraphs); i++) {
		g_string_append (page, i == 0 ? "" : ".PP\n");
		line_append (page, paragraphs[i]);
	}
}

static gboolean
main_write (const char *directory, GError **error)
{
	g_autoptr (GString) page = g_string_new (NULL);
	const DavitFlag *tables[] = {davit_commands_global_flags (), davit_commands_common_flags (),
				     NULL};

	head_append (page, "davit", 1, "run containers from images, without a daemon");
	g_string_append (page, ".SH SYNOPSIS\n\\fBdavit\\fR [\\fIOPTION\\fR...] \\fICOMMAND\\fR "
			       "[\\fIARGUMENT\\fR...]\n"
			       ".SH DESCRIPTION\n"
			       "Davit makes, runs and looks after containers. Its commands and "
			       "options are those of docker and podman. Storage, network, runtime "
			       "and checkpoints are plugins, which the configuration chooses "
			       "(\\fBdavit.conf\\fR(5)).\n"
			       ".SH OPTIONS\nThey stand before the command.\n");
	flags_append (page, tables);
	verbs_append (page);
	format_append (page);
	statuses_append (page);
	environment_append (page);
	users_append (page);
	g_string_append (page, ".SH SEE ALSO\n.BR davit.conf (5),\n.BR subuid (5),\n"
			       ".BR newuidmap (1)\n");
	return davit_generate_write (directory, "davit.1", page->str, error);
}

static void
option_append (GString *page, const DavitOption *option)
{
	g_string_append (page, ".TP\n\\fB");
	roff_append (page, option->key);
	g_string_append (page, "\\fR\n");
	sentence_append (page, option->help);
	if (option->choices != NULL) {
		g_auto (GStrv) choices = g_strsplit (option->choices, "|", -1);
		g_autofree char *words = g_strjoinv (", ", choices);

		g_string_append (page, ": ");
		roff_append (page, words);
	}
	if (option->fallback != NULL && option->fallback[0] != '\0') {
		g_string_append (page, " (default: ");
		roff_append (page, option->fallback);
		g_string_append_c (page, ')');
	}
	g_string_append (page, ".\n");
}

static gboolean
config_write (const char *directory, GError **error)
{
	static const char *const files[] = {
		DAVIT_DATADIR "/davit.conf",
		DAVIT_SYSCONFDIR "/davit.conf",
		DAVIT_SYSCONFDIR "/davit.conf.d/*.conf",
		"$XDG_CONFIG_HOME/davit/davit.conf, and davit.conf.d/*.conf beside it, for a user",
		"the file that DAVIT_CONFIG names",
	};
	g_autoptr (GString) page = g_string_new (NULL);

	head_append (page, "davit.conf", 5, "configuration of davit");
	g_string_append (page, ".SH DESCRIPTION\nKey files: lines KEY=VALUE below [GROUP]. Where "
			       "several files set a key, the last one counts, and the option "
			       "\\fB\\-\\-config\\fR \\fIGROUP.KEY=VALUE\\fR after all of them:\n");
	for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
		g_string_append (page, ".IP \\(bu 2\n");
		line_append (page, files[i]);
	}
	g_string_append (page,
			 ".PP\nAn unknown group or key and a wrong value are errors. "
			 "\\fBdavit\\-config\\-show\\fR(1) shows each value and where it comes "
			 "from.\n.SH GROUP [engine]\n");
	for (const DavitOption *option = davit_config_engine_options (); option->key != NULL;
	     option++)
		option_append (page, option);
	g_string_append (page, ".SH GROUPS [KIND.NAME]\nOptions of a plugin, such as "
			       "[storage.overlay]; \\fBdavit\\-plugin\\-info\\fR(1) shows them.\n"
			       ".SH SEE ALSO\n.BR davit (1)\n");
	return davit_generate_write (directory, "davit.conf.5", page->str, error);
}

gboolean
davit_generate_manual (const char *directory, GError **error)
{
	g_autofree char *man1 = g_build_filename (directory, "man1", NULL);
	g_autofree char *man5 = g_build_filename (directory, "man5", NULL);

	for (const DavitVerb *verb = davit_commands_all (); verb->name != NULL; verb++) {
		if (verb->group != NULL && !verb_write (verb, man1, error))
			return FALSE;
	}
	return main_write (man1, error) && config_write (man5, error);
}
