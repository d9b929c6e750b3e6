/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The storage contract: layers that are unpacked once and shared, and root file systems made of
 * them.
 *
 *     layer_begin ─→ (the engine unpacks into the directory) ─→ layer_commit
 *          └──────────────────────────────────────────────────→ layer_abort
 *     rootfs_create ─→ rootfs_mount ⇄ rootfs_unmount ─→ rootfs_remove
 *
 * A layer is named by its chain id (OCI image specification, "Layer ChainID"), 64 lower-case hex
 * digits of a SHA-256. A root file system is named by the container's id. Whatever an operation
 * makes must be found again from these names alone: the process that undoes it is another one.
 *
 * Crash safety: a layer becomes visible only by layer_commit. What layer_begin made and nobody
 * committed is garbage once the process that began it is gone; layer_begin takes it away.
 *
 * For every operation: GError and FALSE go together, outputs stay untouched on failure, the
 * instance is what open gave. "Repeatable" means: calling it on nothing, on something half made
 * or for a second time succeeds. Common errors: NO_SPACE, IO, PERMISSION.
 */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/**
 * DavitWhiteouts: how the engine writes a deletion into a layer's directory. Since 1.0.
 */
typedef enum {
	DAVIT_WHITEOUTS_APPLY = 1,	  /* it deletes: the directory holds the whole tree */
	DAVIT_WHITEOUTS_OVERLAY = 2,	  /* device 0:0 and trusted.overlay.opaque=y */
	DAVIT_WHITEOUTS_OVERLAY_USER = 3, /* device 0:0 and user.overlay.opaque=y */
} DavitWhiteouts;

/**
 * DavitLayerRequest: since 1.0.
 */
typedef struct {
	gsize size;
	const char *chain_id;  /* of the layer to make */
	const char *parent_id; /* chain id below it, committed or begun; NULL: the lowest */
} DavitLayerRequest;

/**
 * DavitLayerFile: since 1.0.
 */
typedef struct {
	gsize size;
	const char *chain_id; /* of the layer: the SHA-256 of the file */
	const char *path;     /* where the file is; absolute, no part of it a link */
	int fd;		      /* the file, open to read; the caller's */
} DavitLayerFile;

/**
 * DavitRootfsRequest: since 1.0.
 */
typedef struct {
	gsize size;
	const char *id;		   /* of the container */
	const char *const *layers; /* chain ids, lowest first, NULL-terminated; may be empty */
	guint64 quota;		   /* bytes the container may write; 0: no limit */
	gboolean read_only;	   /* the container never writes to it */
	gboolean volatile_writes;  /* what is written need not survive a crash of the host */
	/*
	 * What is mounted over before the container runs: absolute paths, NULL-terminated, or NULL.
	 * One that ends in "/" is a directory, any other a file. A driver may show those that no
	 * layer has, empty, so that nothing must be written for them; they are no changes then.
	 */
	const char *const *mount_points;
	/*
	 * What the container writes is kept in memory, up to so many bytes, and gone when it has
	 * ended; 0: it is kept on disk. A driver that can't do that is UNSUPPORTED.
	 */
	guint64 memory_writes;
} DavitRootfsRequest;

/**
 * DavitStorageOps: since 1.0. Append only. Required: up to rootfs_remove.
 */
typedef struct {
	/*
	 * Opens an instance. Runs in: engine. May be called again: yes, instances don't disturb
	 * each other. host stays valid until close. Must not touch the store beyond making its
	 * own directories when host->state_dirfd is not -1.
	 */
	gboolean (*open) (const DavitHost *host, gpointer *ret_instance, GError **error);

	/* Frees the instance. Runs in: engine. Not repeatable; leaves the store as it is. */
	void (*close) (gpointer instance);

	/*
	 * Says what it needs and whether that is there (host->probe_add). Runs in: engine, perhaps
	 * in a forked child with a deadline. Repeatable. Must leave nothing behind. FALSE only if
	 * the question itself could not be answered.
	 */
	gboolean (*probe) (gpointer instance, DavitProbe *probe, GError **error);

	/*
	 * Makes an empty (or, with DAVIT_WHITEOUTS_APPLY, the parent's) directory that the engine
	 * fills. Runs in: engine; the directory is filled by a confined worker. Repeatable: what an
	 * earlier call left and nobody works on is replaced; BUSY if another process works on it.
	 * The caller closes ret_dirfd. Errors: EXISTS (the layer is committed), NOT_FOUND (parent).
	 */
	gboolean (*layer_begin) (gpointer instance, const DavitLayerRequest *request,
				 int *ret_dirfd, DavitWhiteouts *ret_whiteouts, GError **error);

	/*
	 * Makes layers that this instance began visible, lowest first, and durable: everything is
	 * on disk before the first name appears, with one syncfs for all of them. Runs in: engine.
	 * Repeatable for layers that are committed already. Errors: NOT_FOUND (never begun).
	 */
	gboolean (*layer_commit) (gpointer instance, const char *const *chain_ids, GError **error);

	/* Takes away what layer_begin made. Runs in: engine. Repeatable. */
	gboolean (*layer_abort) (gpointer instance, const char *chain_id, GError **error);

	/* Whether it is committed. Runs in: engine. Repeatable. Takes no lock and never blocks. */
	gboolean (*layer_exists) (gpointer instance, const char *chain_id, gboolean *ret_exists,
				  GError **error);

	/*
	 * Removes a layer that nothing uses; the engine has checked that. Runs in: engine.
	 * Repeatable. Needs no free space: renamed aside first, then taken apart.
	 */
	gboolean (*layer_remove) (gpointer instance, const char *chain_id, GError **error);

	/*
	 * Makes what a container writes into. Runs in: engine. Repeatable with the same request.
	 * Errors: NOT_FOUND (a layer), UNSUPPORTED (a quota that the driver can't keep).
	 */
	gboolean (*rootfs_create) (gpointer instance, const DavitRootfsRequest *request,
				   GError **error);

	/*
	 * Gives the root file system as a detached mount (open_tree or fsmount): nothing appears in
	 * the host's mount table. Runs in: engine. Repeatable. request is that of rootfs_create.
	 * The caller closes ret_mount_fd. Errors: NOT_FOUND (no rootfs_create), CORRUPT (a layer).
	 */
	gboolean (*rootfs_mount) (gpointer instance, const DavitRootfsRequest *request,
				  int *ret_mount_fd, GError **error);

	/* Undoes what rootfs_mount left behind, if anything. Runs in: engine. Repeatable. */
	gboolean (*rootfs_unmount) (gpointer instance, const char *id, GError **error);

	/* Removes what rootfs_create made and all that was written. Runs in: engine. Repeatable. */
	gboolean (*rootfs_remove) (gpointer instance, const char *id, GError **error);

	/*
	 * Optional. What the container changed: result strings "added", "changed", "deleted", each
	 * an absolute path. Runs in: engine. Repeatable. NULL: UNSUPPORTED.
	 */
	gboolean (*changes) (gpointer instance, const DavitRootfsRequest *request,
			     DavitResult *result, GError **error);

	/*
	 * Optional. Disk use of one container's writable part (id) or one layer (chain_id; the
	 * other is NULL): result integers "bytes" and "inodes". Runs in: engine. Repeatable.
	 */
	gboolean (*usage) (gpointer instance, const char *id, const char *chain_id,
			   DavitResult *result, GError **error);

	/* Optional. CORRUPT if it is not as it was committed. Runs in: engine. Repeatable. */
	gboolean (*verify) (gpointer instance, const char *chain_id, GError **error);

	/*
	 * Optional. Removes what crashes left: stages without owner, tombs, and root file systems
	 * whose ids are not in ids (NULL-terminated). Result string "removed" for each. Runs in:
	 * engine. Repeatable.
	 */
	gboolean (*prune) (gpointer instance, const char *const *ids, DavitResult *result,
			   GError **error);

	/*
	 * Optional. A directory that shows one layer (or, with DAVIT_WHITEOUTS_APPLY, the whole
	 * tree up to it) to read, and how deletions stand in it. Runs in: engine. Repeatable. The
	 * caller closes ret_dirfd.
	 */
	gboolean (*layer_open) (gpointer instance, const char *chain_id, int *ret_dirfd,
				DavitWhiteouts *ret_whiteouts, GError **error);

	/* Optional. Each committed layer: result string "layer". Runs in: engine. Repeatable. */
	gboolean (*layer_list) (gpointer instance, DavitResult *result, GError **error);

	/*
	 * Optional. Makes a layer of a file in the driver's own format that somebody else made and
	 * that stays where it is: nothing is copied, and the file is never written to or removed.
	 * The layer has no parent and is committed when this returns. What is in the file is
	 * hostile, and it may be changed or gone later: a mount then fails and says so. Runs in:
	 * engine. Repeatable: of a layer that is there the newer path counts. Errors: UNSUPPORTED
	 * (it is of another format), CORRUPT, BUSY (another process makes the same layer).
	 */
	gboolean (*layer_adopt) (gpointer instance, const DavitLayerFile *file, GError **error);
} DavitStorageOps;

G_END_DECLS
