/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The configuration: key files, later wins key by key.
 *
 *     <datadir>/davit.conf, <sysconfdir>/davit.conf, <sysconfdir>/davit.conf.d/ *.conf (sorted),
 *     for a user $XDG_CONFIG_HOME/davit/davit.conf and davit.conf.d/ *.conf, DAVIT_CONFIG,
 *     --config GROUP.KEY=VALUE
 *
 * Group [engine] is the engine's own and checked when it is loaded. A group [KIND.NAME] belongs to
 * a plugin; it is checked against that plugin's option table when the plugin is opened. Any other
 * group, an unknown key or a wrong value is an error with file, line and the valid choices.
 */

#pragma once

#include "base/paths.h"

#include <davit/plugin.h>

G_BEGIN_DECLS

typedef struct _DavitConfig DavitConfig;

/*
 * overrides: "GROUP.KEY=VALUE", NULL-terminated, or NULL. KEY is what stands behind the last ".".
 */
DavitConfig *davit_config_load (const DavitPaths *paths, const char *const *overrides,
				GError **error);
void davit_config_free (DavitConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitConfig, davit_config_free)

/* The options of [engine]: the table ends with a zeroed entry. */
const DavitOption *davit_config_engine_options (void);

/* Values of [engine]; the configured one or the fallback; strings belong to config. */
const char *davit_config_string (const DavitConfig *config, const char *key);
gboolean davit_config_boolean (const DavitConfig *config, const char *key);
gint64 davit_config_integer (const DavitConfig *config, const char *key);
const char *const *davit_config_list (const DavitConfig *config, const char *key);

/**
 * DavitOptionValue: one value of an option table, parsed.
 */
typedef struct {
	const DavitOption *option;
	char *text;	/* as configured, or the fallback; NULL: no value */
	char *source;	/* "FILE:LINE", "--config" or "default" */
	gint64 integer; /* BOOLEAN, INTEGER, SIZE (bytes), DURATION (milliseconds) */
	char **list;	/* LIST */
} DavitOptionValue;

typedef struct _DavitOptionValues DavitOptionValues;

/*
 * Checks a group against a table and gives the parsed values. CONFIG names file, line and what
 * would be right. table may be NULL (no options: any key is an error).
 */
DavitOptionValues *davit_config_check_group (const DavitConfig *config, const char *group,
					     const DavitOption *table, GError **error);
void davit_option_values_free (DavitOptionValues *values);
/* NULL if the table has no such key. */
const DavitOptionValue *davit_option_values_get (const DavitOptionValues *values, const char *key);
guint davit_option_values_count (const DavitOptionValues *values);
const DavitOptionValue *davit_option_values_nth (const DavitOptionValues *values, guint index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitOptionValues, davit_option_values_free)

/* The groups that stand in any file, besides [engine]. Free with g_strfreev. */
char **davit_config_groups (const DavitConfig *config);

/* The files that were read, in order. NULL-terminated, belongs to config. */
const char *const *davit_config_files (const DavitConfig *config);

G_END_DECLS
