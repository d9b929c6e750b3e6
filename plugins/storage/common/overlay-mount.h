/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Mounts of overlayfs, detached: nobody sees them who does not have the descriptor. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* OVL_MAX_STACK in the kernel. */
#define OVERLAY_LAYERS_LIMIT 500

/**
 * OverlayWay: how the kernel is told about the layers. What a kernel can is found out by trying.
 */
typedef enum {
	OVERLAY_WAY_AUTO = 0,
	OVERLAY_WAY_DESCRIPTORS, /* "lowerdir+" with a descriptor: Linux 6.13 */
	OVERLAY_WAY_PATHS,	 /* "lowerdir+" with /proc/self/fd/N: Linux 6.5 */
	OVERLAY_WAY_STRING,	 /* "lowerdir" with up to 255 bytes of these: Linux 5.2 */
	OVERLAY_WAY_PRIVATE,	 /* mount(2), up to a page, in a private mount namespace */
} OverlayWay;

/**
 * OverlayMount: what to mount. Paths are relative to state_dirfd and trusted.
 */
typedef struct {
	int state_dirfd;
	const char *const *lower; /* lowest first; one or more, two without upper */
	const int *lower_fds; /* for each of lower the detached mount that it is, or -1; or NULL */
	const char *upper;    /* or NULL: read-only */
	const char *work;
	int upper_fd;	     /* the detached mount that upper and work are in, or 0: state_dirfd */
	gboolean user_xattr; /* marks in user.overlay.*: for a mount inside a user namespace */
	gboolean is_volatile;
	OverlayWay way;
} OverlayMount;

gboolean overlay_mount (const OverlayMount *mount, int *ret_fd, GError **error);

G_END_DECLS
