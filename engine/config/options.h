/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Between config.c and options.c: raw values and how they become typed ones. */

#pragma once

#include "config/config.h"

G_BEGIN_DECLS

/**
 * DavitConfigEntry: the value of a key that won, and where it stands.
 */
typedef struct {
	char *raw;
	char *source;
} DavitConfigEntry;

/* NULL if no file and no override sets it. */
const DavitConfigEntry *davit_config_lookup (const DavitConfig *config, const char *group,
					     const char *key);
/* The keys that are set in a group, in the order they were first met. Free with g_free. */
const char **davit_config_keys (const DavitConfig *config, const char *group);

/* What [engine] promises beyond its types: bounds, forms, and keys that must not be empty. */
gboolean davit_config_check_engine (const DavitOptionValues *values, GError **error);

G_END_DECLS
