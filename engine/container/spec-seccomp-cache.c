/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the default seccomp profile comes to, kept below the cache directory: to read the profile
 * and apply its conditions takes longer than to mount the root file system. The name of an entry
 * stands for all that it depends on: the file and its version, this program, and what conditions
 * ask for. Nothing depends on the cache, and what is not as it was written is not believed.
 */

#include "container/spec-private.h"

#include "base/digest.h"
#include "base/fd.h"
#include "base/path.h"
#include "davit-config.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CACHE_DIRECTORY "profiles"
#define ENTRY_LIMIT ((gsize) 1024 * 1024)

/* To be raised when the same profile comes to something else than before. */
#define REVISION 1

/* Against accidents only: the directory is root's alone. FNV-1a. */
static guint64
sum (const char *text, gsize length)
{
	guint64 value = G_GUINT64_CONSTANT (0xcbf29ce484222325);

	for (gsize i = 0; i < length; i++)
		value = (value ^ (guint8) text[i]) * G_GUINT64_CONSTANT (0x100000001b3);
	return value;
}

char *
davit_seccomp_cache_key (const struct stat *profile, const DavitSeccompFacts *facts)
{
	g_autofree char *capabilities = g_strjoinv (" ", (char **) facts->capabilities);
	g_autofree char *text = NULL;
	g_autofree char *digest = NULL;

	text = g_strdup_printf ("%d %s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
				" %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld %" G_GINT64_FORMAT
				".%09ld %s %u.%u %s",
				REVISION, DAVIT_VERSION, (guint64) profile->st_dev,
				(guint64) profile->st_ino, (gint64) profile->st_size,
				(gint64) profile->st_mtim.tv_sec, profile->st_mtim.tv_nsec,
				(gint64) profile->st_ctim.tv_sec, profile->st_ctim.tv_nsec,
				facts->architecture, facts->kernel_major, facts->kernel_minor,
				capabilities);
	digest = davit_digest_of (text, strlen (text));
	return g_strdup (davit_digest_hex (digest));
}

static gboolean
cache_open (const DavitEngine *engine, gboolean make, int *ret_fd)
{
	g_autofree char *path = g_build_filename (engine->paths->root, "cache", NULL);
	davit_autofd above = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int fd;

	if (above < 0)
		return FALSE;
	if (make)
		return davit_path_open_subdirectory (above, CACHE_DIRECTORY, 0700, ret_fd, NULL);
	fd = openat (above, CACHE_DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		*ret_fd = fd;
	return fd >= 0;
}

char *
davit_seccomp_cache_read (const DavitEngine *engine, const char *key)
{
	davit_autofd directory = -1;
	davit_autofd fd = -1;
	g_autofree char *text = NULL;
	struct stat status;
	guint64 expected;
	gsize length = 0;

	if (!cache_open (engine, FALSE, &directory))
		return NULL;
	fd = openat (directory, key, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat (fd, &status) < 0 || !S_ISREG (status.st_mode) ||
	    status.st_uid != geteuid () || (status.st_mode & 022) != 0 ||
	    !davit_fd_read (fd, ENTRY_LIMIT, key, &text, &length, NULL) ||
	    length <= sizeof expected)
		return NULL;
	memcpy (&expected, text, sizeof expected);
	length -= sizeof expected;
	memmove (text, text + sizeof expected, length + 1);
	if (sum (text, length) != expected || strlen (text) != length)
		return NULL;
	return g_steal_pointer (&text);
}

void
davit_seccomp_cache_write (const DavitEngine *engine, const char *key, const char *text)
{
	gsize length = strlen (text);
	guint64 value = sum (text, length);
	g_autofree char *entry = g_malloc (sizeof value + length);
	davit_autofd directory = -1;

	memcpy (entry, &value, sizeof value);
	memcpy (entry + sizeof value, text, length);
	if (cache_open (engine, TRUE, &directory))
		davit_path_replace_file (directory, key, entry, sizeof value + length, 0600, FALSE,
					 NULL);
}
