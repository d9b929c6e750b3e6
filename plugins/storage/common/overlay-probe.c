/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Whether overlayfs works here: only a mount can tell, since file systems, security modules and
 * user namespaces all have a say. It is detached, so that nobody sees it, and gone with its
 * descriptor.
 */

#include "overlay-store.h"

#include "overlay-mount.h"
#include "store-tombs.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT_LIMIT 1024

/* directory is an empty one; what is made in it stays. */
static gboolean
trial_mount (const DavitHost *host, int directory, GError **error)
{
	/* The last is where one of the ways to mount works in. */
	static const char *const names[] = {"lower", "upper", "work", "tombs"};
	static const char *const lower[] = {"lower", NULL};
	const OverlayMount mount = {
		.state_dirfd = directory,
		.lower = lower,
		.upper = "upper",
		.work = "work",
		.user_xattr = host->facts->rootless,
	};
	store_autofd fd = -1;

	for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
		if (mkdirat (directory, names[i], 0700) < 0)
			return store_error_errno (error, errno, "make directory \"%s\"", names[i]);
	}
	if (!overlay_mount (&mount, &fd, error))
		return FALSE;
	if (mkdirat (fd, "written", 0700) < 0)
		return store_error_errno (error, errno, "write to the mount");
	return TRUE;
}

static gboolean
trial_in_store (Store *store, GError **error)
{
	g_autofree char *name = NULL;
	store_autofd directory = -1;
	gboolean works;

	if (!store_tombs_scratch (store, &name, &directory, error))
		return FALSE;
	works = trial_mount (store->host, directory, error);
	return store->host->files->remove_tree (store->tombs_fd, name, works ? error : NULL) &&
	       works;
}

/* Without a store: in memory, in a mount namespace that goes with the child. */
static gboolean
trial_in_memory (const DavitHost *host, GError **error)
{
	static const char *const places[] = {"/tmp", "/run", "/var", "/usr"};
	store_autofd directory = -1;

	if (unshare (CLONE_NEWNS) < 0 || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return store_error_errno (error, errno, "make a mount namespace");
	for (guint i = 0; i < G_N_ELEMENTS (places) && directory < 0; i++) {
		if (mount ("davit", places[i], "tmpfs", 0, "mode=0700") == 0)
			directory = open (places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (directory < 0)
		return store_error_errno (error, errno, "mount a tmpfs");
	return trial_mount (host, directory, error);
}

static G_GNUC_NORETURN void
trial_child (const DavitHost *host, int output)
{
	g_autoptr (GError) error = NULL;

	if (trial_in_memory (host, &error))
		_exit (0);
	_exit (write (output, error->message, strlen (error->message)) > 0 ? 1 : 2);
}

static gboolean
trial_in_child (const DavitHost *host, GError **error)
{
	char text[TEXT_LIMIT + 1] = "";
	store_autofd input = -1;
	store_autofd output = -1;
	int ends[2];
	int status = 0;
	gssize length;
	pid_t child;

	if (pipe2 (ends, O_CLOEXEC) < 0)
		return store_error_errno (error, errno, "pipe");
	input = ends[0];
	output = ends[1];
	child = fork ();
	if (child == 0)
		trial_child (host, output);
	if (child < 0)
		return store_error_errno (error, errno, "start a child");
	store_fd_close (&output);
	do {
		length = read (input, text, TEXT_LIMIT);
	} while (length < 0 && errno == EINTR);
	while (waitpid (child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (WIFEXITED (status) && WEXITSTATUS (status) == 0)
		return TRUE;
	return store_error_set (error, DAVIT_ERROR_UNAVAILABLE, "%s",
				length > 0 ? text : "the trial ended without a word");
}

gboolean
overlay_probe (gpointer instance, DavitProbe *probe, GError **error)
{
	Store *store = (Store *) instance;
	const DavitHost *host = store->host;
	store_autofd fd = fsopen ("overlay", FSOPEN_CLOEXEC);
	int number = fd < 0 ? errno : 0;
	g_autoptr (GError) failure = NULL;
	gboolean works;

	host->probe_add (probe, "kernel support for detached mounts", number != ENOSYS,
			 "the kernel needs fsopen: Linux 5.2 or newer");
	host->probe_add (probe, "permission to mount", number != EPERM,
			 "run as root, or inside a user namespace");
	host->probe_add (probe, "kernel overlay file system", number != ENODEV,
			 "load the module \"overlay\", or use the storage driver \"vfs\"");
	/* The first need that is not met says it; a trial would only say it in other words. */
	if (number == ENOSYS || number == EPERM || number == ENODEV)
		return TRUE;
	works = store->tombs_fd >= 0 ? trial_in_store (store, &failure)
				     : trial_in_child (host, &failure);
	host->probe_add (probe, "a place where overlay mounts work", works,
			 failure != NULL ? failure->message : NULL);
	return TRUE;
}
