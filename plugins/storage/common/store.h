/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where a storage plugin keeps things, below its state directory:
 *
 *     layers/CHAIN-ID/stamp   last to come and first to go: with it the layer is whole
 *     layers/CHAIN-ID/tree    what the engine unpacked, or what the plugin made of it
 *     stages/CHAIN-ID/...     the same, not committed; locked (flock) by who works on it
 *     rootfs/ID/...           what a container writes; the plugin's own
 *     tombs/...               what is being removed
 *
 * Everything is found by names alone, and nothing here is shared with another plugin.
 */

#pragma once

#include "store-error.h"

#include <davit/storage.h>

G_BEGIN_DECLS

#define STORE_STAMP "stamp"
#define STORE_TREE "tree"

typedef struct _Store Store;

/**
 * StoreForm: how a layer is kept; of a driver, not of a layer.
 */
typedef struct {
	const char *version; /* the first word of a stamp: "davit-layer-1" */
	const char *root;    /* the directory of a layer that has the attributes of "/" */
	/* The rest of the stamp of the layer or stage dirfd. NOT_FOUND: something is missing. */
	char *(*describe) (int dirfd, GError **error);
	/* Makes the layer of the tree before it gets its stamp; again: goes on. NULL: is it. */
	gboolean (*seal) (Store *store, const char *chain_id, int stage_fd, GError **error);
	/* Gives the layer as a detached mount. NULL: its tree can be used as it is. */
	gboolean (*mount) (Store *store, const char *chain_id, int *ret_fd, GError **error);
	/* Told when all layers of a container are mounted. Or NULL. */
	void (*mounted) (Store *store);
} StoreForm;

/**
 * Store: the first member of a plugin's instance, so that the functions of store-layers.h can stand
 * in its table of operations. Descriptors are -1 while the plugin is only looked at.
 */
struct _Store {
	const DavitHost *host;
	const StoreForm *form; /* a plain directory, unless the plugin says something else */
	guint64 memory; /* bytes that a container may write to memory; 0: it writes to the disk */
	int layers_fd;
	int stages_fd;
	int rootfs_fd;
	int tombs_fd;
	GPtrArray *fresh;  /* the form's own, or NULL: what it mounted for its first user */
	GHashTable *begun; /* chain id → GINT_TO_POINTER of the locked descriptor of the stage */
};

gboolean store_open (Store *store, const DavitHost *host, GError **error);
void store_close (Store *store);

/* FAILED unless it is one: what comes in here becomes a path. */
gboolean store_check_chain_id (const char *chain_id, GError **error);
gboolean store_check_id (const char *id, GError **error);

/* UNSUPPORTED if the request wants a quota: neither plugin can keep one. */
gboolean store_check_quota (const DavitRootfsRequest *request, GError **error);

/* mkdirat with exactly this mode, whatever the umask, and opens it. */
gboolean store_make_directory (int dirfd, const char *name, mode_t mode, int *ret_fd,
			       GError **error);

G_END_DECLS
