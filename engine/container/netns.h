/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A new network namespace, made while the engine does something else: making one is a millisecond
 * of the kernel's work, a tenth of a start. Nothing but descriptors pins it, so that it is gone
 * with them, whoever dies and when.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _DavitNetns DavitNetns;

/* Begins. NULL and error: not even that. Until it is finished nothing else may wait for it. */
DavitNetns *davit_netns_begin (GError **error);

/*
 * Waits for it and frees netns, whether it succeeds or not. ret_fd is the namespace, ret_netlink_fd
 * a NETLINK_ROUTE socket in it or -1; both are the caller's.
 */
gboolean davit_netns_finish (DavitNetns *netns, int *ret_fd, int *ret_netlink_fd, GError **error);

/* The same for one that is not wanted any more. NULL is nothing. */
void davit_netns_discard (DavitNetns *netns);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitNetns, davit_netns_discard)

G_END_DECLS
