/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How much of the disk a directory tree takes. */

#pragma once

#include "store.h"

G_BEGIN_DECLS

/* Integers "bytes" and "inodes" of dirfd and all below; what has several names counts once. */
gboolean store_usage (Store *store, int dirfd, DavitResult *result, GError **error);

G_END_DECLS
