/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The processes of a container, as its groups know them. */

#include "runtime-cgroup-groups.h"

#include "runtime-error.h"
#include "runtime-number.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a container makes below its own group; deeper is refused rather than run out of files. */
#define DEPTH_LIMIT 64
/* Rounds to find all processes of a container that forks while they are signalled. */
#define KILL_ROUNDS 64

static int
pids_read (int dirfd, GArray *pids)
{
	g_autofree char *text = runtime_cgroup_get_all (dirfd, "cgroup.procs");

	if (text == NULL)
		return -errno;
	for (char *line = text; *line != '\0';) {
		char *end = strchrnul (line, '\n');
		gboolean last = *end == '\0';
		guint64 number = 0;

		*end = '\0';
		/* 0: a process of another pid namespace, which nobody here can name. */
		if (runtime_number_from_text (line, &number) && number > 0 && number <= G_MAXINT) {
			pid_t pid = (pid_t) number;

			g_array_append_val (pids, pid);
		}
		line = last ? end : end + 1;
	}
	return 0;
}

static int collect (int dirfd, guint depth, GArray *pids);

static int
below_collect (int dirfd, guint depth, GArray *pids)
{
	int fd = openat (dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir (fd);
	const struct dirent *entry;
	int result = 0;

	if (directory == NULL) {
		result = -errno;
		if (fd >= 0)
			close (fd);
		return result == -ENODEV ? 0 : result;
	}
	while (result == 0 && (entry = readdir (directory)) != NULL) {
		int child;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		child = openat (dirfd, entry->d_name,
				O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		/* Gone since it was listed. */
		if (child < 0)
			continue;
		result = collect (child, depth + 1, pids);
		close (child);
	}
	closedir (directory);
	return result;
}

static int
collect (int dirfd, guint depth, GArray *pids)
{
	int result;

	if (depth > DEPTH_LIMIT)
		return -ELOOP;
	result = pids_read (dirfd, pids);
	/* ENODEV: it was removed meanwhile. EOPNOTSUPP: threads only; their process is above. */
	if (result < 0 && result != -ENODEV && result != -EOPNOTSUPP)
		return result;
	return result == -ENODEV ? 0 : below_collect (dirfd, depth, pids);
}

int
runtime_cgroup_collect (int dirfd, GArray *pids)
{
	return collect (dirfd, 0, pids);
}

gboolean
runtime_cgroup_is_populated (int dirfd)
{
	g_autoptr (GArray) pids = g_array_new (FALSE, FALSE, sizeof (pid_t));
	guint64 populated = 0;

	if (runtime_cgroup_get_key (dirfd, "cgroup.events", "populated", &populated))
		return populated != 0;
	return runtime_cgroup_collect (dirfd, pids) < 0 || pids->len > 0;
}

gboolean
runtime_cgroup_processes (RuntimeCgroup *cgroup, GArray **ret_pids, GError **error)
{
	g_autoptr (GArray) pids = g_array_new (FALSE, FALSE, sizeof (pid_t));
	RuntimeGroup *group = runtime_cgroup_group_holder (cgroup);
	int result;

	if (group == NULL)
		return runtime_error_say (
			error, DAVIT_ERROR_UNAVAILABLE,
			"container \"%s\" has no control group that would list its "
			"processes",
			cgroup->id);
	result = runtime_cgroup_collect (group->fd, pids);
	if (result < 0)
		return runtime_error_set (error, -result,
					  "list the processes of control group \"%s%s\"",
					  group->mount, group->path);
	*ret_pids = g_steal_pointer (&pids);
	return TRUE;
}

static gboolean
is_same (const struct stat *group, int dirfd, const char *path)
{
	struct stat status;

	return fstatat (dirfd, path, &status, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) == 0 &&
	       status.st_dev == group->st_dev && status.st_ino == group->st_ino;
}

gboolean
runtime_cgroup_group_check_kill (const RuntimeGroup *group, GError **error)
{
	g_autofree char *path = g_strdup (group->own + 1);
	struct stat status;
	gboolean above;
	char *slash;

	if (fstat (group->fd, &status) < 0)
		return runtime_error_set (error, errno, "look at control group \"%s%s\"",
					  group->mount, group->path);
	above = is_same (&status, group->root_fd, "");
	while (!above && *path != '\0') {
		above = is_same (&status, group->root_fd, path);
		slash = strrchr (path, '/');
		*(slash == NULL ? path : slash) = '\0';
	}
	return !above || runtime_error_say (error, DAVIT_ERROR_CORRUPT,
					    "control group \"%s%s\" holds the caller, too; nothing "
					    "in it is killed",
					    group->mount, group->path);
}

static gboolean
is_listed (const GArray *pids, pid_t pid)
{
	for (guint i = 0; i < pids->len; i++) {
		if (g_array_index (pids, pid_t, i) == pid)
			return TRUE;
	}
	return FALSE;
}

/* Processes may fork meanwhile: until a round finds nobody new. Each gets the signal once. */
static gboolean
each_kill (RuntimeCgroup *cgroup, int signal, GError **error)
{
	g_autoptr (GArray) done = g_array_new (FALSE, FALSE, sizeof (pid_t));
	const RuntimeGroup *holder = runtime_cgroup_group_holder (cgroup);

	if (holder != NULL && !runtime_cgroup_group_check_kill (holder, error))
		return FALSE;
	for (guint round = 0; round < KILL_ROUNDS; round++) {
		g_autoptr (GArray) pids = NULL;
		gboolean fresh = FALSE;

		if (!runtime_cgroup_processes (cgroup, &pids, error))
			return FALSE;
		for (guint i = 0; i < pids->len; i++) {
			pid_t pid = g_array_index (pids, pid_t, i);

			if (is_listed (done, pid))
				continue;
			fresh = TRUE;
			g_array_append_val (done, pid);
			if (kill (pid, signal) < 0 && errno != ESRCH)
				return runtime_error_set (error, errno,
							  "send signal %d to process %d", signal,
							  (int) pid);
		}
		if (!fresh)
			return TRUE;
	}
	return runtime_error_say (error, DAVIT_ERROR_BUSY,
				  "container \"%s\" makes processes faster than they can be "
				  "signalled; pause it first",
				  cgroup->id);
}

gboolean
runtime_cgroup_kill (RuntimeCgroup *cgroup, int signal, GError **error)
{
	RuntimeGroup *v2 = runtime_cgroup_group_v2 (cgroup);

	/* Linux 5.14: all at once, those that fork meanwhile too. */
	if (signal == SIGKILL && v2 != NULL && runtime_cgroup_group_open (v2) &&
	    runtime_cgroup_group_check_kill (v2, NULL) &&
	    runtime_cgroup_put (v2->fd, "cgroup.kill", "1") == 0)
		return TRUE;
	if (!each_kill (cgroup, signal, error))
		return FALSE;
	/* Frozen by v1, a process does not even die. */
	if (signal == SIGKILL && runtime_cgroup_is_frozen (cgroup))
		return runtime_cgroup_thaw (cgroup, error);
	return TRUE;
}
