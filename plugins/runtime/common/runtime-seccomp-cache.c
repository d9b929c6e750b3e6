/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Compiled filters on disk.
 *
 * A filter that is read back decides what a container may do, so a file is believed only if it is
 * ours alone, is what was written, was made for this very key, all of which it holds, and was
 * compiled by the library that would compile it now. The sum that tells whether it is what was
 * written is against accidents; a cryptographic digest of key and filter would take as long as
 * making the control groups, and who may write there needs no collision.
 */

#include "runtime-seccomp-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY "seccomp"
#define MAGIC "DAVITBPF"
#define VERSION 2
#define LIBRARY_LIMIT 4096
#define KEY_LIMIT (1024 * 1024)

typedef struct {
	char magic[8];
	guint32 version;
	guint32 flags;
	guint32 length;		/* instructions, behind the library's path */
	guint32 library_length; /* bytes, behind the header */
	guint32 key_length;	/* bytes, at the end */
	guint32 unused;
	guint64 library_device;
	guint64 library_inode;
	guint64 library_size;
	gint64 library_seconds;
	gint64 library_nanoseconds;
	guint64 sum; /* of all, with 0 here */
} Header;

#define SIZE_MAX_FILE                                                                              \
	(sizeof (Header) + LIBRARY_LIMIT + BPF_MAXINSNS * sizeof (struct sock_filter) + KEY_LIMIT)

/* FNV-1a, in words. */
static guint64
sum_add (guint64 sum, const char *bytes, gsize length)
{
	const guint64 prime = G_GUINT64_CONSTANT (0x100000001b3);
	guint64 word;

	for (; length >= sizeof word; bytes += sizeof word, length -= sizeof word) {
		memcpy (&word, bytes, sizeof word);
		sum = (sum ^ word) * prime;
		/* Or the upper bits of a word would never reach the lower ones of the sum. */
		sum ^= sum >> 32;
	}
	for (; length > 0; bytes++, length--)
		sum = (sum ^ (guint8) *bytes) * prime;
	return sum;
}

static guint64
sum_make (const Header *header, const char *rest, gsize length)
{
	Header copy = *header;

	copy.sum = 0;
	return sum_add (sum_add (G_GUINT64_CONSTANT (0xcbf29ce484222325), (const char *) &copy,
				 sizeof copy),
			rest, length);
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
	RuntimeSeccompLibrary library = {.path = g_strndup (path, header->library_length)};
	gboolean same = runtime_seccomp_library_read (&library) &&
			library.device == header->library_device &&
			library.inode == header->library_inode &&
			library.size == header->library_size &&
			library.seconds == header->library_seconds &&
			library.nanoseconds == header->library_nanoseconds;

	runtime_seccomp_library_clear (&library);
	return same;
}

static gboolean
file_is_good (const char *key, const char *text, gsize length)
{
	const char *rest = text + sizeof (Header);
	gsize key_length = strlen (key);
	gsize filter_length;
	Header header;

	memcpy (&header, text, sizeof header);
	if (memcmp (header.magic, MAGIC, sizeof header.magic) != 0 || header.version != VERSION ||
	    header.length == 0 || header.length > BPF_MAXINSNS ||
	    header.library_length > LIBRARY_LIMIT || header.key_length != key_length)
		return FALSE;
	filter_length = header.length * sizeof (struct sock_filter);
	return length == sizeof header + header.library_length + filter_length + key_length &&
	       memcmp (rest + header.library_length + filter_length, key, key_length) == 0 &&
	       sum_make (&header, rest, length - sizeof header) == header.sum &&
	       library_is_same (&header, rest);
}

/* Two keys of one name take turns. */
static char *
name_make (const char *key)
{
	return g_strdup_printf ("%016" G_GINT64_MODIFIER "x.bpf",
				sum_add (VERSION, key, strlen (key)));
}

RuntimeSeccomp *
runtime_seccomp_cache_read (const DavitHost *host, const char *key)
{
	g_autofree char *name = name_make (key);
	g_autofree char *text = NULL;
	int dirfd = host->cache_dirfd < 0 ? -1 : directory_open (host);
	RuntimeSeccomp *seccomp;
	gsize length = 0;
	Header header;

	if (dirfd < 0)
		return NULL;
	text = file_read (dirfd, name, &length);
	close (dirfd);
	if (text == NULL || !file_is_good (key, text, length))
		return NULL;
	memcpy (&header, text, sizeof header);
	seccomp = g_new0 (RuntimeSeccomp, 1);
	seccomp->flags = header.flags;
	seccomp->length = (guint16) header.length;
	seccomp->filter = g_memdup2 (text + sizeof header + header.library_length,
				     header.length * sizeof (struct sock_filter));
	return seccomp;
}

void
runtime_seccomp_cache_write (const DavitHost *host, const char *key, const RuntimeSeccomp *seccomp,
			     const RuntimeSeccompLibrary *library)
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
	    strlen (library->path) > LIBRARY_LIMIT || strlen (key) > KEY_LIMIT ||
	    (mkdirat (host->cache_dirfd, DIRECTORY, 0700) < 0 && errno != EEXIST))
		return;
	header.library_length = (guint32) strlen (library->path);
	header.key_length = (guint32) strlen (key);
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
	g_byte_array_append (file, (const guint8 *) key, header.key_length);
	header.sum = sum_make (&header, (const char *) file->data + sizeof header,
			       file->len - sizeof header);
	memcpy (file->data, &header, sizeof header);
	dirfd = directory_open (host);
	/* Not durable: half a file has a wrong sum. */
	if (dirfd >= 0)
		host->files->replace_file (dirfd, name, file->data, file->len, 0600, FALSE, NULL);
	if (dirfd >= 0)
		close (dirfd);
}
