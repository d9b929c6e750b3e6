/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One opened plugin: module, options, directories and instance. Inside this layer only. */

#pragma once

#include "driver/drivers.h"
#include "driver/loader.h"

G_BEGIN_DECLS

/**
 * DavitServices: what a plugin is given, and what the services behind it need.
 */
typedef struct {
	DavitHost host; /* first: a plugin's pointer to it leads back here */
	const char *label;
	DavitOptionValues *options;
	int state_fd;
	int run_fd;
	int cache_fd;
} DavitServices;

typedef struct _DavitDriver DavitDriver;

/**
 * DavitDriverObserver: is told when an operation begins (ends FALSE) and when it has ended.
 */
typedef struct {
	void (*called) (DavitDriver *driver, const char *operation, gboolean ends, gpointer data);
	gpointer data;
} DavitDriverObserver;

struct _DavitDriver {
	DavitModule *module;
	char *label;   /* "storage/overlay", "runtime/oci:crun" */
	char *variant; /* or NULL */
	DavitServices services;
	gpointer instance;
	gboolean opened;
	DavitDriverObserver observer; /* called: NULL if nobody looks */
};

struct _DavitStorage {
	DavitDriver driver;
};

struct _DavitNetwork {
	DavitDriver driver;
};

struct _DavitRuntime {
	DavitDriver driver;
};

struct _DavitCheckpoint {
	DavitDriver driver;
};

struct _DavitProbe {
	GPtrArray *needs; /* DavitNeed */
};

/**
 * DavitDriverContext: what every driver of a registry shares.
 */
typedef struct {
	DavitPaths *paths; /* NULL: no directories, the plugin is only looked at */
	const DavitConfig *config;
	const DavitFacts *facts;
} DavitDriverContext;

/* Takes the module over, also on failure. Opens no instance. variant: or NULL. */
DavitDriver *davit_driver_new (DavitModule *module, const char *variant,
			       const DavitDriverContext *context, GError **error);
/* Calls the plugin's open. */
gboolean davit_driver_open (DavitDriver *driver, GError **error);
void davit_driver_free (DavitDriver *driver);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitDriver, davit_driver_free)

/* Every need, met or not, goes to ret_needs (DavitNeed). */
gboolean davit_driver_probe_needs (DavitDriver *driver, GPtrArray **ret_needs, GError **error);
/* UNAVAILABLE names the first that is not met. */
gboolean davit_driver_probe (DavitDriver *driver, GError **error);

/* The first need that is not met as "WHAT is missing; HINT", or NULL. Free with g_free. */
char *davit_driver_unmet (const GPtrArray *needs);

/* host.c */
gboolean davit_services_init (DavitServices *services, const DavitModule *module, const char *label,
			      const DavitDriverContext *context, GError **error);
void davit_services_clear (DavitServices *services);
void davit_need_free (gpointer need);

G_END_DECLS
