/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which ids the calling process can use, as the maps of its user namespace say. */

#include "base/user.h"

#include "base/fd.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* 340 lines of 33 bytes. */
#define LIMIT 16384

static char *
file_read (const char *path)
{
	davit_autofd fd = open (path, O_RDONLY | O_CLOEXEC);
	char *text = NULL;

	if (fd < 0 || !davit_fd_read (fd, LIMIT, path, &text, NULL, NULL))
		return g_strdup ("");
	return text;
}

static guint64
map_count (const char *path)
{
	g_autofree char *text = file_read (path);
	g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
	guint64 sum = 0;

	for (char **line = lines; *line != NULL; line++) {
		guint inside = 0, outside = 0, count = 0;

		if (sscanf (*line, "%u %u %u", &inside, &outside, &count) == 3)
			sum += count;
	}
	return sum;
}

static gboolean
map_has (const char *path, guint32 id)
{
	g_autofree char *text = file_read (path);
	g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

	for (char **line = lines; *line != NULL; line++) {
		guint inside = 0, outside = 0, count = 0;

		if (sscanf (*line, "%u %u %u", &inside, &outside, &count) == 3 && id >= inside &&
		    id - inside < count)
			return TRUE;
	}
	return FALSE;
}

gboolean
davit_user_has_id (uid_t uid)
{
	return map_has ("/proc/self/uid_map", uid);
}

gboolean
davit_user_has_group (gid_t gid)
{
	return map_has ("/proc/self/gid_map", gid);
}

gboolean
davit_user_may_set_groups (void)
{
	g_autofree char *text = file_read ("/proc/self/setgroups");

	return !g_str_has_prefix (text, "deny");
}

gboolean
davit_user_is_alone (void)
{
	return map_count ("/proc/self/uid_map") == 1;
}

gboolean
davit_user_may_make_devices (void)
{
	return map_count ("/proc/self/uid_map") == G_MAXUINT32;
}
