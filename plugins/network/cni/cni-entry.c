/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cni-entry.h"

#include "cni-json.h"

#include <davit/error.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FORMAT 1
/* Configuration and result are limited to 1 MiB each; nothing davit adds comes near that. */
#define ENTRY_LIMIT ((gsize) 8 * 1024 * 1024)
#define SUFFIX ".json"

void
cni_entry_free (CniEntry *entry)
{
	if (entry == NULL)
		return;
	if (entry->root != NULL)
		entry->host->json->document_free (entry->root);
	cni_network_free (entry->network);
	g_free (entry->file_name);
	g_free (entry);
}

static char *
boot_id (void)
{
	char *text = NULL;

	if (!g_file_get_contents ("/proc/sys/kernel/random/boot_id", &text, NULL, NULL))
		return g_strdup ("");
	return g_strstrip (text);
}

static gboolean
entry_read_config (CniEntry *entry, GError **error)
{
	const DavitJsonOps *json = entry->host->json;
	const DavitJson *config = NULL;
	g_autofree char *text = NULL;
	const char *file = NULL;

	if (!json->get_object (entry->root, "config", &config, error) ||
	    !json->get_string (entry->root, "file", &file, error))
		return FALSE;
	text = json->to_text (config);
	entry->network = cni_network_parse (json, file != NULL ? file : entry->file_name,
					    config != NULL ? text : "");
	if (entry->network->problem == NULL)
		return TRUE;
	g_propagate_error (error, g_steal_pointer (&entry->network->problem));
	return FALSE;
}

static gboolean
entry_read (CniEntry *entry, GError **error)
{
	const DavitJsonOps *json = entry->host->json;
	g_autofree char *current = boot_id ();
	const char *boot = NULL;
	gint64 format = 0;

	if (!json->get_integer (entry->root, "version", 1, G_MAXINT, &format, error) ||
	    !json->get_string (entry->root, "id", &entry->id, error) ||
	    !json->get_string (entry->root, "container", &entry->container, error) ||
	    !json->get_string (entry->root, "interface", &entry->interface, error) ||
	    !json->get_string (entry->root, "netns", &entry->netns, error) ||
	    !json->get_string (entry->root, "arguments", &entry->arguments, error) ||
	    !json->get_object (entry->root, "capabilities", &entry->capabilities, error) ||
	    !json->get_object (entry->root, "result", &entry->result, error) ||
	    !json->get_boolean (entry->root, "complete", &entry->complete, error) ||
	    !json->get_string (entry->root, "boot", &boot, error))
		return FALSE;
	if (format != FORMAT) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED,
			     "its version %" G_GINT64_FORMAT " is not known here; this davit is "
			     "older than the one that wrote it",
			     format);
		return FALSE;
	}
	if (entry->id == NULL || entry->interface == NULL || entry->netns == NULL ||
	    entry->arguments == NULL || entry->capabilities == NULL) {
		g_set_error_literal (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT,
				     "a member is missing");
		return FALSE;
	}
	entry->this_boot = g_strcmp0 (boot, current) == 0;
	return entry_read_config (entry, error);
}

static CniEntry *
entry_parse (const DavitHost *host, const char *file_name, const char *text, gssize length,
	     GError **error)
{
	g_autoptr (CniEntry) entry = g_new0 (CniEntry, 1);
	g_autoptr (GError) local = NULL;

	entry->host = host;
	entry->file_name = g_strdup (file_name);
	entry->root = host->json->parse (text, length, &local);
	if (entry->root != NULL && entry_read (entry, &local))
		return g_steal_pointer (&entry);
	g_set_error (error, DAVIT_ERROR,
		     g_error_matches (local, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED)
			     ? DAVIT_ERROR_UNSUPPORTED
			     : DAVIT_ERROR_CORRUPT,
		     "record of an attachment \"%s\": %s", file_name, local->message);
	return NULL;
}

CniEntry *
cni_entry_load (const DavitHost *host, const char *file_name, GError **error)
{
	g_autofree char *text = NULL;
	gsize length = 0;

	if (!host->files->read_file (host->state_dirfd, file_name, ENTRY_LIMIT, &text, &length,
				     error))
		return NULL;
	return entry_parse (host, file_name, text, (gssize) length, error);
}

static gboolean
entry_save (const DavitHost *host, const char *file_name, const GString *text, gboolean durable,
	    GError **error)
{
	return host->files->replace_file (host->state_dirfd, file_name, text->str, text->len, 0600,
					  durable, error);
}

/*
 * Nor by another interface, which the specification would allow: plugins name their rules by
 * container and network, and the removal of one attachment would trip over the other's.
 */
static gboolean
entry_is_new (const DavitHost *host, const char *id, const char *network, GError **error)
{
	g_autoptr (GPtrArray) names = cni_entries_list (host, id, network, NULL, error);
	g_auto (GStrv) parts = NULL;

	if (names == NULL || names->len == 0)
		return names != NULL;
	parts = cni_entry_split ((const char *) names->pdata[0]);
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_STATE,
		     "network \"%s\": the container is attached to it as \"%s\" already", network,
		     parts[2]);
	return FALSE;
}

CniEntry *
cni_entry_create (const DavitHost *host, const DavitNetworkRequest *request,
		  const CniNetwork *network, const CniPlan *plan, const char *netns, GError **error)
{
	g_autofree char *file_name = g_strconcat (request->id, "@", network->name, "@",
						  request->interface, SUFFIX, NULL);
	g_autoptr (GString) text = g_string_new (NULL);
	g_autofree char *boot = boot_id ();

	if (!entry_is_new (host, request->id, network->name, error))
		return NULL;
	cni_json_open (text, NULL, '{');
	cni_json_integer (text, "version", FORMAT);
	cni_json_string (text, "id", request->id);
	cni_json_string (text, "container", request->name);
	cni_json_string (text, "interface", request->interface);
	cni_json_string (text, "file", network->file);
	cni_json_string (text, "boot", boot);
	cni_json_string (text, "netns", netns);
	cni_json_string (text, "arguments", plan->arguments);
	cni_json_raw (text, "capabilities", plan->capabilities);
	cni_network_write (network, text, "config");
	cni_json_close (text, '}');
	if (!entry_save (host, file_name, text, FALSE, error))
		return NULL;
	return entry_parse (host, file_name, text->str, (gssize) text->len, error);
}

gboolean
cni_entry_set_result (const CniEntry *entry, const char *result, gboolean complete, GError **error)
{
	g_autofree char *before = entry->host->json->to_text (entry->root);
	g_autoptr (GString) text = g_string_new (before);

	g_string_truncate (text, text->len - 1);
	cni_json_raw (text, "result", result);
	if (complete)
		cni_json_raw (text, "complete", "true");
	cni_json_close (text, '}');
	return entry_save (entry->host, entry->file_name, text, complete, error);
}

gboolean
cni_entry_remove (const DavitHost *host, const char *file_name, GError **error)
{
	if (unlinkat (host->state_dirfd, file_name, 0) == 0 || errno == ENOENT)
		return TRUE;
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_IO, "remove \"%s\": %s", file_name,
		     g_strerror (errno));
	return FALSE;
}

char **
cni_entry_split (const char *file_name)
{
	g_autofree char *stem = NULL;
	char **parts;

	if (!g_str_has_suffix (file_name, SUFFIX))
		return NULL;
	stem = g_strndup (file_name, strlen (file_name) - strlen (SUFFIX));
	parts = g_strsplit (stem, "@", -1);
	if (g_strv_length (parts) == 3 && cni_text_is_name (parts[0]) &&
	    cni_text_is_name (parts[1]) && cni_text_is_interface (parts[2]))
		return parts;
	g_strfreev (parts);
	return NULL;
}

static gboolean
name_matches (const char *file_name, const char *id, const char *network, const char *interface)
{
	g_auto (GStrv) parts = cni_entry_split (file_name);

	return parts != NULL && (id == NULL || strcmp (parts[0], id) == 0) &&
	       (network == NULL || strcmp (parts[1], network) == 0) &&
	       (interface == NULL || strcmp (parts[2], interface) == 0);
}

static gint
names_compare (gconstpointer a, gconstpointer b)
{
	return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GPtrArray *
cni_entries_list (const DavitHost *host, const char *id, const char *network, const char *interface,
		  GError **error)
{
	GPtrArray *names;
	struct dirent *entry;
	/* A descriptor of its own: the position is one for all copies. */
	int fd = openat (host->state_dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd >= 0 ? fdopendir (fd) : NULL;

	if (directory == NULL) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_IO, "records of attachments: %s",
			     g_strerror (errno));
		if (fd >= 0)
			close (fd);
		return NULL;
	}
	names = g_ptr_array_new_with_free_func (g_free);
	while ((entry = readdir (directory)) != NULL) {
		if (name_matches (entry->d_name, id, network, interface))
			g_ptr_array_add (names, g_strdup (entry->d_name));
	}
	closedir (directory);
	g_ptr_array_sort (names, names_compare);
	return names;
}

/* After a reboot there are no rules any more, and its container may not have been cleaned up. */
static CniEntry *
entry_with_ports (const DavitHost *host, const char *file_name, const char *boot)
{
	g_autofree char *text = NULL;
	g_autoptr (CniEntry) entry = NULL;
	gsize length = 0;

	/* Most have none, and to search is cheaper than to parse. */
	if (!host->files->read_file (host->state_dirfd, file_name, ENTRY_LIMIT, &text, &length,
				     NULL) ||
	    strstr (text, "\"hostPort\":") == NULL || strstr (text, boot) == NULL)
		return NULL;
	entry = entry_parse (host, file_name, text, (gssize) length, NULL);
	return entry != NULL && entry->this_boot ? g_steal_pointer (&entry) : NULL;
}

GPtrArray *
cni_entries_with_ports (const DavitHost *host, const char *id)
{
	GPtrArray *entries = g_ptr_array_new_with_free_func ((GDestroyNotify) cni_entry_free);
	g_autoptr (GPtrArray) names = cni_entries_list (host, NULL, NULL, NULL, NULL);
	g_autofree char *boot = boot_id ();

	for (guint i = 0; names != NULL && i < names->len; i++) {
		const char *name = (const char *) names->pdata[i];
		CniEntry *entry;

		if (g_str_has_prefix (name, id) && name[strlen (id)] == '@')
			continue;
		entry = entry_with_ports (host, name, boot);
		if (entry != NULL)
			g_ptr_array_add (entries, entry);
	}
	return entries;
}
