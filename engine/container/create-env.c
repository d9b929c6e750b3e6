/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The environment of a new container, later ones winning: what the engine gives, the
 * configuration, with --env-host the caller's, the image, --env-file, --env. --unsetenv takes away
 * what stands before the last two. HOME and HOSTNAME are found out at each start.
 */

#include "container/create-private.h"

#include "base/error.h"

#include <string.h>

#define PATH_DEFAULT "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* A bare "KEY" takes one away. */
static void
variable_apply (GPtrArray *env, const char *text)
{
	gsize length = strcspn (text, "=");

	if (text[length] == '=') {
		davit_request_put (env, text, length, text + length + 1);
		return;
	}
	for (guint i = 0; i < env->len; i++) {
		const char *pair = (const char *) env->pdata[i];

		if (strncmp (pair, text, length) == 0 && pair[length] == '=') {
			g_ptr_array_remove_index (env, i);
			return;
		}
	}
}

static gboolean
strings_apply (GPtrArray *env, const char *const *strings, const char *what, GError **error)
{
	for (; strings != NULL && *strings != NULL; strings++) {
		const char *equals = strchr (*strings, '=');

		/* A bare name from an image must never read the host's (CVE-2020-14370). */
		if (equals == NULL || equals == *strings)
			return davit_error_set (error, DAVIT_ERROR_CONFIG,
						"%s: environment variable \"%s\" must be KEY=VALUE",
						what, *strings);
		variable_apply (env, *strings);
	}
	return TRUE;
}

static void
host_apply (GPtrArray *env)
{
	g_auto (GStrv) host = g_get_environ ();

	for (guint i = 0; host[i] != NULL; i++) {
		if (host[i][0] != '=' && strchr (host[i], '=') != NULL &&
		    g_utf8_validate (host[i], -1, NULL))
			variable_apply (env, host[i]);
	}
}

static gboolean
base_apply (const DavitCreation *creation, GPtrArray *env, GError **error)
{
	const DavitCreateRequest *request = creation->request;

	if (!request->env.unset_all) {
		variable_apply (env, PATH_DEFAULT);
		variable_apply (env, "container=davit");
		if (!strings_apply (env, davit_config_list (creation->engine->config, "env"),
				    "configuration, key \"env\" of [engine]", error))
			return FALSE;
	}
	/* What runs on a terminal needs to know its kind, also if all else is taken away. */
	if (request->tty)
		variable_apply (env, "TERM=xterm");
	if (request->env.host)
		host_apply (env);
	if (request->env.unset_all || creation->image == NULL)
		return TRUE;
	return strings_apply (env, (const char *const *) creation->image->env, "image", error);
}

gboolean
davit_creation_resolve_env (DavitCreation *creation, GError **error)
{
	g_autoptr (GPtrArray) env = g_ptr_array_new_with_free_func (g_free);
	const DavitRequestEnv *wanted = &creation->request->env;

	if (!base_apply (creation, env, error))
		return FALSE;
	for (guint i = 0; i < wanted->unset->len; i++)
		variable_apply (env, (const char *) wanted->unset->pdata[i]);
	for (guint i = 0; i < wanted->files->len; i++)
		variable_apply (env, (const char *) wanted->files->pdata[i]);
	for (guint i = 0; i < wanted->variables->len; i++)
		variable_apply (env, (const char *) wanted->variables->pdata[i]);
	g_ptr_array_add (env, NULL);
	creation->env = (char **) g_ptr_array_free (g_steal_pointer (&env), FALSE);
	return TRUE;
}
