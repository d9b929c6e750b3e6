/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Talks with a running helper over its API socket: one question and one answer a connection. */

#pragma once

#include <davit/host.h>

#include <sys/types.h>

G_BEGIN_DECLS

typedef struct {
	const DavitHost *host;
	int dirfd; /* run_dirfd/ID */
	pid_t pid; /* of the helper, which must be the one that answers */
} SlirpApi;

/*
 * A host port that leads to a container port. Addresses are IPv4; id is the helper's number.
 */
typedef struct {
	const char *protocol;
	const char *host_address;
	guint host_port;
	const char *container_address;
	guint container_port;
	gint64 id;
} SlirpForward;

/* HELPER with the helper's reason if it refuses; ret_refused, which may be NULL, says so. */
gboolean slirp4netns_api_add (const SlirpApi *api, SlirpForward *forward, gboolean *ret_refused,
			      GError **error);
gboolean slirp4netns_api_remove (const SlirpApi *api, gint64 id, GError **error);

/* *ret_id is 0 if there is none for this host port. */
gboolean slirp4netns_api_find (const SlirpApi *api, const SlirpForward *forward, gint64 *ret_id,
			       GError **error);

G_END_DECLS
