/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Starts the program that serves a FUSE connection, and waits until it does. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SquashServer: a program that runs on its own, nobody's child.
 */
typedef struct {
	int pidfd;
	int log_fd; /* in memory: what it printed */
} SquashServer;

/* An id that nothing else has. */
#define SQUASH_USER_OWN G_MAXUINT32

/**
 * SquashUser: who the program is.
 */
typedef struct {
	guint32 uid;
	guint32 gid;
} SquashUser;

/*
 * device: /dev/fuse of the connection; file: the squashfs file. Both stay the caller's, who must
 * close device then: while somebody else has it the kernel does not notice that the program ended.
 * user NULL: it stays who we are.
 */
gboolean squash_server_start (const char *program, int device, int file, const SquashUser *user,
			      SquashServer *ret_server, GError **error);

/* Waits until the mount answers. FALSE: it does not, and the program has ended. */
gboolean squash_server_wait (SquashServer *server, int mount_fd, GError **error);

void squash_server_clear (SquashServer *server);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SquashServer, squash_server_clear)

G_END_DECLS
