/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Finds or makes a loop device, and mounts it. */

#include "squash-loop.h"

#include "squash-warm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONTROL "/dev/loop-control"
#define NOTES "loop"
#define NAME_SIZE 32
#define LOG_SIZE 512
/* Others may take the number that we were just given, but not for ever. */
#define TRIES 1000
#define DEVICE_BLOCK 4096
#define LOOP_FLAGS (LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR)

typedef struct {
	char name[NAME_SIZE]; /* "/dev/loop5" */
	int fd;
} Loop;

static void
loop_clear (Loop *loop)
{
	store_fd_close (&loop->fd);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Loop, loop_clear)

static void
loop_open (Loop *loop, int number)
{
	store_fd_close (&loop->fd);
	g_snprintf (loop->name, sizeof loop->name, "/dev/loop%d", number);
	loop->fd = open (loop->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

/* Whether the device, open and so kept as it is, is a read-only view of this file. */
static gboolean
loop_is_of (const Loop *loop, int file_fd)
{
	struct loop_info64 info = {0};
	struct stat status;

	return fstat (file_fd, &status) == 0 && ioctl (loop->fd, LOOP_GET_STATUS64, &info) == 0 &&
	       info.lo_device == (guint64) status.st_dev &&
	       info.lo_inode == (guint64) status.st_ino && info.lo_offset == 0 &&
	       info.lo_sizelimit == 0 && (info.lo_flags & LOOP_FLAGS) == LOOP_FLAGS;
}

static gboolean
loop_find (Loop *loop, Store *store, const char *chain_id, int file_fd)
{
	g_autofree char *note = g_build_filename (NOTES, chain_id, NULL);
	char text[NAME_SIZE] = "";
	guint64 number;

	if (store->host->run_dirfd < 0 ||
	    readlinkat (store->host->run_dirfd, note, text, sizeof text - 1) <= 0 ||
	    !g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT, &number, NULL))
		return FALSE;
	loop_open (loop, (int) number);
	return loop->fd >= 0 && loop_is_of (loop, file_fd);
}

/* Of a name that is known, so that it goes with the note. */
static char *
note_new_path (const char *chain_id)
{
	return g_strconcat (NOTES "/", chain_id, ".new", NULL);
}

/* The next one mounts it without: that it could not be written is no reason to fail. */
static void
loop_note (Store *store, const char *chain_id, int number)
{
	g_autofree char *note = g_build_filename (NOTES, chain_id, NULL);
	g_autofree char *note_new = note_new_path (chain_id);
	char text[NAME_SIZE];
	int run = store->host->run_dirfd;

	g_snprintf (text, sizeof text, "%d", number);
	if (run < 0 || (mkdirat (run, NOTES, 0700) < 0 && errno != EEXIST))
		return;
	/* Of somebody who was broken off, or is about to rename it: then one of the two is lost. */
	unlinkat (run, note_new, 0);
	if (symlinkat (text, run, note_new) == 0 && renameat (run, note_new, run, note) < 0)
		unlinkat (run, note_new, 0);
}

void
squash_loop_forget (Store *store, const char *chain_id)
{
	g_autofree char *note = g_build_filename (NOTES, chain_id, NULL);
	g_autofree char *note_new = note_new_path (chain_id);
	int run = store->host->run_dirfd;

	if (run < 0)
		return;
	unlinkat (run, note, 0);
	unlinkat (run, note_new, 0);
}

/*
 * Of a device whose blocks are as long as a page the kernel's squashfs keeps what is left of them
 * when it has read a part. From one of 512 bytes it reads the same pages of tables again and again:
 * a start waits for the device twice as often. Only a file of whole blocks is seen to its end.
 */
static guint32
device_block (int file_fd)
{
	struct stat status;

	return fstat (file_fd, &status) == 0 && status.st_size % DEVICE_BLOCK == 0 ? DEVICE_BLOCK
										   : 0;
}

static gboolean
loop_make (Loop *loop, int file_fd, int *ret_number, GError **error)
{
	const struct loop_config config = {
		.fd = (guint32) file_fd,
		.block_size = device_block (file_fd),
		.info.lo_flags = LOOP_FLAGS,
	};
	store_autofd control = open (CONTROL, O_RDWR | O_CLOEXEC);

	if (control < 0)
		return store_error_set (error,
					errno == EACCES || errno == EPERM ? DAVIT_ERROR_PERMISSION
									  : DAVIT_ERROR_UNAVAILABLE,
					"open \"%s\": %s", CONTROL, g_strerror (errno));
	for (guint i = 0; i < TRIES; i++) {
		int number = ioctl (control, LOOP_CTL_GET_FREE);

		if (number < 0)
			return store_error_errno (error, errno, "ask for a loop device");
		loop_open (loop, number);
		if (loop->fd < 0)
			return store_error_set (error, DAVIT_ERROR_UNAVAILABLE, "open \"%s\": %s",
						loop->name, g_strerror (errno));
		if (ioctl (loop->fd, LOOP_CONFIGURE, &config) == 0) {
			*ret_number = number;
			return TRUE;
		}
		/* Another process was quicker. */
		if (errno != EBUSY)
			return store_error_set (error, DAVIT_ERROR_UNAVAILABLE, "set up \"%s\": %s",
						loop->name, g_strerror (errno));
	}
	return store_error_set (error, DAVIT_ERROR_BUSY,
				"set up a loop device: others took %d of them first", TRIES);
}

/* What the kernel says beside the number, as ": text", or "". */
static char *
context_log (int context)
{
	char text[LOG_SIZE];
	gssize length = read (context, text, sizeof text - 1);

	if (length <= 2)
		return g_strdup ("");
	text[length] = '\0';
	/* "e text\n": the letter is the severity. */
	return g_strconcat (": ", g_strchomp (text + 2), NULL);
}

static gboolean
mount_failed (const char *chain_id, int context, int number, GError **error)
{
	g_autofree char *detail = number != ENODEV ? context_log (context) : g_strdup ("");

	switch (number) {
	case EIO:
	case EUCLEAN:
		return store_error_set (error, DAVIT_ERROR_CORRUPT,
					"layer \"%s\": its file is damaged: the kernel can't mount "
					"it: %s%s; remove the image and get it again",
					chain_id, g_strerror (number), detail);
	case EPERM:
	case EACCES:
		return store_error_set (error, DAVIT_ERROR_PERMISSION,
					"mount a squashfs by the kernel: %s", g_strerror (number));
	case ENODEV:
		return store_error_set (error, DAVIT_ERROR_UNAVAILABLE,
					"the kernel has no squashfs; load the module \"squashfs\"");
	default:
		/* The superblock is right: a compression that this kernel was built without. */
		return store_error_set (error, DAVIT_ERROR_UNAVAILABLE,
					"mount a squashfs by the kernel: %s%s", g_strerror (number),
					detail);
	}
}

static gboolean
loop_mount (const Loop *loop, const char *chain_id, int *ret_mount_fd, GError **error)
{
	store_autofd context = fsopen ("squashfs", FSOPEN_CLOEXEC);
	int fd;

	if (context < 0 || fsconfig (context, FSCONFIG_SET_STRING, "source", loop->name, 0) < 0 ||
	    fsconfig (context, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0 ||
	    fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return mount_failed (chain_id, context, errno, error);
	fd = fsmount (context, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
	if (fd < 0)
		return mount_failed (chain_id, context, errno, error);
	*ret_mount_fd = fd;
	return TRUE;
}

gboolean
squash_loop_mount (Store *store, const char *chain_id, int file_fd, int *ret_mount_fd,
		   GError **error)
{
	g_auto (Loop) loop = {.fd = -1};
	int number = -1;

	if (loop_find (&loop, store, chain_id, file_fd))
		return loop_mount (&loop, chain_id, ret_mount_fd, error);
	if (!loop_make (&loop, file_fd, &number, error) ||
	    !loop_mount (&loop, chain_id, ret_mount_fd, error))
		return FALSE;
	loop_note (store, chain_id, number);
	squash_warm_add (store, chain_id, *ret_mount_fd);
	return TRUE;
}
