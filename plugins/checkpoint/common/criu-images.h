/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The directory of images. */

#pragma once

#include "criu-record.h"

G_BEGIN_DECLS

/* Begins to write to the disk what is in memory of it. */
void criu_images_write_back (int images_dirfd);
/* When this returns TRUE, all of it is on the disk. */
gboolean criu_images_sync (int images_dirfd, GError **error);

/*
 * Lets that group read the images, beside their owner: nobody else may. With our own group, only
 * the owner may.
 */
gboolean criu_images_give (int images_dirfd, guint32 gid, GError **error);

/* CORRUPT if they can't be whole. The record that is in there. */
CriuRecord *criu_images_check (const DavitHost *host, int images_dirfd, GError **error);

G_END_DECLS
