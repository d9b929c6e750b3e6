/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The life of a layer: stage → stamp → one syncfs → rename → fsync of the directory. It is the same
 * for every plugin that keeps a layer as a directory; how the tree begins is the plugin's affair.
 *
 * The functions with gpointer instance stand in the table of operations: a plugin's instance begins
 * with its Store.
 */

#pragma once

#include "store.h"

G_BEGIN_DECLS

/*
 * Makes and locks the stage of a layer. ret_stage_fd stays the store's. Errors: EXISTS, NOT_FOUND
 * (parent), BUSY.
 */
gboolean store_stage_begin (Store *store, const DavitLayerRequest *request, int *ret_stage_fd,
			    GError **error);

/*
 * Opens the tree of a layer, committed or begun, to read; of one that is kept in another form the
 * directory that has the attributes of "/". NOT_FOUND.
 */
gboolean store_layer_tree (Store *store, const char *chain_id, int *ret_fd, GError **error);

/* NOT_FOUND names the first layer that is not committed. */
/* Whether name in layers/ is whole. FALSE: that can't be seen, and nothing may be done to it. */
gboolean store_layer_look (const Store *store, const char *name, gboolean *ret_committed,
			   GError **error);
gboolean store_layers_check (Store *store, const char *const *layers, GError **error);

gboolean store_layer_commit (gpointer instance, const char *const *chain_ids, GError **error);
gboolean store_layer_abort (gpointer instance, const char *chain_id, GError **error);
gboolean store_layer_exists (gpointer instance, const char *chain_id, gboolean *ret_exists,
			     GError **error);
gboolean store_layer_remove (gpointer instance, const char *chain_id, GError **error);
/* Of one that is its tree: to read, checked. */
gboolean store_layer_open (Store *store, const char *chain_id, int *ret_dirfd, GError **error);
gboolean store_layer_list (gpointer instance, DavitResult *result, GError **error);
gboolean store_layer_verify (gpointer instance, const char *chain_id, GError **error);

G_END_DECLS
