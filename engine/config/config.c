/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which files there are, and how they are laid over each other: key by key, the last one wins, and
 * each value remembers where it came from.
 */

#include "config/config.h"

#include "base/error.h"
#include "base/user.h"
#include "config/key-file.h"
#include "config/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct _DavitConfig {
	GPtrArray *files;    /* char *, and NULL */
	GPtrArray *groups;   /* char *: without engine, each once */
	GPtrArray *order;    /* the keys of entries, which own them */
	GHashTable *entries; /* "GROUP\nKEY" to DavitConfigEntry */
	DavitOptionValues *engine;
};

static void
entry_free (gpointer data)
{
	DavitConfigEntry *entry = (DavitConfigEntry *) data;

	g_free (entry->raw);
	g_free (entry->source);
	g_free (entry);
}

void
davit_config_free (DavitConfig *config)
{
	if (config == NULL)
		return;
	g_ptr_array_unref (config->files);
	g_ptr_array_unref (config->groups);
	g_ptr_array_unref (config->order);
	g_hash_table_unref (config->entries);
	davit_option_values_free (config->engine);
	g_free (config);
}

static DavitConfig *
config_new (void)
{
	DavitConfig *config = g_new0 (DavitConfig, 1);

	config->files = g_ptr_array_new_with_free_func (g_free);
	config->groups = g_ptr_array_new_with_free_func (g_free);
	config->order = g_ptr_array_new ();
	config->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
	return config;
}

const DavitConfigEntry *
davit_config_lookup (const DavitConfig *config, const char *group, const char *key)
{
	g_autofree char *name = g_strconcat (group, "\n", key, NULL);

	return (const DavitConfigEntry *) g_hash_table_lookup (config->entries, name);
}

const char **
davit_config_keys (const DavitConfig *config, const char *group)
{
	g_autoptr (GPtrArray) keys = g_ptr_array_new ();
	gsize length = strlen (group);

	for (guint i = 0; i < config->order->len; i++) {
		const char *name = (const char *) config->order->pdata[i];

		if (strncmp (name, group, length) == 0 && name[length] == '\n')
			g_ptr_array_add (keys, (gpointer) (name + length + 1));
	}
	g_ptr_array_add (keys, NULL);
	return (const char **) g_ptr_array_free (g_steal_pointer (&keys), FALSE);
}

static void
config_add_group (DavitConfig *config, const char *group)
{
	if (!g_str_equal (group, "engine") &&
	    !g_ptr_array_find_with_equal_func (config->groups, group, g_str_equal, NULL))
		g_ptr_array_add (config->groups, g_strdup (group));
}

/* Takes source over. */
static void
config_set (DavitConfig *config, const char *group, const char *key, const char *raw, char *source)
{
	char *name = g_strconcat (group, "\n", key, NULL);
	DavitConfigEntry *entry = g_new0 (DavitConfigEntry, 1);

	entry->raw = g_strdup (raw);
	entry->source = source;
	/* An entry that is there keeps its name, which order points to; ours is freed then. */
	if (g_hash_table_insert (config->entries, name, entry))
		g_ptr_array_add (config->order, name);
}

/* Most files are not there, and for an error that nobody sees the tables of a locale are loaded. */
static gboolean
is_absent (const char *path)
{
	return access (path, F_OK) < 0 && errno == ENOENT;
}

static gboolean
config_read (DavitConfig *config, const char *path, gboolean required, GError **error)
{
	g_autoptr (GError) failure = NULL;
	g_autoptr (DavitKeyFile) file = NULL;

	if (!required && is_absent (path))
		return TRUE;
	file = davit_key_file_read (path, &failure);
	if (file == NULL && !required && davit_error_matches (failure, DAVIT_ERROR_NOT_FOUND))
		return TRUE;
	if (file == NULL) {
		g_propagate_error (error, g_steal_pointer (&failure));
		return FALSE;
	}
	g_ptr_array_add (config->files, g_strdup (path));
	for (guint i = 0; i < file->groups->len; i++)
		config_add_group (config, (const char *) file->groups->pdata[i]);
	for (guint i = 0; i < file->entries->len; i++) {
		const DavitKeyFileEntry *entry =
			(const DavitKeyFileEntry *) file->entries->pdata[i];

		config_set (config, entry->group, entry->key, entry->value,
			    g_strdup_printf ("%s:%u", path, entry->line));
	}
	return TRUE;
}

static int
name_compare (gconstpointer left, gconstpointer right)
{
	/* Bytes and not the locale: the order must be the same for everybody. */
	return strcmp (*(const char *const *) left, *(const char *const *) right);
}

static gboolean
config_read_directory (DavitConfig *config, const char *path, GError **error)
{
	g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
	g_autoptr (GError) failure = NULL;
	g_autoptr (GDir) directory = NULL;
	const char *name;

	if (is_absent (path))
		return TRUE;
	directory = g_dir_open (path, 0, &failure);
	if (directory == NULL) {
		if (g_error_matches (failure, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
		    g_error_matches (failure, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
			return TRUE;
		g_propagate_error (error, g_steal_pointer (&failure));
		return davit_error_convert (error, DAVIT_ERROR_CONFIG);
	}
	while ((name = g_dir_read_name (directory)) != NULL) {
		/* A hidden one is an editor's or a package manager's. */
		if (name[0] != '.' && g_str_has_suffix (name, ".conf"))
			g_ptr_array_add (names, g_strdup (name));
	}
	g_ptr_array_sort (names, name_compare);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *file =
			g_build_filename (path, (const char *) names->pdata[i], NULL);

		/* Required: one that vanishes or dangles is a surprise worth a word. */
		if (!config_read (config, file, TRUE, error))
			return FALSE;
	}
	return TRUE;
}

/* davit.conf and davit.conf.d in one directory. */
static gboolean
config_read_both (DavitConfig *config, const char *directory, GError **error)
{
	g_autofree char *file = g_build_filename (directory, "davit.conf", NULL);
	g_autofree char *drop_ins = g_build_filename (directory, "davit.conf.d", NULL);

	return config_read (config, file, FALSE, error) &&
	       config_read_directory (config, drop_ins, error);
}

static gboolean
config_read_user (DavitConfig *config, GError **error)
{
	const char *base = secure_getenv ("XDG_CONFIG_HOME");
	g_autofree char *directory = NULL;

	/* A relative one is invalid and ignored: XDG base directory specification. */
	if (base != NULL && g_path_is_absolute (base))
		directory = g_build_filename (base, "davit", NULL);
	else
		directory = g_build_filename (g_get_home_dir (), ".config", "davit", NULL);
	/*
	 * sudo and setpriv may leave another user's HOME behind: what is there is not meant for
	 * us.
	 */
	if (euidaccess (directory, R_OK | X_OK) < 0 && errno == EACCES)
		return TRUE;
	return config_read_both (config, directory, error);
}

static gboolean
config_read_files (DavitConfig *config, const DavitPaths *paths, GError **error)
{
	g_autofree char *data = g_build_filename (paths->datadir, "davit.conf", NULL);
	const char *further = secure_getenv ("DAVIT_CONFIG");

	if (!config_read (config, data, FALSE, error) ||
	    !config_read_both (config, paths->sysconfdir, error))
		return FALSE;
	if (davit_user_is_ordinary () && !config_read_user (config, error))
		return FALSE;
	if (further == NULL || *further == '\0')
		return TRUE;
	if (!config_read (config, further, TRUE, error))
		return davit_error_prefix (error, "DAVIT_CONFIG");
	return TRUE;
}

/* GROUP.KEY=VALUE. Group names have dots, keys none: the last one before the "=" separates. */
static gboolean
config_override (DavitConfig *config, const char *text, GError **error)
{
	const char *equals = strchr (text, '=');
	g_autofree char *group = NULL;
	char *dot;

	if (!g_utf8_validate (text, -1, NULL))
		return davit_error_set (error, DAVIT_ERROR_USAGE, "--config: must be UTF-8");
	if (equals != NULL)
		group = g_strndup (text, (gsize) (equals - text));
	dot = group != NULL ? strrchr (group, '.') : NULL;
	if (dot == NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"--config \"%s\": must be GROUP.KEY=VALUE, such as "
					"engine.storage=vfs",
					text);
	*dot = '\0';
	if (!davit_key_file_is_group (group))
		return davit_error_set (
			error, DAVIT_ERROR_USAGE,
			"--config \"%s\": unknown group \"%s\"; groups are engine and KIND.NAME of "
			"a plugin, where KIND is storage, network, runtime or checkpoint",
			text, group);
	if (!davit_key_file_is_key (dot + 1))
		return davit_error_set (
			error, DAVIT_ERROR_USAGE,
			"--config \"%s\": key \"%s\" must be lower-case words joined "
			"by \"-\"",
			text, dot + 1);
	if (strpbrk (equals, "\r\n") != NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"--config \"%s.%s\": must be one line", group, dot + 1);
	config_add_group (config, group);
	config_set (config, group, dot + 1, equals + 1, g_strdup ("--config"));
	return TRUE;
}

DavitConfig *
davit_config_load (const DavitPaths *paths, const char *const *overrides, GError **error)
{
	g_autoptr (DavitConfig) config = config_new ();

	if (!config_read_files (config, paths, error))
		return NULL;
	for (guint i = 0; overrides != NULL && overrides[i] != NULL; i++) {
		if (!config_override (config, overrides[i], error))
			return NULL;
	}
	g_ptr_array_add (config->files, NULL);

	config->engine =
		davit_config_check_group (config, "engine", davit_config_engine_options (), error);
	if (config->engine == NULL || !davit_config_check_engine (config->engine, error))
		return NULL;
	return g_steal_pointer (&config);
}

static const DavitOptionValue *
engine_value (const DavitConfig *config, const char *key)
{
	const DavitOptionValue *value = davit_option_values_get (config->engine, key);

	if (value == NULL)
		g_critical ("[engine] has no key \"%s\"", key);
	return value;
}

const char *
davit_config_string (const DavitConfig *config, const char *key)
{
	const DavitOptionValue *value = engine_value (config, key);

	return value != NULL ? value->text : NULL;
}

gboolean
davit_config_boolean (const DavitConfig *config, const char *key)
{
	const DavitOptionValue *value = engine_value (config, key);

	return value != NULL && value->integer != 0;
}

gint64
davit_config_integer (const DavitConfig *config, const char *key)
{
	const DavitOptionValue *value = engine_value (config, key);

	return value != NULL ? value->integer : 0;
}

const char *const *
davit_config_list (const DavitConfig *config, const char *key)
{
	static const char *const nothing[] = {NULL};
	const DavitOptionValue *value = engine_value (config, key);

	return value != NULL && value->list != NULL ? (const char *const *) value->list : nothing;
}

char **
davit_config_groups (const DavitConfig *config)
{
	char **groups = g_new0 (char *, config->groups->len + 1);

	for (guint i = 0; i < config->groups->len; i++)
		groups[i] = g_strdup ((const char *) config->groups->pdata[i]);
	return groups;
}

const char *const *
davit_config_files (const DavitConfig *config)
{
	return (const char *const *) config->files->pdata;
}
