/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An image like the others: two magic numbers, the length of a message, the message. */

#include "criu-statistics.h"

#include "criu-protobuf.h"

#include <string.h>
#include <unistd.h>

#define MAGIC_COMMON 0x55105940u
#define MAGIC_STATISTICS 0x57093306u
#define HEADER_SIZE 12
#define FILE_LIMIT ((gsize) 64 * 1024)

typedef struct {
	guint message; /* of StatsEntry: 1 of a dump, 2 of a restore */
	guint field;
	const char *key;
} Number;

static const Number numbers[] = {
	{1, 1, "freeze-usec"},	     {1, 2, "frozen-usec"},   {1, 3, "memory-dump-usec"},
	{1, 4, "memory-write-usec"}, {1, 5, "pages-scanned"}, {1, 7, "pages-written"},
	{2, 3, "fork-usec"},	     {2, 4, "restore-usec"},  {2, 5, "pages-restored"},
};

static gboolean
message_parse (guint message, CriuProtobufReader reader, CriuStatisticsDo found, gpointer data)
{
	while (criu_protobuf_next (&reader)) {
		for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++) {
			if (numbers[i].message == message && numbers[i].field == reader.field &&
			    !reader.is_bytes && reader.number <= G_MAXINT64)
				found (data, numbers[i].key, (gint64) reader.number);
		}
	}
	return !reader.broken;
}

gboolean
criu_statistics_parse (const guint8 *bytes, gsize length, CriuStatisticsDo found, gpointer data)
{
	CriuProtobufReader reader;

	if (length < HEADER_SIZE || criu_protobuf_word (bytes) != MAGIC_COMMON ||
	    criu_protobuf_word (bytes + 4) != MAGIC_STATISTICS ||
	    criu_protobuf_word (bytes + 8) > length - HEADER_SIZE)
		return FALSE;
	reader = (CriuProtobufReader){.data = bytes + HEADER_SIZE,
				      .length = criu_protobuf_word (bytes + 8)};
	while (criu_protobuf_next (&reader)) {
		if (reader.is_bytes &&
		    !message_parse (reader.field, criu_protobuf_inner (&reader), found, data))
			return FALSE;
	}
	return !reader.broken;
}

typedef struct {
	const DavitHost *host;
	DavitResult *result;
} Adding;

static void
number_add (gpointer data, const char *key, gint64 value)
{
	const Adding *adding = (const Adding *) data;

	adding->host->result_integer (adding->result, key, value);
}

void
criu_statistics_add (const DavitHost *host, int work_dirfd, gboolean restore, gboolean keep,
		     DavitResult *result)
{
	const char *name = restore ? "stats-restore" : "stats-dump";
	g_autofree char *text = NULL;
	gsize length = 0;
	Adding adding = {host, result};

	/* Without them the operation has succeeded still. */
	if (host->files->read_file (work_dirfd, name, FILE_LIMIT, &text, &length, NULL))
		criu_statistics_parse ((const guint8 *) text, length, number_add, &adding);
	if (!keep)
		unlinkat (work_dirfd, name, 0);
}
