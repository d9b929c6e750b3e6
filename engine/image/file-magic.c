/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a file is, by its first bytes. */

#include "base/error.h"
#include "image/file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* As far as the superblock of ext4. */
#define HEAD 1536

typedef struct {
	gsize at;
	const char *bytes;
	const char *what;
	gboolean is_archive; /* import and load read it */
} Magic;

static const struct {
	const char *bytes;
	DavitFileFormat format;
} formats[] = {
	{"hsqs", {"a squashfs file", "squash"}},
};

static const Magic others[] = {
	{257, "ustar", "a tar archive", TRUE},
	{0, "\x1f\x8b", "compressed with gzip", TRUE},
	{0, "\x28\xb5\x2f\xfd", "compressed with zstd", TRUE},
	{0,
	 "\xfd"
	 "7zXZ",
	 "compressed with xz", TRUE},
	{0, "BZh", "compressed with bzip2", TRUE},
	{0, "sqsh", "a squashfs file of big-endian numbers, which is no longer in use", FALSE},
	{32, "SIF_MAGIC", "an image of apptainer (SIF)", FALSE},
	{1024, "\xe2\xe1\xf5\xe0", "an EROFS file system", FALSE},
	{0x438, "\x53\xef", "an ext2, ext3 or ext4 file system", FALSE},
	{0,
	 "\x7f"
	 "ELF",
	 "a program", FALSE},
	{0, "#!", "a script", FALSE},
	{0, "PK\x03\x04", "a zip archive", FALSE},
};

static gboolean
head_has (const char *head, gsize length, gsize at, const char *bytes)
{
	gsize n = strlen (bytes);

	return at + n <= length && memcmp (head + at, bytes, n) == 0;
}

static const DavitFileFormat *
refuse_head (const char *head, gsize length, const char *path, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS (others); i++) {
		const Magic *magic = &others[i];

		if (!head_has (head, length, magic->at, magic->bytes))
			continue;
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "\"%s\": is %s, and only a squashfs file is run as it is", path,
				 magic->what);
		if (magic->is_archive)
			davit_error_hint (error, "davit import makes an image of it, or davit load "
						 "if it holds one");
		else
			davit_error_hint (error, "mksquashfs makes one of a directory tree");
		return NULL;
	}
	davit_error_set (error, DAVIT_ERROR_USAGE,
			 "\"%s\": %s, and only a squashfs file is run as it is", path,
			 length == 0 ? "is empty" : "is of no format that is known");
	davit_error_hint (error, "mksquashfs makes one of a directory tree");
	return NULL;
}

/* What is no regular file. */
static gboolean
type_check (int fd, const char *path, GError **error)
{
	struct stat status;
	const char *what;

	if (fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "look at \"%s\"", path);
	switch (status.st_mode & S_IFMT) {
	case S_IFREG:
		return TRUE;
	case S_IFDIR:
		davit_error_set (error, DAVIT_ERROR_USAGE, "\"%s\": is a directory", path);
		return davit_error_hint (error,
					 "--rootfs runs it, and davit import makes an image of it");
	case S_IFIFO:
		what = "a named pipe";
		break;
	case S_IFBLK:
	case S_IFCHR:
		what = "a device";
		break;
	default:
		what = "no file";
		break;
	}
	return davit_error_set (error, DAVIT_ERROR_USAGE,
				"\"%s\": is %s, and only a squashfs file is run as it is", path,
				what);
}

const DavitFileFormat *
davit_file_format (int fd, const char *path, GError **error)
{
	char head[HEAD];
	gssize length;

	if (!type_check (fd, path, error))
		return NULL;
	length = pread (fd, head, sizeof head, 0);
	if (length < 0) {
		davit_error_errno (error, errno, "read \"%s\"", path);
		return NULL;
	}
	for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
		if (head_has (head, (gsize) length, 0, formats[i].bytes))
			return &formats[i].format;
	}
	return refuse_head (head, (gsize) length, path, error);
}
