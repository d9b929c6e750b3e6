/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Starts the helper for one container, and waits until its network is ready. */

#pragma once

#include "slirp4netns-settings.h"
#include "slirp4netns-spawn.h"

G_BEGIN_DECLS

typedef struct {
	const DavitHost *host;
	const DavitNetworkRequest *request;
	const SlirpSettings *settings;
	const char *program;
	int dirfd; /* run_dirfd/ID */
} SlirpHelper;

/*
 * ret_hold_fd: the helper ends when its last copy is closed. On failure nothing of it runs any
 * more.
 */
gboolean slirp4netns_helper_start (const SlirpHelper *helper, SlirpProcess *ret_process,
				   int *ret_hold_fd, GError **error);

/*
 * Whether the helper enters the container's user namespace and becomes its root before exec. The
 * engine as root does not want that: a helper of root's can listen to ports below 1024.
 */
gboolean slirp4netns_helper_enters (const DavitHost *host, const DavitNetworkRequest *request);

G_END_DECLS
