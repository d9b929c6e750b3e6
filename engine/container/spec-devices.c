/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Devices: the nodes that a container gets beside those that every runtime makes, and the rules of
 * its device cgroup, which begin with "none".
 */

#include "container/spec-private.h"

#include "base/error.h"
#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Nodes of the host that a privileged container gets, and how deep they stand. */
#define NODES_LIMIT 4096
#define DEPTH_LIMIT 4

static void
write_node (const struct stat *status, const char *path, DavitJsonWriter *writer)
{
	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "path", path);
	davit_json_writer_string (writer, "type", S_ISBLK (status->st_mode) ? "b" : "c");
	davit_json_writer_integer (writer, "major", major (status->st_rdev));
	davit_json_writer_integer (writer, "minor", minor (status->st_rdev));
	davit_json_writer_integer (writer, "fileMode", status->st_mode & 07777);
	davit_json_writer_integer (writer, "uid", status->st_uid);
	davit_json_writer_integer (writer, "gid", status->st_gid);
	davit_json_writer_end_object (writer);
}

/* Looked at anew at each start: the numbers of a device may be others after a reboot. */
static gboolean
device_look (const DavitJson *json, const char **ret_inside, const char **ret_access,
	     struct stat *ret_status, GError **error)
{
	const char *path = NULL;

	if (!davit_json_get_string (json, "path", &path, error) ||
	    !davit_json_get_string (json, "inside", ret_inside, error) ||
	    !davit_json_get_string (json, "access", ret_access, error))
		return FALSE;
	if (path == NULL || *ret_inside == NULL || *ret_access == NULL)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"devices: path, inside or access is missing");
	if (stat (path, ret_status) < 0)
		return davit_error_errno (error, errno, "device \"%s\"", path);
	if (!S_ISCHR (ret_status->st_mode) && !S_ISBLK (ret_status->st_mode))
		return davit_error_set (error, DAVIT_ERROR_NOT_FOUND, "\"%s\" is no device", path);
	return TRUE;
}

typedef struct {
	DavitJsonWriter *writer;
	guint count;
} Nodes;

static gboolean
is_own (const char *path)
{
	/* What each container has of its own. */
	static const char *const own[] = {
		"/dev/pts",	"/dev/shm",  "/dev/mqueue", "/dev/fd",	"/dev/null",
		"/dev/zero",	"/dev/full", "/dev/random", "/dev/tty", "/dev/urandom",
		"/dev/console", "/dev/ptmx", NULL};

	return g_strv_contains (own, path);
}

static void
nodes_walk (Nodes *nodes, int dirfd, const char *directory, guint depth)
{
	DIR *stream = fdopendir (dirfd);
	struct dirent *entry;

	if (stream == NULL) {
		close (dirfd);
		return;
	}
	while ((entry = readdir (stream)) != NULL && nodes->count < NODES_LIMIT) {
		g_autofree char *path = g_build_filename (directory, entry->d_name, NULL);
		struct stat status;
		int fd;

		if (entry->d_name[0] == '.' || is_own (path) ||
		    fstatat (dirfd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISCHR (status.st_mode) || S_ISBLK (status.st_mode)) {
			write_node (&status, path, nodes->writer);
			nodes->count++;
		} else if (S_ISDIR (status.st_mode) && depth < DEPTH_LIMIT) {
			fd = openat (dirfd, entry->d_name,
				     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (fd >= 0)
				nodes_walk (nodes, fd, path, depth + 1);
		}
	}
	closedir (stream);
}

static void
write_all_nodes (DavitJsonWriter *writer)
{
	Nodes nodes = {.writer = writer};
	int fd = open ("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		nodes_walk (&nodes, fd, "/dev", 0);
}

gboolean
davit_spec_write_devices (const DavitSpecBuild *build, GError **error)
{
	const DavitJson *array = NULL;

	if (!davit_json_get_array (build->json, "devices", &array, error))
		return FALSE;
	if (davit_json_length (array) == 0 && !build->record->privileged)
		return TRUE;
	davit_json_writer_begin_array (build->writer, "devices");
	/* A device that was asked for by name stands first: the runtime takes the first of two. */
	for (guint i = 0; i < davit_json_length (array); i++) {
		const char *inside = NULL, *access = NULL;
		struct stat status;

		if (!device_look (davit_json_element (array, i), &inside, &access, &status, error))
			return FALSE;
		write_node (&status, inside, build->writer);
	}
	if (build->record->privileged)
		write_all_nodes (build->writer);
	davit_json_writer_end_array (build->writer);
	return TRUE;
}

static void
rule_begin (DavitJsonWriter *writer, gboolean allow)
{
	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_boolean (writer, "allow", allow);
}

static gboolean
write_given_rules (const DavitJson *devices, DavitJsonWriter *writer, GError **error)
{
	for (guint i = 0; i < davit_json_length (devices); i++) {
		const char *inside = NULL, *access = NULL;
		struct stat status;

		if (!device_look (davit_json_element (devices, i), &inside, &access, &status,
				  error))
			return FALSE;
		rule_begin (writer, TRUE);
		davit_json_writer_string (writer, "type", S_ISBLK (status.st_mode) ? "b" : "c");
		davit_json_writer_integer (writer, "major", major (status.st_rdev));
		davit_json_writer_integer (writer, "minor", minor (status.st_rdev));
		davit_json_writer_string (writer, "access", access);
		davit_json_writer_end_object (writer);
	}
	return TRUE;
}

static gboolean
write_number_rules (const DavitJson *rules, DavitJsonWriter *writer, GError **error)
{
	for (guint i = 0; i < davit_json_length (rules); i++) {
		const DavitJson *rule = davit_json_element (rules, i);
		const char *type = NULL, *access = NULL;
		gint64 major_number = -1, minor_number = -1;

		if (!davit_json_get_string (rule, "type", &type, error) ||
		    !davit_json_get_string (rule, "access", &access, error) ||
		    !davit_json_get_integer (rule, "major", 0, G_MAXUINT32, &major_number, error) ||
		    !davit_json_get_integer (rule, "minor", 0, G_MAXUINT32, &minor_number, error))
			return FALSE;
		rule_begin (writer, TRUE);
		davit_json_writer_string_if (writer, "type", type);
		if (major_number >= 0)
			davit_json_writer_integer (writer, "major", major_number);
		if (minor_number >= 0)
			davit_json_writer_integer (writer, "minor", minor_number);
		davit_json_writer_string_if (writer, "access", access);
		davit_json_writer_end_object (writer);
	}
	return TRUE;
}

gboolean
davit_spec_write_device_rules (const DavitSpecBuild *build, GError **error)
{
	const DavitJson *devices = NULL, *rules = NULL;
	DavitJsonWriter *writer = build->writer;

	if (!davit_json_get_array (build->json, "devices", &devices, error) ||
	    !davit_json_get_array (build->json, "deviceRules", &rules, error))
		return FALSE;
	davit_json_writer_begin_array (writer, "devices");
	rule_begin (writer, build->record->privileged);
	davit_json_writer_string (writer, "access", "rwm");
	davit_json_writer_end_object (writer);
	if (!build->record->privileged && (!write_given_rules (devices, writer, error) ||
					   !write_number_rules (rules, writer, error)))
		return FALSE;
	davit_json_writer_end_array (writer);
	return TRUE;
}
