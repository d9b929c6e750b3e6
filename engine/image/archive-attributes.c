/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Owner, mode, extended attributes and times. In this order: a new owner takes away setuid and
 * capabilities, and everything takes the time.
 */

#include "image/archive-writer.h"

#include "base/error.h"

#include <archive.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LIST_LIMIT (64 * 1024)

static gboolean
owner_error (const ArchiveEntry *entry, GError **error)
{
	int number = errno;
	g_autofree char *quoted = archive_reply_quote (entry->path);

	davit_error_errno (error, number, "entry \"%s\": give it to user %u, group %u", quoted,
			   entry->uid, entry->gid);
	if (number == EPERM || number == EINVAL)
		davit_error_hint (error, "run as root, or with subordinate ids that cover it");
	return FALSE;
}

gboolean
archive_attributes_owner (const ArchiveEntry *entry, int fd, GError **error)
{
	if (fchown (fd, entry->uid, entry->gid) < 0)
		return owner_error (entry, error);
	return TRUE;
}

/*
 * Why an attribute is left out, or NULL. An image does not speak to overlayfs or to the host's
 * security modules.
 */
static const char *
dropped_because (const char *name, ArchiveEntryType type)
{
	if (strcmp (name, ARCHIVE_ACL_ACCESS) == 0)
		return NULL;
	if (strcmp (name, ARCHIVE_ACL_DEFAULT) == 0)
		return type == ARCHIVE_ENTRY_DIRECTORY ? NULL : "only directories have it";
	if (strcmp (name, "security.capability") == 0)
		return type == ARCHIVE_ENTRY_FILE ? NULL : "only files have capabilities";
	if (g_str_has_prefix (name, "user.overlay."))
		return "overlayfs would obey it";
	if (g_str_has_prefix (name, "user."))
		return NULL;
	if (g_str_has_prefix (name, "trusted.overlay."))
		return "overlayfs would obey it";
	if (g_str_has_prefix (name, "security."))
		return "labels are the host's";
	return "only \"user.\" attributes, capabilities and access lists are kept";
}

static gboolean
attribute_error (const ArchiveEntry *entry, const char *name, gsize size, GError **error)
{
	int number = errno;
	g_autofree char *path = archive_reply_quote (entry->path);
	g_autofree char *quoted = archive_reply_quote (name);

	if (number == EINVAL)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"entry \"%s\": the kernel refuses the value of attribute "
					"\"%s\"",
					path, quoted);
	/* ENOSPC and E2BIG mean the room of one inode, not the disk's. */
	if (number == ENOSPC || number == E2BIG || number == ERANGE)
		return davit_error_set (error, DAVIT_ERROR_UNAVAILABLE,
					"entry \"%s\": the file system has no room for attribute "
					"\"%s\" of %" G_GSIZE_FORMAT " bytes",
					path, quoted, size);
	if (number == ENOTSUP)
		return davit_error_set (
			error, DAVIT_ERROR_UNAVAILABLE,
			"entry \"%s\": the file system can't hold attribute \"%s\"; "
			"use another one for the root directory",
			path, quoted);
	return davit_error_errno (error, number, "entry \"%s\": attribute \"%s\"", path, quoted);
}

gboolean
archive_attributes_is_acl (const char *name)
{
	return strcmp (name, ARCHIVE_ACL_ACCESS) == 0 || strcmp (name, ARCHIVE_ACL_DEFAULT) == 0;
}

gboolean
archive_attributes_one (const ArchiveEntry *entry, int fd, const char *name, const void *value,
			gsize size, GError **error)
{
	static const guint8 acl_version[] = {2, 0, 0, 0};

	if (fsetxattr (fd, name, value, size, 0) == 0)
		return TRUE;
	/* The kernel answers the same to a list of another version and where there are none. */
	if (errno == ENOTSUP && archive_attributes_is_acl (name) &&
	    (size < sizeof (acl_version) || memcmp (value, acl_version, sizeof (acl_version)) != 0))
		errno = EINVAL;
	/* The mode says nearly the same, and not every file system has lists. */
	if (errno == ENOTSUP && archive_attributes_is_acl (name))
		return TRUE;
	return attribute_error (entry, name, size, error);
}

gboolean
archive_attributes_extended (ArchiveWriter *writer, const ArchiveEntry *entry, int fd,
			     GError **error)
{
	const char *name;
	const void *value;
	size_t size;

	if (archive_entry_xattr_reset (entry->raw) == 0)
		return TRUE;
	while (archive_entry_xattr_next (entry->raw, &name, &value, &size) == ARCHIVE_OK) {
		const char *reason = dropped_because (name, entry->type);

		if (reason != NULL) {
			g_autofree char *path = archive_reply_quote (entry->path);

			archive_reply_notice (writer->reply,
					      "\"%s\": attribute \"%s\" left out: %s", path, name,
					      reason);
			continue;
		}
		/* A directory would hand its list on to what is written into it. */
		if (entry->type == ARCHIVE_ENTRY_DIRECTORY && archive_attributes_is_acl (name))
			continue;
		if (!archive_attributes_one (entry, fd, name, value, size, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
archive_attributes_set (ArchiveWriter *writer, const ArchiveEntry *entry, int fd, GError **error)
{
	struct timespec times[2] = {entry->mtime, entry->mtime};

	if (!archive_attributes_owner (entry, fd, error))
		return FALSE;
	if (writer->inherits && !archive_attributes_reset (entry->path, fd, error))
		return FALSE;
	/* The file was made with the mode but for these bits, which chown would take away. */
	if (((entry->mode & 07000) != 0 || writer->inherits) && fchmod (fd, entry->mode) < 0)
		return archive_writer_errno (entry->path, "set the mode", error);
	if (!archive_attributes_extended (writer, entry, fd, error))
		return FALSE;
	if (futimens (fd, times) < 0)
		return archive_writer_errno (entry->path, "set the time", error);
	return TRUE;
}

gboolean
archive_attributes_set_named (const ArchiveEntry *entry, int parent, const char *name,
			      GError **error)
{
	struct timespec times[2] = {entry->mtime, entry->mtime};

	if (fchownat (parent, name, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return owner_error (entry, error);
	/* A node that we just made in a directory of ours; it can't have become a link. */
	if (entry->type == ARCHIVE_ENTRY_NODE && (entry->mode & 07000) != 0 &&
	    fchmodat (parent, name, entry->mode & 07777, 0) < 0)
		return archive_writer_errno (entry->path, "set the mode", error);
	if (utimensat (parent, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return archive_writer_errno (entry->path, "set the time", error);
	return TRUE;
}

gboolean
archive_attributes_reset (const char *path, int fd, GError **error)
{
	g_autofree char *names = g_malloc (LIST_LIMIT);
	ssize_t length = flistxattr (fd, names, LIST_LIMIT);

	if (length < 0)
		return errno == ENOTSUP ? TRUE
					: archive_writer_errno (path, "list attributes", error);
	for (const char *name = names; name < names + length; name += strlen (name) + 1) {
		if (!archive_attributes_is_acl (name) &&
		    (!g_str_has_prefix (name, "user.") || g_str_has_prefix (name, "user.overlay.")))
			continue;
		if (fremovexattr (fd, name) < 0 && errno != ENODATA)
			return archive_writer_errno (path, "remove an attribute", error);
	}
	return TRUE;
}
