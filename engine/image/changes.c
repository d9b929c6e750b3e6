/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parsing the lines. */

#include "image/changes.h"

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

#include <string.h>

/* What an instruction does with the text behind it. The caller prefixes the line to the error. */
typedef gboolean (*ChangeFunc) (DavitChanges *changes, const char *text, GError **error);

static const char *
skip_spaces (const char *text)
{
	return text + strspn (text, " \t");
}

static void
strv_replace (char ***target, char **words)
{
	g_strfreev (*target);
	*target = words;
}

static void
text_replace (char **target, const char *text)
{
	g_free (*target);
	*target = g_strdup (text);
}

/* ["a", "b"]. Text that begins so and is no such array is a mistake and no shell command. */
static char **
words_from_json (const char *text, GError **error)
{
	g_autoptr (GError) local = NULL;
	g_autoptr (DavitJson) array = davit_json_parse (text, -1, &local);
	g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);

	for (guint i = 0; array != NULL && i < davit_json_length (array); i++) {
		const char *word = davit_json_string (davit_json_element (array, i));

		if (word == NULL)
			g_set_error (&local, DAVIT_ERROR, DAVIT_ERROR_USAGE,
				     "entry %u is no string", i);
		if (local != NULL)
			break;
		g_ptr_array_add (words, g_strdup (word));
	}
	if (local != NULL) {
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "it begins like a JSON array of strings and is none: %s",
				 local->message);
		return NULL;
	}
	g_ptr_array_add (words, NULL);
	return (char **) g_ptr_array_free (g_steal_pointer (&words), FALSE);
}

static char **
command_parse (const char *text, GError **error)
{
	char **words;

	if (text[0] == '[')
		return words_from_json (text, error);
	words = g_new0 (char *, 4);
	words[0] = g_strdup ("/bin/sh");
	words[1] = g_strdup ("-c");
	words[2] = g_strdup (text);
	return words;
}

static gboolean
change_cmd (DavitChanges *changes, const char *text, GError **error)
{
	char **words = command_parse (text, error);

	if (words == NULL)
		return FALSE;
	strv_replace (&changes->cmd, words);
	return TRUE;
}

static gboolean
change_entrypoint (DavitChanges *changes, const char *text, GError **error)
{
	char **words = command_parse (text, error);

	if (words == NULL)
		return FALSE;
	strv_replace (&changes->entrypoint, words);
	return TRUE;
}

/* One word with quotes and backslashes as a Dockerfile has them. NULL: a quote is left open. */
static char *
word_take (const char **text)
{
	g_autoptr (GString) word = g_string_new (NULL);
	char quote = '\0';
	const char *at = *text;

	for (; *at != '\0' && (quote != '\0' || (*at != ' ' && *at != '\t')); at++) {
		if (*at == '\\' && quote != '\'' && at[1] != '\0')
			g_string_append_c (word, *++at);
		else if (quote == '\0' && (*at == '"' || *at == '\''))
			quote = *at;
		else if (quote != '\0' && *at == quote)
			quote = '\0';
		else
			g_string_append_c (word, *at);
	}
	*text = skip_spaces (at);
	return quote == '\0' ? g_strdup (word->str) : NULL;
}

static gboolean
pair_add (GPtrArray *pairs, const char *key, gsize key_length, const char *value, GError **error)
{
	g_autofree char *prefix = g_strdup_printf ("%.*s=", (int) key_length, key);

	if (key_length == 0)
		return davit_error_set (error, DAVIT_ERROR_USAGE, "a key is missing");
	for (guint i = 0; i < pairs->len; i++) {
		if (g_str_has_prefix (g_ptr_array_index (pairs, i), prefix)) {
			g_ptr_array_remove_index (pairs, i);
			break;
		}
	}
	g_ptr_array_add (pairs, g_strconcat (prefix, value, NULL));
	return TRUE;
}

/* All words are KEY=VALUE. */
static gboolean
pairs_parse (GPtrArray *pairs, const char *text, gboolean *ret_fits, GError **error)
{
	g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);

	while (*text != '\0') {
		char *word = word_take (&text);

		if (word == NULL)
			return davit_error_set (error, DAVIT_ERROR_USAGE, "a quote is left open");
		g_ptr_array_add (words, word);
		if (strchr (word, '=') == NULL) {
			*ret_fits = FALSE;
			return TRUE;
		}
	}
	for (guint i = 0; i < words->len; i++) {
		const char *word = g_ptr_array_index (words, i);
		const char *equals = strchr (word, '=');

		if (!pair_add (pairs, word, (gsize) (equals - word), equals + 1, error))
			return FALSE;
	}
	return TRUE;
}

/*
 * "A=b C=d"; otherwise one pair whose value is all the rest of the line: "A b c", and "A=b c",
 * which docker refuses and podman takes.
 */
static gboolean
pairs_take (GPtrArray *pairs, const char *text, GError **error)
{
	gsize key_length = strcspn (text, "= \t");
	const char *value = text + key_length;
	gboolean fits = TRUE;

	if (!pairs_parse (pairs, text, &fits, error))
		return FALSE;
	if (fits)
		return TRUE;
	if (*value == '\0')
		return davit_error_set (error, DAVIT_ERROR_USAGE, "it must be KEY=VALUE");
	return pair_add (pairs, text, key_length, *value == '=' ? value + 1 : skip_spaces (value),
			 error);
}

static gboolean
change_env (DavitChanges *changes, const char *text, GError **error)
{
	return pairs_take (changes->env, text, error);
}

static gboolean
change_label (DavitChanges *changes, const char *text, GError **error)
{
	return pairs_take (changes->labels, text, error);
}

static void
set_add (GPtrArray *set, const char *text)
{
	if (!g_ptr_array_find_with_equal_func (set, text, g_str_equal, NULL))
		g_ptr_array_add (set, g_strdup (text));
}

/* "80", "53/udp", "8000-8010/tcp". */
static gboolean
ports_add (GPtrArray *ports, const char *word, GError **error)
{
	g_auto (GStrv) parts = g_strsplit (word, "/", 2);
	g_auto (GStrv) bounds = g_strsplit (parts[0] == NULL ? "" : parts[0], "-", 2);
	const char *protocol = parts[0] != NULL && parts[1] != NULL ? parts[1] : "tcp";
	static const char *const protocols[] = {"tcp", "udp", "sctp", NULL};
	guint64 first = 0, last = 0;

	if (!davit_text_parse_unsigned (bounds[0] == NULL ? "" : bounds[0], 65535, "port", &first,
					error))
		return FALSE;
	last = first;
	if (bounds[1] != NULL &&
	    !davit_text_parse_unsigned (bounds[1], 65535, "port", &last, error))
		return FALSE;
	if (first == 0 || last < first || !g_strv_contains (protocols, protocol))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"%s\" must be PORT[-PORT][/tcp|/udp|/sctp]", word);
	for (guint64 port = first; port <= last; port++) {
		g_autofree char *text = g_strdup_printf ("%u/%s", (guint) port, protocol);

		set_add (ports, text);
	}
	return TRUE;
}

static gboolean
change_expose (DavitChanges *changes, const char *text, GError **error)
{
	while (*text != '\0') {
		g_autofree char *word = word_take (&text);

		if (word == NULL)
			return davit_error_set (error, DAVIT_ERROR_USAGE, "a quote is left open");
		if (!ports_add (changes->ports, word, error))
			return FALSE;
	}
	return TRUE;
}

static char **
volumes_parse (const char *text, GError **error)
{
	g_autoptr (GPtrArray) words = NULL;

	if (text[0] == '[')
		return words_from_json (text, error);
	words = g_ptr_array_new_with_free_func (g_free);
	while (*text != '\0') {
		char *word = word_take (&text);

		if (word == NULL) {
			davit_error_set (error, DAVIT_ERROR_USAGE, "a quote is left open");
			return NULL;
		}
		g_ptr_array_add (words, word);
	}
	g_ptr_array_add (words, NULL);
	return (char **) g_ptr_array_free (g_steal_pointer (&words), FALSE);
}

static gboolean
change_volume (DavitChanges *changes, const char *text, GError **error)
{
	g_auto (GStrv) words = volumes_parse (text, error);

	if (words == NULL)
		return FALSE;
	for (char **word = words; *word != NULL; word++) {
		if (**word != '/')
			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"\"%s\" must be an absolute path", *word);
		set_add (changes->volumes, *word);
	}
	return TRUE;
}

static gboolean
change_stopsignal (DavitChanges *changes, const char *text, GError **error)
{
	int number = 0;

	if (!davit_text_parse_signal (text, &number, error))
		return FALSE;
	text_replace (&changes->stop_signal, text);
	return TRUE;
}

static gboolean
change_user (DavitChanges *changes, const char *text, GError **error)
{
	if (strpbrk (text, " \t\n") != NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE, "it must be USER[:GROUP]");
	text_replace (&changes->user, text);
	return TRUE;
}

/* A relative one stands below the one before it. */
static gboolean
change_workdir (DavitChanges *changes, const char *text, GError **error)
{
	char *path =
		g_canonicalize_filename (text,
					 changes->working_dir == NULL ? "/" : changes->working_dir);

	g_free (changes->working_dir);
	changes->working_dir = path;
	return TRUE;
}

static const struct {
	const char *name;
	ChangeFunc func;
} instructions[] = {
	{"CMD", change_cmd},	     {"ENTRYPOINT", change_entrypoint},
	{"ENV", change_env},	     {"EXPOSE", change_expose},
	{"LABEL", change_label},     {"STOPSIGNAL", change_stopsignal},
	{"USER", change_user},	     {"VOLUME", change_volume},
	{"WORKDIR", change_workdir},
};

static gboolean
line_apply (DavitChanges *changes, const char *line, GError **error)
{
	g_autofree char *text = g_strstrip (g_strdup (line));
	gsize length = strcspn (text, " \t");
	g_autofree char *name = g_ascii_strup (text, (gssize) length);
	const char *rest = skip_spaces (text + length);

	for (gsize i = 0; i < G_N_ELEMENTS (instructions); i++) {
		if (strcmp (instructions[i].name, name) != 0)
			continue;
		if (*rest == '\0')
			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"nothing stands behind %s", name);
		return instructions[i].func (changes, rest, error);
	}
	return davit_error_set (error, DAVIT_ERROR_USAGE,
				"\"%s\" is not one of CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, "
				"STOPSIGNAL, USER, VOLUME, WORKDIR",
				name);
}

DavitChanges *
davit_changes_parse (const char *const *lines, GError **error)
{
	g_autoptr (DavitChanges) changes = g_new0 (DavitChanges, 1);

	changes->env = g_ptr_array_new_with_free_func (g_free);
	changes->labels = g_ptr_array_new_with_free_func (g_free);
	changes->ports = g_ptr_array_new_with_free_func (g_free);
	changes->volumes = g_ptr_array_new_with_free_func (g_free);
	for (; lines != NULL && *lines != NULL; lines++) {
		/* It is going to be JSON. */
		if (!g_utf8_validate (*lines, -1, NULL)) {
			davit_error_set (error, DAVIT_ERROR_USAGE, "change \"%s\": is not UTF-8",
					 *lines);
			return NULL;
		}
		if (!line_apply (changes, *lines, error)) {
			davit_error_prefix (error, "change \"%s\"", *lines);
			return NULL;
		}
	}
	return g_steal_pointer (&changes);
}

void
davit_changes_free (DavitChanges *changes)
{
	if (changes == NULL)
		return;
	g_strfreev (changes->cmd);
	g_strfreev (changes->entrypoint);
	g_ptr_array_unref (changes->env);
	g_ptr_array_unref (changes->labels);
	g_ptr_array_unref (changes->ports);
	g_ptr_array_unref (changes->volumes);
	g_free (changes->stop_signal);
	g_free (changes->user);
	g_free (changes->working_dir);
	g_free (changes);
}
