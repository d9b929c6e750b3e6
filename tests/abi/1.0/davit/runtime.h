/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The runtime contract: processes from an OCI bundle (OCI runtime specification 1.3).
 *
 *     create ─→ created ── start ─→ running ── (ends) ─→ stopped ── delete ─→ nothing
 *                                    ⇅ pause, resume
 *
 * The bundle's config.json is all that says what the container is like; a runtime that can't
 * honour a field of it must refuse. A container is named by its id and by a directory that is its
 * alone (dirfd): what the runtime must remember goes there. That directory does not survive a
 * reboot.
 *
 * For every operation: GError and FALSE go together, outputs stay untouched on failure, the
 * instance is what open gave. "Repeatable" means: calling it on nothing, on something half made
 * or for a second time succeeds. Errors beside the common ones: STATE (wrong state),
 * NOT_FOUND (no such container), NO_PROGRAM and NOT_EXECUTABLE (the program to run).
 */

#pragma once

#include <davit/checkpoint.h>
#include <davit/runtime-request.h>

G_BEGIN_DECLS

/**
 * DavitRuntimeOps: since 1.0. Append only. Required: up to state.
 */
typedef struct {
	/* As in storage.h. Runs in: engine. */
	gboolean (*open) (const DavitHost *host, gpointer *ret_instance, GError **error);
	void (*close) (gpointer instance);
	gboolean (*probe) (gpointer instance, DavitProbe *probe, GError **error);

	/*
	 * Makes the container and its first process, which waits before it executes the program.
	 * Runs in: set-up child, the process that becomes the monitor; the first process must be
	 * its child, or be adopted by it (it is a subreaper). Not repeatable without delete; a
	 * failed create leaves at most what delete takes away, and the intent is recorded in dirfd
	 * before anything is made. The caller closes ret_pidfd. Result: "pid" (integer), if
	 * config.json asks for a terminal, "terminal" (fd: the master), and strings "cgroup" as
	 * state has them: without them the engine asks for the state. String "freezer": the file
	 * that tells whether the container is frozen, freezer.state or cgroup.freeze; without it
	 * the engine looks for one in these groups, of v2 first.
	 */
	gboolean (*create) (gpointer instance, const DavitRuntimeCreate *request, int *ret_pidfd,
			    DavitResult *result, GError **error);

	/*
	 * Lets the first process execute the program, and returns when it has or could not. Runs
	 * in: engine. Not repeatable. Errors: STATE, NO_PROGRAM, NOT_EXECUTABLE.
	 */
	gboolean (*start) (gpointer instance, const DavitRuntimeContainer *container,
			   GError **error);

	/*
	 * Sends a signal to the first process, or with all to every process. Runs in: engine.
	 * Repeatable. STATE if the container has no process.
	 */
	gboolean (*kill) (gpointer instance, const DavitRuntimeContainer *container, int signal,
			  gboolean all, GError **error);

	/*
	 * Takes away everything that create made: cgroups, files, with force also processes. Runs
	 * in: engine. Repeatable. STATE if the container runs and force is not set.
	 */
	gboolean (*delete_) (gpointer instance, const DavitRuntimeContainer *container,
			     gboolean force, GError **error);

	/*
	 * What the container is now, found out from the kernel. Runs in: engine. Repeatable, takes
	 * no lock. Result strings: "status" (created, running, paused or stopped); integers: "pid"
	 * (0 if stopped); strings "cgroup" (each path, absolute).
	 */
	gboolean (*state) (gpointer instance, const DavitRuntimeContainer *container,
			   DavitResult *result, GError **error);

	/*
	 * Optional. Runs a further process, which has executed its program when this returns. Runs
	 * in: engine; the process is a child of the caller unless detach is set. The caller closes
	 * ret_pidfd. Result: "pid" (integer), "terminal" (fd) as in create. Errors as of start.
	 */
	gboolean (*exec) (gpointer instance, const DavitRuntimeExec *request, int *ret_pidfd,
			  DavitResult *result, GError **error);

	/*
	 * Optional. Freezes and thaws all processes. Runs in: engine. Not repeatable: STATE unless
	 * it is running, or paused.
	 */
	gboolean (*pause) (gpointer instance, const DavitRuntimeContainer *container,
			   GError **error);
	gboolean (*resume) (gpointer instance, const DavitRuntimeContainer *container,
			    GError **error);

	/*
	 * Optional. Sets limits of a running container. resources is JSON text, linux.resources of
	 * the specification. All of it is set or none. Runs in: engine. Repeatable.
	 */
	gboolean (*update) (gpointer instance, const DavitRuntimeContainer *container,
			    const char *resources, GError **error);

	/*
	 * Optional. Use of resources. Result integers, those that the host knows: "cpu-nsec",
	 * "cpu-user-nsec", "cpu-system-nsec", "memory-bytes", "memory-peak-bytes",
	 * "memory-limit-bytes", "oom-kills", "pids", "pids-limit", "io-read-bytes",
	 * "io-write-bytes". Runs in: engine. Repeatable.
	 */
	gboolean (*stats) (gpointer instance, const DavitRuntimeContainer *container,
			   DavitResult *result, GError **error);

	/*
	 * Optional. Result string "features": JSON text of the specification's features document.
	 * Runs in: engine. Repeatable.
	 */
	gboolean (*features) (gpointer instance, DavitResult *result, GError **error);

	/*
	 * Optional. Sets the size of the first process's terminal. The default: ioctl on the
	 * master. Runs in: engine. Repeatable.
	 */
	gboolean (*resize) (gpointer instance, const DavitRuntimeContainer *container, guint16 rows,
			    guint16 columns, GError **error);

	/*
	 * Optional. Checkpoint and restore by the runtime's own means, for runtimes that must drive
	 * it themselves: dump and restore of checkpoint.h, whose results these give too. pid, pidfd
	 * and cgroups of the request are what state says. restore takes the container, bundle, root
	 * file system and streams from request. A flag or option that the runtime can't pass on is
	 * UNSUPPORTED. frozen of the request may also be called before the memory is written, if
	 * no process runs in between. Runs in: engine; restore in the set-up child, as create does.
	 */
	gboolean (*checkpoint) (gpointer instance, const DavitRuntimeContainer *container,
				const DavitDumpRequest *dump, DavitResult *result, GError **error);
	gboolean (*restore) (gpointer instance, const DavitRuntimeCreate *request,
			     const DavitRestoreRequest *restore, int *ret_pidfd,
			     DavitResult *result, GError **error);

	/*
	 * Optional. All processes: result integers "pid", in the caller's pid namespace. Runs in:
	 * engine. Repeatable.
	 */
	gboolean (*processes) (gpointer instance, const DavitRuntimeContainer *container,
			       DavitResult *result, GError **error);

	/*
	 * Optional, both or none: a first process that somebody else makes, such as a checkpoint
	 * driver. Both run in the set-up child.
	 *
	 * prepare is the first half of create: the intent on record, and the cgroups with their
	 * limits and device rules. Streams of the request are not looked at. Not repeatable without
	 * delete, which undoes it. Result strings "cgroup", as of create.
	 *
	 * adopt takes a process over as the first one. It must be in those cgroups and a child of
	 * the caller. From here on every operation works on it as after start. pidfd stays the
	 * caller's. Not repeatable. STATE if there was no prepare, or there is a process already.
	 */
	gboolean (*prepare) (gpointer instance, const DavitRuntimeCreate *request,
			     DavitResult *result, GError **error);
	gboolean (*adopt) (gpointer instance, const DavitRuntimeContainer *container, int pidfd,
			   guint32 pid, GError **error);

	/*
	 * Optional. Whether what runs in the set-up child may run in one that shares the engine's
	 * memory, which saves the copy of its page tables; the default is FALSE: the child is a
	 * fork. It means that the instance keeps no descriptor that was opened there, since the
	 * descriptors are not shared, and that no mapping that was there before is changed, by
	 * madvise, mprotect or munmap. A container that joins a pid namespace is always made in a
	 * fork. Runs in: engine. Repeatable.
	 */
	gboolean (*shares_memory) (gpointer instance);

	/*
	 * Optional, for plugins with variants. Which variant a new container gets: the instance's
	 * own, or if it has none the one that it chooses here and now. Result string "variant". A
	 * container keeps it. UNAVAILABLE or NOT_FOUND if it is not there. Runs in: engine.
	 * Repeatable.
	 */
	gboolean (*choose) (gpointer instance, DavitResult *result, GError **error);
} DavitRuntimeOps;

G_END_DECLS
