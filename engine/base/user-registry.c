/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Who is in the user's namespace: an empty file "PID-START" for each process, in a directory that
 * is locked while somebody looks. A name that no living process has is old, and removed.
 */

#include "base/user-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A command can't be joined for the moment in which it makes a container, as it is not dumpable
 * then (native-clone.c). Nothing tells of its being over: only its end would.
 */
#define TRIES 1000
#define TRY_MSEC 1

static char *
own_name (GError **error)
{
	guint64 start_time = 0;

	if (!davit_fd_process_start_time (getpid (), &start_time, error))
		return NULL;
	return g_strdup_printf ("%d-%" G_GUINT64_FORMAT, (int) getpid (), start_time);
}

/* -1: no process has this name any more. */
static int
process_open (const char *name)
{
	g_auto (GStrv) parts = g_strsplit (name, "-", 2);
	guint64 pid = 0, start_time = 0;
	int pidfd = -1;

	if (parts[0] == NULL || parts[1] == NULL ||
	    !davit_text_parse_unsigned (parts[0], G_MAXINT, "process", &pid, NULL) ||
	    !davit_text_parse_unsigned (parts[1], G_MAXUINT64, "start time", &start_time, NULL) ||
	    pid == 0 || !davit_fd_open_process ((pid_t) pid, start_time, &pidfd, NULL))
		return -1;
	return pidfd;
}

/* 0, or -errno: ESRCH if it has ended, EPERM if it can't be joined now. */
static int
process_join (const char *name)
{
	davit_autofd pidfd = process_open (name);
	int number;

	if (pidfd < 0)
		return -ESRCH;
	if (setns (pidfd, CLONE_NEWUSER) == 0)
		return 0;
	number = errno;
	/* Nobody has reaped it yet: it has no namespaces any more. */
	return davit_fd_wait (pidfd, TRY_MSEC, NULL) ? -ESRCH : -number;
}

/* TRUE: one was joined. ret_number: of one that lives and was not, or 0. */
static gboolean
any_join (int directory_fd, const GPtrArray *names, int *ret_number)
{
	*ret_number = 0;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) names->pdata[i];
		int result = process_join (name);

		if (result == 0)
			return TRUE;
		if (result == -ESRCH)
			unlinkat (directory_fd, name, 0);
		else
			*ret_number = -result;
	}
	return FALSE;
}

gboolean
davit_user_registry_join (int directory_fd, gboolean *ret_joined, GError **error)
{
	int number = 0;

	for (guint i = 0; i < TRIES; i++) {
		g_autoptr (GPtrArray) names = NULL;

		if (!davit_path_list (directory_fd, &names, error))
			return FALSE;
		*ret_joined = any_join (directory_fd, names, &number);
		if (*ret_joined || number == 0)
			return TRUE;
	}
	return davit_error_errno (error, number,
				  "join the user namespace of your other containers");
}

gboolean
davit_user_registry_add (int directory_fd, GError **error)
{
	g_autofree char *name = own_name (error);
	davit_autofd fd = -1;

	if (name == NULL)
		return FALSE;
	fd = openat (directory_fd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd >= 0 || davit_error_errno (error, errno, "write \"user/%s\"", name);
}

void
davit_user_registry_remove (int directory_fd)
{
	g_autofree char *name = own_name (NULL);

	if (name != NULL)
		unlinkat (directory_fd, name, 0);
}
