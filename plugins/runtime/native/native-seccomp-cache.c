/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Compiled filters on disk.
 *
 * A filter that is read back decides what a container may do, so a file is believed only if it is
 * ours alone, is what was written (a digest over all of it, with the key, so that no file can
 * stand in for another) and was compiled by the library that would compile it now.
 */

#include "native-seccomp-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY "seccomp"
#define MAGIC "DAVITBPF"
#define VERSION 1
#define LIBRARY_LIMIT 4096
#define DIGEST_LENGTH 32

typedef struct {
	char magic[8];
	guint32 version;
	guint32 flags;
	guint32 length;		/* instructions, behind the library's path */
	guint32 library_length; /* bytes, behind the header */
	guint64 library_device;
	guint64 library_inode;
	guint64 library_size;
	gint64 library_seconds;
	gint64 library_nanoseconds;
	guint8 digest[DIGEST_LENGTH]; /* of the key, and of all else */
} Header;

#define SIZE_MAX_FILE (sizeof (Header) + LIBRARY_LIMIT + BPF_MAXINSNS * sizeof (struct sock_filter))

static void
digest_make (const char *key, const Header *header, const char *rest, gsize length, guint8 *ret)
{
	GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
	Header copy = *header;
	gsize size = DIGEST_LENGTH;

	memset (copy.digest, 0, sizeof copy.digest);
	g_checksum_update (checksum, (const guchar *) key, (gssize) strlen (key));
	g_checksum_update (checksum, (const guchar *) &copy, sizeof copy);
	g_checksum_update (checksum, (const guchar *) rest, (gssize) length);
	g_checksum_get_digest (checksum, ret, &size);
	g_checksum_free (checksum);
}

/* Whether nobody but this user can have written it. */
static gboolean
status_is_ours (const struct stat *status)
{
	return status->st_uid == geteuid () && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* The directory of the filters, or -1. */
static int
directory_open (const DavitHost *host)
{
	int fd = openat (host->cache_dirfd, DIRECTORY,
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct stat status;

	if (fd < 0)
		return -1;
	if (fstat (fd, &status) == 0 && status_is_ours (&status))
		return fd;
	close (fd);
	return -1;
}

/* The whole file, or NULL. Free with g_free. */
static char *
file_read (int dirfd, const char *name, gsize *ret_length)
{
	int fd = openat (dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat status;
	char *text = NULL;
	gsize length = 0;

	if (fd < 0)
		return NULL;
	if (fstat (fd, &status) == 0 && S_ISREG (status.st_mode) && status_is_ours (&status) &&
	    status.st_size > (off_t) sizeof (Header) && status.st_size <= (off_t) SIZE_MAX_FILE) {
		length = (gsize) status.st_size;
		/* One more than promised: a file that grows meanwhile is none of ours. */
		text = g_malloc (length + 1);
		if (read (fd, text, length + 1) != (gssize) length)
			g_clear_pointer (&text, g_free);
	}
	close (fd);
	*ret_length = length;
	return text;
}

static gboolean
library_is_same (const Header *header, const char *path)
{
	NativeSeccompLibrary library = {.path = g_strndup (path, header->library_length)};
	gboolean same = native_seccomp_library_read (&library) &&
			library.device == header->library_device &&
			library.inode == header->library_inode &&
			library.size == header->library_size &&
			library.seconds == header->library_seconds &&
			library.nanoseconds == header->library_nanoseconds;

	native_seccomp_library_clear (&library);
	return same;
}

static gboolean
file_is_good (const char *key, const char *text, gsize length)
{
	Header header;
	guint8 digest[DIGEST_LENGTH];

	memcpy (&header, text, sizeof header);
	if (memcmp (header.magic, MAGIC, sizeof header.magic) != 0 || header.version != VERSION ||
	    header.length == 0 || header.length > BPF_MAXINSNS ||
	    header.library_length > LIBRARY_LIMIT ||
	    length != sizeof header + header.library_length +
			      header.length * sizeof (struct sock_filter))
		return FALSE;
	digest_make (key, &header, text + sizeof header, length - sizeof header, digest);
	return memcmp (digest, header.digest, sizeof digest) == 0 &&
	       library_is_same (&header, text + sizeof header);
}

static char *
name_make (const char *key)
{
	return g_strconcat (key, ".bpf", NULL);
}

NativeSeccomp *
native_seccomp_cache_read (const DavitHost *host, const char *key)
{
	g_autofree char *name = name_make (key);
	g_autofree char *text = NULL;
	int dirfd = host->cache_dirfd < 0 ? -1 : directory_open (host);
	NativeSeccomp *seccomp;
	gsize length = 0;
	Header header;

	if (dirfd < 0)
		return NULL;
	text = file_read (dirfd, name, &length);
	close (dirfd);
	if (text == NULL || !file_is_good (key, text, length))
		return NULL;
	memcpy (&header, text, sizeof header);
	seccomp = g_new0 (NativeSeccomp, 1);
	seccomp->flags = header.flags;
	seccomp->length = (guint16) header.length;
	seccomp->filter = g_memdup2 (text + sizeof header + header.library_length,
				     header.length * sizeof (struct sock_filter));
	return seccomp;
}

void
native_seccomp_cache_write (const DavitHost *host, const char *key, const NativeSeccomp *seccomp,
			    const NativeSeccompLibrary *library)
{
	g_autofree char *name = name_make (key);
	g_autoptr (GByteArray) file = NULL;
	Header header = {
		.magic = MAGIC,
		.version = VERSION,
		.flags = seccomp->flags,
		.length = seccomp->length,
	};
	int dirfd;

	if (host->cache_dirfd < 0 || library->path == NULL ||
	    strlen (library->path) > LIBRARY_LIMIT ||
	    (mkdirat (host->cache_dirfd, DIRECTORY, 0700) < 0 && errno != EEXIST))
		return;
	header.library_length = (guint32) strlen (library->path);
	header.library_device = library->device;
	header.library_inode = library->inode;
	header.library_size = library->size;
	header.library_seconds = library->seconds;
	header.library_nanoseconds = library->nanoseconds;
	file = g_byte_array_new ();
	g_byte_array_append (file, (const guint8 *) &header, sizeof header);
	g_byte_array_append (file, (const guint8 *) library->path, header.library_length);
	g_byte_array_append (file, (const guint8 *) seccomp->filter,
			     seccomp->length * sizeof (struct sock_filter));
	digest_make (key, &header, (const char *) file->data + sizeof header,
		     file->len - sizeof header, header.digest);
	memcpy (file->data, &header, sizeof header);
	dirfd = directory_open (host);
	/* Not durable: half a file has a wrong digest. */
	if (dirfd >= 0)
		host->files->replace_file (dirfd, name, file->data, file->len, 0600, FALSE, NULL);
	if (dirfd >= 0)
		close (dirfd);
}
