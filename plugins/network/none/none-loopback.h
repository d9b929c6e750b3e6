/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The loopback interface of another network namespace. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
	NONE_LOOPBACK_LOOK,    /* only say how it is */
	NONE_LOOPBACK_BRING_UP /* and switch it on before */
} NoneLoopbackAction;

typedef struct {
	gboolean up;
	gboolean has_ipv6; /* ::1 is there */
} NoneLoopback;

/*
 * userns_fd: the user namespace that owns the network namespace, entered first; -1: the caller's
 * own. The caller itself stays where it is, whatever happens.
 */
gboolean none_loopback_visit (int netns_fd, int userns_fd, NoneLoopbackAction action,
			      NoneLoopback *ret_loopback, GError **error);

G_END_DECLS
