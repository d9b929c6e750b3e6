/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One engine: paths, configuration, plugins and images of one invocation. */

#pragma once

#include "driver/network-driver.h"
#include "driver/runtime-driver.h"
#include "driver/storage-driver.h"
#include "image/image-store.h"

G_BEGIN_DECLS

/**
 * DavitEngineOptions: what the command line says. Strings are borrowed until open has returned.
 */
typedef struct {
	const char *root;		/* NULL: the default */
	const char *runroot;		/* NULL: the default */
	const char *const *plugin_path; /* NULL-terminated, or NULL */
	const char *const *overrides;	/* "GROUP.KEY=VALUE", NULL-terminated, or NULL */
} DavitEngineOptions;

typedef struct {
	DavitPaths *paths;
	DavitConfig *config;
	DavitDrivers *drivers;
	DavitImageStore *images;
	char *boot_id;
	char **self_arguments; /* global options with which the monitor runs davit again */
	gboolean entered;      /* the user's namespace */
} DavitEngine;

/* Reads the configuration; opens no plugin and no directory. */
DavitEngine *davit_engine_open (const DavitEngineOptions *options, GError **error);
void davit_engine_close (DavitEngine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitEngine, davit_engine_close)

/*
 * For an ordinary user, before anything else is asked of it, and once: see base/user.h. starts:
 * processes of containers will be made, which should have a control group.
 */
gboolean davit_engine_enter (DavitEngine *engine, gboolean starts, GError **error);

/* The storage plugin that the configuration chooses. */
DavitStorage *davit_engine_storage (DavitEngine *engine, GError **error);

/*
 * Make and open containers/ and names/ below root, and containers/ below runroot. The caller closes
 * them; an output that is NULL is not wanted.
 */
gboolean davit_engine_open_state (DavitEngine *engine, int *ret_containers_fd, int *ret_names_fd,
				  int *ret_run_fd, GError **error);

G_END_DECLS
