/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Namespaces that a container takes from elsewhere. They are pinned by a descriptor before anything
 * is made, and the runtime is given a path that leads to that descriptor: the other container may
 * end at any time, and the number of its process may come to belong to somebody else.
 */

#pragma once

#include "container/engine.h"
#include "container/record.h"

G_BEGIN_DECLS

/**
 * DavitJoined: init with davit_joined_init.
 */
typedef struct {
	int fd;
	char *path;    /* for the runtime; NULL: nothing to join */
	char *run_dir; /* of the other container; or NULL */
} DavitJoined;

void davit_joined_init (DavitJoined *joined);
void davit_joined_clear (DavitJoined *joined);

/* Makes joined->path lead to a descriptor of this process, which must stay open. */
void davit_joined_set_fd (DavitJoined *joined, int fd);

/* kind: as in /proc/PID/ns: "net", "pid", ... STATE if the other container does not run. */
gboolean davit_join_open (DavitEngine *engine, const DavitNamespace *wanted, const char *kind,
			  DavitJoined *ret_joined, GError **error);

G_END_DECLS
