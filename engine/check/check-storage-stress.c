/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A whole life under bad conditions: programs that fail, signals, a full disk; and what is left. */

#include "check/check-storage.h"

#include "base/error.h"
#include "base/fd.h"
#include "check/check-stress.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID DAVIT_CHECK_ID
#define BENCH_ROUNDS 50

/* Everything that is required, once. */
static gboolean
life_begin (DavitCheck *check, GError **error)
{
	const DavitRootfsRequest request = davit_check_rootfs (ID, 2);
	davit_autofd root = -1;

	return davit_check_layer_make (check, 0, "low", "x", error) &&
	       davit_check_layer_make (check, 1, "high", "y", error) &&
	       davit_check_mount (check, &request, &root, error) &&
	       davit_check_content (root, "low", "x", error) &&
	       davit_check_write (root, "new", "z", error);
}

static gboolean
life_end (DavitCheck *check, GError **error)
{
	DavitStorage *storage = davit_check_storage (check);

	if (!davit_storage_rootfs_unmount (storage, ID, error) ||
	    !davit_storage_rootfs_remove (storage, ID, error))
		return FALSE;
	for (guint i = 2; i-- > 0;) {
		if (!davit_storage_layer_abort (storage, davit_check_chain_id (i), error) ||
		    !davit_storage_layer_remove (storage, davit_check_chain_id (i), error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
life (DavitCheck *check, GError **error)
{
	return life_begin (check, error) && life_end (check, error);
}

static gboolean
storage_leaves_nothing (DavitCheck *check, GError **error)
{
	return davit_check_lives (check, life, error);
}

/* A root file system is a detached mount: the host never sees it. */
static gboolean
storage_mounts (DavitCheck *check, GError **error)
{
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;

	g_file_get_contents ("/proc/self/mountinfo", &before, NULL, NULL);
	if (!life_begin (check, error))
		return FALSE;
	g_file_get_contents ("/proc/self/mountinfo", &after, NULL, NULL);
	if (g_strcmp0 (before, after) != 0)
		return davit_check_fail (error, "rootfs_mount has changed the table of mounts");
	return life_end (check, error);
}

static gboolean
storage_helpers (DavitCheck *check, GError **error)
{
	return davit_check_helpers_fail (check, life_begin, life_end, error);
}

static gboolean
storage_signals (DavitCheck *check, GError **error)
{
	return davit_check_signals (check, life, error);
}

static gboolean
disk_fill (const DavitCheck *check, GError **error)
{
	g_autofree char *block = g_strnfill (4096, 'x');
	davit_autofd fd = openat (check->dirfd, "disk/ballast",
				  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return davit_error_errno (error, errno, "fill the disk");
	while (write (fd, block, 4096) > 0)
		continue;
	return TRUE;
}

/* Its directories on a file system of their own, which is small. */
static gboolean
disk_make (DavitCheck *check, GError **error)
{
	g_autofree char *disk = g_build_filename (check->directory, "disk", NULL);
	g_autofree char *root = g_build_filename (disk, "root", NULL);
	g_autofree char *runroot = g_build_filename (disk, "run", NULL);

	if (mkdir (disk, 0700) < 0 ||
	    mount ("tmpfs", disk, "tmpfs", MS_NOSUID | MS_NODEV, "size=8m,mode=700") < 0)
		return davit_error_errno (error, errno, "mount a small disk");
	davit_check_close (check, g_steal_pointer (&check->driver));
	davit_fd_close (&check->paths->root_fd);
	davit_fd_close (&check->paths->runroot_fd);
	davit_paths_set (&check->paths->root, root);
	davit_paths_set (&check->paths->runroot, runroot);
	check->driver = davit_check_open (check, &check->context, error);
	return check->driver != NULL;
}

/* What frees space must need none. */
static gboolean
storage_full (DavitCheck *check, GError **error)
{
	const DavitRootfsRequest request = davit_check_rootfs (ID, 2);
	g_autoptr (GError) inner = NULL;
	g_autofree char *unmet = NULL;
	davit_autofd root = -1;

	if (!disk_make (check, error) || !davit_check_usable (check, &unmet, error))
		return FALSE;
	if (unmet != NULL)
		return davit_check_skip (check, "not usable on a small disk: %s", unmet);
	if (!life_begin (check, error) || !disk_fill (check, error))
		return FALSE;
	if (davit_check_layer_make (check, 2, "more", "x", &inner))
		davit_check_note (check, "a layer could be made on a full disk");
	else if (davit_error_matches (inner, DAVIT_ERROR_PLUGIN_CONTRACT))
		return davit_check_fail (error, "%s", inner->message);
	g_clear_error (&inner);
	if (!davit_storage_layer_abort (davit_check_storage (check), davit_check_chain_id (2),
					error) ||
	    !davit_storage_layer_remove (davit_check_storage (check), davit_check_chain_id (2),
					 error) ||
	    !life_end (check, error))
		return davit_error_prefix (error, "on a full disk");
	if (unlinkat (check->dirfd, "disk/ballast", 0) < 0)
		return davit_error_errno (error, errno, "empty the disk");
	/* Nothing is in the way of a new life. */
	return life_begin (check, error) &&
	       davit_storage_rootfs_mount (davit_check_storage (check), &request, &root, error);
}

const DavitCheckCase davit_check_storage_stress_cases[] = {
	{"storage: leaves nothing", DAVIT_CHECK_NEEDS_USABLE, storage_leaves_nothing, 0},
	{"storage: no mount that the host sees", DAVIT_CHECK_NEEDS_USABLE, storage_mounts, 0},
	{"storage: each program that fails", DAVIT_CHECK_NEEDS_USABLE, storage_helpers, 0},
	{"storage: signals", DAVIT_CHECK_NEEDS_USABLE, storage_signals, 0},
	{"storage: a full disk", DAVIT_CHECK_NEEDS_USABLE, storage_full, 0},
	{0},
};

/* A life with what is most often called: a layer that is there, and a second mount. */
static gboolean
bench_life (DavitCheck *check, GError **error)
{
	const DavitRootfsRequest request = davit_check_rootfs (ID, 2);
	davit_autofd root = -1;

	return life_begin (check, error) && davit_check_layer_there (check, 0, TRUE, error) &&
	       davit_storage_rootfs_mount (davit_check_storage (check), &request, &root, error) &&
	       life_end (check, error);
}

static gboolean
storage_bench (DavitCheck *check, GError **error)
{
	return davit_check_bench (check, bench_life, BENCH_ROUNDS, error);
}

const DavitCheckCase davit_check_storage_bench[] = {
	{"storage: times", DAVIT_CHECK_NEEDS_USABLE, storage_bench, 0},
	{0},
};
