/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Talking to a monitor: attach, wait, resize, and the exit file that it leaves.
 * monitor/protocol.h describes the messages.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DavitExit: how a container ended, as the exit file says it.
 */
typedef struct {
	int status;	 /* exit status, or 128 + signal */
	int signal;	 /* 0 if it exited by itself */
	gint64 finished; /* nanoseconds since 1970 */
	gboolean oom_killed;
	gboolean timed_out; /* --timeout */
} DavitExit;

/* NOT_FOUND while there is none. CORRUPT if it is damaged. */
gboolean davit_monitor_read_exit (int run_dirfd, DavitExit *ret_exit, GError **error);

/*
 * Where there is an exit file the container's mounts may still be coming apart: waits for that.
 * monitor_fd: a connection that has got the exit, or -1, which makes waiting dearer. Behind TIMEOUT
 * they may be there all the same.
 */
gboolean davit_monitor_wait_mounts (int run_dirfd, int monitor_fd, int timeout_msec,
				    GError **error);

/* A connection to the monitor of a container. NOT_FOUND if none serves there. */
gboolean davit_monitor_connect (int run_dirfd, int *ret_fd, GError **error);

/* Two ends of a connection: one for DavitMonitorLaunch.client_fd, one for us. */
gboolean davit_monitor_pair (int *ret_monitor_fd, int *ret_client_fd, GError **error);

/**
 * DavitAttach: what of the caller's is connected to a container.
 */
typedef struct {
	int monitor_fd;		 /* connected */
	gboolean replay;	 /* no: only what comes from now on */
	gboolean terminal;	 /* the container has one: raw mode, sizes, detach keys */
	int stdin_fd;		 /* -1: not attached */
	int stdout_fd;		 /* -1: not attached */
	int stderr_fd;		 /* -1: not attached */
	const char *detach_keys; /* "ctrl-p,ctrl-q"; "": none */
	gboolean signal_proxy;	 /* pass signals that we get on to the container */
	/* Called with a signal to pass on; the engine sends it through the runtime. */
	void (*forward) (int signal, gpointer data);
	gpointer data;
} DavitAttach;

void davit_attach_init (DavitAttach *attach);

/*
 * Connects until the container ends, the user detaches or the monitor goes away. ret_detached says
 * which; ret_exit is set if it ended. The caller's terminal is put back in any case.
 */
gboolean davit_attach_run (const DavitAttach *attach, gboolean *ret_detached, DavitExit *ret_exit,
			   GError **error);

/*
 * Tells the monitor that the caller has cleaned up (or removed) the container, so that it need not
 * run on_exit. Without this message, closing the connection leaves that to it.
 */
gboolean davit_monitor_cleaned (int monitor_fd, GError **error);

/* Waits for the end of the container; TIMEOUT. -1: for ever. */
gboolean davit_monitor_wait (int monitor_fd, int timeout_msec, DavitExit *ret_exit, GError **error);

gboolean davit_monitor_resize (int monitor_fd, guint16 rows, guint16 columns, GError **error);

/* A user asked for the end: restart policies must not act. */
gboolean davit_monitor_stopping (int monitor_fd, GError **error);

G_END_DECLS
