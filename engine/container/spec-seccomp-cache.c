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

/*
 * Each version of the profile and each set of capabilities has an entry, and a write that was
 * broken off leaves a file: with more of them than that the cache begins anew.
 */
#define ENTRIES_LIMIT 64

/* To be raised when the same profile comes to something else than before. */
#define REVISION 2

/* Against accidents only: the directory is root's alone. FNV-1a, in words. */
static guint64
sum (const char *text, gsize length)
{
	const guint64 prime = G_GUINT64_CONSTANT (0x100000001b3);
	guint64 value = G_GUINT64_CONSTANT (0xcbf29ce484222325);
	guint64 word;

	for (; length >= sizeof word; text += sizeof word, length -= sizeof word) {
		memcpy (&word, text, sizeof word);
		value = (value ^ word) * prime;
		/* Or the upper bits of a word would never reach the lower ones of the sum. */
		value ^= value >> 32;
	}
	for (; length > 0; text++, length--)
		value = (value ^ (guint8) *text) * prime;
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

/* Above the directory of the entries. -1: there is no cache. */
static int
cache_open (const DavitEngine *engine)
{
	g_autofree char *path = g_build_filename (engine->paths->root, "cache", NULL);

	return open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

char *
davit_seccomp_cache_read (const DavitEngine *engine, const char *key)
{
	g_autofree char *name = g_build_filename (CACHE_DIRECTORY, key, NULL);
	davit_autofd cache = cache_open (engine);
	davit_autofd fd = -1;
	g_autofree char *text = NULL;
	struct stat status;
	guint64 expected;
	gsize length = 0;

	if (cache < 0 ||
	    !davit_path_open_beneath (cache, name, O_RDONLY | O_NONBLOCK, 0, &fd, NULL))
		return NULL;
	if (fstat (fd, &status) < 0 || !S_ISREG (status.st_mode) || status.st_uid != geteuid () ||
	    (status.st_mode & 022) != 0 ||
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

static gboolean
cache_is_full (int cache)
{
	g_autoptr (GPtrArray) names = NULL;
	davit_autofd directory =
		openat (cache, CACHE_DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return directory >= 0 && davit_path_list (directory, &names, NULL) &&
	       names->len >= ENTRIES_LIMIT;
}

void
davit_seccomp_cache_write (const DavitEngine *engine, const char *key, const char *text)
{
	gsize length = strlen (text);
	guint64 value = sum (text, length);
	g_autofree char *entry = g_malloc (sizeof value + length);
	davit_autofd cache = cache_open (engine);
	davit_autofd directory = -1;

	if (cache < 0)
		return;
	memcpy (entry, &value, sizeof value);
	memcpy (entry + sizeof value, text, length);
	if (cache_is_full (cache))
		davit_path_remove_tree (cache, CACHE_DIRECTORY, NULL);
	if (davit_path_open_subdirectory (cache, CACHE_DIRECTORY, 0700, &directory, NULL))
		davit_path_replace_file (directory, key, entry, sizeof value + length, 0600, FALSE,
					 NULL);
}
