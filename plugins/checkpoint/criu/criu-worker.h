/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A running "criu swrk": one question after the other over its socket, and its end. */

#pragma once

#include "criu-message.h"
#include "criu-spawn.h"

#include <davit/host.h>

G_BEGIN_DECLS

typedef struct {
	const char *program;
	pid_t pid;	      /* 0: none runs */
	int pidfd;	      /* of the same */
	int socket_fd;	      /* to it */
	int complaint_fd;     /* what it writes to standard error */
	gint64 deadline;      /* monotonic time, 0: none */
	guint32 timeout_msec; /* that deadline as it was asked for */
} CriuWorker;

#define CRIU_WORKER_INIT                                                                           \
	{                                                                                          \
		.pidfd = -1, .socket_fd = -1, .complaint_fd = -1                                   \
	}

/*
 * Where programs are searched, CRIU and what it starts (ip, iptables, tar): they may stand where
 * only root's PATH leads. Free with g_free.
 */
char *criu_worker_path (void);

/*
 * Starts program. what says where it lives; its argv, envp and the first of its descriptors are
 * filled in here. inherited are further descriptors, which are CRIU_WORKER_FIRST_FD, ... in it.
 */
#define CRIU_WORKER_FIRST_FD 4

gboolean criu_worker_start (CriuWorker *worker, const char *program, CriuSpawn *what,
			    const int *inherited, gsize n_inherited, guint32 timeout_msec,
			    GError **error);

/*
 * Called at each of CRIU's notifications. fd is what came with it, or -1: the callee's. FALSE: CRIU
 * is told to give up, and the request fails with this error.
 */
typedef gboolean (*CriuNotify) (gpointer data, const CriuResponse *notification, int fd,
				GError **error);

/*
 * Asks, and returns the answer, whatever it says. FALSE: there is none, it is none, or notify
 * failed. ret is to be cleared in any case.
 */
gboolean criu_worker_ask (CriuWorker *worker, const GByteArray *request, CriuNotify notify,
			  gpointer data, CriuResponse *ret, GError **error);

/* Waits for the end after the last answer; kills what does not end. Repeatable. */
void criu_worker_end (CriuWorker *worker);

/* Kills it. Repeatable. */
void criu_worker_kill (CriuWorker *worker);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CriuWorker, criu_worker_kill)

G_END_DECLS
