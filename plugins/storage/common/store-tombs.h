/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Removal: renamed aside first, then taken apart. */

#pragma once

#include "store.h"

G_BEGIN_DECLS

/*
 * Removes a directory of the store. Nothing there is success. When this returns, also with an
 * error, the name is free or no longer that of something whole. durable: the new name is on disk
 * before the first file goes, so that after a crash nobody finds half of it under the old one.
 */
gboolean store_bury (Store *store, int dirfd, const char *name, gboolean durable, GError **error);

/* Takes apart what crashes left in tombs/. Adds to "removed" of result, which may be NULL. */
gboolean store_tombs_empty (Store *store, DavitResult *result, GError **error);

/*
 * The same, for whoever works on layers next: what a crash has left there takes room that nobody
 * can see. That it fails is no reason not to go on.
 */
void store_tombs_sweep (Store *store);

/* A directory in tombs/ that nobody else has: what is made in it is garbage from the beginning. */
gboolean store_tombs_scratch (Store *store, char **ret_name, int *ret_fd, GError **error);

/* A name that is not taken. Free with g_free. */
char *store_tombs_name (const char *prefix);

G_END_DECLS
