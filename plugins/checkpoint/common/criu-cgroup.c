/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a restore that failed may have left is found by its groups: CRIU kills what it made, unless
 * it was killed itself.
 */

#include "criu-cgroup.h"

#include "criu-fd.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Whatever dies may have made others meanwhile. */
#define KILL_ROUNDS 100

GArray *
criu_cgroup_open (const char *const *cgroups, GError **error)
{
	g_autoptr (GArray) fds = g_array_new (FALSE, FALSE, sizeof (int));

	for (guint i = 0; cgroups != NULL && cgroups[i] != NULL; i++) {
		g_autofree char *path = g_build_filename (cgroups[i], "cgroup.procs", NULL);
		int fd = open (path, O_WRONLY | O_CLOEXEC);

		if (fd < 0) {
			criu_error_errno (error, errno, "control group \"%s\"", cgroups[i]);
			criu_cgroup_close (g_steal_pointer (&fds));
			return NULL;
		}
		g_array_append_val (fds, fd);
	}
	return g_steal_pointer (&fds);
}

void
criu_cgroup_close (GArray *fds)
{
	for (guint i = 0; fds != NULL && i < fds->len; i++)
		close (g_array_index (fds, int, i));
	if (fds != NULL)
		g_array_unref (fds);
}

static gboolean
array_has (const GArray *pids, gint pid)
{
	for (guint i = 0; i < pids->len; i++) {
		if (g_array_index (pids, gint, i) == pid)
			return TRUE;
	}
	return FALSE;
}

GArray *
criu_cgroup_processes (const char *const *cgroups)
{
	GArray *pids = g_array_new (FALSE, FALSE, sizeof (gint));

	for (guint i = 0; cgroups != NULL && cgroups[i] != NULL; i++) {
		g_autofree char *path = g_build_filename (cgroups[i], "cgroup.procs", NULL);
		g_autofree char *text = NULL;
		char *save = NULL;

		if (!g_file_get_contents (path, &text, NULL, NULL))
			continue;
		for (char *line = strtok_r (text, "\n", &save); line != NULL;
		     line = strtok_r (NULL, "\n", &save)) {
			gint pid = (gint) g_ascii_strtoll (line, NULL, 10);

			/* 0: of a pid namespace that is not ours. */
			if (pid > 0 && !array_has (pids, pid))
				g_array_append_val (pids, pid);
		}
	}
	return pids;
}

void
criu_cgroup_kill (const char *const *cgroups)
{
	for (guint round = 0; round < KILL_ROUNDS; round++) {
		g_autoptr (GArray) pids = criu_cgroup_processes (cgroups);

		if (pids->len == 0)
			return;
		for (guint i = 0; i < pids->len; i++)
			kill (g_array_index (pids, gint, i), SIGKILL);
		for (guint i = 0; i < pids->len; i++)
			waitpid (g_array_index (pids, gint, i), NULL, __WALL);
	}
}
