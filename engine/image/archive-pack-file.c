/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Packs regular files, holes and attributes. */

#include "image/archive-pack-file.h"

#include "base/error.h"
#include "base/fd.h"
#include "image/archive-tree.h"
#include "image/archive-writer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define BLOCK_SIZE (64 * 1024)
#define LIST_LIMIT (64 * 1024)
/*
 * File systems punch holes of different sizes into the same file, and the same tree shall give the
 * same bytes. What matters are the large ones.
 */
#define HOLE_MINIMUM (1024 * 1024)
#define SEGMENTS_LIMIT 100000

static void
attribute_free (gpointer data)
{
	ArchiveTarAttribute *attribute = data;

	g_free (attribute->name);
	g_free (attribute->value);
	g_free (attribute);
}

static int
compare_attributes (gconstpointer a, gconstpointer b)
{
	const ArchiveTarAttribute *const *first = a;
	const ArchiveTarAttribute *const *second = b;

	return strcmp ((*first)->name, (*second)->name);
}

/* The same choice as when unpacking. "=" would end the key too early. */
static gboolean
attribute_is_kept (const char *name, gboolean is_file)
{
	if (strcmp (name, "security.capability") == 0)
		return is_file;
	if (archive_attributes_is_acl (name))
		return TRUE;
	return g_str_has_prefix (name, "user.") && !g_str_has_prefix (name, "user.overlay.") &&
	       strchr (name, '=') == NULL;
}

static gboolean
attribute_read (int fd, const char *name, GPtrArray *attributes)
{
	ArchiveTarAttribute *attribute;
	g_autofree guint8 *value = g_malloc (XATTR_SIZE_MAX);
	ssize_t length = fgetxattr (fd, name, value, XATTR_SIZE_MAX);

	if (length < 0)
		return errno == ENODATA;
	attribute = g_new0 (ArchiveTarAttribute, 1);
	attribute->name = g_strdup (name);
	attribute->length = (gsize) length;
	attribute->value = g_memdup2 (value, attribute->length);
	g_ptr_array_add (attributes, attribute);
	return TRUE;
}

gboolean
archive_pack_attributes (int fd, const char *path, gboolean is_file, GPtrArray **ret_attributes,
			 GError **error)
{
	g_autoptr (GPtrArray) attributes = g_ptr_array_new_with_free_func (attribute_free);
	char small[256];
	g_autofree char *large = NULL;
	const char *names = small;
	ssize_t length = flistxattr (fd, small, sizeof (small));

	if (length < 0 && errno == ERANGE) {
		large = g_malloc (LIST_LIMIT);
		names = large;
		length = flistxattr (fd, large, LIST_LIMIT);
	}
	if (length < 0 && errno != ENOTSUP)
		return archive_writer_errno (path, "list attributes", error);
	for (const char *name = names; length > 0 && name < names + length;
	     name += strlen (name) + 1) {
		if (attribute_is_kept (name, is_file) && !attribute_read (fd, name, attributes))
			return archive_writer_errno (path, "read an attribute", error);
	}
	if (attributes->len == 0)
		return TRUE;
	g_ptr_array_sort (attributes, compare_attributes);
	*ret_attributes = g_steal_pointer (&attributes);
	return TRUE;
}

static void
segment_add (GArray *segments, guint64 start, guint64 end)
{
	ArchiveTarSegment segment = {start, end - start};

	g_array_append_val (segments, segment);
}

/* Where a file has data, if it has holes that are worth it; else NULL. */
static GArray *
file_segments (int fd, const struct stat *status)
{
	g_autoptr (GArray) segments = g_array_new (FALSE, FALSE, sizeof (ArchiveTarSegment));
	guint64 size = (guint64) status->st_size;
	guint64 start = 0, end = 0; /* of the data found last */
	gboolean sparse = FALSE;

	if ((guint64) status->st_blocks * 512 >= size)
		return NULL;
	while (end < size && segments->len < SEGMENTS_LIMIT) {
		off_t data = lseek (fd, (off_t) end, SEEK_DATA);
		off_t hole;

		/* ENXIO: nothing but a hole up to the end. */
		if (data < 0)
			data = (off_t) size;
		if ((guint64) data - end >= HOLE_MINIMUM) {
			if (end > start)
				segment_add (segments, start, end);
			start = (guint64) data;
			sparse = TRUE;
		}
		hole = (guint64) data < size ? lseek (fd, data, SEEK_HOLE) : (off_t) size;
		end = hole > data ? MIN ((guint64) hole, size) : size;
	}
	if (!sparse || segments->len >= SEGMENTS_LIMIT)
		return NULL;
	/* Also if it is empty: that is how the format says where a hole at the end ends. */
	segment_add (segments, start, size);
	return g_steal_pointer (&segments);
}

static gboolean
pack_range (ArchivePacker *packer, int fd, const char *path, const ArchiveTarSegment *segment,
	    GError **error)
{
	guint8 buffer[BLOCK_SIZE];
	guint64 done = 0;

	while (done < segment->length) {
		gsize wanted = (gsize) MIN (segment->length - done, sizeof (buffer));
		ssize_t length = pread (fd, buffer, wanted, (off_t) (segment->offset + done));

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return archive_writer_errno (path, "read", error);
		if (length == 0) {
			g_autofree char *quoted = archive_reply_quote (path);

			return davit_error_set (error, DAVIT_ERROR_BUSY,
						"\"%s\" became shorter while it was read; stop who "
						"writes to it",
						quoted);
		}
		if (!archive_output_write (packer->output, buffer, (gsize) length, error))
			return FALSE;
		done += (guint64) length;
	}
	return TRUE;
}

static gboolean
pack_data (ArchivePacker *packer, int fd, const ArchiveTarEntry *entry, GError **error)
{
	const ArchiveTarSegment whole = {0, entry->size};

	if (entry->segments == NULL)
		return pack_range (packer, fd, entry->name, &whole, error) &&
		       archive_tar_pad (packer->output, entry->size, error);
	for (guint i = 0; i < entry->segments->len; i++) {
		if (!pack_range (packer, fd, entry->name,
				 &g_array_index (entry->segments, ArchiveTarSegment, i), error))
			return FALSE;
	}
	return archive_tar_pad (packer->output, archive_tar_segments_length (entry->segments),
				error);
}

gboolean
archive_pack_file (ArchivePacker *packer, int parent, ArchiveTarEntry *entry,
		   const struct stat *status, GError **error)
{
	/* Whatever it may have become meanwhile, opening it must not wait for a writer. */
	davit_autofd fd = archive_tree_open (parent, archive_tree_name (entry->name),
					     O_RDONLY | O_NONBLOCK | O_NOCTTY);
	g_autoptr (GPtrArray) attributes = NULL;
	g_autoptr (GArray) segments = NULL;
	struct stat opened;

	if (fd < 0)
		return archive_writer_errno (entry->name, "open", error);
	if (fstat (fd, &opened) < 0 || opened.st_ino != status->st_ino ||
	    opened.st_dev != status->st_dev || !S_ISREG (opened.st_mode)) {
		g_autofree char *quoted = archive_reply_quote (entry->name);

		return davit_error_set (error, DAVIT_ERROR_BUSY,
					"\"%s\" became another file while it was looked at",
					quoted);
	}
	if (!archive_pack_attributes (fd, entry->name, TRUE, &attributes, error))
		return FALSE;
	segments = file_segments (fd, &opened);
	entry->type = '0';
	entry->size = (guint64) opened.st_size;
	entry->mtime = opened.st_mtim;
	entry->attributes = attributes;
	entry->segments = segments;
	packer->entries++;
	return archive_tar_header (packer->output, entry, error) &&
	       pack_data (packer, fd, entry, error);
}
