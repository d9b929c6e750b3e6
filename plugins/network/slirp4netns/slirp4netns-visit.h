/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Looks into the container's network namespace; the caller itself stays where it is. */

#pragma once

#include <glib.h>
#include <net/if.h>
#include <netinet/in.h>

G_BEGIN_DECLS

typedef struct {
	int netns_fd;
	int userns_fd; /* entered first; -1: the caller's own */
	/*
	 * '0' or '1': whether IPv6 addresses of new interfaces wait until nobody else has been
	 * found to use them; set first. 0: leave it. Kernels without IPv6 have no such setting.
	 */
	char detect_duplicates;
	const char *interface; /* to look at, or NULL */
} SlirpVisit;

typedef struct {
	char detect_duplicates; /* as it was; 0: not known */
	gboolean found;		/* the interface */
	gboolean up;
	struct in_addr address; /* 0: none */
	guint8 mac_address[6];
} SlirpView;

gboolean slirp4netns_visit (const SlirpVisit *visit, SlirpView *ret, GError **error);

G_END_DECLS
