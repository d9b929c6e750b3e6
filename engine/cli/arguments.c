/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Splits a command line into flags with values, and operands. */

#include "cli/arguments.h"

#include "base/error.h"
#include "cli/absent.h"
#include "cli/suggest.h"

#include <string.h>

typedef struct {
	const DavitFlag *flag;
	const char *value;
} Given;

struct _DavitArguments {
	GArray *given;	     /* Given */
	GPtrArray *operands; /* borrowed, NULL at the end */
	GPtrArray *vectors;  /* what davit_arguments_list has handed out */
};

typedef struct {
	const DavitSyntax *syntax;
	const char *const *next;
	DavitArguments *arguments;
	gboolean help; /* was asked for: nothing else matters */
} Parser;

void
davit_arguments_free (DavitArguments *arguments)
{
	if (arguments == NULL)
		return;
	g_array_unref (arguments->given);
	g_ptr_array_unref (arguments->operands);
	g_ptr_array_unref (arguments->vectors);
	g_free (arguments);
}

const DavitFlag *
davit_arguments_find_name (const DavitFlag *const *tables, const char *name, gsize length)
{
	for (; *tables != NULL; tables++) {
		for (const DavitFlag *flag = *tables; flag->name != NULL; flag++) {
			if (strlen (flag->name) != length || memcmp (flag->name, name, length) != 0)
				continue;
			return flag->alias == NULL
				       ? flag
				       : davit_arguments_find_name (tables, flag->alias,
								    strlen (flag->alias));
		}
	}
	return NULL;
}

const DavitFlag *
davit_arguments_find_letter (const DavitFlag *const *tables, char letter)
{
	for (; *tables != NULL; tables++) {
		for (const DavitFlag *flag = *tables; flag->name != NULL; flag++) {
			if (flag->letter == letter)
				return flag;
		}
	}
	return NULL;
}

/* " of "run"", or nothing before the verb. */
static char *
verb_suffix (const DavitSyntax *syntax)
{
	return syntax->verb == NULL ? g_strdup ("") : g_strdup_printf (" of \"%s\"", syntax->verb);
}

/* One that docker or podman has: TRUE if it asks for nothing that is not done anyhow. */
static gboolean
absent_take (const DavitSyntax *syntax, const DavitAbsent *absent, const char *value,
	     GError **error)
{
	g_autofree char *suffix = verb_suffix (syntax);
	g_autofree char *what = g_strdup_printf ("option \"--%s\"%s", absent->name, suffix);

	if (g_strcmp0 (absent->harmless, value) == 0)
		return TRUE;
	davit_absent_refuse (absent, what, error);
	if (absent->harmless != NULL && absent->hint == NULL)
		davit_error_hint (error, "leave it out, or write --%s=%s", absent->name,
				  absent->harmless);
	return FALSE;
}

static gboolean
name_unknown (const DavitSyntax *syntax, const char *name, gsize length, GError **error)
{
	g_autofree char *word = g_strndup (name, length);
	g_autofree char *suffix = verb_suffix (syntax);
	const DavitAbsent *absent = davit_absent_flag (syntax->verb, name, length, 0);
	const char *best = NULL;

	if (absent != NULL)
		return absent_take (syntax, absent,
				    name[length] == '=' ? name + length + 1 : "true", error);
	for (const DavitFlag *const *table = syntax->tables; *table != NULL; table++) {
		for (const DavitFlag *flag = *table; flag->name != NULL; flag++)
			davit_suggest_consider (word, flag->name, &best);
	}
	davit_error_set (error, DAVIT_ERROR_USAGE, "unknown option \"--%s\"%s", word, suffix);
	if (best != NULL)
		return davit_error_hint (error, "did you mean \"--%s\"?", best);
	return davit_error_hint (error, "see davit %s%s--help",
				 syntax->verb == NULL ? "" : syntax->verb,
				 syntax->verb == NULL ? "" : " ");
}

static gboolean
letter_unknown (const DavitSyntax *syntax, const char *cluster, const char *at, GError **error)
{
	g_autofree char *suffix = verb_suffix (syntax);
	const char *end = g_utf8_find_next_char (at, NULL);
	g_autofree char *letter = g_strndup (at, (gsize) (end - at));
	const DavitAbsent *absent = davit_absent_flag (syntax->verb, NULL, 0, *at);

	if (absent != NULL)
		return absent_take (syntax, absent, "true", error);
	davit_error_set (error, DAVIT_ERROR_USAGE, "unknown option \"-%s\"%s", letter, suffix);
	if (at != cluster || *end != '\0')
		davit_error_prefix (error, "-%s", cluster);
	return davit_error_hint (error, "see davit %s%s--help",
				 syntax->verb == NULL ? "" : syntax->verb,
				 syntax->verb == NULL ? "" : " ");
}

/* What docker's and podman's parser takes for a truth value. */
static const char *
switch_value (const char *text)
{
	static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True", NULL};
	static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False", NULL};

	if (g_strv_contains (yes, text))
		return "true";
	return g_strv_contains (no, text) ? "false" : NULL;
}

static gboolean
choice_check (const Parser *parser, const DavitFlag *flag, const char *value, GError **error)
{
	g_auto (GStrv) choices = NULL;
	g_autofree char *suffix = verb_suffix (parser->syntax);
	g_autofree char *words = NULL;

	if (flag->choices == NULL)
		return TRUE;
	choices = g_strsplit (flag->choices, "|", -1);
	if (g_strv_contains ((const char *const *) choices, value))
		return TRUE;
	words = g_strjoinv (", ", choices);
	return davit_error_set (error, DAVIT_ERROR_USAGE,
				"option \"--%s\"%s must be one of %s, not \"%s\"", flag->name,
				suffix, words, value);
}

static gboolean
flag_add (Parser *parser, const DavitFlag *flag, const char *value, GError **error)
{
	Given given = {flag, value};

	if (flag->type == DAVIT_FLAG_SWITCH) {
		given.value = switch_value (value);
		if (given.value == NULL) {
			g_autofree char *suffix = verb_suffix (parser->syntax);

			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"option \"--%s\"%s takes true or false, not \"%s\"",
						flag->name, suffix, value);
		}
		if (strcmp (flag->name, "help") == 0)
			parser->help = given.value[0] == 't';
	} else if (!choice_check (parser, flag, value, error)) {
		return FALSE;
	}
	g_array_append_val (parser->arguments->given, given);
	return TRUE;
}

/* The value that stands behind a flag as a word of its own; it may begin with "-". */
static gboolean
value_take (Parser *parser, const DavitFlag *flag, GError **error)
{
	g_autofree char *suffix = verb_suffix (parser->syntax);

	if (*parser->next == NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--%s\"%s needs a value (%s)", flag->name, suffix,
					flag->argument);
	return flag_add (parser, flag, *parser->next++, error);
}

/* word: behind "--". */
static gboolean
long_parse (Parser *parser, const char *word, GError **error)
{
	gsize length = strcspn (word, "=");
	const DavitFlag *flag = davit_arguments_find_name (parser->syntax->tables, word, length);

	if (flag == NULL)
		return name_unknown (parser->syntax, word, length, error);
	if (word[length] == '=')
		return flag_add (parser, flag, word + length + 1, error);
	if (flag->type == DAVIT_FLAG_SWITCH)
		return flag_add (parser, flag, "true", error);
	return value_take (parser, flag, error);
}

/* cluster: behind "-": "it", "p80:80", "p=80:80", "i=false", "itv" "/a:/b". */
static gboolean
short_parse (Parser *parser, const char *cluster, GError **error)
{
	for (const char *at = cluster; *at != '\0'; at++) {
		const DavitFlag *flag = davit_arguments_find_letter (parser->syntax->tables, *at);
		const char *rest = at + 1;

		if (flag == NULL && !letter_unknown (parser->syntax, cluster, at, error))
			return FALSE;
		if (flag == NULL)
			continue;
		if (*rest == '=')
			return flag_add (parser, flag, rest + 1, error);
		if (flag->type != DAVIT_FLAG_SWITCH)
			return *rest == '\0' ? value_take (parser, flag, error)
					     : flag_add (parser, flag, rest, error);
		if (!flag_add (parser, flag, "true", error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
words_parse (Parser *parser, GError **error)
{
	gboolean options = TRUE;

	while (*parser->next != NULL && !parser->help) {
		const char *word = *parser->next++;

		if (!options || word[0] != '-' || word[1] == '\0') {
			g_ptr_array_add (parser->arguments->operands, (gpointer) word);
			options = options && !parser->syntax->stop_at_operand;
		} else if (strcmp (word, "--") == 0) {
			options = FALSE;
		} else if (word[1] == '-') {
			if (!long_parse (parser, word + 2, error))
				return FALSE;
		} else if (!short_parse (parser, word + 1, error)) {
			return FALSE;
		}
	}
	return TRUE;
}

DavitArguments *
davit_arguments_parse (const DavitSyntax *syntax, const char *const *argv, GError **error)
{
	g_autoptr (DavitArguments) arguments = g_new0 (DavitArguments, 1);
	Parser parser = {syntax, argv, arguments, FALSE};

	arguments->given = g_array_new (FALSE, FALSE, sizeof (Given));
	arguments->operands = g_ptr_array_new ();
	arguments->vectors = g_ptr_array_new_with_free_func (g_free);
	if (!words_parse (&parser, error))
		return NULL;
	g_ptr_array_add (arguments->operands, NULL);
	return g_steal_pointer (&arguments);
}

guint
davit_arguments_count (const DavitArguments *arguments)
{
	return arguments->given->len;
}

const DavitFlag *
davit_arguments_nth (const DavitArguments *arguments, guint index, const char **ret_value)
{
	const Given *given = &g_array_index (arguments->given, Given, index);

	*ret_value = given->value;
	return given->flag;
}

const char *
davit_arguments_text (const DavitArguments *arguments, const char *name)
{
	for (guint i = arguments->given->len; i > 0; i--) {
		const Given *given = &g_array_index (arguments->given, Given, i - 1);

		if (strcmp (given->flag->name, name) == 0)
			return given->value;
	}
	return NULL;
}

gboolean
davit_arguments_has (const DavitArguments *arguments, const char *name)
{
	return davit_arguments_text (arguments, name) != NULL;
}

gboolean
davit_arguments_switch (const DavitArguments *arguments, const char *name)
{
	return g_strcmp0 (davit_arguments_text (arguments, name), "true") == 0;
}

const char *const *
davit_arguments_list (DavitArguments *arguments, const char *name)
{
	GPtrArray *values = g_ptr_array_new ();

	for (guint i = 0; i < arguments->given->len; i++) {
		const Given *given = &g_array_index (arguments->given, Given, i);

		if (strcmp (given->flag->name, name) == 0)
			g_ptr_array_add (values, (gpointer) given->value);
	}
	g_ptr_array_add (values, NULL);
	g_ptr_array_add (arguments->vectors, g_ptr_array_free (values, FALSE));
	return g_ptr_array_index (arguments->vectors, arguments->vectors->len - 1);
}

const char *const *
davit_arguments_operands (const DavitArguments *arguments)
{
	return (const char *const *) arguments->operands->pdata;
}

guint
davit_arguments_operand_count (const DavitArguments *arguments)
{
	return arguments->operands->len - 1;
}
