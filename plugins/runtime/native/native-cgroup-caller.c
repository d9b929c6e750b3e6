/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The caller makes room in a subtree that is its own: its group's processes move into a leaf beside
 * the containers. Only where a limit could not be set otherwise, since it is not nice to move
 * somebody else's shell.
 */

#include "native-cgroup-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A process may fork while its group is emptied. */
#define ROUNDS 16

static int
process_move (int leaf, const char *line, gsize length)
{
	g_autofree char *pid = g_strndup (line, length);
	int result = runtime_cgroup_put (leaf, "cgroup.procs", pid);

	/* It has ended meanwhile. */
	return result == -ESRCH ? 0 : result;
}

/* Moves those that are in the group now; ret_any says whether there was one. */
static int
processes_move (int own, int leaf, gboolean *ret_any)
{
	g_autofree char *text = runtime_cgroup_get_all (own, "cgroup.procs");
	const char *line = text;
	int result = 0;

	*ret_any = FALSE;
	if (text == NULL)
		return -errno;
	while (*line != '\0' && result == 0) {
		gsize length = strcspn (line, "\n");

		*ret_any = TRUE;
		result = process_move (leaf, line, length);
		line += length + (line[length] == '\n');
	}
	return result;
}

int
native_cgroup_caller_move (const RuntimeGroup *group)
{
	int own = openat (group->root_fd, group->own + 1,
			  O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int leaf = -1;
	int result = own < 0 ? -errno : 0;
	gboolean any = TRUE;

	if (own >= 0) {
		if (mkdirat (own, RUNTIME_CGROUP_CALLER, 0755) == 0 || errno == EEXIST)
			leaf = openat (own, RUNTIME_CGROUP_CALLER,
				       O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		result = leaf < 0 ? -errno : 0;
	}
	for (guint i = 0; i < ROUNDS && any && result == 0; i++)
		result = processes_move (own, leaf, &any);
	if (leaf >= 0)
		close (leaf);
	if (own >= 0)
		close (own);
	return result;
}
