/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A destination of config.json may lead through symbolic links of the container's root: it is
 * opened as the container would, and known by the number of the mount that is found there. A mount
 * that is of none of the kinds from outside is the container's own, which CRIU makes again.
 */

#include "criu-mounts.h"

#include "criu-fd.h"
#include "criu-mountinfo.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
	const CriuConfig *config;
	CriuRecord *record;
	GArray *mounts;	     /* of CriuMountinfo */
	GHashTable *known;   /* id of a mount → CriuConfigMount */
	GHashTable *masks;   /* id of a mount → path of config.json */
	GHashTable *parents; /* id of a mount → CriuMountinfo */
} Search;

/* The number of the mount that path leads to; -1: to none, or to nothing. */
static gint
mount_id_of (const Search *search, int root_fd, const char *path)
{
	const DavitFileOps *files = search->config->host->files;
	struct statx status;
	criu_autofd fd = -1;

	if (!files->open_in_root (root_fd, path, O_PATH, 0, &fd, NULL) ||
	    statx (fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) < 0 ||
	    !(status.stx_mask & STATX_MNT_ID))
		return -1;
	return (gint) status.stx_mnt_id;
}

static gboolean
search_begin (Search *search, guint32 pid, GError **error)
{
	g_autofree char *path = g_strdup_printf ("/proc/%u/root", pid);
	criu_autofd root_fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const CriuConfig *config = search->config;

	if (root_fd < 0)
		return criu_error_errno (error, errno, "open \"%s\"", path);
	for (guint i = 0; i < config->mounts->len; i++) {
		CriuConfigMount *mount = &g_array_index (config->mounts, CriuConfigMount, i);
		gint id = mount_id_of (search, root_fd, mount->destination);

		if (id >= 0)
			g_hash_table_insert (search->known, GINT_TO_POINTER (id), mount);
	}
	for (guint i = 0; config->masked != NULL && config->masked[i] != NULL; i++) {
		gint id = mount_id_of (search, root_fd, config->masked[i]);

		if (id >= 0)
			g_hash_table_insert (search->masks, GINT_TO_POINTER (id),
					     (gpointer) config->masked[i]);
	}
	for (guint i = 0; i < search->mounts->len; i++) {
		CriuMountinfo *mount = &g_array_index (search->mounts, CriuMountinfo, i);

		g_hash_table_insert (search->parents, GINT_TO_POINTER (mount->id), mount);
	}
	return TRUE;
}

static gboolean
is_cgroup (const CriuMountinfo *mount)
{
	return g_str_equal (mount->file_system, "cgroup") ||
	       g_str_equal (mount->file_system, "cgroup2");
}

/* The part of path below directory, without a slash at its ends; or NULL. */
static const char *
path_below (const char *path, const char *directory)
{
	gsize length = strlen (directory);

	if (strncmp (path, directory, length) != 0)
		return NULL;
	if (path[length] == '\0')
		return "";
	return path[length] == '/' ? path + length + 1 : NULL;
}

/* Below a recursive bind mount of config.json: the nearest one above. */
static const CriuMountinfo *
bind_above (const Search *search, const CriuMountinfo *mount)
{
	for (guint depth = 0; mount != NULL && depth < search->mounts->len; depth++) {
		const CriuConfigMount *known =
			(const CriuConfigMount *) g_hash_table_lookup (search->known,
								       GINT_TO_POINTER (mount->id));

		if (known != NULL)
			return known->source != NULL && known->recursive ? mount : NULL;
		mount = (const CriuMountinfo *)
			g_hash_table_lookup (search->parents, GINT_TO_POINTER (mount->parent));
	}
	return NULL;
}

static void
search_below_bind (Search *search, const CriuMountinfo *mount)
{
	const CriuMountinfo *above = bind_above (search, mount);
	const CriuConfigMount *known;
	const char *below;

	if (above == NULL)
		return;
	known = (const CriuConfigMount *) g_hash_table_lookup (search->known,
							       GINT_TO_POINTER (above->id));
	below = path_below (mount->path, above->path);
	if (below != NULL && below[0] != '\0')
		criu_record_add_mount (search->record, CRIU_MOUNT_BIND, mount->path,
				       known->destination, below);
}

static gboolean
search_cgroup (Search *search, const CriuMountinfo *mount, GError **error)
{
	const char *destination = criu_config_cgroup (search->config);
	const char *name = destination != NULL ? path_below (mount->path, destination) : NULL;

	if (name == NULL || strchr (name, '/') != NULL)
		return criu_error_set (error, DAVIT_ERROR_UNSUPPORTED,
				       "mount \"%s\": control groups that the container mounted "
				       "itself can't be restored",
				       mount->path);
	criu_record_add_mount (search->record, CRIU_MOUNT_CGROUP, mount->path, name, "");
	return TRUE;
}

static gboolean
search_one (Search *search, const CriuMountinfo *mount, GError **error)
{
	CriuRecord *record = search->record;
	gpointer id = GINT_TO_POINTER (mount->id);
	const CriuConfigMount *known =
		(const CriuConfigMount *) g_hash_table_lookup (search->known, id);
	const char *mask = (const char *) g_hash_table_lookup (search->masks, id);
	gboolean device = g_str_equal (mount->file_system, "devtmpfs");

	if (g_str_equal (mount->path, "/"))
		return TRUE;
	if (mask != NULL && device && g_str_equal (mount->root, "/null")) {
		criu_record_add_mount (record, CRIU_MOUNT_NULL, mount->path, mask, "");
	} else if (mask != NULL && g_str_equal (mount->file_system, "tmpfs")) {
		criu_record_add_mount (record, CRIU_MOUNT_MASK, mount->path, mask, "");
	} else if (known != NULL && g_strcmp0 (known->type, "cgroup") == 0 &&
		   g_str_equal (mount->file_system, "tmpfs")) {
		criu_record_add_mount (record, CRIU_MOUNT_GROUPS, mount->path, "", "");
	} else if (known != NULL && known->source != NULL) {
		criu_record_add_mount (record, CRIU_MOUNT_BIND, mount->path, known->destination,
				       "");
	} else if (g_str_equal (mount->file_system, "sysfs") &&
		   (search->config->own_namespaces & CLONE_NEWUSER)) {
		criu_record_add_mount (record, CRIU_MOUNT_SYSFS, mount->path, "", "");
	} else if (is_cgroup (mount)) {
		return search_cgroup (search, mount, error);
	} else if (device) {
		g_autofree char *name = g_strconcat ("/dev", mount->root, NULL);

		criu_record_add_mount (record, CRIU_MOUNT_DEVICE, mount->path, name, "");
	} else if (known == NULL) {
		search_below_bind (search, mount);
	}
	return TRUE;
}

gboolean
criu_mounts_find (const CriuConfig *config, guint32 pid, CriuRecord *record, GError **error)
{
	g_autoptr (GArray) mounts = criu_mountinfo_read (pid, error);
	g_autoptr (GHashTable) known = g_hash_table_new (NULL, NULL);
	g_autoptr (GHashTable) masks = g_hash_table_new (NULL, NULL);
	g_autoptr (GHashTable) parents = g_hash_table_new (NULL, NULL);
	Search search = {config, record, mounts, known, masks, parents};

	if (mounts == NULL || !search_begin (&search, pid, error))
		return FALSE;
	for (guint i = 0; i < mounts->len; i++) {
		if (!search_one (&search, &g_array_index (mounts, CriuMountinfo, i), error))
			return FALSE;
	}
	return TRUE;
}

char *
criu_mounts_external_dump (const CriuRecord *record, guint index)
{
	const CriuMount *mount = (const CriuMount *) record->mounts->pdata[index];

	return g_strdup_printf ("mnt[%s]:davit-%u", mount->path, index);
}

char *
criu_mounts_external_restore (guint index, const char *source)
{
	return g_strdup_printf ("mnt[davit-%u]:%s", index, source);
}
