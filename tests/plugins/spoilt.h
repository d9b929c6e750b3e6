/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A plugin that is a real one, loaded from the file that its option "of" names, apart from the one
 * thing that its option "how" says. So the checks of a kind can be seen to fail, one at a time.
 */

#pragma once

#include <davit/host.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

typedef struct {
	const DavitHost *host;
	const void *ops; /* of the real one */
	gpointer instance;
	const char *how;
} Spoilt;

static const DavitOption spoilt_options[] = {
	{"of", DAVIT_OPTION_PATH, NULL, NULL, "the file of the real plugin"},
	{"how", DAVIT_OPTION_STRING, "not", NULL, "what is spoilt"},
	{0},
};

static inline gboolean
spoilt_is (const Spoilt *spoilt, const char *how)
{
	return strcmp (spoilt->how, how) == 0;
}

/* How every table begins. */
typedef struct {
	gboolean (*open) (const DavitHost *host, gpointer *ret_instance, GError **error);
	void (*close) (gpointer instance);
	gboolean (*probe) (gpointer instance, DavitProbe *probe, GError **error);
} SpoiltCommon;

static gboolean
spoilt_open (const DavitHost *host, gpointer *ret_instance, GError **error)
{
	const char *path = host->option_string (host, "of");
	void *module = path != NULL ? dlopen (path, RTLD_NOW | RTLD_LOCAL) : NULL;
	const DavitPlugin *plugin =
		module != NULL ? (const DavitPlugin *) dlsym (module, DAVIT_PLUGIN_SYMBOL) : NULL;
	Spoilt *spoilt;

	if (plugin == NULL) {
		g_set_error_literal (error, DAVIT_ERROR, DAVIT_ERROR_CONFIG,
				     "option \"of\": names no plugin");
		return FALSE;
	}
	spoilt = g_new0 (Spoilt, 1);
	spoilt->host = host;
	spoilt->ops = plugin->ops;
	spoilt->how = host->option_string (host, "how");
	if (!((const SpoiltCommon *) spoilt->ops)->open (host, &spoilt->instance, error)) {
		g_free (spoilt);
		return FALSE;
	}
	*ret_instance = spoilt;
	return TRUE;
}

static void
spoilt_close (gpointer instance)
{
	Spoilt *spoilt = (Spoilt *) instance;

	((const SpoiltCommon *) spoilt->ops)->close (spoilt->instance);
	g_free (spoilt);
}

static gboolean
spoilt_probe (gpointer instance, DavitProbe *probe, GError **error)
{
	Spoilt *spoilt = (Spoilt *) instance;

	return ((const SpoiltCommon *) spoilt->ops)->probe (spoilt->instance, probe, error);
}

/* What is left after the end of a life. */
static inline gboolean
spoilt_litter (const Spoilt *spoilt, const char *id)
{
	char *name = g_strconcat ("litter-", id, NULL);
	int fd = openat (spoilt->host->state_dirfd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	g_free (name);
	return fd >= 0 && close (fd) == 0;
}

static inline gboolean
spoilt_refuse (GError **error)
{
	g_set_error_literal (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND, "it is not there");
	return FALSE;
}
