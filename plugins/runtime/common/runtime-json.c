/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Refusals that name the field: somebody who wrote a config.json by hand must find the place. */

#include "runtime-json.h"

#include "runtime-error.h"

gboolean
runtime_json_fail (GError **error, const DavitHost *host, const DavitJson *value,
		   DavitErrorCode code, const char *format, ...)
{
	g_autofree char *path = host->json->path (value);
	g_autofree char *text = NULL;
	va_list arguments;

	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	return runtime_error_say (error, code, "config.json: %s%s%s",
				  path != NULL && *path != '\0' ? path : "",
				  path != NULL && *path != '\0' ? ": " : "", text);
}

gboolean
runtime_json_require (const DavitHost *host, const DavitJson *object, const char *key,
		      const DavitJson **ret, GError **error)
{
	const DavitJson *value = host->json->member (object, key);

	if (value == NULL || host->json->type (value) == DAVIT_JSON_NULL)
		return runtime_json_fail (error, host, object, DAVIT_ERROR_CONFIG,
					  "\"%s\" is missing", key);
	*ret = value;
	return TRUE;
}

gboolean
runtime_json_require_string (const DavitHost *host, const DavitJson *object, const char *key,
			     const char **ret, GError **error)
{
	const DavitJson *value;

	return runtime_json_require (host, object, key, &value, error) &&
	       host->json->get_string (object, key, ret, error);
}

gboolean
runtime_json_refuse_member (const DavitHost *host, const DavitJson *object, const char *key,
			    const char *reason, GError **error)
{
	const DavitJson *value = host->json->member (object, key);
	const char *string = host->json->string (value);
	DavitJsonType type = value != NULL ? host->json->type (value) : DAVIT_JSON_NULL;

	if (type == DAVIT_JSON_NULL || (string != NULL && *string == '\0'))
		return TRUE;
	if ((type == DAVIT_JSON_ARRAY || type == DAVIT_JSON_OBJECT) &&
	    host->json->length (value) == 0)
		return TRUE;
	return runtime_json_fail (error, host, value, DAVIT_ERROR_UNSUPPORTED, "%s", reason);
}

gboolean
runtime_json_paths (const DavitHost *host, const DavitJson *object, const char *key,
		    const char ***ret, GError **error)
{
	g_autofree const char **paths = NULL;

	if (!host->json->get_strings (object, key, &paths, error))
		return FALSE;
	for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
		if (paths[i][0] != '/')
			return runtime_json_fail (
				error, host,
				host->json->element (host->json->member (object, key), i),
				DAVIT_ERROR_CONFIG, "\"%s\" is no absolute path", paths[i]);
	*ret = g_steal_pointer (&paths);
	return TRUE;
}
