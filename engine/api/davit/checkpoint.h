/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The checkpoint contract: writes the processes of a container to files and makes them run again.
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
 * DavitExternal: something that is not part of the image: a mount, a namespace or a descriptor.
 * Since 1.0. A NULL type ends a table. key is unique within a container and the same at dump and
 * restore. Never grows.
 */
typedef struct {
	const char *type;   /* "mount", "namespace", "pipe", "terminal" or "file" */
	const char *key;    /* mount: the destination; namespace: "network", ... */
	const char *source; /* mount: the path on the host; or NULL */
	int fd;		    /* at restore: what takes its place; -1: source says it */
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
	int images_dirfd;	    /* where the images go */
	int work_dirfd;		    /* where logs and statistics go */
	int parent_dirfd;	    /* images of an earlier pre-dump, or -1 */
	const char *const *cgroups; /* absolute paths, NULL-terminated */
	guint32 flags;		    /* DavitCheckpointFlags */
	guint32 timeout_msec;	    /* 0: none */
	const DavitExternal *externals;
	const char *const *options; /* "key=value" from the command line, or NULL; unknown: USAGE */
} DavitDumpRequest;

/**
 * DavitRestoreRequest: since 1.0.
 */
typedef struct {
	gsize size;
	const char *id;
	int bundle_dirfd;
	int rootfs_mount_fd; /* the root file system, detached */
	int images_dirfd;
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
	 * Writes the images. Without LEAVE_RUNNING the processes are gone afterwards; after a
	 * failure they run as before. Runs in: engine. Repeatable into an empty directory. Result
	 * integers, those that are known: "freeze-usec", "frozen-usec", "memory-write-usec",
	 * "pages-scanned", "pages-written".
	 */
	gboolean (*dump) (gpointer instance, const DavitDumpRequest *request, DavitResult *result,
			  GError **error);

	/*
	 * Makes the processes again. Runs in: set-up child, as create of a runtime does; the first
	 * process must be its child, or be adopted by it. After a failure no process is left. The
	 * caller closes ret_pidfd. Result: "pid" (integer), "terminal" (fd) if TERMINAL is set.
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
