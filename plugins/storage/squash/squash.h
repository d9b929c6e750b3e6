/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the files of the plugin squash share. A layer is
 *
 *     layers/CHAIN-ID/layer.sqfs   mode 0444, never written to again
 *     layers/CHAIN-ID/adopted      instead of it: where somebody else's file is (squash-source.h)
 *     layers/CHAIN-ID/root         empty; the owner, mode, times and attributes of its "/"
 *     layers/CHAIN-ID/attributes   only if there may be "trusted.*" or "security.*" ones in it
 *     layers/CHAIN-ID/first        only if there is something that a start reads first: its paths
 *     layers/CHAIN-ID/stamp        the size and SHA-256 of the file
 */

#pragma once

#include "store.h"

G_BEGIN_DECLS

#define SQUASH_FILE "layer.sqfs"
#define SQUASH_ROOT "root"
#define SQUASH_ATTRIBUTES "attributes"

#define SQUASH_OPTION_MOUNT "mount"
#define SQUASH_OPTION_LEVEL "compression-level"
#define SQUASH_OPTION_BLOCK "block-size"
#define SQUASH_OPTION_MEMORY "tmpfs-upper"
#define SQUASH_OPTION_KEEP "keep-mounted"

/* What layers are in this driver. */
extern const StoreForm squash_form;

/**
 * SquashFile: a file that is to be mounted, and what is known of it.
 */
typedef struct {
	int fd;
	gboolean adopted;
	gboolean attributes;
} SquashFile;

/* The layer as a detached mount: StoreForm.mount. */
gboolean squash_layer_mount (Store *store, const char *chain_id, int *ret_fd, GError **error);

/* The same for one that is no layer yet. */
gboolean squash_file_mount (Store *store, const char *chain_id, const SquashFile *file, int *ret_fd,
			    GError **error);

/* Makes the file of what is in tree: StoreForm.seal. */
gboolean squash_seal (Store *store, const char *chain_id, int stage_fd, GError **error);

/* Makes an empty file. */
gboolean squash_mark (int stage_fd, const char *mark, GError **error);

/* For the table of operations. */
gboolean squash_probe (gpointer instance, DavitProbe *probe, GError **error);
gboolean squash_layer_adopt (gpointer instance, const DavitLayerFile *layer, GError **error);
gboolean squash_layer_verify (gpointer instance, const char *chain_id, GError **error);

G_END_DECLS
