/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a container has changed in its root file system, as a layer, and back. It is read through
 * the container's own mount: a second one of the same directories may show something else. Nothing
 * that is mounted below it is seen that way.
 */

#include "container/checkpoint-archive.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/trace.h"
#include "driver/storage-driver.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

char *
davit_checkpoint_worker (const DavitEngine *engine)
{
	return g_build_filename (engine->paths->libexecdir, "davit-archive", NULL);
}

/* In a child: a mount can only be copied from inside of its namespace. */
static G_GNUC_NORETURN void
clone_run (int pidfd, int socket)
{
	int number = 0;
	int fd = -1;

	if (setns (pidfd, CLONE_NEWNS) == 0)
		fd = open_tree (AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		number = errno;
	_exit (davit_fd_send (socket, &number, sizeof number, &fd, fd >= 0 ? 1 : 0, NULL) ? 0 : 1);
}

static gboolean
root_clone (int pidfd, int *ret_fd, GError **error)
{
	davit_autofd ours = -1;
	davit_autofd theirs = -1;
	int number = EPIPE;
	guint count = 1;
	int sockets[2];
	int fd = -1;
	pid_t pid;

	if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return davit_error_errno (error, errno, "make a socket");
	ours = sockets[0];
	theirs = sockets[1];
	pid = fork ();
	if (pid < 0)
		return davit_error_errno (error, errno, "fork");
	if (pid == 0)
		clone_run (pidfd, theirs);
	davit_fd_close (&theirs);
	if (davit_fd_receive (ours, &number, sizeof number, &fd, &count, NULL) <= 0)
		number = EPIPE;
	while (waitpid (pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	if (number != 0 || fd < 0)
		return davit_error_errno (error, number != 0 ? number : EPIPE,
					  "open the root file system of the container");
	*ret_fd = fd;
	return TRUE;
}

gboolean
davit_checkpoint_rootfs_pack (DavitContainer *container, const DavitRecord *record, int pidfd,
			      int output_fd, GError **error)
{
	davit_trace_scope ("container", "changes");
	DavitRootfsRequest request = davit_container_rootfs_request (record);
	DavitStorage *storage =
		davit_drivers_storage (container->engine->drivers, record->storage, error);
	g_autoptr (DavitResult) changes = davit_result_new ();
	g_autofree char *program = davit_checkpoint_worker (container->engine);
	g_autofree const char **added = NULL;
	g_autofree const char **changed = NULL;
	g_autofree const char **deleted = NULL;
	davit_autofd root_fd = -1;
	DavitArchiveSummary summary = {0};
	DavitArchiveWorker worker = {.program = program};

	if (storage == NULL || !davit_storage_changes (storage, &request, changes, error) ||
	    !root_clone (pidfd, &root_fd, error))
		return FALSE;
	added = davit_result_strings (changes, "added");
	changed = davit_result_strings (changes, "changed");
	deleted = davit_result_strings (changes, "deleted");
	{
		const char *const *const paths[] = {added, changed, NULL};
		DavitArchiveChanges pack = {
			.source_dirfd = root_fd,
			.output_fd = output_fd,
			.paths = paths,
			.deleted = deleted,
		};

		if (!davit_archive_pack_changes (&worker, &pack, &summary, error))
			return davit_error_prefix (error, "changes of the root file system");
	}
	davit_archive_summary_clear (&summary);
	return TRUE;
}

gboolean
davit_checkpoint_rootfs_apply (const DavitEngine *engine, int input_fd, int rootfs_fd,
			       GError **error)
{
	davit_trace_scope ("container", "apply changes");
	DavitArchiveSummary summary = {0};
	DavitArchiveUnpack unpack = {
		.input_fd = input_fd,
		.target_dirfd = rootfs_fd,
		.whiteouts = DAVIT_WHITEOUTS_APPLY,
	};
	g_autofree char *program = davit_checkpoint_worker (engine);
	DavitArchiveWorker worker = {.program = program};

	if (!davit_archive_unpack (&worker, &unpack, &summary, error))
		return davit_error_prefix (error, "changes of the root file system");
	davit_archive_summary_clear (&summary);
	return TRUE;
}
