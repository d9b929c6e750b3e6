/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Subordinate ids. They stand in files, unless nsswitch.conf has a line "subid" that names another
 * source: then libsubid is asked, the only one that knows those. It is bound at run time, and not
 * for the files, since it and what it needs take longer to load than the whole rest takes.
 */

#include "base/user.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SWITCH_FILE "/etc/nsswitch.conf"
#define FILE_LIMIT (4 * 1024 * 1024)
/* The kernel takes 340 lines. */
#define RANGES_LIMIT 256
/* 4294967295 means no id. */
#define ID_LIMIT G_MAXUINT32

static char *
file_read (const char *path)
{
	davit_autofd fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char *text = NULL;

	if (fd < 0 || !davit_fd_read (fd, FILE_LIMIT, path, &text, NULL, NULL))
		return NULL;
	return text;
}

static gboolean
ranges_overlap (const GArray *ranges, guint64 first, guint64 count)
{
	for (guint i = 0; i < ranges->len; i++) {
		const DavitUserRange *other = &g_array_index (ranges, DavitUserRange, i);

		if (first < (guint64) other->first + other->count && other->first < first + count)
			return TRUE;
	}
	return FALSE;
}

/* The kernel refuses a map in which two overlap, and 0 is never anybody's. */
static void
range_add (GArray *ranges, guint64 first, guint64 count)
{
	DavitUserRange range;

	if (first == 0 || count == 0 || first >= ID_LIMIT || count > ID_LIMIT - first ||
	    ranges->len >= RANGES_LIMIT || ranges_overlap (ranges, first, count))
		return;
	range.first = (guint32) first;
	range.count = (guint32) count;
	g_array_append_val (ranges, range);
}

static gboolean
owner_is (const char *owner, const char *name, uid_t uid)
{
	guint64 number = 0;

	if (name != NULL && strcmp (owner, name) == 0)
		return TRUE;
	return davit_text_parse_unsigned (owner, ID_LIMIT - 1, "owner", &number, NULL) &&
	       number == uid;
}

GArray *
davit_user_ranges_parse (const char *text, const char *name, uid_t uid)
{
	GArray *ranges = g_array_new (FALSE, FALSE, sizeof (DavitUserRange));
	g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

	for (char **line = lines; *line != NULL; line++) {
		g_auto (GStrv) fields = g_strsplit (*line, ":", -1);
		guint64 first = 0, count = 0;

		if (g_strv_length (fields) == 3 && owner_is (fields[0], name, uid) &&
		    davit_text_parse_unsigned (fields[1], G_MAXUINT32, "id", &first, NULL) &&
		    davit_text_parse_unsigned (fields[2], G_MAXUINT32, "count", &count, NULL))
			range_add (ranges, first, count);
	}
	return ranges;
}

/* Whether the line "subid" names something else than the files. */
static gboolean
switch_names_others (const char *text)
{
	g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

	for (char **line = lines; *line != NULL; line++) {
		char *value = g_strstrip (*line);

		if (g_str_has_prefix (value, "subid:"))
			return strcmp (g_strstrip (value + strlen ("subid:")), "files") != 0;
	}
	return FALSE;
}

/**
 * SubidRange: struct subid_range of libsubid.
 */
typedef struct {
	unsigned long start;
	unsigned long count;
} SubidRange;

typedef int (*SubidGet) (const char *owner, SubidRange **ranges);

static GArray *
library_ask (const char *name, gboolean groups)
{
	static const char *const files[] = {"libsubid.so.5", "libsubid.so.4"};
	GArray *ranges = g_array_new (FALSE, FALSE, sizeof (DavitUserRange));
	SubidRange *found = NULL;
	void *library = NULL;
	SubidGet get;
	int count;

	for (guint i = 0; i < G_N_ELEMENTS (files) && library == NULL; i++)
		library = dlopen (files[i], RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) {
		davit_debug ("subordinate ids: %s says to ask libsubid, and it can't be loaded",
			     SWITCH_FILE);
		return ranges;
	}
	get = (SubidGet) dlsym (library, groups ? "subid_get_gid_ranges" : "subid_get_uid_ranges");
	count = get != NULL ? get (name, &found) : 0;
	for (int i = 0; i < count; i++)
		range_add (ranges, found[i].start, found[i].count);
	free (found);
	/* Never closed: what it has registered with the C library would be gone. */
	return ranges;
}

GArray *
davit_user_ranges (uid_t uid, gboolean groups)
{
	const struct passwd *entry = getpwuid (uid);
	g_autofree char *name = entry != NULL ? g_strdup (entry->pw_name) : NULL;
	g_autofree char *order = file_read (SWITCH_FILE);
	g_autofree char *text = NULL;

	if (order != NULL && name != NULL && switch_names_others (order))
		return library_ask (name, groups);
	text = file_read (groups ? "/etc/subgid" : "/etc/subuid");
	return davit_user_ranges_parse (text != NULL ? text : "", name, uid);
}

GArray *
davit_user_map (guint32 id, const GArray *ranges)
{
	GArray *map = g_array_new (FALSE, FALSE, sizeof (guint32));
	guint32 line[3] = {0, id, 1};
	guint64 inside = 1;

	g_array_append_vals (map, line, 3);
	for (guint i = 0; ranges != NULL && i < ranges->len; i++) {
		const DavitUserRange *range = &g_array_index (ranges, DavitUserRange, i);

		/* His own id can't be there twice. */
		if ((id >= range->first && id - range->first < range->count) ||
		    inside + range->count > ID_LIMIT)
			continue;
		line[0] = (guint32) inside;
		line[1] = range->first;
		line[2] = range->count;
		g_array_append_vals (map, line, 3);
		inside += range->count;
	}
	return map;
}
