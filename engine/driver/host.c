/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The services that davit/host.h promises to a plugin. */

#include "driver/driver.h"
#include "driver/result.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/log.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/trace.h"

#include <string.h>

static const DavitServices *
services_of (const DavitHost *host)
{
	return (const DavitServices *) host;
}

static void
host_log (const DavitHost *host, DavitLogLevel level, const char *text)
{
	davit_log (level, services_of (host)->label, "%s", text);
}

static void
host_trace_begin (const DavitHost *host, const char *name)
{
	davit_trace_begin (services_of (host)->label, name);
}

static void
host_trace_end (const DavitHost *host)
{
	davit_trace_end ();
}

#define TYPE_BIT(type) (1u << (type))

#define TEXT_TYPES                                                                                 \
	(TYPE_BIT (DAVIT_OPTION_STRING) | TYPE_BIT (DAVIT_OPTION_CHOICE) |                         \
	 TYPE_BIT (DAVIT_OPTION_PATH))
#define INTEGER_TYPES                                                                              \
	(TYPE_BIT (DAVIT_OPTION_INTEGER) | TYPE_BIT (DAVIT_OPTION_SIZE) |                          \
	 TYPE_BIT (DAVIT_OPTION_DURATION))

/* NULL, with a warning, if the plugin asks for what is not in its table. */
static const DavitOptionValue *
host_option (const DavitHost *host, const char *key, guint types)
{
	const DavitServices *services = services_of (host);
	const DavitOptionValue *value = davit_option_values_get (services->options, key);

	if (value == NULL) {
		davit_log (DAVIT_LOG_WARNING, services->label,
			   "asks for the option \"%s\", which is not in its table", key);
		return NULL;
	}
	if (!(types & TYPE_BIT (value->option->type))) {
		davit_log (DAVIT_LOG_WARNING, services->label,
			   "asks for the option \"%s\" by another type than its table says", key);
		return NULL;
	}
	return value;
}

static const char *
host_option_string (const DavitHost *host, const char *key)
{
	const DavitOptionValue *value = host_option (host, key, TEXT_TYPES);

	return value != NULL ? value->text : NULL;
}

static gboolean
host_option_boolean (const DavitHost *host, const char *key)
{
	const DavitOptionValue *value = host_option (host, key, TYPE_BIT (DAVIT_OPTION_BOOLEAN));

	return value != NULL && value->integer != 0;
}

static gint64
host_option_integer (const DavitHost *host, const char *key)
{
	const DavitOptionValue *value = host_option (host, key, INTEGER_TYPES);

	return value != NULL ? value->integer : 0;
}

static const char *const *
host_option_list (const DavitHost *host, const char *key)
{
	const DavitOptionValue *value = host_option (host, key, TYPE_BIT (DAVIT_OPTION_LIST));

	/* NULL if there is no value, as for texts: host.h. */
	return value != NULL && value->list != NULL && value->list[0] != NULL
		       ? (const char *const *) value->list
		       : NULL;
}

static void
helper_read (const DavitHelper *helper, DavitSpawn *spawn)
{
	DavitHelper copy = {.netns_fd = -1, .cwd_dirfd = -1};

	/* A plugin that was built against a newer header may have a larger struct. */
	memcpy (&copy, helper, MIN (helper->size, sizeof copy));
	davit_spawn_init (spawn, copy.argv);
	spawn->envp = copy.envp;
	spawn->netns_fd = copy.netns_fd;
	spawn->cwd_dirfd = copy.cwd_dirfd;
	spawn->pass_fds = copy.pass_fds;
	spawn->n_pass_fds = copy.n_pass_fds;
	if (copy.stdio != NULL) {
		spawn->stdin_fd = copy.stdio[0];
		spawn->stdout_fd = copy.stdio[1];
		spawn->stderr_fd = copy.stdio[2];
	}
	if (copy.userns_fd != NULL)
		spawn->userns_fd = *copy.userns_fd;
	spawn->mount_path = copy.mount_path;
	spawn->mount_fd = copy.mount_path != NULL ? copy.mount_fd : -1;
	spawn->read_only = copy.read_only;
	spawn->input = copy.input;
	spawn->timeout_msec = copy.timeout_msec;
	spawn->output_limit = copy.output_limit;
	spawn->ret_status = copy.ret_status;
	spawn->ret_complaint = copy.ret_complaint;
}

static gboolean
host_run_helper (const DavitHost *host, const DavitHelper *helper, char **ret_output,
		 GError **error)
{
	DavitSpawn spawn;

	helper_read (helper, &spawn);
	return davit_spawn_run (&spawn, ret_output, NULL, error);
}

static gboolean
host_start_helper (const DavitHost *host, const DavitHelper *helper, int *ret_pidfd, GError **error)
{
	DavitSpawn spawn;

	helper_read (helper, &spawn);
	return davit_spawn_start (&spawn, ret_pidfd, error);
}

void
davit_need_free (gpointer data)
{
	DavitNeed *need = (DavitNeed *) data;

	if (need == NULL)
		return;
	g_free (need->what);
	g_free (need->hint);
	g_free (need);
}

static void
host_probe_add (DavitProbe *probe, const char *what, gboolean met, const char *hint)
{
	DavitNeed *need = g_new0 (DavitNeed, 1);

	need->what = g_strdup (what);
	need->met = met != FALSE;
	need->hint = g_strdup (hint);
	g_ptr_array_add (probe->needs, need);
}

static void
services_fill (DavitServices *services, const DavitFacts *facts)
{
	services->host = (DavitHost){
		.size = sizeof (DavitHost),
		.facts = facts,
		.state_dirfd = services->state_fd,
		.run_dirfd = services->run_fd,
		.cache_dirfd = services->cache_fd,
		.json = &davit_json_ops,
		.files = &davit_path_file_ops,
		.log = host_log,
		.trace_begin = host_trace_begin,
		.trace_end = host_trace_end,
		.option_string = host_option_string,
		.option_boolean = host_option_boolean,
		.option_integer = host_option_integer,
		.option_list = host_option_list,
		.run_helper = host_run_helper,
		.probe_add = host_probe_add,
		.result_string = davit_result_add_string,
		.result_integer = davit_result_add_integer,
		.result_fd = davit_result_add_fd,
		.start_helper = host_start_helper,
	};
}

/* Opens parent/first/second..., each 0700; names ends with NULL. */
static gboolean
directory_open (int parent, const char *const *names, int *ret_fd, GError **error)
{
	davit_autofd above = -1;

	for (guint i = 0; names[i] != NULL; i++) {
		int fd = -1;

		if (!davit_path_open_subdirectory (above >= 0 ? above : parent, names[i], 0700, &fd,
						   error))
			return FALSE;
		davit_fd_close (&above);
		above = fd;
	}
	*ret_fd = davit_fd_steal (&above);
	return TRUE;
}

static gboolean
services_open_directories (DavitServices *services, const DavitModule *module, DavitPaths *paths,
			   GError **error)
{
	const char *name = module->plugin.name;
	const char *const plain[] = {"plugins", module->kind->name, name, NULL};
	/* Layers are what a person looks for below root: they stand near its top. */
	const char *const storage[] = {"storage", name, NULL};
	const char *const cache[] = {"cache", NULL};

	if (!davit_paths_open_root (paths, error) || !davit_paths_open_runroot (paths, error))
		return FALSE;
	return directory_open (paths->root_fd,
			       module->kind->kind == DAVIT_KIND_STORAGE ? storage : plain,
			       &services->state_fd, error) &&
	       directory_open (paths->runroot_fd, plain, &services->run_fd, error) &&
	       directory_open (paths->root_fd, cache, &services->cache_fd, error);
}

gboolean
davit_services_init (DavitServices *services, const DavitModule *module, const char *label,
		     const DavitDriverContext *context, GError **error)
{
	g_autofree char *group = g_strconcat (module->kind->name, ".", module->plugin.name, NULL);

	services->label = label;
	services->state_fd = -1;
	services->run_fd = -1;
	services->cache_fd = -1;
	services->options =
		davit_config_check_group (context->config, group, module->plugin.options, error);
	if (services->options == NULL)
		return FALSE;
	if (context->paths != NULL &&
	    !services_open_directories (services, module, context->paths, error))
		return davit_error_prefix (error, "%s", label);
	services_fill (services, context->facts);
	return TRUE;
}

void
davit_services_clear (DavitServices *services)
{
	davit_option_values_free (services->options);
	davit_fd_close (&services->state_fd);
	davit_fd_close (&services->run_fd);
	davit_fd_close (&services->cache_fd);
}
