/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reads one key file.
 *
 * GKeyFile parses it, but knows no line numbers, lets the last of two equal keys win and drops a
 * "key[xx]" without a word. So the text is scanned first: the scan refuses, with file and line,
 * whatever GKeyFile would refuse or pass over, and remembers where each key stands.
 */

#include "config/key-file.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define KEY_FILE_SIZE_LIMIT ((gsize) 1024 * 1024)

typedef struct {
	const char *path;
	guint line;
	const char *group; /* the one that is open; belongs to file */
	GHashTable *lines; /* "GROUP\nKEY" to the line number */
	DavitKeyFile *file;
} Scan;

static const char *const plugin_kinds[] = {"storage", "network", "runtime", "checkpoint", NULL};

static void
entry_free (gpointer data)
{
	DavitKeyFileEntry *entry = (DavitKeyFileEntry *) data;

	g_free (entry->group);
	g_free (entry->key);
	g_free (entry->value);
	g_free (entry);
}

void
davit_key_file_free (DavitKeyFile *file)
{
	if (file == NULL)
		return;
	g_ptr_array_unref (file->entries);
	g_ptr_array_unref (file->groups);
	g_free (file);
}

gboolean
davit_key_file_is_group (const char *group)
{
	const char *dot = strchr (group, '.');
	g_autofree char *kind = NULL;

	if (g_str_equal (group, "engine"))
		return TRUE;
	if (dot == NULL)
		return FALSE;
	kind = g_strndup (group, (gsize) (dot - group));
	return g_strv_contains (plugin_kinds, kind) && davit_text_is_plugin_name (dot + 1);
}

gboolean
davit_key_file_is_key (const char *key)
{
	/* Keys and plugin names follow one rule. */
	return davit_text_is_plugin_name (key);
}

static gboolean
text_read (const char *path, char **ret_text, gsize *ret_length, GError **error)
{
	davit_autofd fd = -1;
	struct stat status;

	/*
	 * A symbolic link is followed: these files are the administrator's or the user's own, and
	 * many keep them in another place. O_NONBLOCK, so that a FIFO can't hold us up.
	 */
	fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return davit_error_set (error, DAVIT_ERROR_NOT_FOUND,
					"key file \"%s\" does not exist", path);
	if (fd < 0 || fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "key file \"%s\"", path);
	if (!S_ISREG (status.st_mode))
		return davit_error_set (error, DAVIT_ERROR_CONFIG,
					"key file \"%s\": must be a regular file", path);
	/* plugin-path decides on the code that runs here. */
	if (status.st_mode & S_IWOTH)
		return davit_error_set (
			error, DAVIT_ERROR_CONFIG,
			"key file \"%s\": must not be writable by everybody (mode %04o)", path,
			(unsigned) status.st_mode & 07777);
	if (status.st_size > (off_t) KEY_FILE_SIZE_LIMIT)
		return davit_error_set (error, DAVIT_ERROR_CONFIG,
					"key file \"%s\": must not be larger than 1 MiB", path);
	return davit_fd_read (fd, KEY_FILE_SIZE_LIMIT, path, ret_text, ret_length, error);
}

static gboolean
text_check_encoding (const char *path, const char *text, gsize length, GError **error)
{
	const char *end = NULL;
	guint line = 1;

	/* It can't be seen in most editors, so that any other word about the line would puzzle. */
	if (g_str_has_prefix (text, "\xef\xbb\xbf"))
		return davit_error_set (error, DAVIT_ERROR_CONFIG,
					"%s:1: must not begin with a byte order mark; save it as "
					"UTF-8 without one",
					path);
	/* Without a length g_utf8_validate would stop at a NUL; with one it reports it. */
	if (g_utf8_validate (text, (gssize) length, &end))
		return TRUE;
	for (const char *at = text; at < end; at++)
		line += *at == '\n';
	return davit_error_set (error, DAVIT_ERROR_CONFIG, "%s:%u: %s", path, line,
				*end == '\0' ? "must not hold a NUL" : "must be UTF-8");
}

static gboolean
scan_group (Scan *scan, const char *line, GError **error)
{
	const char *end = strchr (line, ']');
	char *group;

	if (end == NULL || end[1] != '\0')
		return davit_error_set (error, DAVIT_ERROR_CONFIG,
					"%s:%u: \"%s\" must be [GROUP] and nothing else",
					scan->path, scan->line, line);
	group = g_strndup (line + 1, (gsize) (end - line - 1));
	g_ptr_array_add (scan->file->groups, group);
	if (!davit_key_file_is_group (group))
		return davit_error_set (
			error, DAVIT_ERROR_CONFIG,
			"%s:%u: unknown group \"%s\"; groups are [engine] and [KIND.NAME] of a "
			"plugin, where KIND is storage, network, runtime or checkpoint",
			scan->path, scan->line, group);
	scan->group = group;
	return TRUE;
}

static gboolean
scan_key (Scan *scan, const char *line, GError **error)
{
	const char *equals = strchr (line, '=');
	DavitKeyFileEntry *entry;
	g_autofree char *key = NULL;
	g_autofree char *name = NULL;
	gpointer earlier = NULL;

	if (equals == NULL)
		return davit_error_set (
			error, DAVIT_ERROR_CONFIG,
			"%s:%u: \"%s\" must be [GROUP], KEY=VALUE or a comment that "
			"begins with \"#\"",
			scan->path, scan->line, line);
	key = g_strchomp (g_strndup (line, (gsize) (equals - line)));
	if (!davit_key_file_is_key (key))
		return davit_error_set (error, DAVIT_ERROR_CONFIG,
					"%s:%u: key \"%s\" must be lower-case words joined by "
					"\"-\"",
					scan->path, scan->line, key);
	if (scan->group == NULL)
		return davit_error_set (error, DAVIT_ERROR_CONFIG,
					"%s:%u: key \"%s\" must stand below a [GROUP]", scan->path,
					scan->line, key);

	name = g_strconcat (scan->group, "\n", key, NULL);
	if (g_hash_table_lookup_extended (scan->lines, name, NULL, &earlier))
		return davit_error_set (error, DAVIT_ERROR_CONFIG,
					"%s:%u: key \"%s\" of [%s] stands in line %u already",
					scan->path, scan->line, key, scan->group,
					GPOINTER_TO_UINT (earlier));
	g_hash_table_insert (scan->lines, g_steal_pointer (&name), GUINT_TO_POINTER (scan->line));

	entry = g_new0 (DavitKeyFileEntry, 1);
	entry->group = g_strdup (scan->group);
	entry->key = g_steal_pointer (&key);
	entry->line = scan->line;
	g_ptr_array_add (scan->file->entries, entry);
	return TRUE;
}

static gboolean
scan_line (Scan *scan, char *line, GError **error)
{
	g_strstrip (line);
	if (*line == '\0' || *line == '#')
		return TRUE;
	for (const char *at = line; *at != '\0'; at = g_utf8_next_char (at)) {
		if (g_unichar_iscntrl (g_utf8_get_char (at)) && *at != '\t')
			return davit_error_set (error, DAVIT_ERROR_CONFIG,
						"%s:%u: must not hold control characters",
						scan->path, scan->line);
	}
	return *line == '[' ? scan_group (scan, line, error) : scan_key (scan, line, error);
}

/* Takes the raw values from GKeyFile, which is what says how a line is read. */
static gboolean
values_read (DavitKeyFile *file, const char *path, const char *text, gsize length, GError **error)
{
	g_autoptr (GKeyFile) keys = g_key_file_new ();

	if (length > 0 && !g_key_file_load_from_data (keys, text, length, G_KEY_FILE_NONE, error)) {
		davit_error_convert (error, DAVIT_ERROR_CONFIG);
		return davit_error_prefix (error, "key file \"%s\"", path);
	}
	for (guint i = 0; i < file->entries->len; i++) {
		DavitKeyFileEntry *entry = (DavitKeyFileEntry *) file->entries->pdata[i];

		entry->value = g_key_file_get_value (keys, entry->group, entry->key, error);
		if (entry->value == NULL) {
			davit_error_convert (error, DAVIT_ERROR_CONFIG);
			return davit_error_prefix (error, "%s:%u", path, entry->line);
		}
		/*
		 * An editor's trailing space must not become part of a name; "\s" is one on
		 * purpose.
		 */
		g_strchomp (entry->value);
	}
	return TRUE;
}

DavitKeyFile *
davit_key_file_read (const char *path, GError **error)
{
	g_autoptr (DavitKeyFile) file = NULL;
	g_autoptr (GHashTable) lines = NULL;
	g_autofree char *text = NULL;
	g_auto (GStrv) split = NULL;
	gsize length = 0;
	Scan scan = {.path = path};

	if (!text_read (path, &text, &length, error) ||
	    !text_check_encoding (path, text, length, error))
		return NULL;

	file = g_new0 (DavitKeyFile, 1);
	file->entries = g_ptr_array_new_with_free_func (entry_free);
	file->groups = g_ptr_array_new_with_free_func (g_free);
	lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
	scan.lines = lines;
	scan.file = file;

	split = g_strsplit (text, "\n", -1);
	for (guint i = 0; split[i] != NULL; i++) {
		scan.line = i + 1;
		if (!scan_line (&scan, split[i], error))
			return NULL;
	}
	if (!values_read (file, path, text, length, error))
		return NULL;
	return g_steal_pointer (&file);
}
