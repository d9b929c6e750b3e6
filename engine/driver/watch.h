/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Plugin code that is not trusted to come back: it runs in a child with a deadline, and what it
 * writes to a pipe is kept up to a cap.
 */

#pragma once

#include <glib.h>
#include <signal.h>
#include <sys/types.h>

G_BEGIN_DECLS

/**
 * DavitWatch: one child. Zeroed, with both descriptors -1, it is no child yet.
 */
typedef struct {
	pid_t pid;
	int pidfd;
	int fd;	       /* the end of the pipe that is read */
	GString *text; /* the caller's */
	gsize limit;   /* of text */
	gboolean late; /* the deadline passed */
} DavitWatch;

/* Runs in the child; writes to fd and ends the process. */
typedef void (*DavitWatchFunc) (int fd, gconstpointer data);

/*
 * namespaces: those of clone that the child is born into (CLONE_NEWPID and so on), or 0. Whatever
 * is started must be ended, also on failure.
 */
gboolean davit_watch_start (DavitWatch *watch, guint64 namespaces, DavitWatchFunc run,
			    gconstpointer data, GError **error);
/* Until the child ends or the deadline passes. */
void davit_watch_wait (DavitWatch *watch, guint deadline_msec);
/* Ends the whole process group, then collects the child. */
void davit_watch_end (DavitWatch *watch, siginfo_t *ret_info);

/*
 * For the child: nothing that the plugin prints or breaks may reach beyond it. Standard streams
 * become /dev/null. Gives the descriptor to write to.
 */
int davit_watch_isolate (int fd);

G_END_DECLS
