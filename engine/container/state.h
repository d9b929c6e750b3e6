/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * containers/<id>/state.json: what became of a container. It survives a reboot, and is replaced
 * twice in a run: when the container is started (so that a reboot, which takes the run directory
 * away, does not make it look as if it had never run), and when its end is cleaned up.
 */

#pragma once

#include "monitor/client.h"

G_BEGIN_DECLS

/* The exit status of a container whose end nobody has seen: as docker reports it. */
#define DAVIT_STATE_LOST_STATUS 255

/**
 * DavitState: all zero for one that was never started.
 */
typedef struct {
	gint64 started;	     /* last start, nanoseconds since 1970 */
	gboolean running;    /* was started, and its end has not been recorded */
	gboolean lost;	     /* its end has been found out, but not how it came */
	DavitExit exit;	     /* of the last run that has ended */
	gint64 checkpointed; /* when that ended by a checkpoint; 0: it did not */
	gint64 restored;     /* when the last run came from one; 0: it did not */
} DavitState;

/* No file is no error. CORRUPT: damaged. */
gboolean davit_state_read (int container_dirfd, DavitState *ret_state, GError **error);
/* The same from a text. */
gboolean davit_state_parse (const char *text, gsize length, DavitState *ret_state, GError **error);
gboolean davit_state_write (int container_dirfd, const DavitState *state, GError **error);

/* Sets state to an end that nobody has seen. */
void davit_state_lose (DavitState *state);

G_END_DECLS
