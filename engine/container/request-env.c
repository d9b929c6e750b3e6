/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Options of the environment. Only the command line may read the caller's: a bare name in an
 * image would carry secrets of the host into the container (CVE-2020-14370 and its kin).
 */

#include "container/create-request-private.h"

#include "base/error.h"

#include <string.h>

static gboolean
variable_add (GPtrArray *variables, const char *option, const char *value, GError **error)
{
	gsize length = strcspn (value, "=");
	const char *text;

	if (length == 0)
		return davit_request_refuse (error, option, value, "must be KEY or KEY=VALUE");
	if (value[length] == '=') {
		davit_request_put (variables, value, length, value + length + 1);
		return TRUE;
	}
	text = g_getenv (value);
	if (text != NULL && !g_utf8_validate (text, -1, NULL))
		return davit_request_refuse (error, option, value,
					     "has a value in the environment that is not UTF-8");
	/* A variable that the caller lacks is taken away, as docker does. */
	davit_request_put (variables, value, length, text);
	return TRUE;
}

static gboolean
add_env (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return variable_add (request->env.variables, option, value, error);
}

static gboolean
add_line (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return variable_add (request->env.files, option, value, error);
}

static gboolean
add_env_file (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_read_lines (request, option, value, add_line, error);
}

static gboolean
set_env_host (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_switch (option, value, &request->env.host, error);
}

static gboolean
add_unset (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (value[0] == '\0' || strchr (value, '=') != NULL)
		return davit_request_refuse (error, option, value,
					     "must be the name of a variable");
	g_ptr_array_add (request->env.unset, g_strdup (value));
	return TRUE;
}

static gboolean
set_unset_all (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_switch (option, value, &request->env.unset_all, error);
}

gboolean
davit_request_env_set (DavitCreateRequest *request, const char *option, const char *value,
		       GError **error)
{
	static const DavitRequestOption table[] = {
		{"env", add_env},
		{"env-file", add_env_file},
		{"env-host", set_env_host},
		{"unsetenv", add_unset},
		{"unsetenv-all", set_unset_all},
		{NULL, NULL},
	};

	return davit_request_dispatch (table, request, option, value, error);
}
