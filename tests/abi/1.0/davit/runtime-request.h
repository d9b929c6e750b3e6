/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the operations of runtime.h are asked. */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/**
 * DavitRuntimeContainer: names a container in every operation. Since 1.0. It stands inside other
 * structs and never grows.
 */
typedef struct {
	gsize size;
	const char *id;
	int dirfd; /* the runtime's own directory for this container */
} DavitRuntimeContainer;

/**
 * DavitRuntimeCreate: since 1.0.
 */
typedef struct {
	gsize size;
	DavitRuntimeContainer container;
	int bundle_dirfd;    /* holds config.json */
	int rootfs_mount_fd; /* the root file system, detached; -1: root.path of config.json */
	int stdio[3];	     /* for the first process; ignored if config.json asks for a terminal */
	const int *pass_fds; /* further descriptors for it, to be 3, 4, ... */
	gsize n_pass_fds;
} DavitRuntimeCreate;

/**
 * DavitRuntimeExec: since 1.0.
 */
typedef struct {
	gsize size;
	DavitRuntimeContainer container;
	const char *process; /* JSON text: a "process" object of config.json */
	int stdio[3];	     /* ignored if process asks for a terminal */
	const int *pass_fds;
	gsize n_pass_fds;
	gboolean detach; /* nobody will wait for it: it need not be a child of the caller */
} DavitRuntimeExec;

G_END_DECLS
