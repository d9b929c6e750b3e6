/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A new user namespace for this very process. Its maps may be written only from outside, by set-uid
 * programs that look the user's ranges up: a child that stays outside runs them. For one id alone
 * the process may do it itself, if it forgoes setgroups.
 */

#include "base/user-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/spawn-private.h"
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPORT_LIMIT 4096

/**
 * Maps: those of a namespace to be. helper: they are for newuidmap to write.
 */
typedef struct {
	GArray *uids;
	GArray *gids;
	gboolean helped;
} Maps;

static gboolean
program_is_there (const char *name)
{
	g_autofree char *path = NULL;

	return davit_spawn_find_program (name, &path, NULL);
}

static void
maps_init (Maps *maps)
{
	g_autoptr (GArray) uids = davit_user_ranges (geteuid (), FALSE);
	g_autoptr (GArray) gids = davit_user_ranges (geteuid (), TRUE);

	maps->helped = uids->len > 0 && gids->len > 0;
	if (maps->helped && (!program_is_there ("newuidmap") || !program_is_there ("newgidmap"))) {
		davit_log (DAVIT_LOG_INFO, G_LOG_DOMAIN,
			   "subordinate ids are not used: newuidmap and newgidmap are not "
			   "installed");
		maps->helped = FALSE;
	}
	maps->uids = davit_user_map (geteuid (), maps->helped ? uids : NULL);
	maps->gids = davit_user_map (getegid (), maps->helped ? gids : NULL);
}

static void
maps_clear (Maps *maps)
{
	g_array_unref (maps->uids);
	g_array_unref (maps->gids);
}

static gboolean
map_write_helped (const GArray *map, const char *program, pid_t pid, GError **error)
{
	g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
	DavitSpawn spawn;

	g_ptr_array_add (words, g_strdup (program));
	g_ptr_array_add (words, g_strdup_printf ("%d", (int) pid));
	for (guint i = 0; i < map->len; i++)
		g_ptr_array_add (words, g_strdup_printf ("%u", g_array_index (map, guint32, i)));
	g_ptr_array_add (words, NULL);
	davit_spawn_init (&spawn, (const char *const *) words->pdata);
	return davit_spawn_run (&spawn, NULL, NULL, error);
}

/* In the child. Its words are the code of an error and its text. */
static G_GNUC_NORETURN void
helper_run (const Maps *maps, pid_t pid, int go_fd, int report_fd)
{
	g_autoptr (GError) error = NULL;
	char byte;

	/* No word, but the end: there is no namespace. */
	if (read (go_fd, &byte, sizeof byte) != sizeof byte)
		_exit (1);
	if (map_write_helped (maps->uids, "newuidmap", pid, &error) &&
	    map_write_helped (maps->gids, "newgidmap", pid, &error))
		_exit (0);
	dprintf (report_fd, "%d %s", error->code, error->message);
	_exit (1);
}

/**
 * Helper: the child that stays outside.
 */
typedef struct {
	pid_t pid;
	int go_fd;
	int report_fd;
} Helper;

static gboolean
helper_start (Helper *helper, const Maps *maps, GError **error)
{
	int go[2] = {-1, -1}, report[2] = {-1, -1};
	pid_t own = getpid ();

	if (pipe2 (go, O_CLOEXEC) < 0 || pipe2 (report, O_CLOEXEC) < 0) {
		davit_fd_close (&go[0]);
		davit_fd_close (&go[1]);
		return davit_error_errno (error, errno, "make a pipe");
	}
	helper->pid = fork ();
	if (helper->pid == 0) {
		davit_fd_close (&go[1]);
		helper_run (maps, own, go[0], report[1]);
	}
	davit_fd_close (&go[0]);
	davit_fd_close (&report[1]);
	helper->go_fd = go[1];
	helper->report_fd = report[0];
	return helper->pid > 0 || davit_error_errno (error, errno, "fork");
}

/* With the namespace made, or to be rid of the helper. */
static gboolean
helper_finish (Helper *helper, gboolean made, GError **error)
{
	g_autofree char *text = NULL;
	int status = 0;
	char *message = NULL;
	guint64 code;

	if (helper->pid <= 0) {
		davit_fd_close (&helper->go_fd);
		davit_fd_close (&helper->report_fd);
		return made;
	}
	if (made && write (helper->go_fd, "", 1) != 1)
		made = davit_error_errno (error, errno, "write to a pipe");
	davit_fd_close (&helper->go_fd);
	davit_fd_read (helper->report_fd, REPORT_LIMIT, "pipe", &text, NULL, NULL);
	davit_fd_close (&helper->report_fd);
	while (waitpid (helper->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (!made || (WIFEXITED (status) && WEXITSTATUS (status) == 0))
		return made;
	code = g_ascii_strtoull (text != NULL ? text : "", &message, 10);
	if (code == 0)
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"the process that maps ids has ended without a word");
	davit_error_set (error, (DavitErrorCode) code, "map your subordinate ids:%s", message);
	return davit_error_hint (error,
				 "newuidmap must be set-uid root, and /etc/subuid and /etc/subgid "
				 "must give you the ids");
}

static gboolean
file_write (const char *path, const char *text, GError **error)
{
	davit_autofd fd = open (path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return davit_error_errno (error, errno, "open \"%s\"", path);
	return davit_fd_write (fd, text, strlen (text), path, error);
}

static gboolean
maps_write (const Maps *maps, GError **error)
{
	const guint32 *uid = &g_array_index (maps->uids, guint32, 0);
	const guint32 *gid = &g_array_index (maps->gids, guint32, 0);
	g_autofree char *uid_line = g_strdup_printf ("%u %u %u\n", uid[0], uid[1], uid[2]);
	g_autofree char *gid_line = g_strdup_printf ("%u %u %u\n", gid[0], gid[1], gid[2]);

	return file_write ("/proc/self/setgroups", "deny", error) &&
	       file_write ("/proc/self/uid_map", uid_line, error) &&
	       file_write ("/proc/self/gid_map", gid_line, error);
}

static gboolean
setting_is (const char *name, char value)
{
	g_autofree char *path = g_strconcat ("/proc/sys/", name, NULL);
	davit_autofd fd = open (path, O_RDONLY | O_CLOEXEC);
	char byte = '\0';

	return fd >= 0 && read (fd, &byte, sizeof byte) == sizeof byte && byte == value;
}

/* The kernel's one word has many reasons. */
static gboolean
unshare_failed (int number, GError **error)
{
	davit_error_errno (error, number, "make a user namespace");
	if (setting_is ("user/max_user_namespaces", '0'))
		davit_error_hint (error, "this host allows none: /proc/sys/user/"
					 "max_user_namespaces is 0");
	else if (number == ENOSPC)
		davit_error_hint (error, "the limit in /proc/sys/user/max_user_namespaces is "
					 "reached");
	else if (setting_is ("kernel/unprivileged_userns_clone", '0'))
		davit_error_hint (error, "this host forbids it to ordinary users: root can set "
					 "kernel.unprivileged_userns_clone=1 with sysctl");
	else if (setting_is ("kernel/apparmor_restrict_unprivileged_userns", '1'))
		davit_error_hint (error, "AppArmor forbids it to programs without a profile: root "
					 "can load one for davit, or set "
					 "kernel.apparmor_restrict_unprivileged_userns=0");
	else if (number == EPERM)
		davit_error_hint (error, "a security module or a seccomp filter may forbid it; in "
					 "a chroot the kernel always does");
	return FALSE;
}

gboolean
davit_user_namespace_make (GError **error)
{
	Helper helper = {.go_fd = -1, .report_fd = -1};
	gboolean made;
	Maps maps;

	maps_init (&maps);
	made = !maps.helped || helper_start (&helper, &maps, error);
	if (made && unshare (CLONE_NEWUSER) < 0)
		made = unshare_failed (errno, error);
	made = helper_finish (&helper, made, error) && made;
	made = made && (maps.helped || maps_write (&maps, error));
	maps_clear (&maps);
	return made;
}
