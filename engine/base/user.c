/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who the user is, and the way into his namespace. See user.h. */

#include "base/user-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/trace.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* "INODE:UID": the user namespace that davit has entered, and for whom. */
#define VARIABLE "DAVIT_USER_NAMESPACE"
#define NAMESPACE_FILE "/proc/self/ns/user"
/* The kernel's constant for the first one (PROC_USER_INIT_INO). */
#define FIRST_NAMESPACE 0xEFFFFFFDu
#define DIRECTORY "user"

static guint64
namespace_inode (void)
{
	struct stat status;

	return stat (NAMESPACE_FILE, &status) == 0 ? (guint64) status.st_ino : 0;
}

/*
 * What the variable says counts only inside of that very namespace: it may be inherited by what
 * has another, such as a davit in a container.
 */
static gboolean
variable_read (uid_t *ret_uid)
{
	const char *value = secure_getenv (VARIABLE);
	guint64 inode = 0;
	guint uid = 0;
	char more;

	if (value == NULL ||
	    sscanf (value, "%" G_GUINT64_FORMAT ":%u%c", &inode, &uid, &more) != 2 || inode == 0 ||
	    inode == FIRST_NAMESPACE || inode != namespace_inode ())
		return FALSE;
	*ret_uid = (uid_t) uid;
	return TRUE;
}

gboolean
davit_user_is_ordinary (void)
{
	uid_t uid;

	return geteuid () != 0 || variable_read (&uid);
}

uid_t
davit_user_id (void)
{
	uid_t uid = geteuid ();

	if (uid == 0)
		variable_read (&uid);
	return uid;
}

static gboolean
registered_join (int directory_fd, int lock, gboolean *ret_joined, GError **error)
{
	/* Not exclusive where it need not be: commands must not wait for each other. */
	while (flock (directory_fd, lock) < 0) {
		if (errno != EINTR)
			return davit_error_errno (error, errno,
						  "lock the user's directory of processes");
	}
	return davit_user_registry_join (directory_fd, ret_joined, error);
}

/* The lock is held until we are registered: else somebody might find nobody meanwhile. */
static gboolean
namespace_enter (int directory_fd, GError **error)
{
	gboolean joined = FALSE;

	if (!registered_join (directory_fd, LOCK_SH, &joined, error))
		return FALSE;
	if (!joined && !registered_join (directory_fd, LOCK_EX, &joined, error))
		return FALSE;
	return (joined || davit_user_namespace_make (error)) &&
	       davit_user_registry_add (directory_fd, error);
}

gboolean
davit_user_enter (int runroot_fd, GError **error)
{
	davit_trace_scope ("user", "enter");
	davit_autofd directory_fd = -1;
	g_autofree char *value = NULL;
	uid_t uid = geteuid ();
	gboolean entered;

	if (!davit_path_open_subdirectory (runroot_fd, DIRECTORY, 0700, &directory_fd, error))
		return FALSE;
	entered = namespace_enter (directory_fd, error);
	flock (directory_fd, LOCK_UN);
	if (!entered)
		return FALSE;
	if (unshare (CLONE_NEWNS) < 0)
		return davit_error_errno (error, errno, "make a mount namespace");
	value = g_strdup_printf ("%" G_GUINT64_FORMAT ":%u", namespace_inode (), (guint) uid);
	if (setenv (VARIABLE, value, 1) < 0)
		return davit_error_errno (error, errno, "set %s", VARIABLE);
	return TRUE;
}

gboolean
davit_user_register (int runroot_fd, GError **error)
{
	davit_autofd directory_fd = -1;
	uid_t uid;

	if (geteuid () != 0 || !variable_read (&uid))
		return TRUE;
	return davit_path_open_subdirectory (runroot_fd, DIRECTORY, 0700, &directory_fd, error) &&
	       davit_user_registry_add (directory_fd, error);
}

void
davit_user_leave (int runroot_fd)
{
	davit_autofd directory_fd = -1;

	if (davit_path_open_subdirectory (runroot_fd, DIRECTORY, 0700, &directory_fd, NULL))
		davit_user_registry_remove (directory_fd);
}
