/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How processes come into the groups. */

#include "native-cgroup-private.h"

#include "runtime-error.h"

#include <errno.h>
#include <unistd.h>

int
native_cgroup_fd (const RuntimeCgroup *cgroup)
{
	RuntimeGroup *group = runtime_cgroup_group_v2 (cgroup);

	return group == NULL ? -1 : group->fd;
}

int
native_cgroup_enter_self (const RuntimeCgroup *cgroup)
{
	for (guint i = 0; cgroup != NULL && i < cgroup->groups->len; i++) {
		const RuntimeGroup *group = cgroup->groups->pdata[i];

		if (group->tasks_fd >= 0 && write (group->tasks_fd, "0", 1) < 0)
			return -errno;
	}
	return 0;
}

gboolean
native_cgroup_enter (RuntimeCgroup *cgroup, pid_t pid, GError **error)
{
	g_autofree char *text = g_strdup_printf ("%d", (int) pid);

	for (guint i = 0; i < cgroup->groups->len; i++) {
		RuntimeGroup *group = cgroup->groups->pdata[i];
		int result;

		if (!runtime_cgroup_group_open (group))
			continue;
		result = runtime_cgroup_put (group->fd, "cgroup.procs", text);
		if (result < 0)
			return runtime_error_set (error, -result,
						  "move process %d into control group \"%s%s\"",
						  (int) pid, group->mount, group->path);
	}
	return TRUE;
}
