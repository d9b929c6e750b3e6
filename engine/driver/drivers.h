/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The registry of plugins: finds them by kind and name, opens each when it is first needed, and
 * keeps it until the end. A name that was asked for never falls back to another.
 */

#pragma once

#include "config/config.h"

G_BEGIN_DECLS

typedef struct _DavitDrivers DavitDrivers;

/* One opened plugin of a kind. Belongs to the registry. */
typedef struct _DavitStorage DavitStorage;
typedef struct _DavitNetwork DavitNetwork;
typedef struct _DavitRuntime DavitRuntime;
typedef struct _DavitCheckpoint DavitCheckpoint;

/*
 * plugin_path: directories from the command line, searched first, or NULL. Then come
 * DAVIT_PLUGIN_PATH (secure_getenv, separated by ":"), the option plugin-path of [engine], and the
 * compiled-in directory. In each, KIND/NAME.so is tried first and NAME.so second. paths and config
 * must outlive the registry.
 */
DavitDrivers *davit_drivers_new (DavitPaths *paths, const DavitConfig *config,
				 const char *const *plugin_path);
void davit_drivers_free (DavitDrivers *drivers);

/* Before a user namespace is entered, in which nobody can tell root's files from a stranger's. */
gboolean davit_drivers_check_directories (const DavitDrivers *drivers, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitDrivers, davit_drivers_free)

/*
 * Gives the opened plugin. name: NAME, or NAME:VARIANT of one that has variants. Errors:
 * PLUGIN_FILE (absent, with the places looked at, and the names that are there; or not to be
 * trusted), PLUGIN_LOAD (the linker's words), PLUGIN_ABI, CONFIG.
 */
DavitStorage *davit_drivers_storage (DavitDrivers *drivers, const char *name, GError **error);
DavitNetwork *davit_drivers_network (DavitDrivers *drivers, const char *name, GError **error);
DavitRuntime *davit_drivers_runtime (DavitDrivers *drivers, const char *name, GError **error);
DavitCheckpoint *davit_drivers_checkpoint (DavitDrivers *drivers, const char *name, GError **error);

/* Whether there is a plugin of that name, be it usable or not. */
gboolean davit_drivers_has (DavitDrivers *drivers, DavitKind kind, const char *name);
/* The names of the plugins of a kind, sorted. */
GPtrArray *davit_drivers_names (DavitDrivers *drivers, DavitKind kind);

const char *davit_drivers_kind_name (DavitKind kind);
gboolean davit_drivers_parse_kind (const char *text, DavitKind *ret_kind, GError **error);

/**
 * DavitNeed: one entry of a probe.
 */
typedef struct {
	char *what;
	gboolean met;
	char *hint; /* or NULL */
} DavitNeed;

/**
 * DavitPluginReport: what is known of one installed plugin. Made in a forked child with a
 * deadline, so that a plugin that crashes or hangs is one line of a table.
 */
typedef struct {
	DavitKind kind; /* 0: not known, it does not load and stands in no folder of a kind */
	char *name;
	char *path;
	gboolean loads;
	gboolean usable;
	char *reason;  /* why it does not load or is not usable here; NULL: it is */
	char *misset;  /* what is wrong in its group of the configuration; NULL: nothing */
	char *version; /* the rest is NULL or 0 if it does not load */
	char *summary;
	char *license;
	guint abi_major;
	guint abi_minor;
	GPtrArray *needs;   /* DavitNeed */
	GPtrArray *options; /* DavitPluginOption */
	char **operations;  /* names of the operations that it has */
	char **missing;	    /* names of the optional ones that it lacks */
} DavitPluginReport;

typedef struct {
	char *key;
	char *type; /* "string", "boolean", ... */
	char *fallback;
	char *choices;
	char *help;
	char *value; /* as configured now, or the fallback */
	char *source;
} DavitPluginOption;

void davit_plugin_report_free (DavitPluginReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitPluginReport, davit_plugin_report_free)

/* Every plugin file in the search path (the first of a kind and name wins), sorted. */
GPtrArray *davit_drivers_list (DavitDrivers *drivers, GError **error);
/* kind 0: any. NOT_FOUND if no file has that name. */
DavitPluginReport *davit_drivers_report (DavitDrivers *drivers, DavitKind kind, const char *name,
					 GError **error);

G_END_DECLS
