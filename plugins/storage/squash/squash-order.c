/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A table of paths. The end of the C library, which is no whole block, and the small programs fill
 * one block of the default size, the linker and the files in /etc another one.
 */

#include "squash-order.h"

#include <string.h>

/* mksquashfs takes priorities up to 32767. */
#define PRIORITY_MAX 1000
/* Who packs a tree with more of them than any system has, does not want to be quick. */
#define PATHS_LIMIT 64

#define READ SQUASH_ORDER_READ
#define PACK SQUASH_ORDER_PACK

/* A pattern that ends in "*" is a prefix; one that begins with a slash, of the last component. */
static const struct {
	const char *pattern;
	SquashOrder order;
} table[] = {
	{"etc/passwd", READ | PACK},
	{"etc/group", READ | PACK},
	{"bin", READ},
	{"lib", READ},
	{"lib64", READ},
	{"/ld-linux*", READ | PACK},
	{"/ld-musl-*", READ | PACK},
	{"etc/ld.so.cache", READ | PACK},
	{"etc/nsswitch.conf", PACK},
	{"/libc.so.6", READ | PACK},
	{"bin/true", PACK},
	{"usr/bin/true", PACK},
	{"bin/env", PACK},
	{"usr/bin/env", PACK},
	{"bin/sleep", PACK},
	{"usr/bin/sleep", PACK},
	{"bin/cat", PACK},
	{"usr/bin/cat", PACK},
	{"bin/busybox", PACK},
	{"bin/dash", PACK},
	{"usr/bin/dash", PACK},
};

static gboolean
matches (const char *pattern, const char *path)
{
	const char *slash = strrchr (path, '/');
	const char *star = strchr (pattern, '*');

	if (pattern[0] == '/') {
		path = slash != NULL ? slash + 1 : path;
		pattern++;
	}
	return star != NULL ? strncmp (path, pattern, (gsize) (star - pattern)) == 0
			    : strcmp (path, pattern) == 0;
}

/* The length of the table: it is not in it. */
static guint
rank_of (const char *path)
{
	guint i = 0;

	while (i < G_N_ELEMENTS (table) && !matches (table[i].pattern, path))
		i++;
	return i;
}

SquashOrder
squash_order_of (const char *path)
{
	guint rank = rank_of (path);

	return rank < G_N_ELEMENTS (table) ? table[rank].order : SQUASH_ORDER_NONE;
}

static int
path_compare (gconstpointer first, gconstpointer second)
{
	const char *a = *(const char *const *) first;
	const char *b = *(const char *const *) second;
	guint rank = rank_of (a);
	guint other = rank_of (b);

	return rank != other ? (rank < other ? -1 : 1) : strcmp (a, b);
}

void
squash_order_sort (GPtrArray *paths)
{
	g_ptr_array_sort (paths, path_compare);
}

/* In such a file a blank, a "#" and a backslash mean something. */
static gboolean
is_plain (const char *path)
{
	static const char letters[] = G_CSET_A_2_Z G_CSET_a_2_z "0123456789/_.+-";

	return path[strspn (path, letters)] == '\0';
}

char *
squash_order_text (const GPtrArray *paths)
{
	g_autoptr (GString) text = g_string_new (NULL);

	for (guint i = 0; i < MIN (paths->len, PATHS_LIMIT); i++) {
		const char *path = (const char *) paths->pdata[i];

		if (is_plain (path))
			g_string_append_printf (text, "%s %u\n", path, PRIORITY_MAX - i);
	}
	return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}
