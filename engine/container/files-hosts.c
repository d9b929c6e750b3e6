/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * /etc/hosts: what the user adds stands first, since the first of two lines counts; then the base
 * file; then the container itself.
 */

#include "container/files-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define HOSTS "/etc/hosts"

/* How long the file of another container may be held. */
#define LOCK_MSEC 10000

static gboolean
is_word (const char *text)
{
	if (text == NULL || *text == '\0')
		return FALSE;
	for (; *text != '\0'; text++) {
		if (g_ascii_isspace (*text) || g_ascii_iscntrl (*text) || *text == '#')
			return FALSE;
	}
	return TRUE;
}

/* Lines for --add-host. */
static gboolean
added_lines (const DavitFiles *files, const DavitJson *hosts, GString *text, GError **error)
{
	const DavitJson *added = NULL;

	if (!davit_json_get_array (hosts, "add", &added, error))
		return FALSE;
	for (guint i = 0; i < davit_json_length (added); i++) {
		const DavitJson *entry = davit_json_element (added, i);
		const char *name = davit_json_string (davit_json_member (entry, "name"));
		const char *address = davit_json_string (davit_json_member (entry, "address"));

		if (!is_word (name) || !is_word (address))
			return davit_error_set (error, DAVIT_ERROR_CORRUPT,
						"hosts.add: name or address is none");
		g_string_append_printf (text, "%s\t%s\n", address, name);
	}
	return TRUE;
}

static gboolean
base_read (const DavitFiles *files, const DavitJson *hosts, char **ret_text, GError **error)
{
	const char *file = NULL;
	g_autoptr (GError) local = NULL;
	gsize length;

	if (!davit_json_get_string (hosts, "file", &file, error))
		return FALSE;
	*ret_text = NULL;
	if (g_strcmp0 (file, "none") == 0)
		return TRUE;
	if (g_strcmp0 (file, "image") != 0)
		return davit_files_read_host (file != NULL ? file : HOSTS, ret_text, &length,
					      error);
	if (davit_path_read_file (files->request->rootfs_fd, HOSTS, DAVIT_FILES_LIMIT, ret_text,
				  &length, &local) ||
	    davit_error_matches (local, DAVIT_ERROR_NOT_FOUND))
		return TRUE;
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

/* Whether a line gives a name an address: programs take "localhost" for granted. */
static gboolean
knows_name (const char *text, const char *name)
{
	g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto (GStrv) words = NULL;

		lines[i][strcspn (lines[i], "#")] = '\0';
		words = g_strsplit_set (lines[i], " \t\r", -1);
		for (guint j = 1; words[0] != NULL && words[j] != NULL; j++) {
			if (strcmp (words[j], name) == 0)
				return TRUE;
		}
	}
	return FALSE;
}

/* Its own names: at its addresses, or where it has none at one that leads to itself. */
static void
own_lines (const DavitFiles *files, const char *hostname, GString *text)
{
	const char *const *address = files->request->addresses;
	const char *name = files->record->name;
	gboolean same = g_strcmp0 (hostname, name) == 0;

	if (address == NULL || *address == NULL) {
		if (hostname != NULL && knows_name (text->str, hostname))
			hostname = NULL;
		g_string_append_printf (text, "127.0.1.1\t%s%s%s\n",
					hostname != NULL ? hostname : "",
					hostname != NULL && !same ? " " : "",
					hostname != NULL && same ? "" : name);
		return;
	}
	for (; *address != NULL; address++) {
		if (is_word (*address))
			g_string_append_printf (text, "%s\t%s%s%s\n", *address,
						hostname != NULL ? hostname : "",
						hostname != NULL && !same ? " " : "",
						hostname != NULL && same ? "" : name);
	}
}

static gboolean
hosts_write (DavitFiles *files, const DavitJson *hosts, const char *hostname, GError **error)
{
	g_autoptr (GString) text = g_string_new (NULL);
	g_autofree char *base = NULL;

	if (!added_lines (files, hosts, text, error) || !base_read (files, hosts, &base, error))
		return FALSE;
	if (base != NULL && base[0] != '\0') {
		g_string_append (text, base);
		if (text->str[text->len - 1] != '\n')
			g_string_append_c (text, '\n');
	}
	if (!knows_name (text->str, "localhost"))
		g_string_append (text, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost "
				       "ip6-loopback\n");
	own_lines (files, hostname, text);
	return davit_files_add (files, "hosts", HOSTS, text->str, text->len, error);
}

/* Lines of ours go into the one file that all who share the network have. */
static gboolean
shared_append (const DavitFiles *files, const DavitJson *hosts, GError **error)
{
	g_autoptr (GString) lines = g_string_new (NULL);
	g_autofree char *there = NULL;
	davit_autofd fd = -1;
	gsize length;

	if (!added_lines (files, hosts, lines, error))
		return FALSE;
	if (lines->len == 0)
		return TRUE;
	fd = openat (files->dirfd, "hosts", O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return davit_error_errno (error, errno, "open \"hosts\"");
	if (!davit_lock_take (fd, LOCK_MSEC, "hosts", error) ||
	    !davit_fd_read (fd, DAVIT_FILES_LIMIT, "hosts", &there, &length, error))
		return FALSE;
	/* A second start adds nothing. */
	if (strstr (there, lines->str) != NULL)
		return TRUE;
	return davit_fd_write (fd, lines->str, lines->len, "hosts", error);
}

gboolean
davit_files_make_hosts (DavitFiles *files, const char *hostname, GError **error)
{
	const DavitJson *hosts = NULL;
	gboolean keep = FALSE, shared;

	if (!davit_json_get_object (files->json, "hosts", &hosts, error) ||
	    !davit_json_get_boolean (hosts, "keep", &keep, error))
		return FALSE;
	if (keep || davit_files_is_covered (files, HOSTS))
		return TRUE;
	if (files->request->owner_run_dir == NULL)
		return hosts_write (files, hosts, hostname, error);
	if (!davit_files_share (files, "hosts", HOSTS, &shared, error))
		return FALSE;
	return !shared || shared_append (files, hosts, error);
}
