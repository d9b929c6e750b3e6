/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reads a process object. Everything is decided here, in the parent, where an error can name the
 * field; the child only does what the result says.
 */

#include "native-process.h"

#include "runtime-error.h"
#include "runtime-json.h"

#include <string.h>
#include <unistd.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static gboolean
process_read_groups (const DavitHost *host, const DavitJson *user, NativeProcess *process,
		     GError **error)
{
	const DavitJson *array = NULL;

	if (!host->json->get_array (user, "additionalGids", &array, error))
		return FALSE;
	process->n_groups = array != NULL ? host->json->length (array) : 0;
	process->groups = g_new0 (gid_t, process->n_groups + 1);
	for (guint i = 0; i < process->n_groups; i++) {
		const DavitJson *element = host->json->element (array, i);
		gint64 gid = host->json->integer (element);

		if (host->json->type (element) != DAVIT_JSON_INTEGER || gid < 0 ||
		    gid > RUNTIME_ID_MAX)
			return runtime_json_fail (error, host, element, DAVIT_ERROR_CONFIG,
						  "must be an integer from 0 to 4294967294");
		process->groups[i] = (gid_t) gid;
	}
	return TRUE;
}

static gboolean
process_read_user (const DavitHost *host, const DavitJson *object, NativeProcess *process,
		   GError **error)
{
	const DavitJson *user = NULL;
	gint64 uid = 0;
	gint64 gid = 0;
	gint64 mask = 022;

	if (!host->json->get_object (object, "user", &user, error) ||
	    !host->json->get_integer (user, "uid", 0, RUNTIME_ID_MAX, &uid, error) ||
	    !host->json->get_integer (user, "gid", 0, RUNTIME_ID_MAX, &gid, error) ||
	    !host->json->get_integer (user, "umask", 0, 0777, &mask, error) ||
	    !process_read_groups (host, user, process, error))
		return FALSE;
	process->uid = (uid_t) uid;
	process->gid = (gid_t) gid;
	process->umask = (mode_t) mask;
	return TRUE;
}

static gboolean
process_read_args (const DavitHost *host, const DavitJson *object, NativeProcess *process,
		   GError **error)
{
	const DavitJson *args;

	if (!runtime_json_require (host, object, "args", &args, error) ||
	    !host->json->get_strings (object, "args", &process->args, error))
		return FALSE;
	if (process->args[0] == NULL)
		return runtime_json_fail (error, host, args, DAVIT_ERROR_CONFIG,
					  "is empty: there is no program to run");
	if (process->args[0][0] == '\0')
		return runtime_json_fail (error, host, args, DAVIT_ERROR_NO_PROGRAM,
					  "program \"\": the name is empty");
	return TRUE;
}

static gboolean
process_read_env (const DavitHost *host, const DavitJson *object, NativeProcess *process,
		  GError **error)
{
	const DavitJson *env = host->json->member (object, "env");

	if (!host->json->get_strings (object, "env", &process->env, error))
		return FALSE;
	if (process->env == NULL)
		process->env = g_new0 (const char *, 1);
	process->search = DEFAULT_PATH;
	for (guint i = 0; process->env[i] != NULL; i++) {
		const char *entry = process->env[i];

		if (entry[0] == '=' || strchr (entry, '=') == NULL)
			return runtime_json_fail (error, host, host->json->element (env, i),
						  DAVIT_ERROR_CONFIG, "\"%s\" is not NAME=VALUE",
						  entry);
		if (g_str_has_prefix (entry, "PATH="))
			process->search = entry + strlen ("PATH=");
	}
	return TRUE;
}

static gboolean
process_read_terminal (const DavitHost *host, const DavitJson *object, NativeProcess *process,
		       GError **error)
{
	const DavitJson *size = NULL;
	gint64 rows = 0;
	gint64 columns = 0;

	if (!host->json->get_boolean (object, "terminal", &process->terminal, error) ||
	    !host->json->get_object (object, "consoleSize", &size, error) ||
	    !host->json->get_integer (size, "height", 0, G_MAXUINT16, &rows, error) ||
	    !host->json->get_integer (size, "width", 0, G_MAXUINT16, &columns, error))
		return FALSE;
	process->rows = (guint16) rows;
	process->columns = (guint16) columns;
	return TRUE;
}

static gboolean
process_read_oom_score (const DavitHost *host, const DavitJson *object, NativeProcess *process,
			GError **error)
{
	gint64 score = G_MAXINT64;

	if (!host->json->get_integer (object, "oomScoreAdj", -1000, 1000, &score, error))
		return FALSE;
	process->has_oom_score = score != G_MAXINT64;
	if (process->has_oom_score)
		g_snprintf (process->oom_score, sizeof process->oom_score, "%d", (int) score);
	return TRUE;
}

/* A label or profile that can't be applied is never ignored: it is somebody's security. */
static gboolean
process_refuse_labels (const DavitHost *host, const DavitJson *object, GError **error)
{
	const char *profile = NULL;
	const char *label = NULL;

	if (!host->json->get_string (object, "apparmorProfile", &profile, error) ||
	    !host->json->get_string (object, "selinuxLabel", &label, error))
		return FALSE;
	if (profile != NULL && *profile != '\0')
		return runtime_json_fail (error, host,
					  host->json->member (object, "apparmorProfile"),
					  access ("/sys/kernel/security/apparmor", F_OK) == 0
						  ? DAVIT_ERROR_UNSUPPORTED
						  : DAVIT_ERROR_UNAVAILABLE,
					  "profile \"%s\" can't be applied: %s", profile,
					  access ("/sys/kernel/security/apparmor", F_OK) == 0
						  ? "this runtime does not do AppArmor yet"
						  : "AppArmor is not active on this host");
	if (label != NULL && *label != '\0')
		return runtime_json_fail (error, host, host->json->member (object, "selinuxLabel"),
					  access ("/sys/fs/selinux/enforce", F_OK) == 0
						  ? DAVIT_ERROR_UNSUPPORTED
						  : DAVIT_ERROR_UNAVAILABLE,
					  "label \"%s\" can't be applied: %s", label,
					  access ("/sys/fs/selinux/enforce", F_OK) == 0
						  ? "this runtime does not do SELinux yet"
						  : "SELinux is not active on this host");
	return TRUE;
}

static gboolean
process_refuse (const DavitHost *host, const DavitJson *object, GError **error)
{
	static const char reason[] = "this runtime does not do that";

	return process_refuse_labels (host, object, error) &&
	       runtime_json_refuse_member (host, object, "scheduler", reason, error) &&
	       runtime_json_refuse_member (host, object, "ioPriority", reason, error) &&
	       runtime_json_refuse_member (host, object, "execCPUAffinity", reason, error) &&
	       runtime_json_refuse_member (host, object, "commandLine", reason, error);
}

static gboolean
process_read (const DavitHost *host, const DavitJson *object, NativeProcess *process,
	      GError **error)
{
	const DavitJson *capabilities = NULL;
	const DavitJson *rlimits = NULL;

	if (!process_refuse (host, object, error) ||
	    !process_read_terminal (host, object, process, error) ||
	    !process_read_user (host, object, process, error) ||
	    !process_read_args (host, object, process, error) ||
	    !process_read_env (host, object, process, error) ||
	    !process_read_oom_score (host, object, process, error) ||
	    !runtime_json_require_string (host, object, "cwd", &process->cwd, error) ||
	    !host->json->get_boolean (object, "noNewPrivileges", &process->no_new_privileges,
				      error) ||
	    !host->json->get_object (object, "capabilities", &capabilities, error) ||
	    !host->json->get_array (object, "rlimits", &rlimits, error))
		return FALSE;
	if (process->cwd[0] != '/')
		return runtime_json_fail (error, host, host->json->member (object, "cwd"),
					  DAVIT_ERROR_CONFIG, "\"%s\" is no absolute path",
					  process->cwd);
	return native_capabilities_parse (host, capabilities, &process->capabilities, error) &&
	       native_rlimits_parse (host, rlimits, &process->rlimits, error);
}

gboolean
native_process_parse (const DavitHost *host, const DavitJson *process, NativeProcess *ret,
		      GError **error)
{
	memset (ret, 0, sizeof *ret);
	if (process_read (host, process, ret, error))
		return TRUE;
	native_process_clear (ret);
	return FALSE;
}

void
native_process_clear (NativeProcess *process)
{
	g_clear_pointer (&process->groups, g_free);
	g_clear_pointer (&process->args, g_free);
	g_clear_pointer (&process->env, g_free);
}

const char *
native_process_inherits_score (const DavitHost *host, const NativeProcess *process)
{
	return host->facts->rootless && process->has_oom_score ? process->oom_score : NULL;
}
