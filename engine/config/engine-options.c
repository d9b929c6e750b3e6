/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The options of [engine]: this table is the one place where they are named. data/davit.conf shows
 * each with its help; a test keeps the two together.
 */

#include "config/options.h"

#include "base/error.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

static const DavitOption engine_options[] = {
	{"storage", DAVIT_OPTION_STRING, "overlay", NULL,
	 "storage plugin for new containers and for images"},
	{"network", DAVIT_OPTION_STRING, "none", NULL,
	 "network of new containers: a network plugin, or host"},
	{"runtime", DAVIT_OPTION_STRING, "native", NULL,
	 "runtime plugin for new containers; oci:crun and the like name one of several"},
	{"checkpoint", DAVIT_OPTION_STRING, "criu", NULL, "checkpoint plugin for new containers"},
	{"plugin-path", DAVIT_OPTION_LIST, NULL, NULL,
	 "directories that are searched for plugins before the compiled-in one"},
	{"cgroup-parent", DAVIT_OPTION_STRING, NULL, NULL,
	 "cgroup below which the cgroups of containers are made; empty: the runtime chooses"},
	{"log-driver", DAVIT_OPTION_CHOICE, "k8s-file", "k8s-file|none",
	 "where the output of containers is kept"},
	{"log-size-max", DAVIT_OPTION_SIZE, "0", NULL,
	 "a log that grows larger is started anew; 0: no limit"},
	{"stop-timeout", DAVIT_OPTION_DURATION, "10s", NULL,
	 "how long a container has to stop before it is killed"},
	{"pids-limit", DAVIT_OPTION_INTEGER, "2048", NULL,
	 "how many processes and threads a container may have; 0 or -1: no limit"},
	{"detach-keys", DAVIT_OPTION_STRING, "ctrl-p,ctrl-q", NULL,
	 "keys that detach from a container; empty: none do"},
	{"seccomp-profile", DAVIT_OPTION_PATH, NULL, NULL,
	 "file with the filter of system calls; empty: the one that comes with davit"},
	{"shm-size", DAVIT_OPTION_SIZE, "64m", NULL, "size of /dev/shm in a container"},
	{"init-path", DAVIT_OPTION_PATH, NULL, NULL,
	 "program that --init puts first in a container; empty: the one that comes with davit"},
	{"env", DAVIT_OPTION_LIST, NULL, NULL,
	 "variables NAME=VALUE for every new container, before those of image and command line"},
	{"dns", DAVIT_OPTION_LIST, NULL, NULL,
	 "name servers of new containers; empty: those of the host"},
	{"dns-search", DAVIT_OPTION_LIST, NULL, NULL,
	 "search domains of new containers; empty: those of the host"},
	{"dns-option", DAVIT_OPTION_LIST, NULL, NULL,
	 "resolver options of new containers; empty: those of the host"},
	{"default-ulimits", DAVIT_OPTION_LIST, NULL, NULL,
	 "limits NAME=SOFT:HARD of new containers, such as nofile=1024:4096"},
	{"hosts-file", DAVIT_OPTION_STRING, NULL, NULL,
	 "file that /etc/hosts of a container starts from, image or none; empty: that of the host"},
	{"timezone", DAVIT_OPTION_STRING, NULL, NULL,
	 "time zone of new containers, such as Europe/Berlin, or local; empty: that of the image"},
	{0},
};

typedef struct {
	const char *key;
	gint64 minimum;
	gint64 maximum;
} Bounds;

static const Bounds engine_bounds[] = {
	{"pids-limit", -1, 4194304},	 /* the kernel's PID_MAX_LIMIT */
	{"stop-timeout", 0, G_MAXINT32}, /* poll takes an int */
};

static const char *const engine_never_empty[] = {"storage", "network", "runtime", "checkpoint"};

static gboolean
is_address (const char *text)
{
	struct in6_addr address;

	return inet_pton (AF_INET, text, &address) == 1 ||
	       inet_pton (AF_INET6, text, &address) == 1;
}

static gboolean
is_variable (const char *text)
{
	return text[0] != '=' && strchr (text, '=') != NULL;
}

static gboolean
is_hosts_file (const char *text)
{
	return g_path_is_absolute (text) || g_str_equal (text, "none") ||
	       g_str_equal (text, "image");
}

/* What a wrong value would otherwise do to each container, at a time when nobody knows its file. */
static const struct {
	const char *key;
	gboolean (*fits) (const char *text);
	const char *wanted;
} engine_forms[] = {
	{"storage", davit_text_is_plugin_name, "be of a-z, 0-9 and \"-\", as names of plugins are"},
	{"network", davit_text_is_plugin_name, "be of a-z, 0-9 and \"-\", as names of plugins are"},
	{"runtime", davit_text_is_plugin_choice,
	 "be of a-z, 0-9 and \"-\", as names of plugins are, or NAME:VARIANT"},
	{"checkpoint", davit_text_is_plugin_name,
	 "be of a-z, 0-9 and \"-\", as names of plugins are"},
	/* A relative one would mean another directory wherever davit is called. */
	{"plugin-path", g_path_is_absolute, "be an absolute path"},
	{"dns", is_address, "be an IPv4 or IPv6 address"},
	{"env", is_variable, "be NAME=VALUE"},
	{"hosts-file", is_hosts_file, "be none, image or an absolute path"},
};

static gboolean
form_check (const DavitOptionValue *value, gsize form, GError **error)
{
	const char *single[] = {value->text, NULL};
	const char *const *texts = value->option->type == DAVIT_OPTION_LIST
					   ? (const char *const *) value->list
					   : single;

	for (; texts != NULL && *texts != NULL; texts++) {
		if ((*texts)[0] != '\0' && !engine_forms[form].fits (*texts))
			return davit_error_set (error, DAVIT_ERROR_CONFIG,
						"%s: key \"%s\" of [engine]: \"%s\" must %s",
						value->source, value->option->key, *texts,
						engine_forms[form].wanted);
	}
	return TRUE;
}

const DavitOption *
davit_config_engine_options (void)
{
	return engine_options;
}

gboolean
davit_config_check_engine (const DavitOptionValues *values, GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS (engine_bounds); i++) {
		const Bounds *bounds = &engine_bounds[i];
		const DavitOptionValue *value = davit_option_values_get (values, bounds->key);

		if (value->integer < bounds->minimum || value->integer > bounds->maximum)
			return davit_error_set (
				error, DAVIT_ERROR_CONFIG,
				"%s: key \"%s\" of [engine]: \"%s\" is out of range", value->source,
				bounds->key, value->text);
	}
	for (guint i = 0; i < G_N_ELEMENTS (engine_never_empty); i++) {
		const DavitOptionValue *value =
			davit_option_values_get (values, engine_never_empty[i]);

		if (value->text == NULL)
			return davit_error_set (error, DAVIT_ERROR_CONFIG,
						"%s: key \"%s\" of [engine]: must name a plugin",
						value->source, engine_never_empty[i]);
	}
	for (gsize i = 0; i < G_N_ELEMENTS (engine_forms); i++) {
		if (!form_check (davit_option_values_get (values, engine_forms[i].key), i, error))
			return FALSE;
	}
	return TRUE;
}
