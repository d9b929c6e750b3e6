/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options of the life of a container, of its log, and of the plugins that serve it. */

#include "container/create-request-private.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

/* A page: the least that a tmpfs gives. */
#define TMPFS_UPPER_MINIMUM 4096

static gboolean
set_rm (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_switch (option, value, &request->rm, error);
}

static gboolean
set_restart (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (strcmp (value, "no") == 0 || strcmp (value, "never") == 0)
		return TRUE;
	if (strcmp (value, "always") != 0 && strcmp (value, "unless-stopped") != 0 &&
	    strcmp (value, "on-failure") != 0 && !g_str_has_prefix (value, "on-failure:"))
		return davit_request_refuse (error, option, value, "must be no");
	return davit_request_unsupported (error, option,
					  "\"%s\" is not there yet: containers are not started "
					  "again by themselves",
					  value);
}

static gboolean
set_pull (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (strcmp (value, "missing") == 0 || strcmp (value, "never") == 0)
		return TRUE;
	if (strcmp (value, "always") != 0 && strcmp (value, "newer") != 0)
		return davit_request_refuse (error, option, value, "must be missing or never");
	return davit_request_unsupported (error, option,
					  "\"%s\" needs registries, which are not there yet; load "
					  "or import the image first",
					  value);
}

static gboolean
platform_word (const char *text)
{
	return text[0] != '\0' &&
	       strspn (text, "abcdefghijklmnopqrstuvwxyz0123456789_-.") == strlen (text);
}

/* As the image configuration writes them. */
static const char *
architecture_name (const char *text)
{
	static const char *const aliases[][2] = {
		{"x86_64", "amd64"}, {"x86-64", "amd64"}, {"aarch64", "arm64"},	  {"i386", "386"},
		{"i686", "386"},     {"armhf", "arm"},	  {"ppc64el", "ppc64le"},
	};

	for (guint i = 0; i < G_N_ELEMENTS (aliases); i++) {
		if (strcmp (aliases[i][0], text) == 0)
			return aliases[i][1];
	}
	return text;
}

static gboolean
set_platform (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	g_auto (GStrv) parts = g_strsplit (value, "/", -1);
	guint length = g_strv_length (parts);

	for (guint i = 0; i < length; i++) {
		if (!platform_word (parts[i]))
			length = 0;
	}
	if (length < 1 || length > 3)
		return davit_request_refuse (error, option, value,
					     "must be OS[/ARCHITECTURE[/VARIANT]], such as "
					     "linux/amd64");
	davit_request_text (&request->os, parts[0]);
	davit_request_text (&request->architecture,
			    length > 1 ? architecture_name (parts[1]) : NULL);
	davit_request_text (&request->variant, length > 2 ? parts[2] : NULL);
	return TRUE;
}

static gboolean
set_log_driver (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	static const char *const later[] = {"json-file",   "journald",
					    "passthrough", "passthrough-tty",
					    "syslog",	   "local",
					    NULL};

	if (g_strv_contains (later, value))
		return davit_request_unsupported (error, option,
						  "\"%s\" is not there yet; there are k8s-file and "
						  "none",
						  value);
	if (strcmp (value, "k8s-file") != 0 && strcmp (value, "none") != 0)
		return davit_request_refuse (error, option, value, "must be k8s-file or none");
	davit_request_text (&request->log_driver, value);
	return TRUE;
}

static gboolean
add_log_opt (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	guint64 number;

	if (g_str_has_prefix (value, "max-size=")) {
		if (!davit_request_size (option, value + strlen ("max-size="), &number, error))
			return FALSE;
		request->has_log_max_size = TRUE;
		request->log_max_size = number;
		return TRUE;
	}
	if (g_str_has_prefix (value, "max-file=")) {
		if (!davit_request_unsigned (option, value + strlen ("max-file="), 1, 1000, &number,
					     error))
			return FALSE;
		request->log_max_files = (guint) number;
		return TRUE;
	}
	if (g_str_has_prefix (value, "path=") || g_str_has_prefix (value, "tag=") ||
	    g_str_has_prefix (value, "label="))
		return davit_request_unsupported (error, option, "\"%s\" is not there yet", value);
	return davit_request_refuse (error, option, value,
				     "must be max-size=SIZE or max-file=NUMBER");
}

static gboolean
plugin_name (char **target, const char *option, const char *value, GError **error)
{
	if (!davit_text_is_plugin_name (value))
		return davit_request_refuse (error, option, value,
					     "must be the name of a plugin: lower-case letters, "
					     "digits and \"-\"");
	davit_request_text (target, value);
	return TRUE;
}

static gboolean
set_storage (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return plugin_name (&request->storage, option, value, error);
}

static gboolean
set_tmpfs_upper (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	guint64 size;

	if (!davit_request_size (option, value, &size, error))
		return FALSE;
	/* 0 is no limit elsewhere; there must be one on what takes the host's memory. */
	if (size < TMPFS_UPPER_MINIMUM)
		return davit_request_refuse (error, option, value, "is too small: 4k is the least");
	request->tmpfs_upper = size;
	return TRUE;
}

static gboolean
set_network_driver (DavitCreateRequest *request, const char *option, const char *value,
		    GError **error)
{
	return plugin_name (&request->network_driver, option, value, error);
}

static gboolean
set_runtime (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (!davit_text_is_plugin_choice (value))
		return davit_request_refuse (error, option, value,
					     "must be the name of a plugin, lower-case letters, "
					     "digits and \"-\", or PLUGIN:NAME or PLUGIN:/PATH "
					     "where a plugin drives several programs");
	davit_request_text (&request->runtime, value);
	return TRUE;
}

static gboolean
set_checkpoint (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return plugin_name (&request->checkpoint, option, value, error);
}

gboolean
davit_request_life_set (DavitCreateRequest *request, const char *option, const char *value,
			GError **error)
{
	static const DavitRequestOption table[] = {
		{"checkpoint", set_checkpoint},	  {"log-driver", set_log_driver},
		{"log-opt", add_log_opt},	  {"network-driver", set_network_driver},
		{"platform", set_platform},	  {"pull", set_pull},
		{"restart", set_restart},	  {"rm", set_rm},
		{"runtime", set_runtime},	  {"storage", set_storage},
		{"tmpfs-upper", set_tmpfs_upper}, {NULL, NULL},
	};

	return davit_request_dispatch (table, request, option, value, error);
}
