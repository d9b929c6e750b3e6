/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* --help: one line a flag or verb, aligned. */

#include "cli/help.h"

#include "cli/commands.h"

#include <string.h>

/* Labels that are longer have their help on the next line. */
#define LABEL_WIDTH 30

char *
davit_help_flag_label (const DavitFlag *const *tables, const DavitFlag *flag)
{
	gboolean letter =
		flag->letter != 0 && davit_arguments_find_letter (tables, flag->letter) == flag;
	g_autofree char *short_form =
		letter ? g_strdup_printf ("-%c, ", flag->letter) : g_strdup ("    ");

	if (flag->type == DAVIT_FLAG_SWITCH)
		return g_strdup_printf ("  %s--%s", short_form, flag->name);
	return g_strdup_printf ("  %s--%s %s", short_form, flag->name, flag->argument);
}

static void
line_append (GString *text, const char *label, int width, const char *help)
{
	if ((int) strlen (label) > width)
		g_string_append_printf (text, "%s\n%*s  %s", label, width, "", help);
	else
		g_string_append_printf (text, "%-*s  %s", width, label, help);
}

static void
flag_append (GString *text, const DavitFlag *const *tables, const DavitFlag *flag)
{
	g_autofree char *label = davit_help_flag_label (tables, flag);

	line_append (text, label, LABEL_WIDTH, flag->help);
	if (flag->choices != NULL) {
		g_auto (GStrv) choices = g_strsplit (flag->choices, "|", -1);
		g_autofree char *words = g_strjoinv (", ", choices);

		g_string_append_printf (text, ": %s", words);
	}
	if (flag->fallback != NULL)
		g_string_append_printf (text, " (default: %s)", flag->fallback);
	g_string_append_c (text, '\n');
}

static void
flags_append (GString *text, const DavitFlag *const *tables)
{
	for (const DavitFlag *const *table = tables; *table != NULL; table++) {
		for (const DavitFlag *flag = *table; flag->name != NULL; flag++) {
			if (flag->help != NULL)
				flag_append (text, tables, flag);
		}
	}
}

static void
group_append (GString *text, const char *group)
{
	g_string_append_printf (text, "\n%s:\n", group);
	for (const DavitVerb *verb = davit_commands_all (); verb->name != NULL; verb++) {
		g_autofree char *label = g_strconcat ("  ", verb->name, NULL);

		if (g_strcmp0 (verb->group, group) != 0)
			continue;
		line_append (text, label, 18, verb->summary);
		g_string_append_c (text, '\n');
	}
}

char *
davit_help_overview (void)
{
	GString *text = g_string_new ("Usage: davit [OPTION...] COMMAND [ARGUMENT...]\n\n"
				      "Run containers from images, without a daemon.\n");
	const DavitFlag *tables[] = {davit_commands_global_flags (), davit_commands_common_flags (),
				     NULL};
	const char *last = NULL;

	/* The groups stand together in the table. */
	for (const DavitVerb *verb = davit_commands_all (); verb->name != NULL; verb++) {
		if (verb->group == NULL || g_strcmp0 (verb->group, last) == 0)
			continue;
		last = verb->group;
		group_append (text, last);
	}
	g_string_append (text, "\nOptions before the command:\n");
	flags_append (text, tables);
	g_string_append (text, "\nSee davit COMMAND --help, and the manual page davit(1).\n");
	return g_string_free (text, FALSE);
}

static void
aliases_append (GString *text, const DavitVerb *verb)
{
	gboolean any = FALSE;

	for (const DavitVerbAlias *alias = davit_commands_aliases (); alias->name != NULL;
	     alias++) {
		if (strcmp (alias->verb, verb->name) != 0)
			continue;
		g_string_append_printf (text, "%s davit %s", any ? "," : "\nAlso:", alias->name);
		any = TRUE;
	}
	if (any)
		g_string_append_c (text, '\n');
}

static void
fields_append (GString *text, const DavitField *fields)
{
	g_string_append (text, "\nFields of --format:\n");
	for (; fields->name != NULL; fields++) {
		g_autofree char *label = g_strconcat ("  .", fields->name, NULL);

		line_append (text, label, 18, fields->help);
		g_string_append_c (text, '\n');
	}
}

char *
davit_help_verb (const DavitVerb *verb)
{
	GString *text = g_string_new (NULL);
	const DavitFlag *tables[4];
	g_autofree char *summary = g_strdup (verb->summary);

	davit_commands_tables (verb, tables);
	summary[0] = g_ascii_toupper (summary[0]);
	g_string_append_printf (text, "Usage: davit %s [OPTION...]%s%s\n\n%s.\n", verb->name,
				verb->synopsis[0] != '\0' ? " " : "", verb->synopsis, summary);
	aliases_append (text, verb);
	g_string_append (text, "\nOptions:\n");
	flags_append (text, tables);
	if (verb->fields != NULL)
		fields_append (text, verb->fields);
	g_string_append_printf (text, "\nSee the manual page davit-%s(1).\n", verb->name);
	/* "plugin list" has the page davit-plugin-list. */
	for (char *at = strstr (text->str, "page davit-"); at != NULL && *at != '('; at++) {
		if (at[0] == ' ' && at[-1] != 'e')
			*at = '-';
	}
	return g_string_free (text, FALSE);
}
