/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The namespace is named as /proc/PID/fd/N of this process and not as a descriptor that is passed:
 * a plugin of chains runs others (host-local), and the dhcp plugin asks a daemon; these don't
 * inherit descriptors, but can open a path. This process waits for the plugin, so that the path is
 * good as long as one is needed.
 */

#include "cni-exec.h"

#include "cni-failure.h"
#include "cni-json.h"

#include <davit/error.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

char *
cni_exec_netns_path (int netns_fd)
{
	char pid[32];
	gssize length;

	if (netns_fd < 0)
		return g_strdup ("");
	/* Not getpid: what counts is the pid namespace that /proc belongs to. */
	length = readlink ("/proc/self", pid, sizeof pid - 1);
	if (length <= 0)
		return g_strdup_printf ("/proc/%d/fd/%d", (int) getpid (), netns_fd);
	pid[length] = '\0';
	return g_strdup_printf ("/proc/%s/fd/%d", pid, netns_fd);
}

char *
cni_exec_search_path (void)
{
	const char *path = secure_getenv ("PATH");

	return path != NULL && path[0] != '\0' ? g_strconcat (path, ":", SYSTEM_PATH, NULL)
					       : g_strdup (SYSTEM_PATH);
}

static char *
directories_join (const DavitHost *host)
{
	const char *const *list = host->option_list (host, "plugin-directories");

	return list != NULL ? g_strjoinv (":", (char **) list) : g_strdup ("");
}

static gboolean
program_check (const char *path, const struct stat *status, GError **error)
{
	if (!S_ISREG (status->st_mode)) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNAVAILABLE,
			     "program \"%s\" is no regular file", path);
		return FALSE;
	}
	if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNAVAILABLE,
			     "program \"%s\" may be written by others than its owner; chmod go-w "
			     "helps",
			     path);
		return FALSE;
	}
	return TRUE;
}

gboolean
cni_exec_find (const DavitHost *host, const char *type, char **ret_path, GError **error)
{
	const char *const *list = host->option_list (host, "plugin-directories");
	g_autofree char *joined = directories_join (host);

	for (; list != NULL && *list != NULL; list++) {
		g_autofree char *path = g_build_filename (*list, type, NULL);
		struct stat status;

		if (stat (path, &status) < 0)
			continue;
		if (!program_check (path, &status, error))
			return FALSE;
		*ret_path = g_steal_pointer (&path);
		return TRUE;
	}
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNAVAILABLE,
		     "there is no such program in \"%s\"; install it, or name its directory in the "
		     "option plugin-directories",
		     joined);
	return FALSE;
}

/* Only those arguments that the plugin says it can take. */
static void
write_runtime_config (const CniCall *call, GString *out)
{
	const DavitJsonOps *json = call->host->json;
	const DavitJson *own = json->member (call->plugin->config, "runtimeConfig");
	g_autoptr (GString) config = g_string_new (NULL);

	cni_json_open (config, NULL, '{');
	for (guint i = 0; i < json->length (call->capabilities); i++) {
		const char *key = json->element_key (call->capabilities, i);
		g_autofree char *text = NULL;

		if (!cni_network_plugin_can (call->network, call->plugin, key))
			continue;
		text = json->to_text (json->element (call->capabilities, i));
		cni_json_raw (config, key, text);
	}
	cni_json_close (config, '}');
	if (config->len > 2) {
		cni_json_raw (out, "runtimeConfig", config->str);
	} else if (own != NULL) {
		g_autofree char *text = json->to_text (own);

		cni_json_raw (out, "runtimeConfig", text);
	}
}

static char *
config_compose (const CniCall *call)
{
	static const char *const replaced[] = {"cniVersion",   "cniVersions",	"name",
					       "capabilities", "runtimeConfig", "prevResult",
					       "disableCheck", "disableGC",	NULL};
	const DavitJsonOps *json = call->host->json;
	const DavitJson *config = call->plugin->config;
	GString *out = g_string_new (NULL);

	cni_json_open (out, NULL, '{');
	cni_json_string (out, "cniVersion", cni_version_name (call->network->version));
	cni_json_string (out, "name", call->network->name);
	for (guint i = 0; i < json->length (config); i++) {
		const char *key = json->element_key (config, i);
		g_autofree char *text = NULL;

		if (g_strv_contains (replaced, key))
			continue;
		text = json->to_text (json->element (config, i));
		cni_json_raw (out, key, text);
	}
	write_runtime_config (call, out);
	cni_json_raw (out, "prevResult", call->previous);
	/* The second name is that of the specification's drafts, which plugins know too. */
	cni_json_raw (out, "cni.dev/valid-attachments", call->attachments);
	cni_json_raw (out, "cni.dev/attachments", call->attachments);
	cni_json_close (out, '}');
	return g_string_free (out, FALSE);
}

/* Nothing of our own environment but PATH: it is a helper of root's. */
static char **
environment_make (const CniCall *call)
{
	g_autofree char *path = cni_exec_search_path ();
	g_autofree char *directories = directories_join (call->host);
	GStrv environment = NULL;

	environment = g_environ_setenv (environment, "PATH", path, TRUE);
	environment = g_environ_setenv (environment, "LANG", "C.UTF-8", TRUE);
	environment = g_environ_setenv (environment, "CNI_PATH", directories, TRUE);
	environment = g_environ_setenv (environment, "CNI_COMMAND", call->command, TRUE);
	if (call->id == NULL)
		return environment;
	environment = g_environ_setenv (environment, "CNI_CONTAINERID", call->id, TRUE);
	environment = g_environ_setenv (environment, "CNI_NETNS", call->netns, TRUE);
	environment = g_environ_setenv (environment, "CNI_IFNAME", call->interface, TRUE);
	return g_environ_setenv (environment, "CNI_ARGS", call->arguments, TRUE);
}

static gboolean
plugin_run (const CniCall *call, const char *path, char **ret_output, GError **error)
{
	const char *const argv[] = {path, NULL};
	g_autofree char *config = config_compose (call);
	g_auto (GStrv) environment = environment_make (call);
	g_autofree char *output = NULL;
	g_autofree char *complaint = NULL;
	int status = 0;
	const DavitHelper helper = {
		.size = sizeof helper,
		.argv = argv,
		.envp = (const char *const *) environment,
		.input = config,
		.netns_fd = -1,
		.cwd_dirfd = -1,
		.timeout_msec = (guint32) CLAMP (call->host->option_integer (call->host, "timeout"),
						 1, G_MAXINT),
		.ret_status = &status,
		.ret_complaint = &complaint,
	};

	if (!call->host->run_helper (call->host, &helper, &output, error))
		return FALSE;
	if (status != 0) {
		const CniFailure failure = {call->host->json, path, status, output, complaint};

		return cni_failure_set (&failure, error);
	}
	if (ret_output != NULL)
		*ret_output = g_steal_pointer (&output);
	return TRUE;
}

gboolean
cni_exec (const CniCall *call, char **ret_output, GError **error)
{
	g_autofree char *path = NULL;
	gboolean done;

	call->host->trace_begin (call->host, call->plugin->type);
	done = cni_exec_find (call->host, call->plugin->type, &path, error) &&
	       plugin_run (call, path, ret_output, error);
	call->host->trace_end (call->host);
	if (!done)
		g_prefix_error (error, "network \"%s\": plugin \"%s\" (%s): ", call->network->name,
				call->plugin->type, call->command);
	return done;
}
