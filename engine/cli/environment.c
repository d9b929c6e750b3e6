/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reading environment variables. */

#include "cli/environment.h"

#include "base/error.h"
#include "base/fd.h"

#include <string.h>

#define FILE_LIMIT (1024 * 1024)

static gboolean
variable_add (GPtrArray *variables, const char *text, GError **error)
{
	const char *equals = strchr (text, '=');
	const char *value;

	if (text[0] == '\0' || equals == text || !g_utf8_validate (text, -1, NULL))
		return davit_error_set (
			error, DAVIT_ERROR_USAGE,
			"environment variable \"%s\": must be KEY or KEY=VALUE in UTF-8", text);
	if (equals != NULL) {
		g_ptr_array_add (variables, g_strdup (text));
		return TRUE;
	}
	value = g_getenv (text);
	if (value != NULL && !g_utf8_validate (value, -1, NULL))
		return davit_error_set (
			error, DAVIT_ERROR_USAGE,
			"environment variable \"%s\": its value in the environment is not UTF-8",
			text);
	if (value != NULL)
		g_ptr_array_add (variables, g_strconcat (text, "=", value, NULL));
	return TRUE;
}

static gboolean
file_add (GPtrArray *variables, const char *path, GError **error)
{
	davit_autofd fd = -1;
	g_autofree char *text = NULL;
	g_auto (GStrv) lines = NULL;
	gsize length;

	if (!davit_fd_open_input (path, &fd, error))
		return davit_error_prefix (error, "environment file");
	if (!davit_fd_read (fd, FILE_LIMIT, path, &text, &length, error))
		return FALSE;
	if (strlen (text) != length)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"environment file \"%s\": holds a NUL byte", path);
	lines = g_strsplit (text, "\n", -1);
	for (gsize i = 0; lines[i] != NULL; i++) {
		g_strchug (lines[i]);
		if (lines[i][0] == '\0' || lines[i][0] == '#')
			continue;
		if (!variable_add (variables, lines[i], error))
			return davit_error_prefix (error,
						   "environment file \"%s\", line %" G_GSIZE_FORMAT,
						   path, i + 1);
	}
	return TRUE;
}

gboolean
davit_environment_from_arguments (DavitArguments *arguments, char ***ret_environment,
				  GError **error)
{
	g_autoptr (GPtrArray) variables = g_ptr_array_new_with_free_func (g_free);
	const char *const *names = davit_arguments_list (arguments, "env-file");

	for (; *names != NULL; names++) {
		if (!file_add (variables, *names, error))
			return FALSE;
	}
	for (names = davit_arguments_list (arguments, "env"); *names != NULL; names++) {
		if (!variable_add (variables, *names, error))
			return FALSE;
	}
	g_ptr_array_add (variables, NULL);
	*ret_environment = (char **) g_ptr_array_free (g_steal_pointer (&variables), FALSE);
	return TRUE;
}
