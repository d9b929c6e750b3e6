/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * containers/<id>/run.json in runroot: one run of a container, from the intent to start it until
 * its end is cleaned up. It names all that must be undone, so that this works also when the
 * container's record is damaged or gone. It does not survive a reboot: one that bears another boot
 * id says only that there was a run.
 *
 * Beside it in that directory:
 *
 *     bundle/config.json   the OCI bundle
 *     files/               the files of the engine that are bound into the container
 *     runtime/             the runtime plugin's own
 *     exit, socket, ...    the monitor's
 */

#pragma once

#include "container/run-network.h"

G_BEGIN_DECLS

typedef enum {
	DAVIT_RUN_STARTING = 1, /* something may have been made, nothing is sure */
	DAVIT_RUN_CREATED,	/* its first process is there and waits */
	DAVIT_RUN_RUNNING,	/* that has executed the program */
} DavitRunPhase;

/**
 * DavitRun: strings are NULL if absent.
 */
typedef struct {
	DavitRunPhase phase;
	char *boot_id;
	char *runtime;	     /* plugins that take part in it */
	char *storage;	     /* NULL with a root file system that is no plugin's */
	char *network;	     /* NULL: nothing is attached */
	GPtrArray *networks; /* DavitRunNetwork, in the order in which they are attached; or NULL */
	char **ports;	     /* "HOST-ADDRESS HOST-PORT PROTOCOL CONTAINER-PORT", or NULL */
	char *freezer;	     /* file that tells whether it is frozen; or NULL */
	gint64 started;
	gint64 pid; /* of the first process; 0: none yet */
	guint64 start_time;
	gboolean auto_remove;
} DavitRun;

void davit_run_clear (DavitRun *run);

/* NOT_FOUND, CORRUPT. Clear ret_run on success. */
gboolean davit_run_read (int run_dirfd, DavitRun *ret_run, GError **error);
gboolean davit_run_write (int run_dirfd, const DavitRun *run, GError **error);

/*
 * Whether its first process is there and has not ended. FALSE if the kernel does not say, for want
 * of memory or of descriptors: a process that is not seen is not one that has ended.
 */
gboolean davit_run_check_alive (const DavitRun *run, gboolean *ret_alive, GError **error);
/* TRUE if it is known to be. */
gboolean davit_run_is_alive (const DavitRun *run);
/* The same, and gives a pidfd. NOT_FOUND. */
gboolean davit_run_open_process (const DavitRun *run, int *ret_pidfd, GError **error);
/* Whether a process that connects it has ended. */
gboolean davit_run_is_cut_off (const DavitRun *run);
/* Whether its processes are frozen, as the kernel says. */
gboolean davit_run_is_frozen (const DavitRun *run);

G_END_DECLS
