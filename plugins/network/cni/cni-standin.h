/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A namespace that stands in for one that is gone.
 *
 * The plugins bridge and ptp look up the container's addresses in its namespace to find their
 * masquerading rules on the host; if DEL is given no namespace, they leave the rules where they
 * are. Other engines keep each namespace mounted on the host until DEL for this reason, and leak it
 * when they are killed. Here it ends with the container, and such a plugin gets a new one with an
 * interface of the same name and addresses, which is all that it looks for. Every other plugin is
 * told the truth: host-device would take the interface for the one that it has to give back.
 */

#pragma once

#include "cni-entry.h"

G_BEGIN_DECLS

gboolean cni_standin_is_wanted (const CniEntry *entry, const CniPlugin *plugin);

/* The caller closes it, and with that it is gone. */
gboolean cni_standin_make (const CniEntry *entry, int *ret_netns_fd, GError **error);

G_END_DECLS
