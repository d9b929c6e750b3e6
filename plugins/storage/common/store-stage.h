/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Taking stages away that nobody works on. */

#pragma once

#include "store.h"

G_BEGIN_DECLS

/* Removes the stage of a layer if there is one; *ret_busy: somebody works on it, and it stays. */
gboolean store_stage_clear (Store *store, const char *chain_id, gboolean *ret_busy, GError **error);

G_END_DECLS
