/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cni-network.h"

#include "cni-json.h"

#include <davit/error.h>

#include <string.h>

#define PLUGINS_LIMIT 32

void
cni_network_free (CniNetwork *network)
{
	if (network == NULL)
		return;
	g_free (network->file);
	g_array_unref (network->plugins);
	for (guint i = 0; i < network->documents->len; i++)
		network->json->document_free ((DavitJson *) network->documents->pdata[i]);
	g_ptr_array_unref (network->documents);
	g_clear_error (&network->problem);
	g_free (network);
}

static gboolean
refuse (GError **error, const char *format, const char *value)
{
	g_autofree char *escaped = cni_text_escape (value);
	g_auto (GStrv) parts = g_strsplit (format, "%s", 2);

	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_CONFIG, "%s%s%s", parts[0], escaped, parts[1]);
	return FALSE;
}

/* A flag: the specification says a boolean, and libcni has always taken a string too. */
static gboolean
flag_read (const CniNetwork *network, const DavitJson *root, const char *key, gboolean *ret,
	   GError **error)
{
	const char *text = network->json->string (network->json->member (root, key));

	if (text == NULL)
		return network->json->get_boolean (root, key, ret, error);
	*ret = strcmp (text, "true") == 0;
	return *ret || strcmp (text, "false") == 0 ||
	       refuse (error, "the key \"disableCheck\" or \"disableGC\" is \"%s\", not a boolean",
		       text);
}

/* The highest version of "cniVersion" and "cniVersions" that is known here. */
static gboolean
version_read (CniNetwork *network, const DavitJson *root, GError **error)
{
	const DavitJsonOps *json = network->json;
	g_autofree const char **more = NULL;
	const char *text = NULL;
	CniVersion version;
	gboolean known = FALSE;

	if (!json->get_string (root, "cniVersion", &text, error) ||
	    !json->get_strings (root, "cniVersions", &more, error))
		return FALSE;
	/* What the specification says of a file without a version. */
	if (text == NULL && (more == NULL || more[0] == NULL))
		text = "0.1.0";
	known = text != NULL && cni_version_parse (text, &network->version);
	for (guint i = 0; more != NULL && more[i] != NULL; i++) {
		if (!cni_version_parse (more[i], &version))
			continue;
		network->version = known ? MAX (version, network->version) : version;
		known = TRUE;
	}
	return known || refuse (error, "cniVersion \"%s\" is not known; davit knows 0.1.0 to 1.1.0",
				text != NULL ? text : more[0]);
}

static gboolean
plugin_add (CniNetwork *network, const DavitJson *config, GError **error)
{
	const DavitJsonOps *json = network->json;
	g_autofree char *path = json->path (config);
	const DavitJson *capabilities = NULL;
	CniPlugin plugin = {.config = config};

	if (json->type (config) != DAVIT_JSON_OBJECT)
		return refuse (error, "the plugin \"%s\" is no object", path);
	if (!json->get_string (config, "type", &plugin.type, error) ||
	    !json->get_object (config, "capabilities", &capabilities, error))
		return FALSE;
	if (plugin.type == NULL)
		return refuse (error,
			       path[0] != '\0' ? "the plugin \"%s\" has no \"type\""
					       : "there is no \"type\" and no \"plugins\"%s",
			       path);
	/* It names a program in one of the directories: "../../bin/sh" must not. */
	if (!cni_text_is_name (plugin.type))
		return refuse (error, "the plugin type \"%s\" is no name of a program",
			       plugin.type);
	if (network->plugins->len >= PLUGINS_LIMIT) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_CONFIG,
			     "there are more than %d plugins", PLUGINS_LIMIT);
		return FALSE;
	}
	g_array_append_val (network->plugins, plugin);
	return TRUE;
}

static gboolean
plugins_read (CniNetwork *network, const DavitJson *root, GError **error)
{
	const DavitJsonOps *json = network->json;
	const DavitJson *plugins = NULL;

	if (json->member (root, "plugins") == NULL)
		return plugin_add (network, root, error);
	if (!json->get_array (root, "plugins", &plugins, error))
		return FALSE;
	for (guint i = 0; i < json->length (plugins); i++) {
		if (!plugin_add (network, json->element (plugins, i), error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
network_read (CniNetwork *network, const DavitJson *root, GError **error)
{
	const DavitJsonOps *json = network->json;
	const char *name = NULL;

	if (json->type (root) != DAVIT_JSON_OBJECT) {
		g_set_error_literal (error, DAVIT_ERROR, DAVIT_ERROR_CONFIG,
				     "it is no JSON object");
		return FALSE;
	}
	if (!json->get_string (root, "name", &name, error))
		return FALSE;
	if (name == NULL) {
		g_set_error_literal (error, DAVIT_ERROR, DAVIT_ERROR_CONFIG,
				     "there is no \"name\"");
		return FALSE;
	}
	if (!cni_text_is_name (name))
		return refuse (
			error,
			"the name \"%s\" is not allowed; a letter or digit, then also \"_\", "
			"\".\" and \"-\", 128 at most",
			name);
	network->name = name;
	return version_read (network, root, error) &&
	       flag_read (network, root, "disableCheck", &network->disable_check, error) &&
	       flag_read (network, root, "disableGC", &network->disable_gc, error) &&
	       plugins_read (network, root, error);
}

static const DavitJson *
document_add (CniNetwork *network, const char *text, GError **error)
{
	DavitJson *root = network->json->parse (text, -1, error);

	if (root != NULL)
		g_ptr_array_add (network->documents, root);
	return root;
}

/* The first problem stays. error is taken over. */
static void
problem_set (CniNetwork *network, const char *file, GError *error)
{
	if (network->problem != NULL) {
		g_error_free (error);
		return;
	}
	/* Whatever the reader calls it, to the user it is a file that must be corrected. */
	network->problem = g_error_new (DAVIT_ERROR, DAVIT_ERROR_CONFIG,
					"network configuration \"%s\": %s", file, error->message);
	g_error_free (error);
}

CniNetwork *
cni_network_parse (const DavitJsonOps *json, const char *file, const char *text)
{
	CniNetwork *network = g_new0 (CniNetwork, 1);
	const DavitJson *root;
	GError *error = NULL;

	network->json = json;
	network->file = g_strdup (file);
	network->plugins = g_array_new (FALSE, TRUE, sizeof (CniPlugin));
	network->documents = g_ptr_array_new ();
	root = document_add (network, text, &error);
	if (root == NULL || !network_read (network, root, &error))
		problem_set (network, file, error);
	return network;
}

void
cni_network_append (CniNetwork *network, const char *file, const char *text)
{
	GError *error = NULL;
	const DavitJson *root = document_add (network, text, &error);

	if (root == NULL || !plugin_add (network, root, &error))
		problem_set (network, file, error);
}

void
cni_network_write (const CniNetwork *network, GString *out, const char *key)
{
	cni_json_open (out, key, '{');
	cni_json_string (out, "cniVersion", cni_version_name (network->version));
	cni_json_string (out, "name", network->name);
	if (network->disable_check)
		cni_json_raw (out, "disableCheck", "true");
	cni_json_open (out, "plugins", '[');
	for (guint i = 0; i < network->plugins->len; i++) {
		g_autofree char *text =
			network->json->to_text (cni_network_plugin (network, i)->config);

		cni_json_raw (out, NULL, text);
	}
	cni_json_close (out, ']');
	cni_json_close (out, '}');
}

gboolean
cni_network_plugin_can (const CniNetwork *network, const CniPlugin *plugin, const char *capability)
{
	const DavitJson *capabilities = network->json->member (plugin->config, "capabilities");

	return network->json->boolean (network->json->member (capabilities, capability));
}

const CniPlugin *
cni_network_capable (const CniNetwork *network, const char *capability)
{
	for (guint i = 0; i < network->plugins->len; i++) {
		const CniPlugin *plugin = cni_network_plugin (network, i);

		if (cni_network_plugin_can (network, plugin, capability))
			return plugin;
	}
	return NULL;
}

const CniPlugin *
cni_network_plugin (const CniNetwork *network, guint index)
{
	return &g_array_index (network->plugins, CniPlugin, index);
}

const char *
cni_network_ipam (const CniNetwork *network, const CniPlugin *plugin)
{
	const DavitJson *ipam = network->json->member (plugin->config, "ipam");

	return network->json->string (network->json->member (ipam, "type"));
}
