/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * delete: what create made, taken away in the reverse order, from the record alone. Each step
 * succeeds on what is gone already, and the record goes last: whoever is interrupted here only has
 * to call it again.
 */

#include "native-delete.h"

#include "native-spec.h"
#include "native-start.h"
#include "runtime-error.h"
#include "runtime-record.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <unistd.h>

#define END_TIMEOUT_MSEC 10000

/* A pidfd is readable when the process has ended, whoever is to reap it. */
static gboolean
wait_for_end (int pidfd, const char *id, GError **error)
{
	struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};
	int ready;

	do
		ready = poll (&poll_fd, 1, END_TIMEOUT_MSEC);
	while (ready < 0 && errno == EINTR);
	if (ready > 0)
		return TRUE;
	return runtime_error_say (
		error, DAVIT_ERROR_TIMEOUT,
		"container \"%s\": its first process was killed and has not ended "
		"after 10 seconds; it may wait for a disk or another host",
		id);
}

static gboolean
end_process (const DavitRuntimeContainer *container, RuntimeRecord *record, int pidfd,
	     GError **error)
{
	if (pidfd_send_signal (pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return runtime_error_set (error, errno, "kill container \"%s\"", container->id);
	/* What is frozen in a v1 group does not even die. */
	if (runtime_cgroup_is_frozen (record->cgroup) &&
	    !runtime_cgroup_thaw (record->cgroup, error))
		return FALSE;
	return wait_for_end (pidfd, container->id, error);
}

static gboolean
delete_process (const DavitRuntimeContainer *container, RuntimeRecord *record, gboolean force,
		GError **error)
{
	gboolean ended = TRUE;
	int pidfd = -1;

	if (!runtime_record_open_process (record, &pidfd, error))
		return FALSE;
	if (pidfd < 0)
		return TRUE;
	if (!force && !native_start_is_awaited (container->dirfd))
		ended = runtime_error_say (error, DAVIT_ERROR_STATE,
					   "container \"%s\" runs; stop it first, or force it",
					   container->id);
	else
		ended = end_process (container, record, pidfd, error);
	close (pidfd);
	return ended;
}

static gboolean
delete_file (const DavitHost *host, int dirfd, const char *name, GError **error)
{
	if (unlinkat (dirfd, name, 0) == 0 || errno == ENOENT)
		return TRUE;
	if (errno == EISDIR)
		return host->files->remove_tree (dirfd, name, error);
	return runtime_error_set (error, errno, "remove \"%s\"", name);
}

/* By what create saved, if that is left, or where they stand if config.json said nothing else. */
static gboolean
guess (const DavitHost *host, const DavitRuntimeContainer *container, RuntimeRecord *record,
       GError **error)
{
	const char *path = NULL;
	NativeSpec saved;
	gboolean guessed;

	memset (&saved, 0, sizeof saved);
	native_namespaces_init (&saved.namespaces);
	native_rootfs_init (&saved.rootfs);
	if (native_spec_read_saved (host, container->dirfd, NATIVE_CONFIG_FILE, &saved, NULL))
		path = saved.cgroups_path;
	record->same_boot = TRUE;
	guessed = runtime_cgroup_guess (host, container->id, path, &record->cgroup, error);
	native_spec_clear (&saved);
	return guessed;
}

/*
 * A record that is damaged, or that is none at all, must not keep a container for ever, and even
 * less let its processes run on when nobody knows of them any more: with force its groups are
 * looked for.
 */
static gboolean
read_or_guess (const DavitHost *host, const DavitRuntimeContainer *container, gboolean force,
	       RuntimeRecord *record, GError **error)
{
	g_autoptr (GError) local = NULL;
	gboolean read = runtime_record_read (host, container->dirfd, container->id, record, &local);
	gboolean newer = g_error_matches (local, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED);

	if (force && !newer && record->cgroup == NULL && guess (host, container, record, NULL))
		return TRUE;
	if (read || g_error_matches (local, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND))
		return TRUE;
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

gboolean
native_delete (const DavitHost *host, const DavitRuntimeContainer *container, gboolean force,
	       GError **error)
{
	RuntimeRecord record = {0};
	gboolean deleted;

	deleted = read_or_guess (host, container, force, &record, error) &&
		  delete_process (container, &record, force, error) &&
		  (record.cgroup == NULL || runtime_cgroup_remove (record.cgroup, error)) &&
		  delete_file (host, container->dirfd, NATIVE_START_SOCKET, error) &&
		  delete_file (host, container->dirfd, NATIVE_CONFIG_FILE, error) &&
		  delete_file (host, container->dirfd, RUNTIME_RECORD_FILE, error);
	runtime_record_clear (&record);
	return deleted;
}
