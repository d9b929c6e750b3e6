/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The loopback interface of another network namespace. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
	NETWORK_LOOPBACK_LOOK,	  /* only say how it is */
	NETWORK_LOOPBACK_BRING_UP /* and switch it on before */
} NetworkLoopbackAction;

typedef struct {
	gboolean up;
	gboolean has_ipv6; /* ::1 is there */
} NetworkLoopback;

/*
 * userns_fd: the user namespace that owns the network namespace, entered first; -1: the caller's
 * own. The caller itself stays where it is, whatever happens.
 */
gboolean network_loopback_visit (int netns_fd, int userns_fd, NetworkLoopbackAction action,
				 NetworkLoopback *ret_loopback, GError **error);

G_END_DECLS
