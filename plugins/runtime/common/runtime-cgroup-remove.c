/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Taking the groups away: whoever is left in them is killed and waited for by pidfd. */

#include "runtime-cgroup-groups.h"

#include "runtime-error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WAIT_MSEC 10000
#define ROUNDS 16
#define POLL_MAX 256

/* Waits for up to POLL_MAX of the processes to end. */
static void
processes_wait (const GArray *pids, gint64 deadline)
{
	struct pollfd pollers[POLL_MAX];
	guint count = 0;

	for (guint i = 0; i < pids->len && count < POLL_MAX; i++) {
		int fd = (int) syscall (SYS_pidfd_open, g_array_index (pids, pid_t, i), 0);

		if (fd >= 0)
			pollers[count++] = (struct pollfd){fd, POLLIN, 0};
	}
	for (guint i = 0; i < count; i++) {
		gint64 left = (deadline - g_get_monotonic_time ()) / 1000;

		poll (&pollers[i], 1, (int) MAX (left, 0));
		close (pollers[i].fd);
	}
}

static gboolean
busy_fail (const RuntimeCgroup *cgroup, const GArray *pids, GError **error)
{
	g_autoptr (GString) list = g_string_new (NULL);

	for (guint i = 0; i < pids->len && i < 10; i++)
		g_string_append_printf (list, "%s%d", i > 0 ? ", " : "",
					(int) g_array_index (pids, pid_t, i));
	return runtime_error_say (error, DAVIT_ERROR_BUSY,
				  "container \"%s\": processes would not end: %s%s; they may wait "
				  "for a disk or a network file system",
				  cgroup->id, list->str, pids->len > 10 ? ", ..." : "");
}

/* Kills what is left in every group: a process may have been moved in one hierarchy only. */
static gboolean
group_empty (RuntimeCgroup *cgroup, RuntimeGroup *group, gint64 deadline, GError **error)
{
	for (guint round = 0;; round++) {
		g_autoptr (GArray) pids = g_array_new (FALSE, FALSE, sizeof (pid_t));

		if (runtime_cgroup_collect (group->fd, pids) < 0 || pids->len == 0)
			return TRUE;
		if (round == ROUNDS || g_get_monotonic_time () > deadline)
			return busy_fail (cgroup, pids, error);
		for (guint i = 0; i < pids->len; i++)
			kill (g_array_index (pids, pid_t, i), SIGKILL);
		processes_wait (pids, deadline);
	}
}

/* The name of a directory in it, or NULL. Free with g_free. */
static char *
below_find (int dirfd)
{
	int fd = openat (dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir (fd);
	const struct dirent *entry;
	char *name = NULL;

	if (directory == NULL) {
		if (fd >= 0)
			close (fd);
		return NULL;
	}
	while (name == NULL && (entry = readdir (directory)) != NULL) {
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			name = g_strdup (entry->d_name);
	}
	closedir (directory);
	return name;
}

/*
 * Removes all below dirfd: down to the first leaf, and up by one. However deep a container has
 * nested its groups, two descriptors are enough. 0 or -errno.
 */
static int
below_remove (int dirfd)
{
	g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
	int at = fcntl (dirfd, F_DUPFD_CLOEXEC, 3);
	int result = at < 0 ? -errno : 0;

	while (result == 0) {
		char *name = below_find (at);
		int next;

		if (name == NULL && names->len == 0)
			break;
		next = openat (at, name == NULL ? ".." : name,
			       O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (next < 0) {
			result = -errno;
			g_free (name);
			break;
		}
		close (at);
		at = next;
		if (name != NULL) {
			g_ptr_array_add (names, name);
			continue;
		}
		if (unlinkat (at, names->pdata[names->len - 1], AT_REMOVEDIR) < 0 &&
		    errno != ENOENT)
			result = -errno;
		g_ptr_array_set_size (names, (int) names->len - 1);
	}
	if (at >= 0)
		close (at);
	return result;
}

static void
group_close (RuntimeGroup *group)
{
	if (group->fd >= 0)
		close (group->fd);
	if (group->tasks_fd >= 0)
		close (group->tasks_fd);
	group->fd = group->tasks_fd = -1;
}

static gboolean
group_remove (RuntimeGroup *group, GError **error)
{
	int result = below_remove (group->fd);

	group_close (group);
	if (result == 0 && !group->kept &&
	    unlinkat (group->root_fd, group->path + 1, AT_REMOVEDIR) < 0 && errno != ENOENT)
		result = -errno;
	return result == 0 || runtime_error_set (error, -result, "remove control group \"%s%s\"",
						 group->mount, group->path);
}

/* What a container leaves in the end is mostly an empty group. TRUE: it is gone. */
static gboolean
empty_remove (RuntimeGroup *group)
{
	return !group->kept &&
	       (unlinkat (group->root_fd, group->path + 1, AT_REMOVEDIR) == 0 || errno == ENOENT);
}

gboolean
runtime_cgroup_remove (RuntimeCgroup *cgroup, GError **error)
{
	gint64 deadline = g_get_monotonic_time () + WAIT_MSEC * G_GINT64_CONSTANT (1000);
	gboolean any = FALSE;

	for (guint i = 0; i < cgroup->groups->len; i++) {
		RuntimeGroup *group = cgroup->groups->pdata[i];

		if (empty_remove (group))
			group_close (group);
		else if (runtime_cgroup_group_open (group))
			any = TRUE;
		else if (errno != ENOENT)
			return runtime_error_set (error, errno, "open control group \"%s%s\"",
						  group->mount, group->path);
	}
	if (!any)
		return TRUE;
	/* Errors of both are those of the groups below, which say more. */
	runtime_cgroup_kill (cgroup, SIGKILL, NULL);
	if (runtime_cgroup_is_frozen (cgroup))
		runtime_cgroup_thaw (cgroup, NULL);
	for (guint i = cgroup->groups->len; i-- > 0;) {
		RuntimeGroup *group = cgroup->groups->pdata[i];

		if (group->fd >= 0 &&
		    (!runtime_cgroup_group_check_kill (group, error) ||
		     !group_empty (cgroup, group, deadline, error) || !group_remove (group, error)))
			return FALSE;
	}
	return TRUE;
}
