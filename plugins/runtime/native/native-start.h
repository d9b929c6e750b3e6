/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a container that waits is told to go on: a listening socket in its directory, held by the
 * first process and by nobody else.
 */

#pragma once

#include "runtime-record.h"

G_BEGIN_DECLS

#define NATIVE_START_SOCKET "start"

/* Makes the socket. The first process gets it; the caller closes its own. */
gboolean native_start_listen (int dirfd, int *ret_listener, GError **error);

/* Does somebody listen there? Then the container is created and not started. Changes nothing. */
gboolean native_start_is_awaited (int dirfd);

/* Lets the first process go on, and waits until it has executed the program, or could not. */
gboolean native_start_go (int dirfd, const char *id, const RuntimeRecord *record, GError **error);

G_END_DECLS
