/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Freezing and thawing, by cgroup.freeze of v2 or the freezer of v1. */

#include "runtime-cgroup-groups.h"

#include "runtime-error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MSEC 10000
/* v1 can't be waited for: reading the state is what makes the kernel look again. */
#define V1_PAUSE_MSEC 1

/* The group that freezes, or NULL. */
static RuntimeGroup *
freezer_find (const RuntimeCgroup *cgroup)
{
	RuntimeGroup *group = runtime_cgroup_group_v2 (cgroup);

	if (group != NULL && runtime_cgroup_group_open (group) &&
	    faccessat (group->fd, "cgroup.freeze", F_OK, 0) == 0)
		return group;
	group = runtime_cgroup_group_of (cgroup, "freezer");
	return group != NULL && runtime_cgroup_group_open (group) ? group : NULL;
}

static const char *
freezer_file (const RuntimeGroup *group)
{
	return group->v2 ? "cgroup.freeze" : "freezer.state";
}

char *
runtime_cgroup_freezer_path (const RuntimeCgroup *cgroup)
{
	const RuntimeGroup *group = freezer_find (cgroup);

	if (group == NULL)
		return NULL;
	return g_strconcat (group->mount, group->path, "/", freezer_file (group), NULL);
}

static gboolean
v1_is_frozen (const RuntimeGroup *group)
{
	char state[32] = "";

	return runtime_cgroup_get (group->fd, "freezer.state", state, sizeof state) > 0 &&
	       strcmp (state, "FROZEN") == 0;
}

/*
 * Whether it was told to stand still, and not whether all of it does: one whose pause was broken
 * off half-way must be thawed like any other, and a process that is made there will not run.
 */
gboolean
runtime_cgroup_is_frozen (RuntimeCgroup *cgroup)
{
	RuntimeGroup *group = freezer_find (cgroup);
	char state[32] = "";

	if (group == NULL)
		return FALSE;
	runtime_cgroup_get (group->fd, freezer_file (group), state, sizeof state);
	/* 0 or 1; or THAWED, FREEZING or FROZEN. */
	return state[0] == '1' || state[0] == 'F';
}

static gint64
msec_until (gint64 deadline)
{
	return MAX (0, (deadline - g_get_monotonic_time ()) / 1000);
}

/* The kernel wakes whoever polls cgroup.events; reading it arms the next one. */
static gboolean
v2_wait (const RuntimeGroup *group, gboolean frozen)
{
	gint64 deadline = g_get_monotonic_time () + WAIT_MSEC * G_GINT64_CONSTANT (1000);
	int fd = openat (group->fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	gboolean done = FALSE;

	while (fd >= 0 && !done) {
		struct pollfd poller = {fd, POLLPRI, 0};
		char text[128] = "";

		if (pread (fd, text, sizeof text - 1, 0) < 0)
			break;
		done = (strstr (text, "frozen 1") != NULL) == frozen;
		if (!done &&
		    (msec_until (deadline) == 0 ||
		     (poll (&poller, 1, (int) msec_until (deadline)) < 0 && errno != EINTR)))
			break;
	}
	if (fd >= 0)
		close (fd);
	return done;
}

static gboolean
v1_wait (const RuntimeGroup *group)
{
	gint64 deadline = g_get_monotonic_time () + WAIT_MSEC * G_GINT64_CONSTANT (1000);

	while (!v1_is_frozen (group)) {
		if (msec_until (deadline) == 0)
			return FALSE;
		/* A process that was just made is missed by the kernel; told again, it is not. */
		runtime_cgroup_put (group->fd, "freezer.state", "FROZEN");
		poll (NULL, 0, V1_PAUSE_MSEC);
	}
	return TRUE;
}

static gboolean
state_write (const RuntimeGroup *group, gboolean frozen, GError **error)
{
	const char *file = freezer_file (group);
	const char *v1_value = frozen ? "FROZEN" : "THAWED";
	const char *v2_value = frozen ? "1" : "0";
	int result = runtime_cgroup_put (group->fd, file, group->v2 ? v2_value : v1_value);

	return result == 0 || runtime_error_set (error, -result, "write \"%s%s/%s\"", group->mount,
						 group->path, file);
}

static gboolean
freezer_get (RuntimeCgroup *cgroup, RuntimeGroup **ret_group, GError **error)
{
	*ret_group = freezer_find (cgroup);
	return *ret_group != NULL ||
	       runtime_error_say (error, DAVIT_ERROR_UNAVAILABLE,
				  "container \"%s\" has no control group that could freeze it",
				  cgroup->id);
}

gboolean
runtime_cgroup_freeze (RuntimeCgroup *cgroup, GError **error)
{
	RuntimeGroup *group;

	if (!freezer_get (cgroup, &group, error))
		return FALSE;
	if (!runtime_cgroup_is_populated (group->fd))
		return runtime_error_say (error, DAVIT_ERROR_STATE,
					  "container \"%s\" has no process to freeze", cgroup->id);
	if (!state_write (group, TRUE, error))
		return FALSE;
	if (group->v2 ? v2_wait (group, TRUE) : v1_wait (group))
		return TRUE;
	/* Half frozen is worse than not at all. */
	state_write (group, FALSE, NULL);
	if (!runtime_cgroup_is_populated (group->fd))
		return runtime_error_say (error, DAVIT_ERROR_STATE,
					  "container \"%s\" has ended meanwhile", cgroup->id);
	return runtime_error_say (
		error, DAVIT_ERROR_TIMEOUT,
		"container \"%s\": a process did not stand still within %d s; one "
		"that waits for a disk or a network file system can't be frozen",
		cgroup->id, WAIT_MSEC / 1000);
}

gboolean
runtime_cgroup_thaw (RuntimeCgroup *cgroup, GError **error)
{
	RuntimeGroup *group;

	if (!freezer_get (cgroup, &group, error) || !state_write (group, FALSE, error))
		return FALSE;
	return !group->v2 || v2_wait (group, FALSE) ||
	       runtime_error_say (error, DAVIT_ERROR_TIMEOUT,
				  "container \"%s\" stays frozen; a group above it is frozen, too",
				  cgroup->id);
}
