/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Finding the record of an image. Inside this layer only. */

#pragma once

#include "image/store-private.h"

G_BEGIN_DECLS

/*
 * The record that a name, or the beginning of an id, means; ret_by_id says which of the two it was.
 * NOT_FOUND, CORRUPT (the record is damaged), USAGE (no reference, or an ambiguous one).
 */
gboolean davit_resolve_record (const DavitNames *names, const char *text, gboolean *ret_by_id,
			       const DavitName **ret, GError **error);

G_END_DECLS
