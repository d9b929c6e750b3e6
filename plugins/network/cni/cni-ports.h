/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Published ports. The portmap plugin writes its rules without looking whether somebody has the
 * port: of two containers the first would get all of it, and a program of the host would be cut
 * off. So davit looks before.
 */

#pragma once

#include <davit/network.h>

G_BEGIN_DECLS

typedef struct {
	const char *host_address; /* or NULL: all */
	const char *protocol;
	guint host_port; /* 0: still to be chosen */
	guint container_port;
} CniPort;

/* One entry a port. */
GArray *cni_ports_expand (const DavitPort *ports, GError **error);

/*
 * Chooses those that are 0, and looks whether any is taken: by a program of the host, or by a
 * container of this boot whose entry is in the state directory. To be called, and the entry to be
 * written, under the lock of cni_ports_lock. BUSY says who has it.
 */
gboolean cni_ports_claim (const DavitHost *host, const char *id, GArray *ports, GError **error);

/* Waits for the others. Closing the descriptor gives it back. */
gboolean cni_ports_lock (const DavitHost *host, int *ret_fd, GError **error);

void cni_ports_write (const GArray *ports, GString *out, const char *key);

G_END_DECLS
