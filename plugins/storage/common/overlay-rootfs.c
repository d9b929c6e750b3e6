/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The root file systems of containers: rootfs/ID/upper is what the container writes, rootfs/ID/work
 * the kernel's. This is on the path of every start: a few dozen system calls, and none that waits
 * for the disk.
 */

#include "overlay-store.h"

#include "overlay-lower.h"
#include "overlay-memory.h"
#include "overlay-mount.h"
#include "overlay-places.h"
#include "store-layers.h"
#include "store-rootfs.h"
#include "store-tombs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define UPPER "upper"
#define WORK "work"
/* Becomes UPPER when it is as it must be. */
#define UPPER_NEW "new"
/* The kernel makes it with a volatile mount, and mounts nothing again while it is there. */
#define VOLATILE_PLACE WORK "/work/incompat"
#define VOLATILE_NAME "volatile"
#define VOLATILE_MARK VOLATILE_PLACE "/" VOLATILE_NAME
#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_LENGTH 36

/* Makes upper, with the owner, mode and times that "/" has in the uppermost layer. */
static gboolean
upper_make (Store *store, const DavitRootfsRequest *request, int rootfs, GError **error)
{
	guint n_layers = request->layers != NULL ? g_strv_length ((char **) request->layers) : 0;
	store_autofd tree = -1;
	store_autofd upper = -1;

	if (mkdirat (rootfs, WORK, 0700) < 0 && errno != EEXIST)
		return store_error_errno (error, errno, "make directory \"%s\"", WORK);
	if (mkdirat (rootfs, UPPER_NEW, 0755) < 0 && errno != EEXIST)
		return store_error_errno (error, errno, "make directory \"%s\"", UPPER);
	upper = openat (rootfs, UPPER_NEW, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (upper < 0 || (n_layers == 0 && fchmod (upper, 0755) < 0))
		return store_error_errno (error, errno, "make directory \"%s\"", UPPER);
	if (n_layers > 0 &&
	    (!store_layer_tree (store, request->layers[n_layers - 1], &tree, error) ||
	     !store_rootfs_copy_attributes (tree, upper, error)))
		return FALSE;
	if (renameat (rootfs, UPPER_NEW, rootfs, UPPER) < 0)
		return store_error_errno (error, errno, "make directory \"%s\"", UPPER);
	return TRUE;
}

/* The bytes of memory that it may write, which keeps a quota too; 0: it writes to the disk. */
static guint64
memory_wanted (const Store *store, const DavitRootfsRequest *request)
{
	guint64 size = request->memory_writes > 0 ? request->memory_writes : store->memory;

	return request->quota > 0 ? MIN (size, request->quota) : size;
}

gboolean
overlay_rootfs_create (gpointer instance, const DavitRootfsRequest *request, GError **error)
{
	Store *store = (Store *) instance;
	guint64 memory = memory_wanted (store, request);
	store_autofd rootfs = -1;

	if ((memory == 0 && !store_check_quota (request, error)) ||
	    !store_layers_check (store, request->layers, error) ||
	    !store_rootfs_make (store, request->id, &rootfs, error))
		return FALSE;
	/* Nothing is written: overlayfs needs no upper directory then. */
	if (request->read_only || faccessat (rootfs, UPPER, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return TRUE;
	if (memory > 0)
		return overlay_memory_note (rootfs, memory, error);
	return upper_make (store, request, rootfs, error);
}

static gboolean
boot_read (char **ret_boot, GError **error)
{
	char text[BOOT_ID_LENGTH + 1] = "";
	store_autofd fd = open (BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read (fd, text, BOOT_ID_LENGTH) != BOOT_ID_LENGTH)
		return store_error_errno (error, fd < 0 ? errno : EIO, "read \"%s\"", BOOT_ID_FILE);
	*ret_boot = g_strdup (text);
	return TRUE;
}

/* On the directory of a root file system: in which boot it was mounted last. */
static const char *
boot_attribute (const Store *store)
{
	return store->host->facts->rootless ? "user.davit.boot" : "trusted.davit.boot";
}

/* Where there are no extended attributes: a directory of this name says the same. */
static char *
boot_directory (const char *boot)
{
	return g_strconcat ("boot-", boot, NULL);
}

static gboolean
boot_is_known (const Store *store, int rootfs, const char *boot)
{
	g_autofree char *directory = boot_directory (boot);
	char value[BOOT_ID_LENGTH];

	return (fgetxattr (rootfs, boot_attribute (store), value, sizeof value) == sizeof value &&
		memcmp (value, boot, sizeof value) == 0) ||
	       faccessat (rootfs, directory, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static gboolean
boot_note (const Store *store, int rootfs, const char *boot, GError **error)
{
	g_autofree char *directory = boot_directory (boot);

	if (fsetxattr (rootfs, boot_attribute (store), boot, BOOT_ID_LENGTH, 0) == 0)
		return TRUE;
	if (errno != EOPNOTSUPP)
		return store_error_errno (error, errno, "set attribute \"%s\"",
					  boot_attribute (store));
	return mkdirat (rootfs, directory, 0700) == 0 || errno == EEXIST ||
	       store_error_errno (error, errno, "make directory \"%s\"", directory);
}

static gboolean
volatile_unmark (Store *store, int rootfs, GError **error)
{
	store_autofd fd =
		openat (rootfs, VOLATILE_PLACE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return store_error_errno (error, errno, "open directory \"%s\"", VOLATILE_PLACE);
	return store->host->files->remove_tree (fd, VOLATILE_NAME, error);
}

static gboolean
volatile_drop (Store *store, const DavitRootfsRequest *request, int rootfs, GError **error)
{
	g_autofree char *text = g_strdup_printf (
		"container %s: what it wrote was not meant to survive a restart of the host, and "
		"is dropped",
		request->id);

	store->host->log (store->host, DAVIT_LOG_WARNING, text);
	return store_bury (store, rootfs, UPPER, FALSE, error) &&
	       store_bury (store, rootfs, WORK, FALSE, error) &&
	       upper_make (store, request, rootfs, error);
}

/*
 * The kernel has written nothing of a volatile mount to disk on purpose. In the same boot that does
 * not matter: what was written is there. After another one nobody knows what is missing; it is
 * better to begin anew than to go on with empty files.
 */
static gboolean
volatile_prepare (Store *store, const DavitRootfsRequest *request, int rootfs, GError **error)
{
	gboolean marked = faccessat (rootfs, VOLATILE_MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	g_autofree char *boot = NULL;

	if (!marked && !request->volatile_writes)
		return TRUE;
	if (!boot_read (&boot, error))
		return FALSE;
	if (marked && !boot_is_known (store, rootfs, boot)) {
		if (!volatile_drop (store, request, rootfs, error))
			return FALSE;
		marked = FALSE;
	}
	/* Only now: a crash before it has the dropping done once more. */
	if (!boot_note (store, rootfs, boot, error))
		return FALSE;
	return !marked || volatile_unmark (store, rootfs, error);
}

static void
layers_mounted (Store *store)
{
	if (store->form->mounted != NULL)
		store->form->mounted (store);
}

/* The lower directories, and the mount. */
static gboolean
rootfs_mount (Store *store, const DavitRootfsRequest *request, OverlayMount *mount,
	      int *ret_mount_fd, GError **error)
{
	g_auto (OverlayLower) lower = {0};

	if (!overlay_lower_init (&lower, store, request->layers, 1, error) ||
	    (request->mount_points != NULL &&
	     !overlay_places_add (store, request->mount_points, &lower, error)))
		return FALSE;
	layers_mounted (store);
	mount->state_dirfd = store->host->state_dirfd;
	mount->user_xattr = store->host->facts->rootless;
	mount->lower = overlay_lower_paths (&lower);
	mount->lower_fds = overlay_lower_fds (&lower);
	return overlay_mount (mount, ret_mount_fd, error);
}

static gboolean
rootfs_mount_on_memory (Store *store, const DavitRootfsRequest *request, guint64 size,
			int *ret_mount_fd, GError **error)
{
	OverlayMount mount = {.upper = UPPER, .work = WORK};
	store_autofd memory = -1;
	store_autofd directory = -1;

	if (!overlay_memory_mount (size, &memory, &directory, error) ||
	    !upper_make (store, request, directory, error))
		return FALSE;
	mount.upper_fd = memory;
	return rootfs_mount (store, request, &mount, ret_mount_fd, error);
}

/* Nothing stands on top. */
static gboolean
rootfs_mount_read_only (Store *store, const DavitRootfsRequest *request, int *ret_mount_fd,
			GError **error)
{
	if (!overlay_layers_mount (store, request->layers, ret_mount_fd, error))
		return FALSE;
	layers_mounted (store);
	return TRUE;
}

static gboolean
rootfs_mount_on_disk (Store *store, const DavitRootfsRequest *request, int rootfs,
		      int *ret_mount_fd, GError **error)
{
	g_autofree char *upper = g_build_filename ("rootfs", request->id, UPPER, NULL);
	g_autofree char *work = g_build_filename ("rootfs", request->id, WORK, NULL);
	OverlayMount mount = {
		.upper = upper,
		.work = work,
		.is_volatile = request->volatile_writes,
	};

	if (!store_check_quota (request, error))
		return FALSE;
	if (faccessat (rootfs, UPPER, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return store_error_set (error, DAVIT_ERROR_NOT_FOUND,
					"root file system \"%s\" was not made to its end",
					request->id);
	return volatile_prepare (store, request, rootfs, error) &&
	       rootfs_mount (store, request, &mount, ret_mount_fd, error);
}

gboolean
overlay_rootfs_mount (gpointer instance, const DavitRootfsRequest *request, int *ret_mount_fd,
		      GError **error)
{
	Store *store = (Store *) instance;
	store_autofd rootfs = -1;
	guint64 memory = 0;

	if (!store_rootfs_find (store, request->id, &rootfs, error))
		return FALSE;
	if (request->read_only)
		return rootfs_mount_read_only (store, request, ret_mount_fd, error);
	if (!overlay_memory_find (rootfs, &memory, error))
		return FALSE;
	if (memory > 0)
		return rootfs_mount_on_memory (store, request, memory, ret_mount_fd, error);
	return rootfs_mount_on_disk (store, request, rootfs, ret_mount_fd, error);
}
