/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The configuration of an image, checked and typed. What other engines write differently is taken
 * as it is meant (null for nothing, "" for unset); what could be understood in two ways is refused.
 */

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "image/image-parse.h"

#include <string.h>

static gboolean
text_take (const DavitJson *object, const char *key, char **ret, GError **error)
{
	const char *text = NULL;

	if (!davit_json_get_string (object, key, &text, error))
		return FALSE;
	*ret = text == NULL || text[0] == '\0' ? NULL : g_strdup (text);
	return TRUE;
}

/* {"80/tcp": {}} → "80/tcp"; with values {"key": "value"} → "key=value". */
static gboolean
keys_take (const DavitJson *object, const char *key, gboolean values, char ***ret, GError **error)
{
	const DavitJson *set = NULL;
	guint n;

	if (!davit_json_get_object (object, key, &set, error))
		return FALSE;
	n = davit_json_length (set);
	*ret = g_new0 (char *, n + 1);
	for (guint i = 0; i < n; i++) {
		const char *name = davit_json_element_key (set, i);
		const char *value = "";

		if (values && !davit_json_get_string (set, name, &value, error))
			return FALSE;
		(*ret)[i] = values ? g_strconcat (name, "=", value, NULL) : g_strdup (name);
	}
	return TRUE;
}

/* A variable without a value would be taken from the host by some. */
static gboolean
env_check (char **env, GError **error)
{
	for (guint i = 0; env[i] != NULL; i++) {
		if (env[i][0] == '=' || strchr (env[i], '=') == NULL)
			return davit_error_set (error, DAVIT_ERROR_CORRUPT,
						"\"config.Env[%u]\": \"%s\" is not KEY=VALUE", i,
						env[i]);
	}
	return TRUE;
}

/* Relative to "/": that is what other engines make of it. */
static void
path_complete (char **path)
{
	char *absolute;

	if (*path == NULL || (*path)[0] == '/')
		return;
	absolute = g_strconcat ("/", *path, NULL);
	g_free (*path);
	*path = absolute;
}

static gboolean
process_take (DavitImage *image, const DavitJson *config, GError **error)
{
	const DavitJson *entrypoint = davit_json_member (config, "Entrypoint");

	image->has_entrypoint =
		entrypoint != NULL && davit_json_type (entrypoint) != DAVIT_JSON_NULL;
	if (!text_take (config, "User", &image->user, error) ||
	    !text_take (config, "WorkingDir", &image->working_dir, error) ||
	    !text_take (config, "StopSignal", &image->stop_signal, error) ||
	    !davit_json_dup_strings (config, "Entrypoint", &image->entrypoint, error) ||
	    !davit_json_dup_strings (config, "Cmd", &image->cmd, error) ||
	    !davit_json_dup_strings (config, "Env", &image->env, error) ||
	    !keys_take (config, "Volumes", FALSE, &image->volumes, error) ||
	    !keys_take (config, "ExposedPorts", FALSE, &image->exposed_ports, error) ||
	    !keys_take (config, "Labels", TRUE, &image->labels, error))
		return FALSE;
	path_complete (&image->working_dir);
	for (char **volume = image->volumes; *volume != NULL; volume++)
		path_complete (volume);
	return env_check (image->env, error);
}

static gboolean
diff_ids_take (DavitImage *image, GError **error)
{
	const DavitJson *rootfs = NULL;
	const char *type = NULL;

	if (!davit_json_get_object (image->config, "rootfs", &rootfs, error) ||
	    !davit_json_get_string (rootfs, "type", &type, error) ||
	    !davit_json_dup_strings (rootfs, "diff_ids", &image->diff_ids, error))
		return FALSE;
	if (rootfs == NULL || g_strcmp0 (type, "layers") != 0)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"\"rootfs.type\": must be \"layers\"");
	for (guint i = 0; image->diff_ids[i] != NULL; i++) {
		if (!davit_digest_is_valid (image->diff_ids[i]))
			return davit_error_set (error, DAVIT_ERROR_CORRUPT,
						"\"rootfs.diff_ids[%u]\": \"%s\" is no digest", i,
						image->diff_ids[i]);
	}
	return TRUE;
}

/* Go writes the first of January of the year 1 for "not known". */
static gboolean
created_take (DavitImage *image, GError **error)
{
	const char *text = NULL;

	if (!davit_json_get_string (image->config, "created", &text, error))
		return FALSE;
	if (text == NULL || strlen (text) < 20 || text[4] != '-' ||
	    g_str_has_prefix (text, "0001-"))
		return TRUE;
	if (davit_text_parse_time (text, "created", &image->created, NULL))
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_CORRUPT, "\"created\": \"%s\" is no time", text);
}

gboolean
davit_image_parse_config (DavitImage *image, GError **error)
{
	const DavitJson *process = NULL;

	if (davit_json_type (image->config) != DAVIT_JSON_OBJECT)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "must be an object");
	return text_take (image->config, "architecture", &image->architecture, error) &&
	       text_take (image->config, "os", &image->os, error) &&
	       text_take (image->config, "variant", &image->variant, error) &&
	       text_take (image->config, "author", &image->author, error) &&
	       davit_json_get_object (image->config, "config", &process, error) &&
	       process_take (image, process, error) && diff_ids_take (image, error) &&
	       created_take (image, error);
}
