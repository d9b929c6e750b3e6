/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The stamp of a layer: what it was when it was committed. A fingerprint of names, types, owners,
 * modes, sizes, times, targets and extended attributes; the content of files is not read, which
 * would take as long as unpacking did. It finds what power cuts and tampering leave: files that are
 * missing, empty, or written to.
 */

#pragma once

#include "store.h"

G_BEGIN_DECLS

/* Looks at stage_fd/tree and writes stage_fd/stamp. */
gboolean store_stamp_write (int stage_fd, GError **error);

/* CORRUPT if layer_fd/tree is not what layer_fd/stamp says. */
gboolean store_stamp_check (int layer_fd, const char *chain_id, GError **error);

G_END_DECLS
