/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Takes from the worker what it does not need, once it has its descriptors and before it reads a
 * byte of an archive. Each means is used where the kernel has it; that one is missing is no
 * reason not to work.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
	ARCHIVE_ACCESS_NONE,  /* nothing but its descriptors */
	ARCHIVE_ACCESS_READ,  /* what is below dirfd */
	ARCHIVE_ACCESS_WRITE, /* makes files below dirfd */
	ARCHIVE_ACCESS_OWNER, /* the same, of any owner and type */
} ArchiveAccess;

/**
 * ArchiveConfine: what stays.
 */
typedef struct {
	ArchiveAccess access;
	int dirfd;	  /* -1 for NONE */
	gboolean trusted; /* "trusted." attributes are read or written */
} ArchiveConfine;

/* Limits, and death together with the engine. */
gboolean archive_confine_process (GError **error);

/* No new descriptors, files, programs, sockets or privileges. Can't be undone. */
gboolean archive_confine (const ArchiveConfine *confine, GError **error);

/* The parts of it. */
gboolean archive_confine_files (const ArchiveConfine *confine, GError **error);
gboolean archive_confine_calls (GError **error);

G_END_DECLS
