/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Files in the container's own directory. External programs take paths: one is only ever made from
 * a directory that is open, and that directory is the engine's, below a place that nobody else may
 * write to.
 */

#include "oci-files.h"

#include "runtime-error.h"
#include "runtime-record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *
oci_files_path (int dirfd, const char *name, GError **error)
{
	g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", dirfd);
	g_autofree char *directory = g_file_read_link (link, NULL);

	if (directory == NULL || directory[0] != '/' || !g_utf8_validate (directory, -1, NULL)) {
		runtime_error_say (
			error, DAVIT_ERROR_UNAVAILABLE,
			"the path of the container's directory can't be found out, or is not "
			"UTF-8");
		return NULL;
	}
	return name == NULL ? g_steal_pointer (&directory)
			    : g_build_filename (directory, name, NULL);
}

gboolean
oci_files_make_directory (int dirfd, const char *name, GError **error)
{
	return mkdirat (dirfd, name, 0700) == 0 || errno == EEXIST ||
	       runtime_error_set (error, errno, "make the directory \"%s\"", name);
}

gboolean
oci_files_write (int dirfd, const char *name, const char *text, GError **error)
{
	gsize length = strlen (text);
	gsize done = 0;
	ssize_t written = 0;
	int fd = openat (dirfd, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return runtime_error_set (error, errno, "make \"%s\"", name);
	while (done < length && written >= 0) {
		written = write (fd, text + done, length - done);
		if (written < 0 && errno == EINTR)
			written = 0;
		done += written > 0 ? (gsize) written : 0;
	}
	if (written < 0)
		runtime_error_set (error, errno, "write \"%s\"", name);
	close (fd);
	return written >= 0;
}

gboolean
oci_files_exist (int dirfd, const char *name)
{
	return faccessat (dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

char *
oci_files_name (const char *verb, const char *suffix)
{
	/* The clock never stands still between two calls of one process. */
	return g_strdup_printf ("%s-%d-%" G_GINT64_FORMAT ".%s", verb, (int) getpid (),
				g_get_monotonic_time (), suffix);
}

/* Free with g_ptr_array_unref. */
static GPtrArray *
names_read (int dirfd, GError **error)
{
	g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
	int fd = openat (dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir (fd) : NULL;
	struct dirent *entry;

	if (stream == NULL) {
		runtime_error_set (error, errno, "read the container's directory");
		if (fd >= 0)
			close (fd);
		return NULL;
	}
	while ((entry = readdir (stream)) != NULL) {
		if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0 &&
		    strcmp (entry->d_name, RUNTIME_RECORD_FILE) != 0)
			g_ptr_array_add (names, g_strdup (entry->d_name));
	}
	closedir (stream);
	return g_steal_pointer (&names);
}

gboolean
oci_files_remove (const DavitHost *host, int dirfd, GError **error)
{
	g_autoptr (GPtrArray) names = names_read (dirfd, error);

	for (guint i = 0; names != NULL && i < names->len; i++) {
		if (!host->files->remove_tree (dirfd, (const char *) names->pdata[i], error))
			return FALSE;
	}
	if (names == NULL)
		return FALSE;
	return unlinkat (dirfd, RUNTIME_RECORD_FILE, 0) == 0 || errno == ENOENT ||
	       runtime_error_set (error, errno, "remove \"%s\"", RUNTIME_RECORD_FILE);
}
