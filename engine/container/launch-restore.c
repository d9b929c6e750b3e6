/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A first process from a checkpoint, in the set-up child. Three parties make it: the runtime its
 * groups, the checkpoint driver the processes, and then they are the runtime's own. A runtime with
 * means of its own does all of it. What fails half-way is undone by delete, as after create.
 */

#include "container/launch-private.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#define EXTERNALS 5

static const char *const stream_keys[] = {"0", "1", "2"};

/* What stands where the first process had its streams, now that others are at the other ends. */
static void
externals_fill (const DavitLaunchChild *child, DavitExternal externals[EXTERNALS])
{
	const DavitRecord *record = child->launch->prepared->record;

	for (guint i = 0; i < G_N_ELEMENTS (stream_keys); i++) {
		struct stat status;
		gboolean pipe = child->process[i] >= 0 && fstat (child->process[i], &status) == 0 &&
				S_ISFIFO (status.st_mode);
		const char *type = record->terminal ? "terminal" : pipe ? "pipe" : "file";

		externals[i] = (DavitExternal){type, stream_keys[i], child->process[i]};
	}
	externals[3] = (DavitExternal){"namespace", "network", child->launch->prepared->network.fd};
	externals[4] = (DavitExternal){NULL, NULL, -1};
}

/* A driver moves the tree to where it wants it: a directory of the user's must stay. */
static gboolean
rootfs_open (const DavitLaunchChild *child, int *ret_fd, GError **error)
{
	const DavitPrepared *prepared = child->launch->prepared;

	*ret_fd = prepared->mount_fd >= 0
			  ? fcntl (prepared->mount_fd, F_DUPFD_CLOEXEC, 3)
			  : open_tree (prepared->rootfs_fd, "",
				       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	return *ret_fd >= 0 || davit_error_errno (error, errno, "open the root file system");
}

static gboolean
by_driver (DavitLaunchChild *child, const DavitRuntimeCreate *create, DavitRestoreRequest *request,
	   GError **error)
{
	const DavitContainerRuntime *runtime = child->launch->runtime;
	g_autofree const char **cgroups = NULL;
	int pidfd = -1;
	gint64 pid = 0;

	if (!davit_runtime_prepare (runtime->runtime, create, child->result, error))
		return FALSE;
	cgroups = davit_result_strings (child->result, "cgroup");
	request->cgroups = cgroups;
	if (!davit_checkpoint_restore (child->launch->restoring->driver, request, &pidfd,
				       child->result, error))
		return FALSE;
	davit_result_integer (child->result, "pid", &pid);
	if (!davit_runtime_adopt (runtime->runtime, &runtime->handle, pidfd, (guint32) pid,
				  error)) {
		pidfd_send_signal (pidfd, SIGKILL, NULL, 0);
		davit_fd_close (&pidfd);
		return FALSE;
	}
	child->pidfd = pidfd;
	return TRUE;
}

gboolean
davit_launch_restore (DavitLaunchChild *child, const DavitRuntimeCreate *create, GError **error)
{
	const DavitLaunch *launch = child->launch;
	const DavitRestoring *restoring = launch->restoring;
	davit_autofd rootfs_fd = -1;
	DavitExternal externals[EXTERNALS];
	DavitRestoreRequest request = {
		.size = sizeof request,
		.id = create->container.id,
		.bundle_dirfd = launch->bundle_fd,
		.images_dirfd = restoring->files->images_dirfd,
		.work_dirfd = restoring->files->work_dirfd,
		.flags = restoring->flags,
		.externals = externals,
		.options = restoring->options,
	};

	if (!rootfs_open (child, &rootfs_fd, error))
		return FALSE;
	request.rootfs_mount_fd = rootfs_fd;
	externals_fill (child, externals);
	if (restoring->driver != NULL)
		return by_driver (child, create, &request, error);
	return davit_runtime_restore (launch->runtime->runtime, create, &request, &child->pidfd,
				      child->result, error);
}

char *
davit_launch_statistics (const DavitResult *result)
{
	static const char *const keys[] = {"fork-usec", "restore-usec", "pages-restored"};
	g_autoptr (GString) text = g_string_new (NULL);

	for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
		gint64 value = 0;

		if (davit_result_integer (result, keys[i], &value))
			g_string_append_printf (text, "\n%s %" G_GINT64_FORMAT, keys[i], value);
	}
	return g_strdup (text->str);
}
