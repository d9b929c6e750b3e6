/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Entries for a user and a group that were given by number and that the image does not know: many
 * programs do not work for a user without a name.
 *
 * In a root file system that can be written to, the line is appended to the file itself, since
 * useradd and its like replace the file by rename, which a mount point would not let them; else a
 * copy is bound over it.
 */

#include "container/files-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "container/spec-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/**
 * Table: passwd or group.
 */
typedef struct {
	const char *name;
	const char *path;
	guint id_field;
	guint n_fields;
} Table;

static const Table passwd_table = {"passwd", "/etc/passwd", 2, 4};
static const Table group_table = {"group", "/etc/group", 2, 3};

static gboolean
table_knows (const Table *table, const char *text, guint32 id)
{
	g_autofree char *copy = g_strdup (text);
	char *fields[4], *next = copy;
	guint32 found;

	while (davit_spec_next_entry (&next, fields, table->n_fields)) {
		if (davit_spec_parse_id (fields[table->id_field], &found) && found == id)
			return TRUE;
	}
	return FALSE;
}

/*
 * Opened as a path first: to open a device for writing may do something. FALSE without an error:
 * it is no file that can be appended to.
 */
static gboolean
table_open (int rootfs_fd, const char *path, int *ret_fd)
{
	davit_autofd place = -1;
	char name[64];
	struct stat status;

	if (!davit_path_open_in_root (rootfs_fd, path, O_PATH | O_NOFOLLOW, 0, &place, NULL) ||
	    fstat (place, &status) < 0 || !S_ISREG (status.st_mode))
		return FALSE;
	g_snprintf (name, sizeof name, "/proc/self/fd/%d", place);
	*ret_fd = open (name, O_WRONLY | O_APPEND | O_CLOEXEC);
	return *ret_fd >= 0;
}

static gboolean
entry_add (DavitFiles *files, const Table *table, const char *text, const char *line,
	   GError **error)
{
	gboolean cut = text[0] != '\0' && text[strlen (text) - 1] != '\n';
	g_autofree char *added = g_strconcat (cut ? "\n" : "", line, NULL);
	g_autofree char *whole = NULL;
	davit_autofd fd = -1;

	if (!files->record->read_only && table_open (files->request->rootfs_fd, table->path, &fd))
		return davit_fd_write (fd, added, strlen (added), table->path, error);
	whole = g_strconcat (text, added, NULL);
	return davit_files_add (files, table->name, table->path, whole, strlen (whole), error);
}

/* ret_text stays NULL if there is nothing to add to: no such file, or none that can be read. */
static void
table_read (const DavitFiles *files, const Table *table, char **ret_text)
{
	g_autoptr (GError) local = NULL;
	gsize length;

	if (!davit_path_read_file (files->request->rootfs_fd, table->path, DAVIT_SPEC_FILE_LIMIT,
				   ret_text, &length, &local))
		davit_debug ("no entry is added to %s: %s", table->path, local->message);
}

/* A field must hold no colon, and nothing that would begin a line (CVE class 9). */
static const char *
home_field (const char *home)
{
	for (const char *next = home; next != NULL && *next != '\0'; next++) {
		if (*next == ':' || g_ascii_iscntrl (*next))
			return "/";
	}
	return home != NULL && home[0] != '\0' ? home : "/";
}

static gboolean
user_add (DavitFiles *files, guint32 uid, guint32 gid, GError **error)
{
	g_autofree char *text = NULL;
	g_autofree char *line = NULL;

	table_read (files, &passwd_table, &text);
	if (text == NULL || table_knows (&passwd_table, text, uid))
		return TRUE;
	line = g_strdup_printf ("%u:*:%u:%u:container user:%s:/bin/sh\n", uid, uid, gid,
				home_field (files->record->workdir));
	return entry_add (files, &passwd_table, text, line, error);
}

static gboolean
group_add (DavitFiles *files, guint32 gid, GError **error)
{
	g_autofree char *text = NULL;
	g_autofree char *line = NULL;

	table_read (files, &group_table, &text);
	if (text == NULL || table_knows (&group_table, text, gid))
		return TRUE;
	line = g_strdup_printf ("%u:x:%u:\n", gid, gid);
	return entry_add (files, &group_table, text, line, error);
}

gboolean
davit_files_make_passwd (DavitFiles *files, GError **error)
{
	const char *user = files->record->user;
	g_auto (GStrv) parts = NULL;
	gboolean wanted = TRUE;
	guint32 uid, gid = 0;

	if (!davit_json_get_boolean (files->json, "passwd", &wanted, error))
		return FALSE;
	if (!wanted || user == NULL || files->request->rootfs_fd < 0)
		return TRUE;
	parts = g_strsplit (user, ":", 2);
	if (parts[0] == NULL || !davit_spec_parse_id (parts[0], &uid) || uid == 0)
		return TRUE;
	if (parts[1] != NULL && davit_spec_parse_id (parts[1], &gid) && gid != 0 &&
	    !davit_files_is_covered (files, group_table.path) && !group_add (files, gid, error))
		return FALSE;
	return davit_files_is_covered (files, passwd_table.path) ||
	       user_add (files, uid, gid, error);
}
