/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The images that hold memory: whether all pages are there that are promised. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* CORRUPT: an image of pages is shorter than the maps say. */
gboolean criu_pages_check (int images_dirfd, GError **error);

/*
 * How many pages a map ("pagemap-*.img") has of which image of pages. FALSE: it is no such map.
 */
gboolean criu_pages_parse (const guint8 *bytes, gsize length, guint32 *ret_id, guint64 *ret_pages);

G_END_DECLS
