/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The stamp of a layer: what it was when it was committed. What is in it is said by the form of the
 * store. For a tree it is a fingerprint of names, types, owners, modes, sizes, times, targets and
 * extended attributes; the content of files is not read, which would take as long as unpacking did.
 * It finds what power cuts and tampering leave: files that are missing, empty, or written to.
 */

#pragma once

#include "store.h"

G_BEGIN_DECLS

/* A layer that is its tree. */
extern const StoreForm store_form_directory;

/* Looks at what is in stage_fd and writes stage_fd/stamp. */
gboolean store_stamp_write (const StoreForm *form, int stage_fd, GError **error);

/* CORRUPT if what is in layer_fd is not what layer_fd/stamp says. */
gboolean store_stamp_check (const StoreForm *form, int layer_fd, const char *chain_id,
			    GError **error);

G_END_DECLS
