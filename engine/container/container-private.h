/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Between the files that make up container.h. */

#pragma once

#include "container/container.h"
#include "container/record.h"
#include "container/run-state.h"
#include "container/state.h"

G_BEGIN_DECLS

/**
 * DavitContainerDirectories: of all containers; davit_engine_open_state.
 */
typedef struct {
	int containers_fd;
	int names_fd;
	int run_fd;
} DavitContainerDirectories;

gboolean davit_container_directories_open (DavitEngine *engine,
					   DavitContainerDirectories *ret_directories,
					   GError **error);
void davit_container_directories_close (DavitContainerDirectories *directories);

/*
 * Keeps repairs away until the directories are closed: what belongs to a container that is being
 * made would be taken for left over. Makers don't keep each other away.
 */
gboolean davit_container_directories_hold (const DavitContainerDirectories *directories,
					   GError **error);

/*
 * Reads one by its id. One that is damaged is there, too, with DAVIT_STATUS_DAMAGED. NOT_FOUND if
 * there is none, or one whose creation has not been finished.
 */
DavitContainer *davit_container_load (DavitEngine *engine,
				      const DavitContainerDirectories *directories, const char *id,
				      GError **error);

/* A list leaves the two directories closed: 1,000 containers would need 2,000 descriptors. */
gboolean davit_container_open (DavitContainer *container, GError **error);

/* How errors call it: its name, or the beginning of its id. */
const char *davit_container_title (const DavitContainer *container);

/*
 * Takes the lock under which everything about a container is changed, and looks again. The lock
 * goes with the descriptor, and with davit_lock_release also for the children that share it.
 * NOT_FOUND if the container was removed before the lock was free.
 */
gboolean davit_container_lock (DavitContainer *container, int *ret_lock_fd, GError **error);

/*
 * Status, process, times and exit status, from what is found out now. Needs dirfd. What is damaged
 * is passed over; FALSE if something can't be read that may be good, or the kernel does not say
 * whether the process lives: then nothing is known, and nothing may be done that rests on it.
 */
gboolean davit_container_look (DavitContainer *container, GError **error);
/* The same with a state that was read already; NULL: it is damaged. */
gboolean davit_container_look_with (DavitContainer *container, const DavitState *known,
				    GError **error);
/* What is wrong with one that can't be used. */
void davit_container_set_damage (DavitContainer *container,
				 const DavitContainerDirectories *directories, const char *damage);

/* The record, and an error that names the container if it is damaged. */
DavitRecord *davit_container_read_record (DavitContainer *container, GError **error);

/* Of the run that is there now; STATE if the container does not run. Clear ret_run on success. */
gboolean davit_container_read_run (DavitContainer *container, DavitRun *ret_run, GError **error);

/* STATE "container "x" VERB: it is STATUS". Returns FALSE. */
gboolean davit_container_wrong_state (const DavitContainer *container, const char *verb,
				      GError **error);

/* "<runroot>/containers/<id>". Free with g_free. */
char *davit_container_run_path (const DavitEngine *engine, const char *id);

/**
 * DavitContainerRuntime: the plugin that runs a container, and what it calls it.
 */
typedef struct {
	DavitRuntime *runtime;
	DavitRuntimeContainer handle;
	int dirfd;
} DavitContainerRuntime;

gboolean davit_container_runtime_open (DavitEngine *engine, const char *name, const char *id,
				       int run_dirfd, DavitContainerRuntime *ret_runtime,
				       GError **error);
void davit_container_runtime_close (DavitContainerRuntime *runtime);

/* What storage plugins are asked for; strings belong to record. The same at every call. */
DavitRootfsRequest davit_container_rootfs_request (const DavitRecord *record);

/*
 * What is mounted in a container must not be used again, or removed, while it still is. Nobody but
 * the kernel takes it apart by now, so that to wait for ever would help nobody either: five seconds
 * at most. exit_fd: a connection that has got the exit; or -1.
 */
void davit_container_wait_mounts (const DavitContainer *container, int exit_fd);

/*
 * Under the lock: undoes the run that is there, whether it has ended or was broken off. With force
 * its processes are killed; without, one that is alive is left alone, which is no error.
 * monitor_fd: a connection over which its end has come already; -1: none. Repeatable.
 */
gboolean davit_container_clean_run (DavitContainer *container, gboolean force, int monitor_fd,
				    GError **error);

/* Sends a signal through the runtime; all: to every process. STATE if there is none. */
gboolean davit_container_signal (DavitContainer *container, int signal, gboolean all,
				 GError **error);

/* Thaws one that is frozen. */
gboolean davit_container_thaw (DavitContainer *container, GError **error);

/*
 * What enters a container is between begin and end, and what holds it still between wait and end:
 * see entry.c. -1 is no lock, and ends as well.
 */
gboolean davit_container_entry_begin (const DavitContainer *container, int *ret_fd, GError **error);
int davit_container_entry_wait (const DavitContainer *container);
void davit_container_entry_end (int *fd);

/* After SIGKILL: one that somebody has frozen meanwhile would not die. */
gboolean davit_container_thaw_killed (DavitContainer *container, GError **error);

/* Tells the monitor, if there is one, that the end is wanted. */
void davit_container_tell_stopping (DavitContainer *container);

/* The keys that detach: those of the command line, or of the configuration. Belongs to either. */
const char *davit_container_detach_keys (const DavitContainer *container,
					 const DavitContainerStart *streams);

/**
 * DavitContainerConnection: to its monitor.
 */
typedef struct {
	int monitor_fd;
	const DavitContainerStart *streams;
	gboolean terminal;
} DavitContainerConnection;

/* Until the end or until the user detaches; after the end it is cleaned up. */
gboolean davit_container_connect (DavitContainer *container,
				  const DavitContainerConnection *connection,
				  gboolean *ret_detached, DavitExit *ret_exit, GError **error);

/* Under the lock, after clean_run: takes the container itself away. */
gboolean davit_container_take_apart (DavitContainer *container, GError **error);

/*
 * After the end: cleans up, removes one that was made with rm, and tells the monitor so.
 * monitor_fd: -1 if it is gone.
 */
gboolean davit_container_finish (DavitContainer *container, int monitor_fd, GError **error);

/* The log stands in the container's directory in root, since it outlives the run. */
#define DAVIT_CONTAINER_LOG "log"

/* Tombs: what a container is called in containers/ from the moment of its removal on. */
#define DAVIT_CONTAINER_TOMB_PREFIX ".removed-"

G_END_DECLS
