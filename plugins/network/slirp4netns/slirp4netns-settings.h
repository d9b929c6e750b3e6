/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What one container's network is to be: the key file's options, then those of the command line. */

#pragma once

#include <davit/network.h>

G_BEGIN_DECLS

typedef struct {
	char *interface;
	guint32 network; /* host byte order */
	guint prefix;
	guint mtu;
	gboolean ipv6;
	gboolean host_loopback;
	gboolean sandbox;
	gboolean seccomp;
	char *outbound;	 /* an address, or NULL */
	char *outbound6; /* the same for IPv6 */
	char *mac_address;
} SlirpSettings;

/* CONFIG for what is wrong in the key file, USAGE for the command line. */
gboolean slirp4netns_settings_read (const DavitHost *host, const DavitNetworkRequest *request,
				    SlirpSettings *ret, GError **error);
void slirp4netns_settings_clear (SlirpSettings *settings);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SlirpSettings, slirp4netns_settings_clear)

G_END_DECLS
