/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Containers as the verbs see them: find, create, start, stop, remove and the rest.
 *
 * Nothing is believed that can be found out: whether a container runs is answered by its first
 * process's pidfd and start time, how it ended by the monitor's exit file. Every verb first
 * finishes or undoes what a crash left half done, and every verb may be repeated.
 */

#pragma once

#include "base/json.h"
#include "container/create-request.h"
#include "container/engine.h"
#include "monitor/client.h"

G_BEGIN_DECLS

typedef enum {
	DAVIT_STATUS_CREATED = 1, /* never started */
	DAVIT_STATUS_INITIALIZED, /* its first process waits */
	DAVIT_STATUS_RUNNING,
	DAVIT_STATUS_PAUSED,
	DAVIT_STATUS_STOPPED, /* has ended, is not cleaned up yet */
	DAVIT_STATUS_EXITED,
	DAVIT_STATUS_DAMAGED, /* its record can't be read: only rm -f works */
} DavitStatus;

const char *davit_status_name (DavitStatus status);

/**
 * DavitContainer: one container as it is now. The short members are enough for ps; record is read
 * when it is wanted.
 */
typedef struct {
	DavitEngine *engine;
	char *id;
	char *name;
	char *image;	 /* as it was named */
	char *image_id;	 /* digest, or NULL with rootfs */
	char *command;	 /* for people: words joined by spaces */
	char **labels;	 /* "key=value" */
	char **ports;	 /* of a run: as network drivers report them (davit/network.h); or NULL */
	gint64 created;	 /* nanoseconds since 1970 */
	gint64 started;	 /* last start; 0: never */
	gint64 finished; /* last end; 0: never */
	gint64 checkpointed; /* last end, if that was a checkpoint; 0: it was not */
	gint64 restored;     /* last start, if that was from a checkpoint; 0: it was not */
	DavitStatus status;
	int pid;	 /* of the first process on the host; 0: none */
	int exit_status; /* of the last run */
	gboolean oom_killed;
	gboolean auto_remove;
	gboolean network_lost;	   /* a process that connects it has ended */
	char *damage;		   /* DAVIT_STATUS_DAMAGED: what is wrong */
	int dirfd;		   /* containers/<id> in root */
	int run_dirfd;		   /* containers/<id> in runroot; -1: not there */
	struct _DavitNetns *netns; /* for the start that follows, on its way; or NULL */
	DavitJson *record;	   /* see davit_container_record */
} DavitContainer;

void davit_container_free (DavitContainer *container);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitContainer, davit_container_free)

/* By name, id or unambiguous beginning of an id. NOT_FOUND: no container with name or id "X". */
DavitContainer *davit_container_find (DavitEngine *engine, const char *name_or_id, GError **error);

/* All of them, newest first, without a lock; one that vanishes meanwhile is left out. */
GPtrArray *davit_container_list (DavitEngine *engine, GError **error);

/* Those of them that run or are paused. The others are not read, however many there are. */
GPtrArray *davit_container_list_running (DavitEngine *engine, GError **error);

/* Looks again. */
gboolean davit_container_refresh (DavitContainer *container, GError **error);

/* The record: what was asked for (container/record.h describes it). */
const DavitJson *davit_container_record (DavitContainer *container, GError **error);

/* Makes a container: record, name, writable part. Its image must be in the store. */
gboolean davit_container_create (DavitEngine *engine, DavitCreateRequest *request,
				 DavitContainer **ret_container, GError **error);

/**
 * DavitContainerStart: how to start, and what of the caller's to connect.
 */
typedef struct {
	gboolean attach; /* connect and wait for the end */
	gboolean stdin_open;
	int stdin_fd; /* -1: not connected */
	int stdout_fd;
	int stderr_fd;
	const char *detach_keys;
	gboolean signal_proxy;
} DavitContainerStart;

void davit_container_start_init (DavitContainerStart *start);

/*
 * Starts it. With attach this returns when it has ended (ret_exit is set; it is cleaned up, and
 * removed if it was made with rm) or the user detached (ret_detached). STATE if it runs already.
 */
gboolean davit_container_start (DavitContainer *container, const DavitContainerStart *start,
				gboolean *ret_detached, DavitExit *ret_exit, GError **error);

/* Connects to a running container. Otherwise as start. */
gboolean davit_container_attach (DavitContainer *container, const DavitContainerStart *streams,
				 gboolean *ret_detached, DavitExit *ret_exit, GError **error);

/* signal 0: the container's stop signal; timeout_msec -1: the container's own, then SIGKILL. */
gboolean davit_container_stop (DavitContainer *container, int signal, gint64 timeout_msec,
			       GError **error);
gboolean davit_container_kill (DavitContainer *container, int signal, GError **error);
gboolean davit_container_pause (DavitContainer *container, GError **error);
gboolean davit_container_unpause (DavitContainer *container, GError **error);

/* Waits for the end; timeout_msec -1: for ever. At once if it does not run. */
gboolean davit_container_wait (DavitContainer *container, gint64 timeout_msec, DavitExit *ret_exit,
			       GError **error);

/* force: also if it runs (stopped first, timeout_msec as in stop) or is damaged. */
gboolean davit_container_remove (DavitContainer *container, gboolean force, gint64 timeout_msec,
				 GError **error);

/* By id alone, for one whose record is gone: removes all that bears it. Repeatable. */
gboolean davit_container_remove_id (DavitEngine *engine, const char *id, GError **error);

/* What the end of a container leaves to do: runtime, network, storage, and rm. Repeatable. */
gboolean davit_container_cleanup (DavitContainer *container, GError **error);

/**
 * DavitContainerExec: a further process.
 */
typedef struct {
	const char *const *command;
	const char *const *env; /* "K=V", or NULL */
	const char *user;	/* or NULL: the container's */
	const char *workdir;	/* or NULL: the container's */
	gboolean privileged;
	gboolean terminal;
	gboolean detach;
	guint preserve_fds; /* pass 3, 4, ... on */
	DavitContainerStart streams;
} DavitContainerExec;

/* ret_status: exit status, or 128 + signal. STATE if the container does not run. */
gboolean davit_container_exec (DavitContainer *container, const DavitContainerExec *exec,
			       int *ret_status, GError **error);

/* docker's and podman's inspect document for one container (an object). */
gboolean davit_container_inspect (DavitContainer *container, gboolean size, DavitJsonWriter *writer,
				  GError **error);

/* Where its log stands: dirfd is borrowed. UNSUPPORTED if its log driver keeps none. */
gboolean davit_container_log (DavitContainer *container, int *ret_dirfd, const char **ret_name,
			      GError **error);

/* Becomes readable when the container ends; the caller closes it. */
gboolean davit_container_open_end (DavitContainer *container, int *ret_fd, GError **error);

/* Ids of images, and chain ids, that containers were made from. NULL-terminated. */
gboolean davit_container_used_images (DavitEngine *engine, char ***ret_ids, char ***ret_chain_ids,
				      GError **error);

/*
 * Findings about containers, runs, names, cgroups and storage, each a line of text; repair
 * finishes or undoes them.
 */
gboolean davit_container_check (DavitEngine *engine, gboolean repair, GPtrArray **ret_findings,
				GError **error);

G_END_DECLS
