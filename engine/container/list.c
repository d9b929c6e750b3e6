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
#include <stdlib.h>
#include <string.h>
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
	GPtrArray *runs;   /* what stands in the run directory, sorted */
	GString *text;	   /* of the file that is read, for all of them */
	gboolean no_state; /* the last one that was looked at has no state.json */
} List;

typedef enum {
	FOUND,
	ABSENT,
	UNREADABLE,
} Found;

/*
 * Reads containers/ID/NAME into list->text with as few system calls as that takes: with 1,000
 * containers they are most of the time. What is wrong with a file is said by those that read one.
 */
static Found
file_read (List *list, const char *id, const char *name)
{
	char path[128];
	davit_autofd fd = -1;
	struct stat status;
	gsize length = 0;

	g_snprintf (path, sizeof path, "%s/%s", id, name);
	fd = openat (list->directories.containers_fd, path,
		     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	/* A file with the name of a container is none. */
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? ABSENT : UNREADABLE;
	if (fstat (fd, &status) < 0 || !S_ISREG (status.st_mode) ||
	    status.st_size > DAVIT_RECORD_LIMIT)
		return UNREADABLE;
	g_string_set_size (list->text, (gsize) status.st_size);
	while (length < list->text->len) {
		ssize_t count = read (fd, list->text->str + length, list->text->len - length);

		if (count < 0 && errno != EINTR)
			return UNREADABLE;
		if (count == 0)
			break;
		length += (gsize) MAX (count, 0);
	}
	g_string_set_size (list->text, length);
	return FOUND;
}

static gboolean
file_is_absent (const List *list, const char *id, const char *name)
{
	char path[128];
	char target;

	g_snprintf (path, sizeof path, "%s/%s", id, name);
	return readlinkat (list->directories.containers_fd, path, &target, sizeof target) < 0 &&
	       errno == ENOENT;
}

static gboolean
labels_read (const DavitJson *json, char ***ret_labels)
{
	const DavitJson *object = NULL;
	char **labels;

	if (!davit_json_get_object (json, "labels", &object, NULL))
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
members_read (DavitContainer *container, const DavitJson *json)
{
	g_autofree const char **args = NULL;
	const DavitJson *rootfs = NULL;
	const char *id = NULL;
	gint64 version = 0;

	if (!davit_json_get_integer (json, "version", 1, DAVIT_RECORD_VERSION, &version, NULL) ||
	    !davit_json_get_string (json, "id", &id, NULL) ||
	    !davit_json_dup_string (json, "name", &container->name, NULL) ||
	    !davit_json_get_integer (json, "created", 0, G_MAXINT64, &container->created, NULL) ||
	    !davit_json_dup_string (json, "image", &container->image, NULL) ||
	    !davit_json_dup_string (json, "imageId", &container->image_id, NULL) ||
	    !davit_json_get_object (json, "rootfs", &rootfs, NULL) ||
	    !davit_json_get_strings (json, "args", &args, NULL) ||
	    !labels_read (json, &container->labels) ||
	    !davit_json_get_boolean (json, "autoRemove", &container->auto_remove, NULL))
		return FALSE;
	if (container->image == NULL &&
	    !davit_json_dup_string (rootfs, "path", &container->image, NULL))
		return FALSE;
	if (version == 0 || args == NULL || g_strcmp0 (id, container->id) != 0 ||
	    container->name == NULL || !davit_text_is_container_name (container->name))
		return FALSE;
	container->command = g_strjoinv (" ", (char **) args);
	return TRUE;
}

static Found
record_read (List *list, DavitContainer *container)
{
	g_autoptr (DavitJson) json = NULL;
	Found found = file_read (list, container->id, "record.json");

	if (found != FOUND)
		return found;
	json = davit_json_parse (list->text->str, (gssize) list->text->len, NULL);
	return json != NULL && members_read (container, json) ? FOUND : UNREADABLE;
}

/*
 * One that was never started has none, and in a long list one is followed by others: an open that
 * fails costs more than to look, which costs less than an open that does not.
 */
static Found
state_read (List *list, const char *id)
{
	Found found = ABSENT;

	if (!list->no_state || !file_is_absent (list, id, "state.json"))
		found = file_read (list, id, "state.json");
	list->no_state = found == ABSENT;
	return found;
}

static int
names_compare (const void *left, const void *right)
{
	return strcmp (*(const char *const *) left, *(const char *const *) right);
}

static gboolean
has_run (const List *list, const char *id)
{
	return list->runs->len > 0 && bsearch (&id, list->runs->pdata, list->runs->len,
					       sizeof *list->runs->pdata, names_compare) != NULL;
}

/*
 * Most containers of a long list don't run. Whoever has a run is looked at as always, and so is
 * one that claims to run: it may have been started after the runs were read.
 */
static void
status_read (List *list, DavitContainer *container)
{
	DavitState state = {0};
	Found found = state_read (list, container->id);
	gboolean known = found == ABSENT;
	g_autoptr (GError) local = NULL;

	if (found == FOUND)
		known = davit_state_parse (list->text->str, list->text->len, &state, NULL);
	if (state.running || !known || has_run (list, container->id))
		container->run_dirfd = openat (list->directories.run_fd, container->id,
					       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (!davit_container_look_with (container, known ? &state : NULL, &local)) {
		container->status = DAVIT_STATUS_DAMAGED;
		container->damage = g_strdup (local->message);
	}
	davit_fd_close (&container->run_dirfd);
}

/* ret_container stays NULL for one that has vanished, or is not finished. */
static gboolean
entry_read (List *list, const char *id, DavitContainer **ret_container, GError **error)
{
	g_autoptr (DavitContainer) container = g_new0 (DavitContainer, 1);
	g_autoptr (GError) local = NULL;
	Found found;

	container->engine = list->engine;
	container->id = g_strdup (id);
	container->dirfd = -1;
	container->run_dirfd = -1;
	found = record_read (list, container);
	if (found == FOUND) {
		status_read (list, container);
		*ret_container = g_steal_pointer (&container);
	}
	if (found != UNREADABLE)
		return TRUE;
	/* What is wrong with it is said by the one that checks everything. */
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
entries_read (List *list, const GPtrArray *names, GPtrArray *containers, GError **error)
{
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

/* The runs come first: one that is started meanwhile says in its state that it runs. */
static gboolean
all_read (List *list, gboolean running, GPtrArray *containers, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;

	if (!davit_path_list (list->directories.run_fd, &list->runs, error))
		return FALSE;
	g_ptr_array_sort (list->runs, names_compare);
	if (running)
		return entries_read (list, list->runs, containers, error);
	return davit_path_list (list->directories.containers_fd, &names, error) &&
	       entries_read (list, names, containers, error);
}

static GPtrArray *
list_read (DavitEngine *engine, gboolean running, GError **error)
{
	g_autoptr (GPtrArray) containers = g_ptr_array_new_with_free_func (container_free);
	g_autoptr (GString) text = g_string_sized_new (4096);
	List list = {.engine = engine, .text = text};
	gboolean listed;

	if (!davit_container_directories_open (engine, &list.directories, error))
		return NULL;
	listed = all_read (&list, running, containers, error);
	davit_container_directories_close (&list.directories);
	g_clear_pointer (&list.runs, g_ptr_array_unref);
	if (!listed)
		return NULL;
	g_ptr_array_sort (containers, newest_first);
	return g_steal_pointer (&containers);
}

GPtrArray *
davit_container_list (DavitEngine *engine, GError **error)
{
	return list_read (engine, FALSE, error);
}

GPtrArray *
davit_container_list_running (DavitEngine *engine, GError **error)
{
	GPtrArray *containers = list_read (engine, TRUE, error);

	for (guint i = containers == NULL ? 0 : containers->len; i > 0; i--) {
		const DavitContainer *container = containers->pdata[i - 1];

		if (container->status != DAVIT_STATUS_RUNNING &&
		    container->status != DAVIT_STATUS_PAUSED)
			g_ptr_array_remove_index (containers, i - 1);
	}
	return containers;
}
