/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The operations of the contract: davit/network.h says what each does. */

#pragma once

#include <davit/network.h>

G_BEGIN_DECLS

gboolean slirp4netns_attach (const DavitHost *host, const DavitNetworkRequest *request,
			     DavitResult *result, GError **error);
gboolean slirp4netns_detach (const DavitHost *host, const char *id, GError **error);
gboolean slirp4netns_check (const DavitHost *host, const DavitNetworkRequest *request,
			    GError **error);
gboolean slirp4netns_collect (const DavitHost *host, const char *const *ids, GError **error);
gboolean slirp4netns_port_add (const DavitHost *host, const DavitNetworkRequest *request,
			       const DavitPort *port, DavitResult *result, GError **error);
gboolean slirp4netns_port_remove (const DavitHost *host, const DavitNetworkRequest *request,
				  const DavitPort *port, GError **error);

G_END_DECLS
