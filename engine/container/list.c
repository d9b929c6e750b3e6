/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * All containers, for ps and for whatever must look at each. No lock is taken: files are replaced
 * by rename, so that each that is read is whole; one that vanishes meanwhile is left out.
 */

#include "container/container-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/text.h"
#include "container/names.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void
container_free (gpointer container)
{
	davit_container_free ((DavitContainer *) container);
}

static int
newest_first (gconstpointer left, gconstpointer right)
{
	gint64 a = (*(DavitContainer *const *) left)->created;
	gint64 b = (*(DavitContainer *const *) right)->created;

	return (a < b) - (a > b);
}

/**
 * List: one on its way.
 */
typedef struct {
	DavitEngine *engine;
	DavitContainerDirectories directories;
	GHashTable *runs; /* ids that have a run */
	GString *text;	  /* of the file that is read, for all of them */
} List;

/*
 * Reads containers/ID/NAME into list->text with as few system calls as that takes: with 1,000
 * containers they are most of the time.
 */
static gboolean
file_read (List *list, const char *id, const char *name, GError **error)
{
	g_autofree char *path = g_strconcat (id, "/", name, NULL);
	davit_autofd fd = openat (list->directories.containers_fd, path,
				  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	gsize length = 0;

	if (fd < 0 || fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "open \"%s\"", name);
	if (!S_ISREG (status.st_mode) || status.st_size > DAVIT_RECORD_LIMIT)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"\"%s\" is no file, or is too large", name);
	g_string_set_size (list->text, (gsize) status.st_size);
	while (length < list->text->len) {
		ssize_t count = read (fd, list->text->str + length, list->text->len - length);

		if (count < 0 && errno != EINTR)
			return davit_error_errno (error, errno, "read \"%s\"", name);
		if (count == 0)
			break;
		length += (gsize) MAX (count, 0);
	}
	g_string_set_size (list->text, length);
	return TRUE;
}

static gboolean
get_string (const DavitJson *json, const char *key, char **ret, GError **error)
{
	const char *text = NULL;

	if (!davit_json_get_string (json, key, &text, error))
		return FALSE;
	*ret = g_strdup (text);
	return TRUE;
}

static gboolean
labels_read (const DavitJson *json, char ***ret_labels, GError **error)
{
	const DavitJson *object = NULL;
	char **labels;

	if (!davit_json_get_object (json, "labels", &object, error))
		return FALSE;
	labels = g_new0 (char *, davit_json_length (object) + 1);
	for (guint i = 0; i < davit_json_length (object); i++) {
		const char *value = davit_json_string (davit_json_element (object, i));

		labels[i] = g_strconcat (davit_json_element_key (object, i), "=",
					 value != NULL ? value : "", NULL);
	}
	*ret_labels = labels;
	return TRUE;
}

/* What a list shows. All else is checked by whoever uses it. */
static gboolean
members_read (DavitContainer *container, const DavitJson *json, GError **error)
{
	g_autofree const char **args = NULL;
	g_autofree char *id = NULL;
	const DavitJson *rootfs = NULL;
	gint64 version = 0;

	if (!davit_json_get_integer (json, "version", 1, DAVIT_RECORD_VERSION, &version, error) ||
	    !get_string (json, "id", &id, error) ||
	    !get_string (json, "name", &container->name, error) ||
	    !davit_json_get_integer (json, "created", 0, G_MAXINT64, &container->created, error) ||
	    !get_string (json, "image", &container->image, error) ||
	    !get_string (json, "imageId", &container->image_id, error) ||
	    !davit_json_get_object (json, "rootfs", &rootfs, error) ||
	    !davit_json_get_strings (json, "args", &args, error) ||
	    !labels_read (json, &container->labels, error) ||
	    !davit_json_get_boolean (json, "autoRemove", &container->auto_remove, error))
		return FALSE;
	if (container->image == NULL && !get_string (rootfs, "path", &container->image, error))
		return FALSE;
	if (version == 0 || args == NULL || g_strcmp0 (id, container->id) != 0 ||
	    container->name == NULL || !davit_text_is_container_name (container->name))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "members are missing");
	container->command = g_strjoinv (" ", (char **) args);
	return TRUE;
}

static gboolean
record_read (List *list, DavitContainer *container, GError **error)
{
	g_autoptr (DavitJson) json = NULL;

	if (!file_read (list, container->id, "record.json", error))
		return FALSE;
	json = davit_json_parse (list->text->str, (gssize) list->text->len, error);
	return json != NULL && members_read (container, json, error);
}

/*
 * Most containers of a long list don't run. Whoever has a run is looked at as always, and so is
 * one that claims to run: it may have been started after the runs were read.
 */
static gboolean
status_read (List *list, DavitContainer *container, GError **error)
{
	g_autoptr (GError) local = NULL;
	DavitState state = {0};
	gboolean known;

	known = file_read (list, container->id, "state.json", &local)
			? davit_state_parse (list->text->str, list->text->len, &state, NULL)
			: davit_error_matches (local, DAVIT_ERROR_NOT_FOUND);
	if (state.running || !known || g_hash_table_contains (list->runs, container->id))
		container->run_dirfd = openat (list->directories.run_fd, container->id,
					       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	davit_container_look_with (container, known ? &state : NULL);
	davit_fd_close (&container->run_dirfd);
	return TRUE;
}

/* ret_container stays NULL for one that has vanished, or is not finished. */
static gboolean
entry_read (List *list, const char *id, DavitContainer **ret_container, GError **error)
{
	g_autoptr (DavitContainer) container = g_new0 (DavitContainer, 1);
	g_autoptr (GError) local = NULL;

	container->engine = list->engine;
	container->id = g_strdup (id);
	container->dirfd = -1;
	container->run_dirfd = -1;
	if (record_read (list, container, &local)) {
		*ret_container = g_steal_pointer (&container);
		return status_read (list, *ret_container, error);
	}
	if (davit_error_matches (local, DAVIT_ERROR_NOT_FOUND))
		return TRUE;
	/* What is wrong with it is said by the one that checks everything. */
	g_clear_error (&local);
	*ret_container = davit_container_load (list->engine, &list->directories, id, &local);
	if (*ret_container == NULL && !davit_error_matches (local, DAVIT_ERROR_NOT_FOUND)) {
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	if (*ret_container != NULL) {
		davit_fd_close (&(*ret_container)->dirfd);
		davit_fd_close (&(*ret_container)->run_dirfd);
	}
	return TRUE;
}

static gboolean
runs_read (List *list, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;

	if (!davit_path_list (list->directories.run_fd, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++)
		g_hash_table_add (list->runs, g_strdup ((const char *) names->pdata[i]));
	return TRUE;
}

static gboolean
entries_read (List *list, GPtrArray *containers, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;

	if (!runs_read (list, error) ||
	    !davit_path_list (list->directories.containers_fd, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) names->pdata[i];
		DavitContainer *container = NULL;

		if (!davit_name_is_id (name))
			continue;
		if (!entry_read (list, name, &container, error))
			return FALSE;
		if (container != NULL)
			g_ptr_array_add (containers, container);
	}
	return TRUE;
}

GPtrArray *
davit_container_list (DavitEngine *engine, GError **error)
{
	g_autoptr (GPtrArray) containers = g_ptr_array_new_with_free_func (container_free);
	g_autoptr (GHashTable) runs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr (GString) text = g_string_sized_new (4096);
	List list = {.engine = engine, .runs = runs, .text = text};
	gboolean listed;

	if (!davit_container_directories_open (engine, &list.directories, error))
		return NULL;
	listed = entries_read (&list, containers, error);
	davit_container_directories_close (&list.directories);
	if (!listed)
		return NULL;
	g_ptr_array_sort (containers, newest_first);
	return g_steal_pointer (&containers);
}
