/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * CRIU leaves its images in the page cache. A power cut after the container is gone would leave
 * neither of both: they are on disk before it may go.
 */

#include "criu-images.h"

#include "criu-fd.h"
#include "criu-pages.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

typedef gboolean (*FileDo) (int fd, const char *name, gpointer data, GError **error);

/* Calls run for each regular file. */
static gboolean
images_each (int images_dirfd, FileDo run, gpointer data, GError **error)
{
	/* A description of its own: the other one's position is its owner's. */
	int fd = openat (images_dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd >= 0 ? fdopendir (fd) : NULL;
	const struct dirent *entry;
	gboolean done = TRUE;

	if (directory == NULL) {
		criu_error_errno (error, errno, "directory of images");
		criu_fd_close (&fd);
		return FALSE;
	}
	while (done && (entry = readdir (directory)) != NULL) {
		criu_autofd file = -1;

		if (entry->d_type != DT_REG)
			continue;
		file = openat (images_dirfd, entry->d_name,
			       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (file >= 0)
			done = run (file, entry->d_name, data, error);
	}
	closedir (directory);
	return done;
}

static gboolean
file_write_back (int fd, const char *name, gpointer data, GError **error)
{
	/* Only a beginning: what fails here fails again when it counts. */
	return sync_file_range (fd, 0, 0, SYNC_FILE_RANGE_WRITE) == 0 || TRUE;
}

void
criu_images_write_back (int images_dirfd)
{
	images_each (images_dirfd, file_write_back, NULL, NULL);
}

/*
 * The whole file system at once: for each image alone it takes as long as for all of them, and
 * there are some dozens (100 ms against 12). An error of any write since the directory was opened
 * is told here (Linux 5.8).
 */
gboolean
criu_images_sync (int images_dirfd, GError **error)
{
	return syncfs (images_dirfd) == 0 ||
	       criu_error_errno (error, errno, "write the images to the disk");
}

static gboolean
give (int fd, guint32 gid, mode_t mode)
{
	/* Not the other way round: who has it now must not have more than before. */
	return fchmod (fd, mode & 0700) == 0 && fchown (fd, (uid_t) -1, (gid_t) gid) == 0 &&
	       fchmod (fd, mode) == 0;
}

static gboolean
file_give (int fd, const char *name, gpointer data, GError **error)
{
	guint32 gid = GPOINTER_TO_UINT (data);

	return give (fd, gid, gid != getegid () ? 0640 : 0600) ||
	       criu_error_errno (error, errno, "permissions of the image \"%s\"", name);
}

gboolean
criu_images_give (int images_dirfd, guint32 gid, GError **error)
{
	if (!images_each (images_dirfd, file_give, GUINT_TO_POINTER (gid), error))
		return FALSE;
	return give (images_dirfd, gid, gid != getegid () ? 0750 : 0700) ||
	       criu_error_errno (error, errno, "permissions of the directory of images");
}

static gboolean
file_check (int images_dirfd, const char *name, GError **error)
{
	struct stat status;

	if (fstatat (images_dirfd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return criu_error_set (error, DAVIT_ERROR_CORRUPT, "image \"%s\": %s", name,
				       g_strerror (errno));
	if (!S_ISREG (status.st_mode) || status.st_size == 0)
		return criu_error_set (error, DAVIT_ERROR_CORRUPT,
				       "image \"%s\": is empty, or no regular file", name);
	return TRUE;
}

CriuRecord *
criu_images_check (const DavitHost *host, int images_dirfd, GError **error)
{
	static const char *const needed[] = {"inventory.img", "pstree.img", "files.img"};
	g_autoptr (CriuRecord) record = criu_record_read (host, images_dirfd, error);

	if (record == NULL)
		return NULL;
	for (gsize i = 0; i < G_N_ELEMENTS (needed); i++) {
		if (!file_check (images_dirfd, needed[i], error))
			return NULL;
	}
	if (!criu_pages_check (images_dirfd, error))
		return NULL;
	return g_steal_pointer (&record);
}
