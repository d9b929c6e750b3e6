/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * It lies over /run since CRIU looks there, and only there, for what it knows about the kernel: to
 * find that out takes 20 to 30 ms each time. It keeps it only on a tmpfs, since it must not survive
 * a reboot; ours is kept in the driver's directory under a name with the boot's id, and of the
 * program. CRIU takes it only if it was made by the same build.
 */

#include "criu-place.h"

#include "criu-fd.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KERNEL_FILE "criu.kdat"
#define KERNEL_LIMIT ((gsize) 64 * 1024)
#define EMPTY "/run/empty"
#define SYSFS "/run/sysfs"

int
criu_place_tmpfs (const char *inodes, guint attributes)
{
	criu_autofd context = fsopen ("tmpfs", FSOPEN_CLOEXEC);

	if (context < 0 || fsconfig (context, FSCONFIG_SET_STRING, "mode", "755", 0) < 0 ||
	    fsconfig (context, FSCONFIG_SET_STRING, "nr_inodes", inodes, 0) < 0 ||
	    fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount (context, FSMOUNT_CLOEXEC, attributes);
}

static void
place_mount (CriuPlace *place, int fd, const char *path)
{
	CriuSpawnMount mount = {fd, path};

	g_array_append_val (place->mounts, mount);
}

/* Takes fd over. */
static void
place_own_mount (CriuPlace *place, int fd, const char *path)
{
	g_array_append_val (place->fds, fd);
	place_mount (place, fd, path);
}

/* Boot, and identity of the program: an update in place has another time. */
static char *
kernel_key_make (const char *program)
{
	g_autofree char *boot = NULL;
	struct stat status;

	if (stat (program, &status) < 0 ||
	    !g_file_get_contents ("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL))
		return NULL;
	return g_strdup_printf ("kernel-%s-%lx-%lx-%lx-%lx", g_strstrip (boot),
				(gulong) status.st_dev, (gulong) status.st_ino,
				(gulong) status.st_ctim.tv_sec, (gulong) status.st_ctim.tv_nsec);
}

void
criu_place_give_kernel (CriuPlace *place)
{
	const DavitFileOps *files = place->host->files;
	g_autofree char *data = NULL;
	gsize length = 0;

	if (place->kernel_key == NULL || place->host->run_dirfd < 0 ||
	    !files->read_file (place->host->run_dirfd, place->kernel_key, KERNEL_LIMIT, &data,
			       &length, NULL))
		return;
	place->has_kernel =
		files->replace_file (place->fd, KERNEL_FILE, data, length, 0600, FALSE, NULL);
}

gboolean
criu_place_init (CriuPlace *place, const DavitHost *host, const char *program, GError **error)
{
	place->host = host;
	place->mounts = g_array_new (FALSE, FALSE, sizeof (CriuSpawnMount));
	place->paths = g_ptr_array_new_with_free_func (g_free);
	place->sources = g_ptr_array_new ();
	place->fds = g_array_new (FALSE, FALSE, sizeof (int));
	place->fd = criu_place_tmpfs ("0", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (place->fd < 0)
		return criu_error_errno (error, errno, "make a tmpfs");
	place_mount (place, place->fd, "/run");
	place->kernel_key = kernel_key_make (program);
	criu_place_give_kernel (place);
	return TRUE;
}

void
criu_place_clear (CriuPlace *place)
{
	for (guint i = 0; place->fds != NULL && i < place->fds->len; i++)
		close (g_array_index (place->fds, int, i));
	criu_fd_close (&place->fd);
	g_clear_pointer (&place->mounts, g_array_unref);
	g_clear_pointer (&place->paths, g_ptr_array_unref);
	g_clear_pointer (&place->sources, g_ptr_array_unref);
	g_clear_pointer (&place->fds, g_array_unref);
	g_clear_pointer (&place->kernel_key, g_free);
}

static gboolean
target_make (const CriuPlace *place, const char *path, gboolean directory, GError **error)
{
	const char *name = path + strlen ("/run/");
	criu_autofd fd = -1;

	if (directory && mkdirat (place->fd, name, 0755) == 0)
		return TRUE;
	if (!directory) {
		fd = openat (place->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (fd >= 0)
			return TRUE;
	}
	return criu_error_errno (error, errno, "make \"%s\"", path);
}

gboolean
criu_place_add_root (CriuPlace *place, int rootfs_fd, GError **error)
{
	if (!target_make (place, CRIU_PLACE_ROOT, TRUE, error))
		return FALSE;
	place_mount (place, rootfs_fd, CRIU_PLACE_ROOT);
	return TRUE;
}

/* All masked directories share one that is empty and can't be filled. */
static gboolean
empty_add (CriuPlace *place, GError **error)
{
	int fd;

	for (guint i = 0; i < place->mounts->len; i++) {
		if (g_str_equal (g_array_index (place->mounts, CriuSpawnMount, i).path, EMPTY))
			return TRUE;
	}
	if (!target_make (place, EMPTY, TRUE, error))
		return FALSE;
	fd = criu_place_tmpfs ("1", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					    MOUNT_ATTR_NOEXEC);
	if (fd < 0)
		return criu_error_errno (error, errno, "make an empty tmpfs");
	place_own_mount (place, fd, EMPTY);
	return TRUE;
}

gboolean
criu_place_add_source (CriuPlace *place, guint index, int fd, GError **error)
{
	char *path;
	struct stat status;
	int copy;

	if (fd < 0) {
		g_ptr_array_add (place->sources, (gpointer) EMPTY);
		return empty_add (place, error);
	}
	path = g_strdup_printf ("/run/source-%u", index);
	g_ptr_array_add (place->paths, path);
	g_ptr_array_add (place->sources, path);
	copy = fcntl (fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0 || fstat (fd, &status) < 0) {
		criu_fd_close (&copy);
		return criu_error_errno (error, errno, "source of a mount");
	}
	place_own_mount (place, copy, path);
	return target_make (place, path, S_ISDIR (status.st_mode), error);
}

gboolean
criu_place_add_sysfs (CriuPlace *place, GError **error)
{
	g_ptr_array_add (place->sources, (gpointer) SYSFS);
	if (place->has_sysfs)
		return TRUE;
	place->has_sysfs = TRUE;
	return target_make (place, SYSFS, TRUE, error);
}

const char *
criu_place_source (const CriuPlace *place, guint index)
{
	return (const char *) place->sources->pdata[index];
}

void
criu_place_use (const CriuPlace *place, CriuSpawn *spawn)
{
	spawn->mounts = (const CriuSpawnMount *) (gpointer) place->mounts->data;
	spawn->n_mounts = place->mounts->len;
	spawn->sysfs_path = place->has_sysfs ? SYSFS : NULL;
}

/* Those of another boot are of no use any more. */
static void
kernel_forget_others (const CriuPlace *place)
{
	g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", place->host->run_dirfd);
	g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
	const char *name;

	while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
		if (g_str_has_prefix (name, "kernel-") && !g_str_equal (name, place->kernel_key))
			unlinkat (place->host->run_dirfd, name, 0);
	}
}

void
criu_place_keep_kernel (CriuPlace *place)
{
	const DavitFileOps *files = place->host->files;
	g_autofree char *data = NULL;
	gsize length = 0;

	if (place->has_kernel || place->kernel_key == NULL || place->host->run_dirfd < 0 ||
	    !files->read_file (place->fd, KERNEL_FILE, KERNEL_LIMIT, &data, &length, NULL))
		return;
	if (files->replace_file (place->host->run_dirfd, place->kernel_key, data, length, 0600,
				 FALSE, NULL))
		kernel_forget_others (place);
}
