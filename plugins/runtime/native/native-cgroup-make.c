/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Making the groups: directories, controllers of v2, and what a new cpuset needs. */

#include "native-cgroup-private.h"

#include "runtime-error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Those that count and restrict every container. cpuacct, freezer and blkio only where there is no
 * v2 group, which counts time, freezes and kills without any controller.
 */
static const char *const always[] = {"memory", "pids", "devices"};
static const char *const without_v2[] = {"cpuacct", "freezer"};

static void
groups_want (const RuntimeCgroup *cgroup)
{
	RuntimeGroup *v2 = runtime_cgroup_group_v2 (cgroup);

	if (v2 != NULL)
		v2->wanted = TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS (always); i++) {
		RuntimeGroup *group = runtime_cgroup_group_of (cgroup, always[i]);

		if (group != NULL)
			group->wanted = TRUE;
	}
	for (gsize i = 0; v2 == NULL && i < G_N_ELEMENTS (without_v2); i++) {
		RuntimeGroup *group = runtime_cgroup_group_of (cgroup, without_v2[i]);

		if (group != NULL)
			group->wanted = TRUE;
	}
}

/* A cpuset without processors and memory takes no process: it begins as its parent is. */
static int
cpuset_fill (int parent_fd, int fd)
{
	static const char *const files[][2] = {
		{"cpuset.cpus", "cpuset.effective_cpus"},
		{"cpuset.mems", "cpuset.effective_mems"},
	};
	char value[4096];

	for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
		int result = runtime_cgroup_get (fd, files[i][0], value, sizeof value);

		if (result > 0)
			continue;
		if (runtime_cgroup_get (parent_fd, files[i][0], value, sizeof value) <= 0 &&
		    runtime_cgroup_get (parent_fd, files[i][1], value, sizeof value) <= 0)
			return -EINVAL;
		result = runtime_cgroup_put (fd, files[i][0], value);
		if (result < 0)
			return result;
	}
	return 0;
}

/*
 * Whether processes are in the way of controllers. The kernel refuses "memory" then, but takes
 * "pids" and "cpu", and makes of all groups below such that hold threads only, where nothing works.
 * The root, which has no type, may have processes.
 */
static gboolean
is_occupied (int dirfd)
{
	char buffer[64];

	return runtime_cgroup_get (dirfd, "cgroup.type", buffer, sizeof buffer) > 0 &&
	       runtime_cgroup_get (dirfd, "cgroup.procs", buffer, sizeof buffer) > 0;
}

/* Enables those of wanted ("memory") that are not. 0 or -errno. */
static int
controllers_enable (int dirfd, const RuntimeGroup *group, const char *const *wanted)
{
	char buffer[512] = "";
	g_auto (GStrv) enabled = NULL;
	int result = 0;

	if (runtime_cgroup_get (dirfd, "cgroup.subtree_control", buffer, sizeof buffer) < 0)
		return 0;
	enabled = g_strsplit (buffer, " ", -1);
	for (; *wanted != NULL && result != -EBUSY; wanted++) {
		g_autofree char *value = g_strconcat ("+", *wanted, NULL);
		int problem;

		/* Writing takes a lock that stops every fork of the host for a moment. */
		if (g_strv_contains ((const char *const *) enabled, *wanted) ||
		    !g_strv_contains ((const char *const *) group->controllers, *wanted))
			continue;
		problem = is_occupied (dirfd)
				  ? -EBUSY
				  : runtime_cgroup_put (dirfd, "cgroup.subtree_control", value);
		if (problem < 0)
			result = problem;
	}
	return result;
}

/*
 * One step of the path below *dirfd, which becomes the new one. FALSE: there is no going on.
 * A controller that can't be enabled is a problem only for who sets a limit with it.
 */
static gboolean
step_make (int *dirfd, const char *name, RuntimeGroup *group, const char *const *wanted)
{
	int problem = group->v2 ? controllers_enable (*dirfd, group, wanted) : 0;
	int fd = -1;

	if (mkdirat (*dirfd, name, 0755) == 0 || errno == EEXIST)
		fd = openat (*dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		group->problem = errno;
		return FALSE;
	}
	if (!group->v2 && g_strv_contains ((const char *const *) group->controllers, "cpuset"))
		problem = cpuset_fill (*dirfd, fd);
	if (problem < 0 && group->problem == 0)
		group->problem = -problem;
	close (*dirfd);
	*dirfd = fd;
	return TRUE;
}

/* Makes what is missing step by step. */
static void
path_make (RuntimeGroup *group, const char *const *wanted)
{
	g_auto (GStrv) names = g_strsplit (group->path + 1, "/", -1);
	int fd = fcntl (group->root_fd, F_DUPFD_CLOEXEC, 3);
	gsize i = 0;

	group->problem = fd < 0 ? errno : 0;
	while (fd >= 0 && names[i] != NULL && step_make (&fd, names[i], group, wanted))
		i++;
	if (fd < 0)
		return;
	if (names[i] == NULL && group->fd < 0)
		group->fd = fd;
	else
		close (fd);
}

/* Whether the groups above have something to do with it but to be there. */
static gboolean
steps_matter (const RuntimeGroup *group, const char *const *wanted)
{
	const char *const *controllers = (const char *const *) group->controllers;

	if (!group->v2)
		return g_strv_contains (controllers, "cpuset");
	for (; *wanted != NULL; wanted++) {
		if (g_strv_contains (controllers, *wanted))
			return TRUE;
	}
	return FALSE;
}

/* Makes the group and opens it. Mostly all but the last step is there. */
static void
group_make (RuntimeGroup *group, const char *const *wanted)
{
	group->problem = 0;
	if (!steps_matter (group, wanted) &&
	    (mkdirat (group->root_fd, group->path + 1, 0755) == 0 || errno == EEXIST) &&
	    runtime_cgroup_group_open (group))
		return;
	path_make (group, wanted);
	/* EBUSY: the caller's own processes stand where controllers would have to be given away. */
	if (group->problem == EBUSY && group->v2 && group->limited && group->own[1] != '\0' &&
	    g_str_has_prefix (group->path, group->own) && native_cgroup_caller_move (group) == 0)
		path_make (group, wanted);
}

static gboolean
tasks_open (RuntimeGroup *group, GError **error)
{
	if (group->v2 || group->tasks_fd >= 0)
		return TRUE;
	group->tasks_fd = openat (group->fd, "tasks", O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (group->tasks_fd < 0)
		return runtime_error_set (error, errno, "open \"tasks\" of control group \"%s%s\"",
					  group->mount, group->path);
	return TRUE;
}

static gboolean
group_check (RuntimeGroup *group, GError **error)
{
	/* Nobody may make one here: that is no error until a limit is to be set. */
	if (group->fd < 0)
		return TRUE;
	if (group->kept && runtime_cgroup_is_populated (group->fd))
		return runtime_error_say (
			error, DAVIT_ERROR_BUSY,
			"control group \"%s%s\": there are processes in it; choose "
			"another path",
			group->mount, group->path);
	return tasks_open (group, error);
}

/* The controllers that a limit needs, without doubles; the strings belong to the settings. */
static GPtrArray *
controllers_collect (const GPtrArray *settings)
{
	GPtrArray *wanted = g_ptr_array_new_with_free_func (g_free);

	for (gsize i = 0; i < G_N_ELEMENTS (always); i++)
		g_ptr_array_add (wanted, g_strdup (always[i]));
	for (guint i = 0; i < settings->len; i++) {
		const NativeSetting *setting = settings->pdata[i];
		char *name = g_strndup (setting->file, strcspn (setting->file, "."));

		setting->group->wanted = TRUE;
		setting->group->limited = TRUE;
		if (g_ptr_array_find_with_equal_func (wanted, name, g_str_equal, NULL))
			g_free (name);
		else
			g_ptr_array_add (wanted, name);
	}
	g_ptr_array_add (wanted, NULL);
	return wanted;
}

gboolean
native_cgroup_make (RuntimeCgroup *cgroup, const DavitJson *resources, GError **error)
{
	g_autoptr (GPtrArray) settings = native_cgroup_limits_plan (cgroup, resources, error);
	g_autoptr (GPtrArray) wanted = NULL;

	if (settings == NULL)
		return FALSE;
	groups_want (cgroup);
	wanted = controllers_collect (settings);
	for (guint i = 0; i < cgroup->groups->len; i++) {
		RuntimeGroup *group = cgroup->groups->pdata[i];

		if (!group->wanted)
			continue;
		group_make (group, (const char *const *) wanted->pdata);
		if (!group_check (group, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
native_cgroup_open (RuntimeCgroup *cgroup, GError **error)
{
	gboolean found = cgroup->groups->len == 0;

	for (guint i = 0; i < cgroup->groups->len; i++) {
		RuntimeGroup *group = cgroup->groups->pdata[i];

		/* Not every hierarchy has a group of each container. */
		if (!runtime_cgroup_group_open (group))
			continue;
		found = TRUE;
		if (!tasks_open (group, error))
			return FALSE;
	}
	/* An ordinary user may have none; one with processes in it can't go away. */
	return found || cgroup->host->facts->rootless ||
	       runtime_error_say (error, DAVIT_ERROR_NOT_FOUND,
				  "the control group of container \"%s\" is gone", cgroup->id);
}
