/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of module overlay-mount share. */

#pragma once

#include "overlay-mount.h"

G_BEGIN_DECLS

/**
 * OverlayOption: a mount option and its value; NULL: a flag.
 */
typedef struct {
	const char *key;
	const char *value;
} OverlayOption;

#define OVERLAY_OPTIONS_LIMIT 8

/* Fills the options that are the same in every way; the last has no key. */
void overlay_options (const OverlayMount *mount, OverlayOption options[OVERLAY_OPTIONS_LIMIT]);

/* The directory that upper and work are relative to. */
int overlay_mount_upper_dirfd (const OverlayMount *mount);

/* Through mount(2) in a child with a mount namespace of its own. */
gboolean overlay_mount_in_child (const OverlayMount *mount, int *ret_fd, GError **error);

/* The kernel's number in words; detail: what it logged, or NULL. */
gboolean overlay_mount_failed (const OverlayMount *mount, int number, const char *detail,
			       GError **error);

G_END_DECLS
