/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The loopback interface through a socket that was opened in its network namespace: nobody has to
 * go there, and no child is needed.
 */

#pragma once

#include "network-loopback.h"

G_BEGIN_DECLS

/* fd: of NETLINK_ROUTE. Switches the interface on. */
gboolean network_netlink_bring_up (int fd, NetworkLoopback *ret_loopback, GError **error);

G_END_DECLS
