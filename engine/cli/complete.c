/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Completion: where in the command line the cursor stands, and what fits there. */

#include "cli/complete.h"

#include "cli/commands.h"
#include "cli/complete-names.h"

#include <string.h>

typedef struct {
	DavitCli *cli;
	GString *output;
	const char *prefix; /* of the word, which candidates must have */
	const char *before; /* what stands before it in the same word: "--format=" */
} Completion;

static void
candidate_add (const char *word, const char *description, gpointer data)
{
	const Completion *completion = data;

	if (!g_str_has_prefix (word, completion->prefix))
		return;
	g_string_append_printf (completion->output, "%s%s\t%s\n", completion->before, word,
				description);
}

static void
verbs_add (const Completion *completion, const char *group)
{
	g_autofree char *start = group == NULL ? NULL : g_strconcat (group, " ", NULL);

	for (const DavitVerb *verb = davit_commands_all (); verb->name != NULL; verb++) {
		if (verb->group == NULL)
			continue;
		if (start == NULL && strchr (verb->name, ' ') == NULL)
			candidate_add (verb->name, verb->summary, (gpointer) completion);
		else if (start != NULL && g_str_has_prefix (verb->name, start))
			candidate_add (verb->name + strlen (start), verb->summary,
				       (gpointer) completion);
	}
	for (const DavitVerbAlias *alias = davit_commands_aliases ();
	     start != NULL && alias->name != NULL; alias++) {
		if (g_str_has_prefix (alias->name, start))
			candidate_add (alias->name + strlen (start),
				       davit_commands_find (alias->verb)->summary,
				       (gpointer) completion);
	}
	for (const char *const *word = davit_commands_groups (); start == NULL && *word != NULL;
	     word++)
		candidate_add (*word, "commands of this kind", (gpointer) completion);
}

static void
flags_add (const Completion *completion, const DavitFlag *const *tables)
{
	for (; *tables != NULL; tables++) {
		for (const DavitFlag *flag = *tables; flag->name != NULL; flag++) {
			g_autofree char *word = g_strconcat ("--", flag->name, NULL);

			if (flag->help != NULL)
				candidate_add (word, flag->help, (gpointer) completion);
		}
	}
}

static void
kinds_add (const Completion *completion, const char *kinds)
{
	g_auto (GStrv) words = g_strsplit (kinds, " ", -1);

	for (char **word = words; *word != NULL; word++) {
		if (strcmp (*word, "file") == 0 || strcmp (*word, "directory") == 0)
			g_string_append_printf (completion->output, ":%s\n", *word);
		else if (strcmp (*word, "verb") == 0)
			verbs_add (completion, NULL);
		else
			davit_complete_names (completion->cli, *word, candidate_add,
					      (gpointer) completion);
	}
}

static void
value_add (const Completion *completion, const DavitFlag *flag)
{
	if (flag->choices != NULL) {
		g_auto (GStrv) choices = g_strsplit (flag->choices, "|", -1);

		for (char **choice = choices; *choice != NULL; choice++)
			candidate_add (*choice, flag->help, (gpointer) completion);
	} else if (flag->complete != NULL) {
		kinds_add (completion, flag->complete);
	}
}

/* The flag whose value the next word is, or NULL: "--name", "-n", "-itv". */
static const DavitFlag *
word_awaits_value (const DavitFlag *const *tables, const char *word)
{
	const DavitFlag *flag = NULL;

	if (word[0] != '-' || word[1] == '\0')
		return NULL;
	if (word[1] == '-') {
		flag = davit_arguments_find_name (tables, word + 2, strlen (word + 2));
		return flag != NULL && flag->type != DAVIT_FLAG_SWITCH ? flag : NULL;
	}
	for (const char *at = word + 1; *at != '\0'; at++) {
		flag = davit_arguments_find_letter (tables, *at);
		if (flag == NULL || at[1] == '=')
			return NULL;
		if (flag->type != DAVIT_FLAG_SWITCH)
			return at[1] == '\0' ? flag : NULL;
	}
	return NULL;
}

/**
 * Position: what the words before the last one are.
 */
typedef struct {
	const DavitFlag *awaits; /* the last word is its value */
	guint operands;
	gboolean ended; /* by "--", or by an operand that ends options */
	guint first;	/* index of the first operand */
} Position;

static Position
position_find (const DavitFlag *const *tables, const char *const *words, gboolean stop)
{
	Position position = {NULL, 0, FALSE, 0};

	for (guint i = 0; words[i] != NULL && words[i + 1] != NULL; i++) {
		if (position.awaits != NULL) {
			position.awaits = NULL;
		} else if (!position.ended && strcmp (words[i], "--") == 0) {
			position.ended = TRUE;
		} else if (!position.ended && words[i][0] == '-' && words[i][1] != '\0') {
			position.awaits = word_awaits_value (tables, words[i]);
		} else {
			if (position.operands++ == 0)
				position.first = i;
			if (stop) {
				position.ended = TRUE;
				break;
			}
		}
	}
	return position;
}

/* A flag, or the value of one: FALSE if the word is an operand. */
static gboolean
option_complete (Completion *completion, const DavitFlag *const *tables, const Position *position,
		 const char *word)
{
	const char *equals = strchr (word, '=');
	const DavitFlag *flag;
	g_autofree char *before = NULL;

	if (position->awaits != NULL) {
		value_add (completion, position->awaits);
		return TRUE;
	}
	if (position->ended || word[0] != '-')
		return FALSE;
	if (!g_str_has_prefix (word, "--") || equals == NULL) {
		flags_add (completion, tables);
		return TRUE;
	}
	flag = davit_arguments_find_name (tables, word + 2, (gsize) (equals - word - 2));
	before = g_strndup (word, (gsize) (equals + 1 - word));
	completion->before = before;
	completion->prefix = equals + 1;
	if (flag != NULL)
		value_add (completion, flag);
	return TRUE;
}

static void
verb_complete (Completion *completion, const DavitVerb *verb, const char *const *words)
{
	const DavitFlag *tables[4];
	Position position;
	const char *last;

	davit_commands_tables (verb, tables);
	position = position_find (tables, words, verb->stop_at_operand);
	last = words[g_strv_length ((char **) words) - 1];
	completion->prefix = last;
	if (option_complete (completion, tables, &position, last))
		return;
	if (verb->complete == NULL || position.operands >= verb->operands_max)
		return;
	/* What follows the image or container is a command inside of it. */
	if (verb->stop_at_operand && position.operands > 0)
		return;
	kinds_add (completion, verb->complete);
}

void
davit_complete_words (DavitCli *cli, const char *const *words, GString *output)
{
	const DavitFlag *tables[] = {davit_commands_global_flags (), davit_commands_common_flags (),
				     NULL};
	Completion completion = {cli, output, "", ""};
	Position position;
	const DavitVerbAlias *alias;
	const DavitVerb *verb;
	guint used;

	if (words[0] == NULL)
		return;
	position = position_find (tables, words, TRUE);
	completion.prefix = words[g_strv_length ((char **) words) - 1];
	if (position.operands == 0) {
		if (!option_complete (&completion, tables, &position, completion.prefix))
			verbs_add (&completion, NULL);
		return;
	}
	words += position.first;
	if (g_strv_contains (davit_commands_groups (), words[0]) && words[2] == NULL &&
	    words[1][0] != '-') {
		verbs_add (&completion, words[0]);
		return;
	}
	verb = davit_commands_resolve (words, &alias, &used, NULL);
	if (verb != NULL)
		verb_complete (&completion, verb, words + used);
}
