/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What crashes have left of containers. What somebody is at work on is locked, and is left alone.
 * Nothing is reported twice: a finding names the object that a repair mends.
 */

#include "container/container-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/path.h"
#include "container/names.h"
#include "container/remove.h"
#include "container/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/**
 * Check: one on its way.
 */
typedef struct {
	DavitEngine *engine;
	DavitContainerDirectories directories;
	gboolean repair;
	GPtrArray *findings;
	GHashTable *files; /* chain ids of files that were looked at */
} Check;

static void finding_add (Check *check, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
finding_add (Check *check, const char *format, ...)
{
	va_list values;

	va_start (values, format);
	g_ptr_array_add (check->findings, g_strdup_vprintf (format, values));
	va_end (values);
}

/*
 * A repair that fails is a finding of its own, and no reason to leave the others unmended. The
 * error is looked at only here: among arguments it would be, before done is known.
 */
static void
repair_end (Check *check, gboolean done, GError **error)
{
	if (!done)
		finding_add (check, "repair failed: %s", (*error)->message);
}

/* Whether the entry of containers/ is a directory that nobody has locked. */
static gboolean
entry_is_free (const Check *check, const char *name)
{
	davit_autofd fd = openat (check->directories.containers_fd, name,
				  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && davit_lock_take (fd, 0, name, NULL);
}

static void
check_tomb (Check *check, const char *name)
{
	const char *id = name + strlen (DAVIT_CONTAINER_TOMB_PREFIX);
	g_autoptr (GError) error = NULL;

	if (!entry_is_free (check, name))
		return;
	finding_add (check, "container %.12s: its removal was broken off", id);
	if (check->repair)
		repair_end (check,
			    davit_remove_tomb (check->engine, &check->directories, id, &error),
			    &error);
}

static void
check_unfinished (Check *check, const char *id)
{
	g_autoptr (GError) error = NULL;

	if (!entry_is_free (check, id))
		return;
	finding_add (check, "container %.12s: its creation was broken off", id);
	if (check->repair)
		repair_end (check, davit_container_remove_id (check->engine, id, &error), &error);
}

static void
check_name (Check *check, const DavitContainer *container)
{
	g_autofree char *holder = NULL;
	g_autoptr (GError) error = NULL;

	if (davit_name_lookup (check->directories.names_fd, container->name, &holder, NULL) &&
	    strcmp (holder, container->id) == 0)
		return;
	if (holder != NULL) {
		finding_add (check, "container %.12s: its name \"%s\" belongs to container %.12s",
			     container->id, container->name, holder);
		return;
	}
	finding_add (check, "container %.12s: its name \"%s\" is not held", container->id,
		     container->name);
	if (check->repair)
		repair_end (check,
			    davit_name_claim (check->directories.names_fd, container->name,
					      container->id, &error),
			    &error);
}

/* What is wrong with the run of one that nobody works on; NULL: nothing. */
static const char *
run_fault (const DavitContainer *container)
{
	switch (container->status) {
	case DAVIT_STATUS_INITIALIZED:
		return "its start was broken off";
	case DAVIT_STATUS_STOPPED:
		return "its end was not cleaned up";
	case DAVIT_STATUS_CREATED:
		return container->run_dirfd >= 0 ? "its start was broken off" : NULL;
	case DAVIT_STATUS_EXITED:
		if (container->run_dirfd >= 0)
			return "its end was not cleaned up";
		return container->auto_remove ? "was made with --rm, and its end did not remove it"
					      : NULL;
	case DAVIT_STATUS_RUNNING:
	case DAVIT_STATUS_PAUSED:
	case DAVIT_STATUS_DAMAGED:
	default:
		return NULL;
	}
}

static gboolean
run_repair (DavitContainer *container, GError **error)
{
	if (!davit_container_clean_run (container, TRUE, -1, error))
		return FALSE;
	return !container->auto_remove || container->status == DAVIT_STATUS_CREATED ||
	       container->status == DAVIT_STATUS_INITIALIZED ||
	       davit_container_take_apart (container, error);
}

/* A monitor that still serves is about to see to it. */
static gboolean
monitor_serves (const DavitContainer *container)
{
	davit_autofd monitor_fd = -1;

	return container->run_dirfd >= 0 &&
	       davit_monitor_connect (container->run_dirfd, &monitor_fd, NULL);
}

static void
check_run (Check *check, DavitContainer *container)
{
	davit_autofd lock_fd = openat (container->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr (GError) error = NULL;
	const char *fault;

	if (run_fault (container) == NULL || lock_fd < 0 ||
	    !davit_lock_take (lock_fd, 0, container->id, NULL) ||
	    !davit_container_refresh (container, NULL))
		return;
	fault = run_fault (container);
	if (fault == NULL ||
	    (container->status == DAVIT_STATUS_STOPPED && monitor_serves (container)))
		return;
	finding_add (check, "container \"%s\": %s", davit_container_title (container), fault);
	if (check->repair)
		repair_end (check, run_repair (container, &error), &error);
}

/*
 * One that is run from a file has a layer that no image leads to, and that its owner may change:
 * nobody else looks at it.
 */
static void
check_file (Check *check, DavitContainer *container)
{
	g_autoptr (DavitRecord) record = davit_container_read_record (container, NULL);
	g_autoptr (GError) error = NULL;
	DavitStorage *storage;

	if (record == NULL || record->image == NULL || !davit_image_is_path (record->image) ||
	    record->layers[0] == NULL ||
	    !g_hash_table_add (check->files, g_strdup (record->layers[0])))
		return;
	storage = davit_drivers_storage (check->engine->drivers, record->storage, &error);
	if ((storage == NULL || !davit_storage_verify (storage, record->layers[0], &error)) &&
	    !davit_error_matches (error, DAVIT_ERROR_UNSUPPORTED))
		finding_add (check, "container \"%s\": %s", davit_container_title (container),
			     error->message);
}

/* One that is being made is locked. */
static void
check_checkpoint (Check *check, const DavitContainer *container)
{
	davit_autofd lock_fd = openat (container->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr (GError) error = NULL;

	if (!davit_snapshot_is_broken_off (container->dirfd) || lock_fd < 0 ||
	    !davit_lock_take (lock_fd, 0, container->id, NULL) ||
	    !davit_snapshot_is_broken_off (container->dirfd))
		return;
	finding_add (check, "container \"%s\": its checkpoint was broken off",
		     davit_container_title (container));
	if (check->repair)
		repair_end (check, davit_snapshot_mend (container->dirfd, &error), &error);
}

/* It can't be mended from outside: connections of the container have ended with it. */
static void
check_networks (Check *check, DavitContainer *container)
{
	g_autoptr (DavitRecord) record = NULL;
	DavitRun run = {0};

	if (!container->network_lost || !davit_container_read_run (container, &run, NULL))
		return;
	record = davit_container_read_record (container, NULL);
	for (guint i = 0; record != NULL && run.networks != NULL && i < run.networks->len &&
			  i < record->networks->len;
	     i++) {
		const DavitRunNetwork *network = (DavitRunNetwork *) run.networks->pdata[i];

		if (davit_run_network_is_lost (network))
			finding_add (check,
				     "container \"%s\": process %d, which connects it to network "
				     "\"%s\", has ended; restart the container",
				     davit_container_title (container), (int) network->helper,
				     davit_record_network_title (record, i));
	}
	davit_run_clear (&run);
}

static void
check_container (Check *check, const char *id)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitContainer) container =
		davit_container_load (check->engine, &check->directories, id, &error);

	if (container == NULL && davit_error_matches (error, DAVIT_ERROR_NOT_FOUND)) {
		check_unfinished (check, id);
	} else if (container == NULL) {
		finding_add (check, "container %.12s: %s", id, error->message);
	} else if (container->status == DAVIT_STATUS_DAMAGED) {
		finding_add (check, "container \"%s\" is damaged: %s; davit rm --force removes it",
			     davit_container_title (container), container->damage);
	} else {
		check_name (check, container);
		check_run (check, container);
		check_file (check, container);
		check_checkpoint (check, container);
		check_networks (check, container);
	}
}

static gboolean
check_containers (Check *check, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;

	if (!davit_path_list (check->directories.containers_fd, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) names->pdata[i];

		if (g_str_has_prefix (name, DAVIT_CONTAINER_TOMB_PREFIX))
			check_tomb (check, name);
		else if (davit_name_is_id (name))
			check_container (check, name);
		else
			finding_add (check, "containers/%s: was not made by davit", name);
	}
	return TRUE;
}

static gboolean
check_names (Check *check, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;

	if (!davit_path_list (check->directories.names_fd, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) names->pdata[i];
		g_autoptr (GError) local = NULL;
		gboolean stale = FALSE;

		repair_end (check,
			    davit_name_check_stale (check->directories.names_fd, name,
						    check->repair, &stale, &local),
			    &local);
		if (stale)
			finding_add (check, "container name \"%s\": leads to no container", name);
	}
	return TRUE;
}

static gboolean
container_is_there (const Check *check, const char *id)
{
	return faccessat (check->directories.containers_fd, id, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	       errno != ENOENT;
}

static void
check_run_entry (Check *check, const char *name)
{
	g_autoptr (GError) error = NULL;
	gboolean done;

	if (davit_name_is_id (name) && container_is_there (check, name))
		return;
	if (g_str_has_prefix (name, DAVIT_CONTAINER_TOMB_PREFIX)) {
		if (container_is_there (check, name + strlen (DAVIT_CONTAINER_TOMB_PREFIX)))
			return;
		finding_add (check, "run of container %.12s: its removal was broken off",
			     name + strlen (DAVIT_CONTAINER_TOMB_PREFIX));
	} else {
		finding_add (check, "run of container %.12s: there is no such container", name);
	}
	if (!check->repair)
		return;
	if (davit_name_is_id (name))
		done = davit_container_remove_id (check->engine, name, &error);
	else
		done = davit_path_remove_tree (check->directories.run_fd, name, &error);
	repair_end (check, done, &error);
}

static gboolean
check_runs (Check *check, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;

	if (!davit_path_list (check->directories.run_fd, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++)
		check_run_entry (check, (const char *) names->pdata[i]);
	return TRUE;
}

/* Every container that is there or is being made: what its root file system is kept for. */
static gboolean
ids_list (const Check *check, char ***ret_ids, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;
	g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();

	if (!davit_path_list (check->directories.containers_fd, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) names->pdata[i];

		if (g_str_has_prefix (name, DAVIT_CONTAINER_TOMB_PREFIX))
			name += strlen (DAVIT_CONTAINER_TOMB_PREFIX);
		g_strv_builder_add (ids, name);
	}
	*ret_ids = g_strv_builder_end (ids);
	return TRUE;
}

static void
storage_prune (Check *check, const char *name, char **ids)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autofree const char **removed = NULL;
	g_autoptr (GError) error = NULL;
	DavitStorage *storage = davit_drivers_storage (check->engine->drivers, name, &error);

	if (storage == NULL ||
	    !davit_storage_prune (storage, (const char *const *) ids, result, &error)) {
		if (!davit_error_matches (error, DAVIT_ERROR_UNSUPPORTED))
			repair_end (check, FALSE, &error);
		return;
	}
	removed = davit_result_strings (result, "removed");
	for (guint i = 0; removed[i] != NULL; i++)
		finding_add (check, "storage/%s: \"%s\" belonged to nothing", name, removed[i]);
}

/*
 * Drivers say what belongs to nothing only by removing it. The lock keeps out whoever makes a
 * container: one that appears after the ids were read would lose its root file system.
 */
static gboolean
repair_storage (Check *check, GError **error)
{
	davit_autofd storage_fd = -1;
	g_autoptr (GPtrArray) names = NULL;
	g_auto (GStrv) ids = NULL;

	if (!davit_lock_take (check->directories.containers_fd, -1, "containers", error) ||
	    !ids_list (check, &ids, error) ||
	    !davit_path_open_subdirectory (check->engine->paths->root_fd, "storage", 0700,
					   &storage_fd, error) ||
	    !davit_path_list (storage_fd, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++)
		storage_prune (check, (const char *) names->pdata[i], ids);
	davit_lock_release (check->directories.containers_fd);
	return TRUE;
}

/*
 * What a killed writer has left beside one entry. One that is being written in this moment may be
 * among them: then that entry is made the next time.
 */
static gboolean
check_cache (Check *check, int cache_fd, const char *directory, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;
	davit_autofd fd =
		openat (cache_fd, directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	/* A file is none of ours. */
	if (fd < 0)
		return TRUE;
	if (!davit_path_list (fd, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) names->pdata[i];

		if (!g_str_has_prefix (name, DAVIT_PATH_TEMPORARY_PREFIX))
			continue;
		finding_add (check, "cache/%s/%s: left by a process that died", directory, name);
		if (check->repair && unlinkat (fd, name, 0) < 0 && errno != ENOENT)
			return davit_error_errno (error, errno, "remove \"cache/%s/%s\"", directory,
						  name);
	}
	return TRUE;
}

static gboolean
check_caches (Check *check, GError **error)
{
	davit_autofd cache_fd = openat (check->engine->paths->root_fd, "cache",
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	g_autoptr (GPtrArray) names = NULL;

	if (cache_fd < 0)
		return errno == ENOENT || davit_error_errno (error, errno, "open \"cache\"");
	if (!davit_path_list (cache_fd, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		if (!check_cache (check, cache_fd, (const char *) names->pdata[i], error))
			return FALSE;
	}
	return TRUE;
}

gboolean
davit_container_check (DavitEngine *engine, gboolean repair, GPtrArray **ret_findings,
		       GError **error)
{
	g_autoptr (GPtrArray) findings = g_ptr_array_new_with_free_func (g_free);
	g_autoptr (GHashTable) files =
		g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
	Check check = {
		.engine = engine,
		.repair = repair,
		.findings = findings,
		.files = files,
	};
	gboolean done;

	if (!davit_container_directories_open (engine, &check.directories, error))
		return FALSE;
	/* Names last: what is removed before them leaves its name behind. */
	done = check_containers (&check, error) && check_runs (&check, error) &&
	       check_names (&check, error) && check_caches (&check, error) &&
	       (!repair || repair_storage (&check, error));
	davit_container_directories_close (&check.directories);
	if (!done)
		return FALSE;
	*ret_findings = g_steal_pointer (&findings);
	return TRUE;
}
