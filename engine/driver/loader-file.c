/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Whether a plugin's file may be trusted.
 *
 * What is loaded runs with all that the engine may do, so nobody but root and the caller may have
 * had a hand in it (CVE-2025-15558 is a search path that others could write to). The file is
 * checked and then opened again by the dynamic linker, by name; so that nobody else can exchange it
 * in between, its directory is checked in the same way. Loading /proc/self/fd/N would do without,
 * but then debuggers, /proc/PID/maps and $ORIGIN show that name.
 */

#include "driver/loader.h"

#include "base/error.h"
#include "base/fd.h"
#include "driver/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * In a user namespace that does not map root, its files seem to belong to the overflow user. They
 * can't be told from those of another user who is not mapped; so that only root and the caller can
 * have put a file there, the directories are looked at before that namespace is entered.
 */
static gboolean
owner_is_unmapped (uid_t uid)
{
	g_autofree char *text = NULL;

	if (!g_file_get_contents ("/proc/sys/kernel/overflowuid", &text, NULL, NULL))
		return FALSE;
	return g_ascii_strtoull (text, NULL, 10) == uid && !davit_facts_first_user_namespace ();
}

static gboolean
owner_is_trusted (const struct stat *status)
{
	return status->st_uid == 0 || status->st_uid == geteuid () ||
	       owner_is_unmapped (status->st_uid);
}

static gboolean
status_check (const char *path, const struct stat *status, GError **error)
{
	unsigned mode = (unsigned) status->st_mode & 07777;

	if (!S_ISREG (status->st_mode))
		return davit_error_set (error, DAVIT_ERROR_PLUGIN_FILE,
					"plugin \"%s\": must be a regular file", path);
	if (!owner_is_trusted (status) || (mode & (S_IWGRP | S_IWOTH)))
		return davit_error_set (error, DAVIT_ERROR_PLUGIN_FILE,
					"plugin \"%s\": must belong to root or to you and be "
					"writable by nobody else (mode %04o, owner %u)",
					path, mode, (unsigned) status->st_uid);
	if (mode & (S_ISUID | S_ISGID))
		return davit_error_set (error, DAVIT_ERROR_PLUGIN_FILE,
					"plugin \"%s\": must not be set-user-id or set-group-id "
					"(mode %04o)",
					path, mode);
	return TRUE;
}

static gboolean
directory_check (const char *path, GError **error)
{
	g_autofree char *directory = g_path_get_dirname (path);
	struct stat status;
	unsigned mode;

	if (stat (directory, &status) < 0)
		return davit_error_errno (error, errno, "plugin \"%s\": directory \"%s\"", path,
					  directory);
	mode = (unsigned) status.st_mode & 07777;
	/* In a sticky directory others can't rename or remove what is not theirs. */
	if (!owner_is_trusted (&status) || ((mode & (S_IWGRP | S_IWOTH)) && !(mode & S_ISVTX)))
		return davit_error_set (
			error, DAVIT_ERROR_PLUGIN_FILE,
			"plugin \"%s\": its directory must belong to root or to you "
			"and be writable by nobody else (mode %04o, owner %u)",
			path, mode, (unsigned) status.st_uid);
	return TRUE;
}

gboolean
davit_loader_check_directory (const char *path, GError **error)
{
	struct stat status;
	unsigned mode;

	if (stat (path, &status) < 0)
		return TRUE;
	mode = (unsigned) status.st_mode & 07777;
	if ((status.st_uid == 0 || status.st_uid == geteuid ()) && !(mode & (S_IWGRP | S_IWOTH)))
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_PLUGIN_FILE,
				"directory of plugins \"%s\": must belong to root or to you and be "
				"writable by nobody else (mode %04o, owner %u)",
				path, mode, (unsigned) status.st_uid);
}

gboolean
davit_loader_check_file (const char *path, GError **error)
{
	davit_autofd fd = -1;
	struct stat status;

	/* O_NONBLOCK: a FIFO must not hold us up. */
	fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ELOOP)
		return davit_error_set (error, DAVIT_ERROR_PLUGIN_FILE,
					"plugin \"%s\": must be a regular file and not a symbolic "
					"link",
					path);
	if (fd < 0 || fstat (fd, &status) < 0)
		return davit_error_set (error, DAVIT_ERROR_PLUGIN_FILE, "plugin \"%s\": %s", path,
					g_strerror (errno));
	return status_check (path, &status, error) && directory_check (path, error);
}
