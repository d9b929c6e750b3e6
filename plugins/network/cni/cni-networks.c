/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cni-networks.h"

#include "cni-json.h"

#include <davit/error.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_LIMIT ((gsize) 1024 * 1024)

const char *const *
cni_networks_directories (const DavitHost *host)
{
	static const char *const none[] = {NULL};
	const char *const *list = host->option_list (host, "conf-directories");

	return list != NULL ? list : none;
}

static gboolean
descriptor_read (int fd, GString *text)
{
	char buffer[16384];
	gssize got;

	do {
		got = read (fd, buffer, sizeof buffer);
		if (got > 0)
			g_string_append_len (text, buffer, got);
	} while ((got > 0 && text->len <= FILE_LIMIT) || (got < 0 && errno == EINTR));
	return got >= 0;
}

/* What is wrong with the file, or NULL. Administrators link such files, so links are followed. */
static const char *
file_read (const char *path, GString *text)
{
	int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *problem = NULL;
	struct stat status;

	if (fd < 0)
		return g_strerror (errno);
	if (fstat (fd, &status) < 0)
		problem = g_strerror (errno);
	else if (!S_ISREG (status.st_mode))
		problem = "it is no regular file";
	/* It says what root runs. */
	else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		problem = "others than its owner may write to it; chmod go-w helps";
	else if (!descriptor_read (fd, text))
		problem = g_strerror (errno);
	else if (text->len > FILE_LIMIT)
		problem = "it is longer than 1 MiB";
	else if (memchr (text->str, '\0', text->len) != NULL)
		problem = "there is a NUL in it";
	close (fd);
	return problem;
}

static gint
names_compare (gconstpointer a, gconstpointer b)
{
	return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Sorted names with one of the suffixes. A directory that is not there has none. */
static GPtrArray *
names_list (const char *directory, const char *const *suffixes)
{
	g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
	GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
		for (guint i = 0; suffixes[i] != NULL; i++) {
			if (name[0] != '.' && g_str_has_suffix (name, suffixes[i])) {
				g_ptr_array_add (names, g_strdup (name));
				break;
			}
		}
	}
	g_ptr_array_sort (names, names_compare);
	return names;
}

static void
problem_set (CniNetwork *network, const char *path, const char *problem)
{
	g_clear_error (&network->problem);
	network->problem = g_error_new (DAVIT_ERROR, DAVIT_ERROR_CONFIG,
					"network configuration \"%s\": %s", path, problem);
}

/* DIRECTORY/NAME/...conf: plugins that others add to the chain of the network NAME. */
static void
folder_load (CniNetwork *network, const char *directory)
{
	static const char *const suffixes[] = {".conf", NULL};
	g_autofree char *folder = g_build_filename (directory, network->name, NULL);
	g_autoptr (GPtrArray) names = names_list (folder, suffixes);

	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path =
			g_build_filename (folder, (const char *) names->pdata[i], NULL);
		g_autoptr (GString) text = g_string_new (NULL);
		const char *problem = file_read (path, text);

		if (problem != NULL)
			problem_set (network, path, problem);
		else
			cni_network_append (network, path, text->str);
	}
}

/* A list may be meant to be filled by a folder alone. */
static void
chain_complete (CniNetwork *network, const char *directory)
{
	const DavitJson *root = (const DavitJson *) network->documents->pdata[0];
	const DavitJsonOps *json = network->json;

	if (json->member (root, "plugins") != NULL &&
	    !json->boolean (json->member (root, "loadOnlyInlinedPlugins")))
		folder_load (network, directory);
	if (network->problem == NULL && network->plugins->len == 0)
		problem_set (network, network->file, "the list \"plugins\" is empty");
}

static CniNetwork *
network_load (const DavitHost *host, const char *directory, const char *name)
{
	g_autofree char *path = g_build_filename (directory, name, NULL);
	g_autoptr (GString) text = g_string_new (NULL);
	const char *problem = file_read (path, text);
	CniNetwork *network =
		cni_network_parse (host->json, path, problem == NULL ? text->str : "");

	if (problem != NULL)
		problem_set (network, path, problem);
	else if (network->problem == NULL)
		chain_complete (network, directory);
	return network;
}

GPtrArray *
cni_networks_load (const DavitHost *host, const char *until)
{
	static const char *const suffixes[] = {".conf", ".conflist", ".json", NULL};
	const char *const *directories = cni_networks_directories (host);
	GPtrArray *networks = g_ptr_array_new_with_free_func ((GDestroyNotify) cni_network_free);

	for (; *directories != NULL; directories++) {
		g_autoptr (GPtrArray) names = names_list (*directories, suffixes);

		for (guint i = 0; i < names->len; i++) {
			CniNetwork *network =
				network_load (host, *directories, (const char *) names->pdata[i]);

			g_ptr_array_add (networks, network);
			if (g_strcmp0 (network->name, until) == 0 && until != NULL)
				return networks;
		}
	}
	return networks;
}

static CniNetwork *
first_usable (const DavitHost *host, GPtrArray *networks)
{
	for (guint i = 0; i < networks->len; i++) {
		const CniNetwork *network = (const CniNetwork *) networks->pdata[i];

		if (network->problem == NULL)
			return (CniNetwork *) g_ptr_array_steal_index (networks, i);
		host->log (host, DAVIT_LOG_WARNING, network->problem->message);
	}
	return NULL;
}

static CniNetwork *
last_named (GPtrArray *networks, const char *name)
{
	CniNetwork *last =
		networks->len > 0 ? (CniNetwork *) networks->pdata[networks->len - 1] : NULL;

	return last != NULL && g_strcmp0 (last->name, name) == 0
		       ? (CniNetwork *) g_ptr_array_steal_index (networks, networks->len - 1)
		       : NULL;
}

static void
not_found (const DavitHost *host, const GPtrArray *networks, const char *name, GError **error)
{
	g_autofree char *places = g_strjoinv (":", (char **) cni_networks_directories (host));
	g_autoptr (GString) there = g_string_new (NULL);

	for (guint i = 0; i < networks->len; i++) {
		const CniNetwork *network = (const CniNetwork *) networks->pdata[i];

		if (network->problem != NULL)
			host->log (host, DAVIT_LOG_WARNING, network->problem->message);
		else
			g_string_append_printf (there, "%s%s", there->len > 0 ? ", " : "",
						network->name);
	}
	if (name == NULL)
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND,
			     "no network is configured: there is no .conflist, .conf or .json that "
			     "can be used in \"%s\"",
			     places);
	else
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND,
			     "network \"%s\" does not exist; there %s %s in \"%s\"", name,
			     there->len == 0 ? "is" : "are", there->len == 0 ? "none" : there->str,
			     places);
}

CniNetwork *
cni_networks_find (const DavitHost *host, const char *name, GError **error)
{
	g_autoptr (CniNetwork) found = NULL;
	g_autoptr (GPtrArray) networks = NULL;

	if (name == NULL)
		name = host->option_string (host, "network");
	networks = cni_networks_load (host, name);
	found = name == NULL ? first_usable (host, networks) : last_named (networks, name);
	if (found == NULL) {
		not_found (host, networks, name, error);
		return NULL;
	}
	if (found->problem != NULL) {
		g_propagate_error (error, g_steal_pointer (&found->problem));
		return NULL;
	}
	return g_steal_pointer (&found);
}
