/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the names lead to, and what is there without. Inside this layer only. */

#pragma once

#include "image/store-private.h"

G_BEGIN_DECLS

/**
 * DavitReach: sets of strings.
 */
typedef struct {
	GHashTable *blobs;     /* digests */
	GHashTable *chain_ids; /* hex digits */
} DavitReach;

void davit_reach_clear (DavitReach *reach);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DavitReach, davit_reach_clear)

/*
 * Marks what every name leads to; the caller holds the lock. What is damaged leads as far as it can
 * be read. A failing disk is an error: not being able to look is no proof that nothing is there.
 */
gboolean davit_reach_find (DavitImageStore *store, DavitReach *reach, GError **error);

/* The digests of blobs that nothing leads to. Files with other names are not blobs. */
gboolean davit_reach_lost_blobs (DavitImageStore *store, const DavitReach *reach,
				 GPtrArray **ret_digests, GError **error);

gboolean davit_reach_remove_blob (DavitImageStore *store, const char *digest, GError **error);

G_END_DECLS
