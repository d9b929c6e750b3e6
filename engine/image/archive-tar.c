/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Makes the headers of a tar archive. */

#include "image/archive-tar.h"

#include "base/error.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define BLOCK 512
/* What an octal field of 12 and 8 bytes can hold. */
#define OCTAL_LONG 077777777777ULL
#define OCTAL_SHORT 07777777ULL

/* POSIX.1-1988 with the magic of POSIX, not that of GNU tar. */
typedef struct {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6];
	char version[2];
	char user[32];
	char group[32];
	char major[8];
	char minor[8];
	char prefix[155];
	char padding[12];
} Header;

G_STATIC_ASSERT (sizeof (Header) == BLOCK);

/* Digits to the end but for the NUL; 0 for what stands in a pax record. */
static void
octal (char *field, gsize size, guint64 value)
{
	guint64 limit = size == 12 ? OCTAL_LONG : OCTAL_SHORT;

	g_snprintf (field, size, "%0*" G_GINT64_MODIFIER "o", (int) size - 1,
		    value <= limit ? value : 0);
}

/* As much of a text as there is room for; a field that is full has no NUL. */
static void
text (char *field, gsize size, const char *value)
{
	memcpy (field, value, MIN (strlen (value), size));
}

static void
checksum_set (Header *header)
{
	const guint8 *bytes = (const guint8 *) header;
	guint sum = 0;

	memset (header->checksum, ' ', sizeof (header->checksum));
	for (gsize i = 0; i < sizeof (*header); i++)
		sum += bytes[i];
	g_snprintf (header->checksum, sizeof (header->checksum), "%06o", sum);
	header->checksum[7] = ' ';
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts itself. */
static void
record (GString *records, const char *key, const void *value, gsize length)
{
	gsize rest = strlen (key) + length + 3;
	gsize total = rest + 1;
	char digits[24];

	for (;;) {
		gsize n = (gsize) g_snprintf (digits, sizeof (digits), "%" G_GSIZE_FORMAT, total);

		if (n + rest == total)
			break;
		total = n + rest;
	}
	g_string_append_printf (records, "%s %s=", digits, key);
	g_string_append_len (records, value, (gssize) length);
	g_string_append_c (records, '\n');
}

static void
record_text (GString *records, const char *key, const char *value)
{
	record (records, key, value, strlen (value));
}

static void
record_number (GString *records, const char *key, guint64 value)
{
	g_autofree char *digits = g_strdup_printf ("%" G_GUINT64_FORMAT, value);

	record_text (records, key, digits);
}

/* Readers disagree on which way a fraction counts before 1970; there it is left out. */
static void
record_time (GString *records, const struct timespec *time)
{
	g_autoptr (GString) value = g_string_new (NULL);

	g_string_append_printf (value, "%" G_GINT64_FORMAT, (gint64) time->tv_sec);
	if (time->tv_nsec > 0 && time->tv_sec >= 0) {
		g_string_append_printf (value, ".%09ld", time->tv_nsec);
		while (value->str[value->len - 1] == '0')
			g_string_truncate (value, value->len - 1);
	}
	record_text (records, "mtime", value->str);
}

static guint64
stored_size (const ArchiveTarEntry *entry, const GString *map)
{
	if (entry->segments == NULL)
		return entry->size;
	return map->len + archive_tar_segments_length (entry->segments);
}

/* What does not fit into the header, in a fixed order. */
static GString *
records_new (const ArchiveTarEntry *entry, const char *name, const GString *map)
{
	GString *records = g_string_new (NULL);
	gboolean long_name = strlen (name) > sizeof (((Header *) 0)->name);
	gboolean long_link =
		entry->link != NULL && strlen (entry->link) > sizeof (((Header *) 0)->link);

	if ((long_name && !g_utf8_validate (name, -1, NULL)) ||
	    (long_link && !g_utf8_validate (entry->link, -1, NULL)))
		record_text (records, "hdrcharset", "BINARY");
	if (entry->segments != NULL) {
		record_text (records, "GNU.sparse.major", "1");
		record_text (records, "GNU.sparse.minor", "0");
		record_text (records, "GNU.sparse.name", name);
		record_number (records, "GNU.sparse.realsize", entry->size);
	} else if (long_name) {
		record_text (records, "path", name);
	}
	if (long_link)
		record_text (records, "linkpath", entry->link);
	if (entry->uid > OCTAL_SHORT)
		record_number (records, "uid", entry->uid);
	if (entry->gid > OCTAL_SHORT)
		record_number (records, "gid", entry->gid);
	if (stored_size (entry, map) > OCTAL_LONG)
		record_number (records, "size", stored_size (entry, map));
	if (entry->mtime.tv_nsec != 0 || entry->mtime.tv_sec < 0 ||
	    (guint64) entry->mtime.tv_sec > OCTAL_LONG)
		record_time (records, &entry->mtime);
	for (guint i = 0; entry->attributes != NULL && i < entry->attributes->len; i++) {
		const ArchiveTarAttribute *attribute = entry->attributes->pdata[i];
		g_autofree char *key = g_strconcat ("SCHILY.xattr.", attribute->name, NULL);

		record (records, key, attribute->value, attribute->length);
	}
	return records;
}

/* The map of GNU's sparse format 1.0: decimal lines before the data, filled up to a block. */
static GString *
map_new (const ArchiveTarEntry *entry)
{
	GString *map = g_string_new (NULL);

	if (entry->segments == NULL)
		return map;
	g_string_append_printf (map, "%u\n", entry->segments->len);
	for (guint i = 0; i < entry->segments->len; i++) {
		const ArchiveTarSegment *segment =
			&g_array_index (entry->segments, ArchiveTarSegment, i);

		g_string_append_printf (map, "%" G_GUINT64_FORMAT "\n%" G_GUINT64_FORMAT "\n",
					segment->offset, segment->length);
	}
	while (map->len % BLOCK != 0)
		g_string_append_c (map, '\0');
	return map;
}

static gboolean
write_records (ArchiveOutput *output, const GString *records, GError **error)
{
	Header header = {.type = 'x', .magic = "ustar", .version = {'0', '0'}};

	text (header.name, sizeof (header.name), "pax");
	octal (header.mode, sizeof (header.mode), 0644);
	octal (header.uid, sizeof (header.uid), 0);
	octal (header.gid, sizeof (header.gid), 0);
	octal (header.size, sizeof (header.size), records->len);
	octal (header.mtime, sizeof (header.mtime), 0);
	checksum_set (&header);
	return archive_output_write (output, &header, sizeof (header), error) &&
	       archive_output_write (output, records->str, records->len, error) &&
	       archive_tar_pad (output, records->len, error);
}

static void
header_fill (Header *header, const ArchiveTarEntry *entry, const char *name, guint64 size)
{
	gboolean is_node = entry->type == '3' || entry->type == '4';

	text (header->name, sizeof (header->name), name);
	octal (header->mode, sizeof (header->mode), entry->mode & 07777);
	octal (header->uid, sizeof (header->uid), entry->uid);
	octal (header->gid, sizeof (header->gid), entry->gid);
	octal (header->size, sizeof (header->size), size);
	octal (header->mtime, sizeof (header->mtime),
	       entry->mtime.tv_sec < 0 ? 0 : (guint64) entry->mtime.tv_sec);
	header->type = entry->type;
	if (entry->link != NULL)
		text (header->link, sizeof (header->link), entry->link);
	memcpy (header->magic, "ustar", 6);
	memcpy (header->version, "00", 2);
	octal (header->major, sizeof (header->major), is_node ? major (entry->device) : 0);
	octal (header->minor, sizeof (header->minor), is_node ? minor (entry->device) : 0);
	checksum_set (header);
}

gboolean
archive_tar_header (ArchiveOutput *output, const ArchiveTarEntry *entry, GError **error)
{
	g_autofree char *name =
		entry->type == '5' ? g_strconcat (entry->name, "/", NULL) : g_strdup (entry->name);
	g_autoptr (GString) map = map_new (entry);
	g_autoptr (GString) records = records_new (entry, name, map);
	Header header = {0};

	/* A reader that does not know sparse files shall not take the map for the file. */
	header_fill (&header, entry, entry->segments != NULL ? "GNUSparseFile.0" : name,
		     stored_size (entry, map));
	if (records->len > 0 && !write_records (output, records, error))
		return FALSE;
	return archive_output_write (output, &header, sizeof (header), error) &&
	       archive_output_write (output, map->str, map->len, error);
}

gboolean
archive_tar_pad (ArchiveOutput *output, guint64 length, GError **error)
{
	static const char zeros[BLOCK];
	gsize rest = (gsize) (length % BLOCK);

	return rest == 0 || archive_output_write (output, zeros, BLOCK - rest, error);
}

gboolean
archive_tar_end (ArchiveOutput *output, GError **error)
{
	static const char zeros[2 * BLOCK];

	return archive_output_write (output, zeros, sizeof (zeros), error);
}

guint64
archive_tar_segments_length (const GArray *segments)
{
	guint64 length = 0;

	for (guint i = 0; i < segments->len; i++)
		length += g_array_index (segments, ArchiveTarSegment, i).length;
	return length;
}
