/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files for a container: how each is made, and those that are simple. */

#include "container/files-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "base/trace.h"
#include "base/user.h"
#include "container/spec-private.h"

#include "davit-config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZONE_DIRECTORY "/usr/share/zoneinfo"

static gboolean
lies_below (const char *path, const char *directory)
{
	gsize length = strlen (directory);

	return strncmp (path, directory, length) == 0 &&
	       (path[length] == '/' || path[length] == '\0');
}

/*
 * Into a directory of the host that the user puts over /etc no mount point may be made: it would
 * be a file on the host.
 */
gboolean
davit_files_is_covered (const DavitFiles *files, const char *destination)
{
	const DavitJson *mounts = davit_json_member (files->json, "mounts");

	for (guint i = 0; i < davit_json_length (mounts); i++) {
		const DavitJson *mount = davit_json_element (mounts, i);
		const char *place = davit_json_string (davit_json_member (mount, "destination"));
		const char *type = davit_json_string (davit_json_member (mount, "type"));

		if (place == NULL)
			continue;
		if (strcmp (place, destination) == 0 ||
		    (g_strcmp0 (type, "bind") == 0 && lies_below (destination, place)))
			return TRUE;
	}
	return FALSE;
}

static gboolean
is_kept (const DavitJson *object, const char *key)
{
	return davit_json_boolean (davit_json_member (object, key));
}

/* A file that is not mounted over for certain is no mount point: it would be seen. */
const char *const *
davit_files_mount_points (const DavitRecord *record)
{
	static const char *const all[] = {
		"/dev/",      "/proc/",		  "/sys/", "/run/.containerenv", "/etc/hostname",
		"/etc/hosts", "/etc/resolv.conf", NULL};
	static const char *const directories[] = {"/dev/", "/proc/", "/sys/", NULL};
	const DavitFiles files = {.json = record->json};
	const DavitNamespaceMode uts = record->uts_namespace.mode;
	gboolean certain =
		!is_kept (files.json, "keepHostname") && !is_kept (files.json, "keepResolvConf") &&
		!is_kept (davit_json_member (files.json, "hosts"), "keep") &&
		(uts == DAVIT_NAMESPACE_HOST ||
		 davit_json_string (davit_json_member (files.json, "hostname")) != NULL) &&
		record->network_namespace.mode != DAVIT_NAMESPACE_CONTAINER;

	for (guint i = 3; certain && all[i] != NULL; i++)
		certain = !davit_files_is_covered (&files, all[i]);
	return certain ? all : directories;
}

static void
bind_add (DavitFiles *files, const char *name, const char *destination)
{
	g_ptr_array_add (files->binds, g_strdup_printf ("%s/files/%s:%s", files->request->run_dir,
							name, destination));
}

gboolean
davit_files_add (DavitFiles *files, const char *name, const char *destination, const char *text,
		 gsize length, GError **error)
{
	davit_autofd fd = -1;

	/* What an earlier start left may be one file with that of another container. */
	if (unlinkat (files->dirfd, name, 0) < 0 && errno != ENOENT)
		return davit_error_errno (error, errno, "remove \"%s\"", name);
	fd = openat (files->dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		     0644);
	if (fd < 0)
		return davit_error_errno (error, errno, "make \"%s\"", name);
	/* The umask of the caller is none of the container's business. */
	if (fchmod (fd, 0644) < 0)
		return davit_error_errno (error, errno, "make \"%s\"", name);
	if (!davit_fd_write (fd, text, length, name, error))
		return FALSE;
	bind_add (files, name, destination);
	return TRUE;
}

gboolean
davit_files_share (DavitFiles *files, const char *name, const char *destination,
		   gboolean *ret_shared, GError **error)
{
	g_autofree char *source =
		g_build_filename (files->request->owner_run_dir, "files", name, NULL);

	if (unlinkat (files->dirfd, name, 0) < 0 && errno != ENOENT)
		return davit_error_errno (error, errno, "remove \"%s\"", name);
	/* A second name, and not a path: the other one may end before us. */
	if (linkat (AT_FDCWD, source, files->dirfd, name, 0) < 0) {
		*ret_shared = FALSE;
		/* It keeps the file of its image. */
		return errno == ENOENT || davit_error_errno (error, errno, "share \"%s\"", source);
	}
	*ret_shared = TRUE;
	bind_add (files, name, destination);
	return TRUE;
}

gboolean
davit_files_read_host (const char *path, char **ret_text, gsize *ret_length, GError **error)
{
	davit_autofd fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		*ret_text = g_strdup ("");
		*ret_length = 0;
		return TRUE;
	}
	if (fd < 0 || fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "read \"%s\"", path);
	if (!S_ISREG (status.st_mode))
		return davit_error_set (error, DAVIT_ERROR_CONFIG, "\"%s\" is no regular file",
					path);
	return davit_fd_read (fd, DAVIT_FILES_LIMIT, path, ret_text, ret_length, error);
}

static gboolean
make_hostname (DavitFiles *files, const char *hostname, GError **error)
{
	g_autofree char *text = NULL;
	gboolean keep = FALSE;

	if (!davit_json_get_boolean (files->json, "keepHostname", &keep, error))
		return FALSE;
	if (keep || hostname == NULL || davit_files_is_covered (files, "/etc/hostname"))
		return TRUE;
	text = g_strconcat (hostname, "\n", NULL);
	return davit_files_add (files, "hostname", "/etc/hostname", text, strlen (text), error);
}

/* The rules of a time zone, as a copy: the data base of the host may be another later. */
static gboolean
make_localtime (DavitFiles *files, GError **error)
{
	const char *zone = NULL;
	g_autofree char *path = NULL;
	g_autofree char *text = NULL;
	gsize length = 0;

	if (!davit_json_get_string (files->json, "timezone", &zone, error))
		return FALSE;
	if (zone == NULL || davit_files_is_covered (files, "/etc/localtime"))
		return TRUE;
	if (zone[0] == '/' || strstr (zone, "..") != NULL)
		return davit_error_set (error, DAVIT_ERROR_CONFIG,
					"time zone \"%s\": must be a zone such as Europe/Berlin, "
					"or local",
					zone);
	path = strcmp (zone, "local") == 0 ? g_strdup ("/etc/localtime")
					   : g_build_filename (ZONE_DIRECTORY, zone, NULL);
	if (!davit_files_read_host (path, &text, &length, error))
		return davit_error_prefix (error, "time zone \"%s\"", zone);
	/* A host without /etc/localtime lives in UTC, and so does the image without one. */
	if (length == 0 && strcmp (zone, "local") == 0)
		return TRUE;
	if (length == 0)
		return davit_error_set (error, DAVIT_ERROR_CONFIG,
					"time zone \"%s\": there is no file \"%s\"; is the package "
					"tzdata installed?",
					zone, path);
	return davit_files_add (files, "localtime", "/etc/localtime", text, length, error);
}

/* By this file programs see that they run in a container. */
static gboolean
make_containerenv (DavitFiles *files, GError **error)
{
	const DavitRecord *record = files->record;
	g_autofree char *text = g_strdup_printf (
		"engine=\"davit-%s\"\nname=\"%s\"\nid=\"%s\"\nimage=\"%s\"\nimageid=\"%s\"\n"
		"rootless=%d\n",
		DAVIT_VERSION, record->name, record->id, record->image != NULL ? record->image : "",
		record->image_id != NULL ? record->image_id : "", davit_user_is_ordinary ());

	if (davit_files_is_covered (files, "/run/.containerenv"))
		return TRUE;
	return davit_files_add (files, "containerenv", "/run/.containerenv", text, strlen (text),
				error);
}

/*
 * What an image calls a volume is a directory, even if no layer holds it. One that can't be made,
 * say because a file stands there, is a slip of the image and keeps no container from starting.
 */
static gboolean
make_volumes (const DavitFiles *files, GError **error)
{
	g_autofree const char **volumes = NULL;

	if (!davit_json_get_strings (files->json, "volumes", &volumes, error))
		return FALSE;
	if (files->record->read_only || files->request->rootfs_fd < 0)
		return TRUE;
	for (guint i = 0; volumes != NULL && volumes[i] != NULL; i++) {
		g_autoptr (GError) local = NULL;
		davit_autofd fd = -1;

		if (!davit_path_make_directory (files->request->rootfs_fd, volumes[i], 0755,
						(uid_t) -1, (gid_t) -1, &fd, &local))
			davit_debug ("volume \"%s\" of the image: %s", volumes[i], local->message);
	}
	return TRUE;
}

static gboolean
make_all (DavitFiles *files, GError **error)
{
	g_autofree char *hostname = davit_spec_hostname (files->request->engine, files->record);

	return make_volumes (files, error) && davit_files_make_resolv_conf (files, error) &&
	       davit_files_make_hosts (files, hostname, error) &&
	       make_hostname (files, hostname, error) && make_localtime (files, error) &&
	       make_containerenv (files, error) && davit_files_make_passwd (files, error);
}

gboolean
davit_files_make (const DavitFilesRequest *request, char ***ret_binds, GError **error)
{
	davit_trace_scope ("container", "files");
	davit_autofd dirfd = -1;
	g_autoptr (GPtrArray) binds = g_ptr_array_new_with_free_func (g_free);
	DavitFiles files = {request, request->record, request->record->json, -1, binds};

	if (!davit_path_open_subdirectory (request->run_dirfd, "files", 0755, &dirfd, error))
		return FALSE;
	files.dirfd = dirfd;
	if (!make_all (&files, error))
		return davit_error_prefix (error, "files of container \"%s\"",
					   request->record->name);
	g_ptr_array_add (binds, NULL);
	*ret_binds = (char **) g_ptr_array_free (g_steal_pointer (&binds), FALSE);
	return TRUE;
}
