/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The checkpoint contract: writes the processes of a container to files and makes them run again.
 *
 *     running ── pre_dump, as often as it helps ─→ running ── dump ─→ images ── restore ─→ running
 *
 * The engine owns everything around it: the archive, the root file system's changes, networks.
 * A driver sees a running container through a pidfd, and a directory for its images.
 *
 * For every operation: GError and FALSE go together, outputs stay untouched on failure, the
 * instance is what open gave. "Repeatable" means: calling it for a second time succeeds. Common
 * errors: UNAVAILABLE (the host lacks something), UNSUPPORTED, HELPER, CORRUPT (the images).
 */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/**
 * DavitCheckpointFlags: since 1.0. Append only.
 */
typedef enum {
	DAVIT_CHECKPOINT_LEAVE_RUNNING = 1 << 0,
	DAVIT_CHECKPOINT_TCP_ESTABLISHED = 1 << 1,
	DAVIT_CHECKPOINT_TCP_CLOSE = 1 << 2,
	DAVIT_CHECKPOINT_FILE_LOCKS = 1 << 3,
	DAVIT_CHECKPOINT_EXTERNAL_UNIX = 1 << 4,
	DAVIT_CHECKPOINT_TERMINAL = 1 << 5, /* the first process has one */
	DAVIT_CHECKPOINT_STATISTICS = 1 << 6,
	DAVIT_CHECKPOINT_KEEP_LOG = 1 << 7,
} DavitCheckpointFlags;

/**
 * DavitExternal: what is not part of the images, and is not in config.json either. Since 1.0. A
 * NULL type ends a table. Type and key are unique together. Never grows.
 *
 * "namespace", key "network": the network namespace. At restore fd is the one that the processes
 *     come to live in, made and connected already; at dump it may be -1.
 * "pipe", "file", "terminal", key "0", "1" or "2": what the first process was given there when it
 *     was made: one end of a pipe whose other end somebody outside has, something else of the
 *     host's (/dev/null), the terminal. At dump fd is the same object if the caller has it, or -1:
 *     what the process has there now. At restore fd takes its place wherever a process has it;
 *     for a terminal it is -1, since that is made anew. The keys are the same at restore; what was
 *     a pipe may have become a file and the other way round, a terminal stays one.
 *
 * Bind mounts, masked paths and devices are those of the bundle's config.json. At restore it is
 * another one with the same destinations, whose sources are those of today. Namespaces that
 * config.json joins and that are not the container's own are left as they are, or refused.
 */
typedef struct {
	const char *type;
	const char *key;
	int fd; /* the caller's; or -1 */
} DavitExternal;

/**
 * DavitDumpRequest: since 1.0.
 */
typedef struct {
	gsize size;
	const char *id;
	int pidfd;		    /* of the first process */
	guint32 pid;		    /* of the same */
	int bundle_dirfd;	    /* holds config.json */
	int images_dirfd;	    /* empty, 0700; where the images go, each 0600 */
	int work_dirfd;		    /* where logs and statistics go: "dump.log", "restore.log" */
	int parent_dirfd;	    /* images of an earlier pre-dump, or -1 */
	const char *const *cgroups; /* absolute paths, NULL-terminated */
	guint32 flags;		    /* DavitCheckpointFlags */
	guint32 timeout_msec;	    /* 0: none */
	const DavitExternal *externals;
	const char *const *options; /* "key=value" from the command line, or NULL; unknown: USAGE */
	/*
	 * Called once while no process of the container runs and all can still go on: memory is
	 * written, nothing is gone. What must fit to it, such as the changes of the root file
	 * system, is taken here. If it fails so does dump, with its error, and the processes run
	 * on. It must not call the driver. Runs in: engine. May be NULL. Not in pre_dump.
	 */
	gboolean (*frozen) (gpointer frozen_data, GError **error);
	gpointer frozen_data;
} DavitDumpRequest;

/**
 * DavitRestoreRequest: since 1.0.
 */
typedef struct {
	gsize size;
	const char *id;
	int bundle_dirfd;    /* holds today's config.json */
	int rootfs_mount_fd; /* the root file system, detached; used up */
	int images_dirfd;    /* hostile: they may have come from elsewhere */
	int work_dirfd;
	const char *const *cgroups; /* made already, absolute paths, NULL-terminated */
	guint32 flags;
	guint32 timeout_msec;
	const DavitExternal *externals;
	const char *const *options; /* as in DavitDumpRequest */
} DavitRestoreRequest;

/**
 * DavitCheckpointOps: since 1.0. Append only. Required: up to restore.
 */
typedef struct {
	/* As in storage.h. Runs in: engine. */
	gboolean (*open) (const DavitHost *host, gpointer *ret_instance, GError **error);
	void (*close) (gpointer instance);
	gboolean (*probe) (gpointer instance, DavitProbe *probe, GError **error);

	/*
	 * Writes the images; they are on disk when this returns. Without LEAVE_RUNNING the
	 * processes are gone afterwards; after a failure they run as before. What can't be restored
	 * is refused before a process is stopped, as far as it can be seen from outside:
	 * UNSUPPORTED. Runs in: engine. Repeatable into an empty directory. Result integers, those
	 * that are known: "freeze-usec", "frozen-usec", "memory-dump-usec",
	 * "memory-write-usec", "pages-scanned", "pages-written".
	 */
	gboolean (*dump) (gpointer instance, const DavitDumpRequest *request, DavitResult *result,
			  GError **error);

	/*
	 * Makes the processes again. Runs in: set-up child, as create of a runtime does; the first
	 * process must be its child, or be adopted by it, and sends SIGCHLD when it ends. They come
	 * into the cgroups of the request, whose limits are the engine's, and run when this
	 * returns. After a failure no process is left. The caller closes ret_pidfd. Result: "pid"
	 * (integer), "terminal" (fd: the master) if TERMINAL is set; integers, those that are
	 * known: "fork-usec", "restore-usec", "pages-restored".
	 */
	gboolean (*restore) (gpointer instance, const DavitRestoreRequest *request, int *ret_pidfd,
			     DavitResult *result, GError **error);

	/*
	 * Optional. Writes memory only, while the processes run. Runs in: engine. Repeatable into
	 * an empty directory. Result as of dump.
	 */
	gboolean (*pre_dump) (gpointer instance, const DavitDumpRequest *request,
			      DavitResult *result, GError **error);

	/*
	 * Optional. Serves pages of a dump to a restore that began before they were there, until
	 * all are sent. socket_fd is a connected stream, which stays the caller's. Runs in: engine.
	 * Not repeatable.
	 */
	gboolean (*lazy_serve) (gpointer instance, const DavitDumpRequest *request, int socket_fd,
				GError **error);

	/* Optional. CORRUPT if the images can't be complete. Runs in: engine. Repeatable. */
	gboolean (*verify) (gpointer instance, int images_dirfd, GError **error);

	/*
	 * Optional. Result strings "feature": words such as "pre-dump", "lazy", "tcp". Runs in:
	 * engine. Repeatable.
	 */
	gboolean (*features) (gpointer instance, DavitResult *result, GError **error);
} DavitCheckpointOps;

G_END_DECLS
