/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Loads one file, and lets nothing pass that does not keep to davit/plugin.h. */

#pragma once

#include "driver/kinds.h"

G_BEGIN_DECLS

/**
 * DavitModule: a loaded plugin whose descriptor is checked; none of its functions has run.
 */
typedef struct {
	char *path;
	gpointer handle; /* lt_dlhandle */
	const DavitKindInfo *kind;
	DavitPlugin plugin; /* zeroed where the plugin knew less than we */
	DavitOps ops;
} DavitModule;

/* Errors: PLUGIN_FILE, PLUGIN_LOAD, PLUGIN_ABI; the text begins with: plugin "PATH". */
DavitModule *davit_loader_open (const char *path, GError **error);
void davit_loader_close (DavitModule *module);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitModule, davit_loader_close)

/* Whether a file and its directory may be trusted with running in this process. */
gboolean davit_loader_check_file (const char *path, GError **error);
/* Whether only root and the caller could have put a file there; one that is absent is good. */
gboolean davit_loader_check_directory (const char *path, GError **error);

G_END_DECLS
