/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The process object: that of config.json, and that of an exec. */

#include "container/spec-private.h"

#include "base/error.h"
#include "container/container.h"
#include "container/create-private.h"

#include <string.h>

static void
write_user (const DavitSpecUser *user, gint64 umask, DavitJsonWriter *writer)
{
	davit_json_writer_begin_object (writer, "user");
	davit_json_writer_unsigned (writer, "uid", user->uid);
	davit_json_writer_unsigned (writer, "gid", user->gid);
	davit_json_writer_unsigned (writer, "umask", (guint64) umask);
	/* The primary one, too: dropping it would open what it is kept out of (CVE-2022-2989). */
	davit_json_writer_begin_array (writer, "additionalGids");
	davit_json_writer_unsigned (writer, NULL, user->gid);
	for (gsize i = 0; i < user->n_additional_gids; i++) {
		if (user->additional_gids[i] != user->gid)
			davit_json_writer_unsigned (writer, NULL, user->additional_gids[i]);
	}
	davit_json_writer_end_array (writer);
	davit_json_writer_end_object (writer);
}

static gboolean
env_has (const GPtrArray *env, const char *key)
{
	gsize length = strlen (key);

	for (guint i = 0; i < env->len; i++) {
		const char *pair = (const char *) env->pdata[i];

		if (strncmp (pair, key, length) == 0 && pair[length] == '=')
			return TRUE;
	}
	return FALSE;
}

char *
davit_spec_hostname (DavitEngine *engine, const DavitRecord *record)
{
	g_autoptr (DavitContainer) owner = NULL;
	const DavitJson *json = record->json;

	if (record->uts_namespace.mode == DAVIT_NAMESPACE_HOST)
		return g_strdup (g_get_host_name ());
	if (record->uts_namespace.mode == DAVIT_NAMESPACE_CONTAINER && engine != NULL) {
		owner = davit_container_find (engine, record->uts_namespace.target, NULL);
		json = owner != NULL ? davit_container_record (owner, NULL) : NULL;
	}
	return g_strdup (davit_json_string (davit_json_member (json, "hostname")));
}

static void
env_add_missing (GPtrArray *env, const char *key, const char *value)
{
	if (value != NULL && !env_has (env, key))
		g_ptr_array_add (env, g_strconcat (key, "=", value, NULL));
}

/* The home of a numeric user for whom files-passwd.c adds an entry. */
static const char *
home_choose (const DavitSpecProcess *process, const DavitSpecUser *user)
{
	const DavitRecord *record = process->record;

	if (user->home != NULL)
		return user->home;
	if (user->name == NULL && record->workdir != NULL &&
	    davit_json_boolean (davit_json_member (record->json, "passwd")))
		return record->workdir;
	return "/";
}

static void
write_env (const DavitSpecProcess *process, const DavitSpecUser *user, DavitJsonWriter *writer)
{
	g_autoptr (GPtrArray) env = g_ptr_array_new_with_free_func (g_free);
	g_autofree char *hostname = davit_spec_hostname (process->engine, process->record);
	char **given = process->record->env;
	const char *const *added = process->env;

	for (; *given != NULL; given++)
		davit_request_put (env, *given, strcspn (*given, "="), strchr (*given, '=') + 1);
	for (; added != NULL && *added != NULL; added++) {
		gsize length = strcspn (*added, "=");

		if ((*added)[length] == '=')
			davit_request_put (env, *added, length, *added + length + 1);
	}
	env_add_missing (env, "HOSTNAME", hostname);
	env_add_missing (env, "HOME", home_choose (process, user));
	if (process->terminal)
		env_add_missing (env, "TERM", "xterm");
	g_ptr_array_add (env, NULL);
	davit_json_writer_strings (writer, "env", (const char *const *) env->pdata);
}

/* As a number or, above 2^63-1, as its text. */
static gboolean
limit_read (const DavitJson *object, const char *key, guint64 *ret, GError **error)
{
	const DavitJson *member = davit_json_member (object, key);
	const char *text = davit_json_string (member);
	gint64 value = 0;

	if (text == NULL) {
		if (!davit_json_get_integer (object, key, 0, G_MAXINT64, &value, error))
			return FALSE;
		*ret = (guint64) value;
		return TRUE;
	}
	if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, ret, NULL))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "rlimits: \"%s\" is no number",
					text);
	return TRUE;
}

static gboolean
write_rlimit (const DavitJson *limit, DavitJsonWriter *writer, GError **error)
{
	const char *type = NULL;
	guint64 soft = 0, hard = 0, maximum;

	if (!davit_json_get_string (limit, "type", &type, error) ||
	    !limit_read (limit, "soft", &soft, error) || !limit_read (limit, "hard", &hard, error))
		return FALSE;
	if (type == NULL)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "rlimits: type is missing");
	/* A default that may not be given is lowered; the runtime refuses an explicit one. */
	if (!davit_json_boolean (davit_json_member (limit, "explicit"))) {
		maximum = davit_request_rlimit_maximum (type);
		hard = MIN (hard, maximum);
		soft = MIN (soft, hard);
	}
	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "type", type);
	davit_json_writer_unsigned (writer, "soft", soft);
	davit_json_writer_unsigned (writer, "hard", hard);
	davit_json_writer_end_object (writer);
	return TRUE;
}

static gboolean
write_rlimits (const DavitJson *json, DavitJsonWriter *writer, GError **error)
{
	const DavitJson *limits = NULL;

	if (!davit_json_get_array (json, "rlimits", &limits, error))
		return FALSE;
	if (davit_json_length (limits) == 0)
		return TRUE;
	davit_json_writer_begin_array (writer, "rlimits");
	for (guint i = 0; i < davit_json_length (limits); i++) {
		if (!write_rlimit (davit_json_element (limits, i), writer, error))
			return FALSE;
	}
	davit_json_writer_end_array (writer);
	return TRUE;
}

static gboolean
write_capabilities (const DavitSpecProcess *process, const DavitSpecUser *user,
		    DavitJsonWriter *writer, GError **error)
{
	g_autofree const char **names = NULL;

	if (process->privileged) {
		davit_spec_write_all_capabilities (user->uid == 0, writer);
		return TRUE;
	}
	if (!davit_spec_capabilities (process->record, &names, error))
		return FALSE;
	davit_spec_write_capabilities (names, user->uid == 0, writer);
	return TRUE;
}

static gboolean
write_confinement (const DavitSpecProcess *process, const DavitSpecUser *user,
		   DavitJsonWriter *writer, GError **error)
{
	const DavitJson *json = process->record->json;
	gboolean no_new_privileges = FALSE;
	const char *apparmor = NULL;
	gint64 oom_score_adj = G_MININT64;

	if (!write_capabilities (process, user, writer, error) ||
	    !write_rlimits (json, writer, error) ||
	    !davit_json_get_boolean (json, "noNewPrivileges", &no_new_privileges, error) ||
	    !davit_json_get_string (json, "apparmor", &apparmor, error) ||
	    !davit_json_get_integer (json, "oomScoreAdj", -1000, 1000, &oom_score_adj, error))
		return FALSE;
	davit_json_writer_boolean (writer, "noNewPrivileges",
				   no_new_privileges && !process->privileged);
	if (!process->privileged)
		davit_json_writer_string_if (writer, "apparmorProfile", apparmor);
	if (oom_score_adj != G_MININT64)
		davit_json_writer_integer (writer, "oomScoreAdj", oom_score_adj);
	return TRUE;
}

static gboolean
write_process (const DavitSpecProcess *process, const DavitSpecUser *user, DavitJsonWriter *writer,
	       GError **error)
{
	const DavitRecord *record = process->record;
	const char *workdir = process->workdir != NULL ? process->workdir : record->workdir;
	gint64 umask = 0022;

	if (!davit_json_get_integer (record->json, "umask", 0, 0777, &umask, error))
		return FALSE;
	if (process->terminal) {
		davit_json_writer_boolean (writer, "terminal", TRUE);
		if (process->rows != 0 && process->columns != 0) {
			davit_json_writer_begin_object (writer, "consoleSize");
			davit_json_writer_unsigned (writer, "height", process->rows);
			davit_json_writer_unsigned (writer, "width", process->columns);
			davit_json_writer_end_object (writer);
		}
	}
	write_user (user, umask, writer);
	davit_json_writer_strings (writer, "args", process->command);
	write_env (process, user, writer);
	davit_json_writer_string (writer, "cwd", workdir != NULL ? workdir : "/");
	return write_confinement (process, user, writer, error);
}

gboolean
davit_spec_write_process (const DavitSpecProcess *process, const char *key, DavitJsonWriter *writer,
			  GError **error)
{
	const DavitRecord *record = process->record;
	g_autofree const char **group_add = NULL;
	DavitSpecUser user = {0};
	gboolean done;

	if (!davit_json_get_strings (record->json, "groupAdd", &group_add, error) ||
	    !davit_spec_user_resolve (process->rootfs_fd,
				      process->user != NULL ? process->user : record->user,
				      group_add, &user, error))
		return FALSE;
	davit_json_writer_begin_object (writer, key);
	done = write_process (process, &user, writer, error);
	davit_json_writer_end_object (writer);
	davit_spec_user_clear (&user);
	return done;
}

char *
davit_spec_process_build (const DavitSpecProcess *request, GError **error)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);

	if (request->command == NULL || request->command[0] == NULL ||
	    request->command[0][0] == '\0') {
		davit_error_set (error, DAVIT_ERROR_USAGE, "no program to run is named");
		return NULL;
	}
	if (request->workdir != NULL && !g_path_is_absolute (request->workdir)) {
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "working directory \"%s\": must be an absolute path in the "
				 "container",
				 request->workdir);
		return NULL;
	}
	if (!davit_spec_write_process (request, NULL, writer, error))
		return NULL;
	return davit_json_writer_finish (writer, NULL);
}
