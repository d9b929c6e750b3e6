/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From the words of a command line to the row of a verb. */

#include "base/error.h"
#include "cli/absent.h"
#include "cli/commands.h"
#include "cli/suggest.h"

#include <string.h>

const DavitVerb *
davit_commands_find (const char *name)
{
	for (const DavitVerb *verb = davit_commands_all (); verb->name != NULL; verb++) {
		if (strcmp (verb->name, name) == 0)
			return verb;
	}
	return NULL;
}

static const DavitVerb *
name_find (const char *name, const DavitVerbAlias **ret_alias)
{
	const DavitVerb *verb = davit_commands_find (name);

	*ret_alias = NULL;
	if (verb != NULL)
		return verb;
	for (const DavitVerbAlias *alias = davit_commands_aliases (); alias->name != NULL;
	     alias++) {
		if (strcmp (alias->name, name) != 0)
			continue;
		*ret_alias = alias;
		return davit_commands_find (alias->verb);
	}
	return NULL;
}

/* "list, info", of "plugin". */
static char *
group_words (const char *group)
{
	g_autofree char *prefix = g_strconcat (group, " ", NULL);
	g_autoptr (GPtrArray) words = g_ptr_array_new ();

	for (const DavitVerb *verb = davit_commands_all (); verb->name != NULL; verb++) {
		if (g_str_has_prefix (verb->name, prefix))
			g_ptr_array_add (words, (gpointer) (verb->name + strlen (prefix)));
	}
	for (const DavitVerbAlias *alias = davit_commands_aliases (); alias->name != NULL;
	     alias++) {
		if (g_str_has_prefix (alias->name, prefix))
			g_ptr_array_add (words, (gpointer) (alias->name + strlen (prefix)));
	}
	g_ptr_array_add (words, NULL);
	return g_strjoinv (", ", (char **) words->pdata);
}

/* Behind a group only its own words are near; best is what stands behind it. */
static void
candidate_consider (const char *name, const char *candidate, const char **best)
{
	const char *space = strchr (name, ' ');
	gsize group = space != NULL ? (gsize) (space + 1 - name) : 0;

	if (strncmp (name, candidate, group) == 0)
		davit_suggest_consider (name + group, candidate + group, best);
}

static const DavitVerb *
verb_unknown (const char *name, GError **error)
{
	const DavitAbsent *absent = davit_absent_verb (name);
	const char *space = strchr (name, ' ');
	int group = space != NULL ? (int) (space + 1 - name) : 0;
	const char *best = NULL;

	if (absent != NULL) {
		g_autofree char *what = g_strdup_printf ("command \"%s\"", name);

		davit_absent_refuse (absent, what, error);
		return NULL;
	}
	for (const DavitVerb *verb = davit_commands_all (); verb->name != NULL; verb++) {
		if (verb->group != NULL)
			candidate_consider (name, verb->name, &best);
	}
	for (const DavitVerbAlias *alias = davit_commands_aliases (); alias->name != NULL; alias++)
		candidate_consider (name, alias->name, &best);
	davit_error_set (error, DAVIT_ERROR_USAGE, "unknown command \"%s\"", name);
	if (best != NULL)
		davit_error_hint (error, "see davit --help, or did you mean \"%.*s%s\"?", group,
				  name, best);
	else
		davit_error_hint (error, "see davit --help");
	return NULL;
}

static const DavitVerb *
group_incomplete (const char *group, GError **error)
{
	g_autofree char *words = group_words (group);

	davit_error_set (error, DAVIT_ERROR_USAGE, "command \"%s\" needs one of: %s", group, words);
	return NULL;
}

const DavitVerb *
davit_commands_resolve (const char *const *words, const DavitVerbAlias **ret_alias, guint *ret_used,
			GError **error)
{
	gboolean group = g_strv_contains (davit_commands_groups (), words[0]);
	const DavitVerb *verb;

	/* Behind a group an option ("davit plugin --help") or nothing asks what there is. */
	if (group && words[1] != NULL && words[1][0] != '-') {
		g_autofree char *name = g_strconcat (words[0], " ", words[1], NULL);

		*ret_used = 2;
		verb = name_find (name, ret_alias);
		return verb != NULL ? verb : verb_unknown (name, error);
	}
	*ret_used = 1;
	verb = name_find (words[0], ret_alias);
	if (verb != NULL)
		return verb;
	return group ? group_incomplete (words[0], error) : verb_unknown (words[0], error);
}
