/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Mount points that layers lack. Each of them made in upper costs a copy of its directory, a new
 * file or directory, and the removal of all that when the container goes: more than everything
 * else that a short-lived container writes. So they stand in a directory that goes below the
 * layers, made once for each set of them, and shared by all containers.
 */

#pragma once

#include "overlay-lower.h"

G_BEGIN_DECLS

/*
 * Puts it in front of lower. Nothing is done where the
 * kernel takes no further layer.
 */
gboolean overlay_places_add (Store *store, const char *const *mount_points, OverlayLower *lower,
			     GError **error);

G_END_DECLS
