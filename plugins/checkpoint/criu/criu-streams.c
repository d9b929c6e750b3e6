/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * CRIU knows a pipe by the number of its inode, and takes another one for it at restore. A file of
 * the host's (/dev/null) is of a mount that the container does not have: it must be told of that
 * one, by mount and inode, or it refuses to dump. A terminal is the container's own and made anew.
 */

#include "criu-streams.h"

#include "criu-fd.h"
#include "criu-mountinfo.h"

#include <string.h>
#include <sys/stat.h>

int
criu_streams_external_fd (const DavitExternal *externals, const char *type, const char *key)
{
	for (; externals != NULL && externals->type != NULL; externals++) {
		if (g_str_equal (externals->key, key) &&
		    (type == NULL || g_str_equal (externals->type, type)))
			return externals->fd;
	}
	return -1;
}

/* The number of the mount that descriptor key of the process is of; -1: not known. */
static gint
descriptor_mount (guint32 pid, const char *key)
{
	g_autofree char *path = g_strdup_printf ("/proc/%u/fdinfo/%s", pid, key);
	g_autofree char *text = NULL;
	const char *found;

	if (!g_file_get_contents (path, &text, NULL, NULL))
		return -1;
	found = strstr (text, "mnt_id:\t");
	return found != NULL ? (gint) g_ascii_strtoll (found + strlen ("mnt_id:\t"), NULL, 10) : -1;
}

static gboolean
mount_is_inside (guint32 pid, gint id)
{
	g_autoptr (GArray) mounts = criu_mountinfo_read (pid, NULL);

	for (guint i = 0; mounts != NULL && i < mounts->len; i++) {
		if (g_array_index (mounts, CriuMountinfo, i).id == id)
			return TRUE;
	}
	return FALSE;
}

/* CRIU's word for it; "" if there is nothing to be replaced. */
static char *
stream_id (const DavitDumpRequest *request, const DavitExternal *external)
{
	g_autofree char *path = g_strdup_printf ("/proc/%u/fd/%s", request->pid, external->key);
	struct stat status;
	gint mount;

	if (g_str_equal (external->type, "terminal"))
		return g_strdup ("");
	if (g_str_equal (external->type, "pipe") && external->fd >= 0) {
		if (fstat (external->fd, &status) < 0)
			return g_strdup ("");
	} else if (stat (path, &status) < 0) {
		return g_strdup ("");
	}
	/* The process may have put something else there. */
	if (S_ISFIFO (status.st_mode) && g_str_equal (external->type, "pipe"))
		return g_strdup_printf ("pipe:[%lu]", (gulong) status.st_ino);
	if (!g_str_equal (external->type, "file"))
		return g_strdup ("");
	mount = descriptor_mount (request->pid, external->key);
	if (mount < 0 || mount_is_inside (request->pid, mount))
		return g_strdup ("");
	return g_strdup_printf ("file[%x:%lx]", (guint) mount, (gulong) status.st_ino);
}

void
criu_streams_find (const DavitDumpRequest *request, CriuRecord *record)
{
	const DavitExternal *external = request->externals;

	for (; external != NULL && external->type != NULL; external++) {
		g_autofree char *id = NULL;

		if (!g_str_equal (external->type, "pipe") &&
		    !g_str_equal (external->type, "file") &&
		    !g_str_equal (external->type, "terminal"))
			continue;
		id = stream_id (request, external);
		criu_record_add_stream (record, external->key, external->type, id);
	}
}

void
criu_streams_put_external (const CriuRecord *record, GByteArray *options)
{
	for (guint i = 0; i < record->streams->len; i++) {
		const CriuStream *stream = (const CriuStream *) record->streams->pdata[i];

		if (g_str_has_prefix (stream->id, "file["))
			criu_protobuf_put_string (options, CRIU_OPT_EXTERNAL, stream->id);
	}
}

static gboolean
is_first (const CriuRecord *record, guint index)
{
	const CriuStream *stream = (const CriuStream *) record->streams->pdata[index];

	for (guint i = 0; i < index; i++) {
		if (g_str_equal (((const CriuStream *) record->streams->pdata[i])->id, stream->id))
			return FALSE;
	}
	return TRUE;
}

gsize
criu_streams_put_inherited (const CriuRecord *record, const DavitExternal *externals, int first_fd,
			    int *ret_fds, GByteArray *options)
{
	gsize count = 0;

	for (guint i = 0; i < record->streams->len && i < 3; i++) {
		const CriuStream *stream = (const CriuStream *) record->streams->pdata[i];
		int fd = criu_streams_external_fd (externals, NULL, stream->key);

		/* The same object at two numbers is told once. */
		if (stream->id[0] == '\0' || fd < 0 || !is_first (record, i))
			continue;
		criu_message_put_inherit (options, stream->id, first_fd + (int) count);
		ret_fds[count++] = fd;
	}
	return count;
}
