/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Users and groups as the container's own files know them.
 *
 * The files are hostile: they may be a FIFO, a link to the host's, 10 GB long, or hold numbers that
 * the kernel takes for something else (2^32-1 is "leave as it is": CVE class 9). Nothing of the C
 * library looks at them, since its modules would be the host's. A line that is no entry is passed
 * over; a number is never taken for a name, nor a name for a number.
 */

#include "container/spec-private.h"

#include "base/error.h"
#include "base/log.h"
#include "base/path.h"
#include "base/user.h"

#include <string.h>

/* Longer lines are nobody's entry. */
#define LINE_LIMIT (64 * 1024)

/* More than the kernel keeps for a process (NGROUPS_MAX). */
#define GROUPS_LIMIT 65536

gboolean
davit_spec_parse_id (const char *text, guint32 *ret)
{
	guint64 value = 0;

	if (*text == '\0')
		return FALSE;
	for (; *text != '\0'; text++) {
		if (!g_ascii_isdigit (*text))
			return FALSE;
		value = value * 10 + (guint64) (*text - '0');
		if (value >= G_MAXUINT32)
			return FALSE;
	}
	*ret = (guint32) value;
	return TRUE;
}

gboolean
davit_spec_read_table (int rootfs_fd, const char *path, char **ret_text, GError **error)
{
	g_autoptr (GError) local = NULL;
	char *text = NULL;
	gsize length = 0;

	if (!davit_path_read_file (rootfs_fd, path, DAVIT_SPEC_FILE_LIMIT, &text, &length,
				   &local)) {
		if (davit_error_matches (local, DAVIT_ERROR_NOT_FOUND)) {
			*ret_text = g_strdup ("");
			return TRUE;
		}
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	/* What stands behind a NUL is not seen by us, and not by those in the container either. */
	*ret_text = text;
	return TRUE;
}

gboolean
davit_spec_next_entry (char **text, char **fields, guint n_fields)
{
	while (**text != '\0') {
		char *line = *text;
		char *end = strchr (line, '\n');
		guint found = 0;

		*text = end != NULL ? end + 1 : line + strlen (line);
		if (end != NULL)
			*end = '\0';
		if (*text - line > LINE_LIMIT)
			continue;
		for (char *field = line; field != NULL && found < n_fields; found++) {
			char *colon = strchr (field, ':');

			if (colon != NULL)
				*colon = '\0';
			fields[found] = field;
			field = colon != NULL ? colon + 1 : NULL;
		}
		if (found == n_fields && fields[0][0] != '\0')
			return TRUE;
	}
	return FALSE;
}

void
davit_spec_user_clear (DavitSpecUser *user)
{
	g_clear_pointer (&user->additional_gids, g_free);
	g_clear_pointer (&user->home, g_free);
	g_clear_pointer (&user->name, g_free);
	user->n_additional_gids = 0;
}

static gboolean
is_plain (const char *text)
{
	for (; *text != '\0'; text++) {
		if (g_ascii_iscntrl (*text))
			return FALSE;
	}
	return TRUE;
}

/* By name, or by number if name is NULL. ret_found FALSE: there is none. */
static gboolean
passwd_find (int rootfs_fd, const char *name, guint32 uid, DavitSpecUser *user, gboolean *ret_found,
	     GError **error)
{
	g_autofree char *table = NULL;
	char *fields[6], *next;

	*ret_found = FALSE;
	if (!davit_spec_read_table (rootfs_fd, "/etc/passwd", &table, error))
		return FALSE;
	for (next = table; davit_spec_next_entry (&next, fields, 6);) {
		guint32 entry_uid, entry_gid;

		if (!davit_spec_parse_id (fields[2], &entry_uid) ||
		    !davit_spec_parse_id (fields[3], &entry_gid))
			continue;
		if (name != NULL ? strcmp (fields[0], name) != 0 : entry_uid != uid)
			continue;
		*ret_found = TRUE;
		user->uid = entry_uid;
		user->gid = entry_gid;
		if (g_utf8_validate (fields[0], -1, NULL) && is_plain (fields[0]))
			user->name = g_strdup (fields[0]);
		if (fields[5][0] == '/' && g_utf8_validate (fields[5], -1, NULL) &&
		    is_plain (fields[5]))
			user->home = g_strdup (fields[5]);
		return TRUE;
	}
	return TRUE;
}

static void
groups_add (GArray *groups, guint32 gid)
{
	for (guint i = 0; i < groups->len; i++) {
		if (g_array_index (groups, guint32, i) == gid)
			return;
	}
	if (groups->len < GROUPS_LIMIT)
		g_array_append_val (groups, gid);
}

static gboolean
is_member (const char *list, const char *name)
{
	gsize length = strlen (name);

	while (*list != '\0') {
		gsize word = strcspn (list, ",");

		if (word == length && strncmp (list, name, word) == 0)
			return TRUE;
		list += word;
		list += *list == ',';
	}
	return FALSE;
}

/* Every group that lists name as a member. */
static void
groups_of (char *table, const char *name, GArray *groups)
{
	char *fields[4], *next = table;
	guint32 gid;

	while (davit_spec_next_entry (&next, fields, 4)) {
		if (davit_spec_parse_id (fields[2], &gid) && is_member (fields[3], name))
			groups_add (groups, gid);
	}
}

static gboolean
group_find (const char *table, const char *name, guint32 *ret_gid)
{
	g_autofree char *copy = g_strdup (table);
	char *fields[3], *next = copy;

	while (davit_spec_next_entry (&next, fields, 3)) {
		if (strcmp (fields[0], name) == 0 && davit_spec_parse_id (fields[2], ret_gid))
			return TRUE;
	}
	return FALSE;
}

static gboolean
is_number (const char *text)
{
	return *text != '\0' && text[strspn (text, "0123456789")] == '\0';
}

static gboolean
group_resolve (const char *table, const char *name, guint32 *ret_gid, GError **error)
{
	if (is_number (name)) {
		if (!davit_spec_parse_id (name, ret_gid))
			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"group \"%s\": must be a number up to 4294967294",
						name);
		return TRUE;
	}
	if (!group_find (table, name, ret_gid))
		return davit_error_set (error, DAVIT_ERROR_NOT_FOUND,
					"group \"%s\" is not in the container's /etc/group; give "
					"its number",
					name);
	return TRUE;
}

/* The part before ":". */
static gboolean
user_resolve (int rootfs_fd, const char *name, DavitSpecUser *user, GError **error)
{
	g_autoptr (GError) local = NULL;
	gboolean number = name[0] == '\0' || is_number (name);
	gboolean found = FALSE;

	if (number && name[0] != '\0' && !davit_spec_parse_id (name, &user->uid))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"user \"%s\": must be a number up to 4294967294", name);
	if (!passwd_find (rootfs_fd, number ? NULL : name, user->uid, user, &found, &local)) {
		/* A number needs no file: that it is a FIFO is no reason not to start. */
		if (!number) {
			g_propagate_error (error, g_steal_pointer (&local));
			return davit_error_prefix (error, "user \"%s\"", name);
		}
		davit_debug ("users of the container: %s", local->message);
	}
	if (!found && !number)
		return davit_error_set (error, DAVIT_ERROR_NOT_FOUND,
					"user \"%s\" is not in the container's /etc/passwd; give "
					"its number",
					name);
	return TRUE;
}

/* Without the file there are no groups; an unreadable one matters only to who names a group. */
static gboolean
groups_read (int rootfs_fd, gboolean needed, char **ret_table, GError **error)
{
	g_autoptr (GError) local = NULL;

	if (davit_spec_read_table (rootfs_fd, "/etc/group", ret_table, &local))
		return TRUE;
	if (needed) {
		g_propagate_error (error, g_steal_pointer (&local));
		return davit_error_prefix (error, "groups of the container");
	}
	davit_debug ("groups of the container: %s", local->message);
	*ret_table = g_strdup ("");
	return TRUE;
}

static gboolean
any_is_name (const char *const *groups)
{
	for (; groups != NULL && *groups != NULL; groups++) {
		if (!is_number (*groups))
			return TRUE;
	}
	return FALSE;
}

static gboolean
groups_resolve (int rootfs_fd, const char *group, const char *const *group_add, DavitSpecUser *user,
		GError **error)
{
	g_autoptr (GArray) groups = g_array_new (FALSE, FALSE, sizeof (guint32));
	g_autofree char *table = NULL;
	gboolean needed = (group != NULL && !is_number (group)) || any_is_name (group_add);
	guint32 gid;

	if (!groups_read (rootfs_fd, needed, &table, error))
		return FALSE;
	if (group != NULL && !group_resolve (table, group, &user->gid, error))
		return FALSE;
	for (; group_add != NULL && *group_add != NULL; group_add++) {
		if (!group_resolve (table, *group_add, &gid, error))
			return FALSE;
		groups_add (groups, gid);
	}
	/* Last: it takes the table apart. */
	if (group == NULL && user->name != NULL)
		groups_of (table, user->name, groups);
	user->n_additional_gids = groups->len;
	user->additional_gids =
		(guint32 *) (gpointer) g_array_free (g_steal_pointer (&groups), FALSE);
	return TRUE;
}

static gboolean
not_there (const char *what, guint32 id, GError **error)
{
	davit_error_set (error, DAVIT_ERROR_UNAVAILABLE, "%s %u: not among the ids that you have",
			 what, id);
	return davit_user_is_alone ()
		       ? davit_error_hint (error, "without subordinate ids (/etc/subuid, "
						  "/etc/subgid, newuidmap) a container has only "
						  "user and group 0, which are you")
		       : davit_error_hint (error, "root can give you more in /etc/subuid and "
						  "/etc/subgid");
}

/* Those that were asked for come first. What the image adds is left out where it is not there. */
static gboolean
groups_restrict (DavitSpecUser *user, gsize n_asked, GError **error)
{
	gboolean settable = davit_user_may_set_groups ();
	gsize kept = 0;

	for (gsize i = 0; i < user->n_additional_gids; i++) {
		guint32 gid = user->additional_gids[i];

		if (settable && davit_user_has_group (gid))
			user->additional_gids[kept++] = gid;
		else if (i < n_asked)
			return not_there ("group", gid, error);
	}
	user->n_additional_gids = kept;
	return TRUE;
}

/* An ordinary user has not all ids that an image may speak of. */
static gboolean
ids_restrict (DavitSpecUser *user, gsize n_asked, GError **error)
{
	if (!davit_user_is_ordinary ())
		return TRUE;
	if (!davit_user_has_id (user->uid))
		return not_there ("user", user->uid, error);
	if (!davit_user_has_group (user->gid))
		return not_there ("group", user->gid, error);
	return groups_restrict (user, n_asked, error);
}

gboolean
davit_spec_user_resolve (int rootfs_fd, const char *user, const char *const *group_add,
			 DavitSpecUser *ret_user, GError **error)
{
	DavitSpecUser found = {0};
	g_auto (GStrv) parts = g_strsplit (user != NULL ? user : "", ":", -1);
	const char *name = parts[0] != NULL ? parts[0] : "";
	gsize n_asked = group_add != NULL ? g_strv_length ((char **) group_add) : 0;
	const char *group = parts[0] != NULL ? parts[1] : NULL;

	if (group != NULL && (group[0] == '\0' || parts[2] != NULL))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"user \"%s\": must be USER or USER:GROUP", user);
	if (!user_resolve (rootfs_fd, name, &found, error) ||
	    !groups_resolve (rootfs_fd, group, group_add, &found, error) ||
	    !ids_restrict (&found, n_asked, error)) {
		davit_spec_user_clear (&found);
		return FALSE;
	}
	*ret_user = found;
	return TRUE;
}
