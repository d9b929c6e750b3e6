/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files of control groups: one read or write each, since the kernel takes a value as a whole. */

#include "runtime-cgroup-groups.h"

#include "runtime-number.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int
runtime_cgroup_put (int dirfd, const char *file, const char *value)
{
	int fd = openat (dirfd, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	int result = 0;

	if (fd < 0)
		return -errno;
	if (write (fd, value, strlen (value)) < 0)
		result = -errno;
	close (fd);
	return result;
}

int
runtime_cgroup_get (int dirfd, const char *file, char *buffer, gsize size)
{
	int fd = openat (dirfd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	gssize length;
	int problem;

	if (fd < 0)
		return -errno;
	length = read (fd, buffer, size - 1);
	problem = errno;
	close (fd);
	if (length < 0)
		return -problem;
	buffer[length] = '\0';
	g_strchomp (buffer);
	return (int) strlen (buffer);
}

char *
runtime_cgroup_get_all (int dirfd, const char *file)
{
	int fd = openat (dirfd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	GString *text;
	char buffer[4096];
	gssize length;
	int problem;

	if (fd < 0)
		return NULL;
	text = g_string_new (NULL);
	while ((length = read (fd, buffer, sizeof buffer)) > 0 && text->len < 16 * 1024 * 1024)
		g_string_append_len (text, buffer, length);
	problem = errno;
	close (fd);
	if (length == 0)
		return g_string_free (text, FALSE);
	g_string_free (text, TRUE);
	errno = length < 0 ? problem : EFBIG;
	return NULL;
}

gboolean
runtime_cgroup_get_number (int dirfd, const char *file, guint64 *ret)
{
	char buffer[64];

	return runtime_cgroup_get (dirfd, file, buffer, sizeof buffer) >= 0 &&
	       runtime_number_from_text (buffer, ret);
}

gboolean
runtime_cgroup_get_key (int dirfd, const char *file, const char *key, guint64 *ret)
{
	g_autofree char *text = runtime_cgroup_get_all (dirfd, file);
	gsize length = strlen (key);

	for (const char *line = text; line != NULL && *line != '\0';) {
		const char *end = strchrnul (line, '\n');

		if (strncmp (line, key, length) == 0 && line[length] == ' ') {
			g_autofree char *value =
				g_strndup (line + length + 1, (gsize) (end - line) - length - 1);

			return runtime_number_from_text (value, ret);
		}
		line = *end == '\0' ? end : end + 1;
	}
	return FALSE;
}
