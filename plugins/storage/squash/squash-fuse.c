/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Makes a FUSE mount of a layer. */

#include "squash-fuse.h"

#include "squash-fuse-server.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICE "/dev/fuse"
#define NAME_OF_VERSION "squashfuse "

typedef struct {
	const char *key;
	const char *value; /* NULL: a flag */
} Option;

static gboolean
fuse_failed (int number, GError **error)
{
	if (number == ENODEV)
		return store_error_set (error, DAVIT_ERROR_UNAVAILABLE,
					"the kernel has no FUSE; load the module \"fuse\"");
	return store_error_errno (error, number, "mount a FUSE file system");
}

static gboolean
fuse_mount (const Store *store, int device, int *ret_fd, GError **error)
{
	store_autofd context = fsopen ("fuse", FSOPEN_CLOEXEC);
	g_autofree char *number = g_strdup_printf ("%d", device);
	g_autofree char *uid = g_strdup_printf ("%u", store->host->facts->uid);
	g_autofree char *gid = g_strdup_printf ("%u", store->host->facts->gid);
	/* The kernel decides by modes and owners, as it does for any other file system. */
	const Option options[] = {
		{"source", "davit"},	       {"subtype", "squashfuse"}, {"fd", number},
		{"rootmode", "40000"},	       {"user_id", uid},	  {"group_id", gid},
		{"default_permissions", NULL}, {"allow_other", NULL},	  {"ro", NULL},
	};
	int fd;

	if (context < 0)
		return fuse_failed (errno, error);
	for (guint i = 0; i < G_N_ELEMENTS (options); i++) {
		if (fsconfig (context,
			      options[i].value != NULL ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
			      options[i].key, options[i].value, 0) < 0)
			return fuse_failed (errno, error);
	}
	if (fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fuse_failed (errno, error);
	fd = fsmount (context, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
	if (fd < 0)
		return fuse_failed (errno, error);
	*ret_fd = fd;
	return TRUE;
}

/*
 * A user that owns nothing, unless the file is only for those who own it: then its group, or its
 * owner, which may do with it what it likes anyhow. Never root.
 */
static gboolean
user_choose (int file_fd, SquashUser *ret_user, GError **error)
{
	struct stat status;

	*ret_user = (SquashUser){SQUASH_USER_OWN, SQUASH_USER_OWN};
	if (fstat (file_fd, &status) < 0)
		return store_error_errno (error, errno, "look at its file");
	if ((status.st_mode & S_IROTH) != 0)
		return TRUE;
	if ((status.st_mode & S_IRGRP) != 0 && status.st_gid != 0)
		ret_user->gid = status.st_gid;
	else if ((status.st_mode & S_IRUSR) != 0 && status.st_uid != 0)
		ret_user->uid = status.st_uid;
	else
		return store_error_set (error, DAVIT_ERROR_PERMISSION,
					"nobody but root may read its file, and squashfuse_ll does "
					"not run as root; make it readable for others (chmod o+r)");
	return TRUE;
}

static gboolean
fuse_serve (const Store *store, const char *program, int file_fd, int *ret_mount_fd, GError **error)
{
	/* In a user namespace there may be no other id, and it is nobody outside already. */
	gboolean drop = !store->host->facts->rootless;
	SquashUser user;
	g_auto (SquashServer) server = {.pidfd = -1, .log_fd = -1};
	store_autofd device = open (DEVICE, O_RDWR | O_CLOEXEC);
	store_autofd mount = -1;

	if (device < 0)
		return store_error_set (error,
					errno == EACCES || errno == EPERM ? DAVIT_ERROR_PERMISSION
									  : DAVIT_ERROR_UNAVAILABLE,
					"open \"%s\": %s", DEVICE, g_strerror (errno));
	if ((drop && !user_choose (file_fd, &user, error)) ||
	    !fuse_mount (store, device, &mount, error) ||
	    !squash_server_start (program, device, file_fd, drop ? &user : NULL, &server, error))
		return FALSE;
	store_fd_close (&device);
	if (!squash_server_wait (&server, mount, error))
		return FALSE;
	*ret_mount_fd = store_fd_steal (&mount);
	return TRUE;
}

/*
 * Before 0.2 it takes "trusted.*" for "security.*" and the other way round: deletions in folders
 * and capabilities of files would be lost without a word. The first line that it prints when it is
 * asked is "squashfuse 0.1.104 (c) ...".
 */
static gboolean
version_check (const Store *store, const char *program, GError **error)
{
	const char *const argv[] = {program, "--version", NULL};
	int status = 0;
	g_autofree char *complaint = NULL;
	g_autofree char *output = NULL;
	const DavitHelper helper = {
		.size = sizeof helper,
		.argv = argv,
		.netns_fd = -1,
		.cwd_dirfd = -1,
		.ret_status = &status,
		.ret_complaint = &complaint,
	};
	const char *version = NULL;

	if (!store->host->run_helper (store->host, &helper, &output, error))
		return FALSE;
	if (complaint != NULL)
		version = strstr (complaint, NAME_OF_VERSION);
	if (version == NULL || !g_str_has_prefix (version, NAME_OF_VERSION "0.1."))
		return TRUE;
	return store_error_set (
		error, DAVIT_ERROR_UNAVAILABLE,
		"there are attributes \"trusted.*\" or \"security.*\" in it, which "
		"\"%s\" mixes up before version 0.2; install a newer one, or let the "
		"kernel mount it",
		program);
}

gboolean
squash_fuse_mount (Store *store, const char *chain_id, const SquashFile *file, int *ret_mount_fd,
		   GError **error)
{
	g_autofree char *program = g_find_program_in_path (SQUASH_FUSE_PROGRAM);

	if (program == NULL)
		return store_error_set (error, DAVIT_ERROR_UNAVAILABLE,
					"program \"" SQUASH_FUSE_PROGRAM "\" is not there; install "
					"squashfuse");
	/* A single layer hides nothing, and of what else is lost its owner was told. */
	if ((!file->attributes || file->adopted || version_check (store, program, error)) &&
	    fuse_serve (store, program, file->fd, ret_mount_fd, error))
		return TRUE;
	g_prefix_error (error, "layer \"%s\": ", chain_id);
	return FALSE;
}

void
squash_fuse_warn (Store *store, const char *path)
{
	g_autofree char *program = g_find_program_in_path (SQUASH_FUSE_PROGRAM);
	const char *way = store->host->option_string (store->host, SQUASH_OPTION_MOUNT);
	g_autoptr (GError) old = NULL;
	g_autofree char *text = NULL;

	if (program == NULL || g_strcmp0 (way, "kernel") == 0 ||
	    version_check (store, program, &old))
		return;
	text = g_strdup_printf ("\"%s\": capabilities of files in it are lost: %s", path,
				old->message);
	store->host->log (store->host, DAVIT_LOG_WARNING, text);
}
