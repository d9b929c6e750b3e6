/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options of one command are those of the key file, apart from what runs as which program. */

#include "criu-settings.h"

#include "criu-fd.h"

#include <string.h>

#define LOCKS "auto|skip|nftables|iptables"

const DavitOption criu_options[] = {
	{"program", DAVIT_OPTION_STRING, "criu", NULL,
	 "the program: an absolute path, or a name that is searched in PATH"},
	{"timeout", DAVIT_OPTION_DURATION, "10m", NULL,
	 "how long a checkpoint or a restore may take; 0: for ever"},
	{"network-lock", DAVIT_OPTION_CHOICE, "auto", LOCKS,
	 "how packets of connections that are kept are held up meanwhile"},
	{"ghost-limit", DAVIT_OPTION_SIZE, "1g", NULL,
	 "largest file that is open and has no name any more"},
	{"link-remap", DAVIT_OPTION_BOOLEAN, "true", NULL,
	 "open files without a name whose other names are not known get one meanwhile"},
	{"tcp-skip-in-flight", DAVIT_OPTION_BOOLEAN, "false", NULL,
	 "leave out connections that are not yet accepted"},
	{"weak-sysctls", DAVIT_OPTION_BOOLEAN, "false", NULL,
	 "restore also where a sysctl of the network is missing"},
	{"file-check", DAVIT_OPTION_BOOLEAN, "true", NULL,
	 "refuse to restore where the permissions of an open file have changed"},
	{"log-level", DAVIT_OPTION_INTEGER, "2", NULL,
	 "how much the program writes to its log, from 0 to 4"},
	{"config-file", DAVIT_OPTION_PATH, NULL, NULL,
	 "configuration file of the program, which wins over everything else"},
	{0},
};

/* These are no affair of one command: who may run it need not be who chose the program. */
static const char *const fixed[] = {"program", "timeout", NULL};

static gboolean
lock_parse (const char *text, int *ret)
{
	static const struct {
		const char *word;
		int lock;
	} words[] = {
		{"auto", 0},
		{"skip", CRIU_LOCK_SKIP},
		{"nftables", CRIU_LOCK_NFTABLES},
		{"iptables", CRIU_LOCK_IPTABLES},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (words); i++) {
		if (!g_str_equal (text, words[i].word))
			continue;
		*ret = words[i].lock;
		return TRUE;
	}
	return FALSE;
}

/* Bytes, or with k, m or g behind them. */
static gboolean
size_parse (const char *text, guint32 *ret)
{
	char *end = NULL;
	guint64 value = g_ascii_isdigit (text[0]) ? g_ascii_strtoull (text, &end, 10) : 0;
	guint shift = 0;

	if (end == NULL)
		return FALSE;
	if (end[0] != '\0')
		shift = end[0] == 'k' ? 10 : end[0] == 'm' ? 20 : end[0] == 'g' ? 30 : 99;
	if (shift == 99 || (shift > 0 && end[1] != '\0') || value > G_MAXUINT32 >> shift)
		return FALSE;
	*ret = (guint32) (value << shift);
	return TRUE;
}

static gboolean
boolean_parse (const char *text, gboolean *ret)
{
	*ret = g_str_equal (text, "true");
	return *ret || g_str_equal (text, "false");
}

static gboolean
level_parse (const char *text, guint32 *ret)
{
	guint64 value;

	if (!g_ascii_string_to_unsigned (text, 10, 0, 4, &value, NULL))
		return FALSE;
	*ret = (guint32) value;
	return TRUE;
}

static gboolean
value_set (CriuSettings *settings, const char *key, const char *value)
{
	if (g_str_equal (key, "network-lock"))
		return lock_parse (value, &settings->network_lock);
	if (g_str_equal (key, "ghost-limit"))
		return size_parse (value, &settings->ghost_limit);
	if (g_str_equal (key, "link-remap"))
		return boolean_parse (value, &settings->link_remap);
	if (g_str_equal (key, "tcp-skip-in-flight"))
		return boolean_parse (value, &settings->tcp_skip_in_flight);
	if (g_str_equal (key, "weak-sysctls"))
		return boolean_parse (value, &settings->weak_sysctls);
	if (g_str_equal (key, "file-check"))
		return boolean_parse (value, &settings->file_check);
	if (g_str_equal (key, "log-level"))
		return level_parse (value, &settings->log_level);
	/* config-file */
	g_free (settings->config_file);
	settings->config_file = g_strdup (value);
	return value[0] == '/';
}

static const DavitOption *
option_find (const char *key)
{
	for (const DavitOption *option = criu_options; option->key != NULL; option++) {
		if (g_str_equal (option->key, key) && !g_strv_contains (fixed, key))
			return option;
	}
	return NULL;
}

static gboolean
word_unknown (const char *key, GError **error)
{
	g_autofree char *shown = criu_text_escape (key, G_MAXSSIZE);
	g_autoptr (GString) names = g_string_new (NULL);

	for (const DavitOption *option = criu_options; option->key != NULL; option++) {
		if (!g_strv_contains (fixed, option->key))
			g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "",
						option->key);
	}
	return criu_error_set (error, DAVIT_ERROR_USAGE,
			       "option \"%s\": there is no such option; there are: %s", shown,
			       names->str);
}

static const char *
type_words (const DavitOption *option)
{
	switch (option->type) {
	case DAVIT_OPTION_BOOLEAN:
		return "must be true or false";
	case DAVIT_OPTION_CHOICE:
		return "must be one of " LOCKS;
	case DAVIT_OPTION_SIZE:
		return "must be a number of bytes below 4g, with k, m or g behind it";
	case DAVIT_OPTION_INTEGER:
		return "must be a number from 0 to 4";
	case DAVIT_OPTION_PATH:
		return "must be an absolute path";
	case DAVIT_OPTION_STRING:
	case DAVIT_OPTION_DURATION:
	case DAVIT_OPTION_LIST:
	default:
		return "is wrong";
	}
}

static gboolean
word_read (CriuSettings *settings, const char *word, GError **error)
{
	const char *equals = strchr (word, '=');
	g_autofree char *key =
		g_strndup (word, equals != NULL ? (gsize) (equals - word) : strlen (word));
	/* As for flags: a word alone is "true". */
	const char *value = equals != NULL ? equals + 1 : "true";
	const DavitOption *option = option_find (key);
	g_autofree char *shown = NULL;

	if (option == NULL)
		return word_unknown (key, error);
	if (value_set (settings, key, value))
		return TRUE;
	shown = criu_text_escape (word, G_MAXSSIZE);
	return criu_error_set (error, DAVIT_ERROR_USAGE, "option \"%s\": %s", shown,
			       type_words (option));
}

gboolean
criu_settings_read (const DavitHost *host, const char *const *words, guint32 timeout_msec,
		    CriuSettings *ret, GError **error)
{
	gint64 timeout = timeout_msec != 0 ? timeout_msec : host->option_integer (host, "timeout");
	gint64 level = host->option_integer (host, "log-level");
	gint64 ghost = host->option_integer (host, "ghost-limit");

	lock_parse (host->option_string (host, "network-lock"), &ret->network_lock);
	ret->timeout_msec = (guint32) CLAMP (timeout, 0, G_MAXINT32);
	ret->ghost_limit = (guint32) CLAMP (ghost, 0, G_MAXUINT32);
	ret->link_remap = host->option_boolean (host, "link-remap");
	ret->tcp_skip_in_flight = host->option_boolean (host, "tcp-skip-in-flight");
	ret->weak_sysctls = host->option_boolean (host, "weak-sysctls");
	ret->file_check = host->option_boolean (host, "file-check");
	ret->log_level = (guint32) CLAMP (level, 0, 4);
	ret->config_file = g_strdup (host->option_string (host, "config-file"));
	for (guint i = 0; words != NULL && words[i] != NULL; i++) {
		if (!word_read (ret, words[i], error))
			return FALSE;
	}
	return TRUE;
}

void
criu_settings_clear (CriuSettings *settings)
{
	g_clear_pointer (&settings->config_file, g_free);
}
