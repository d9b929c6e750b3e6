/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The content of regular files. */

#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/**
 * StoreCopy: what was found out about the two file systems; zeroed at first.
 */
typedef struct {
	gboolean no_reflink; /* FICLONE is not there: don't ask again */
	gboolean no_kernel;  /* neither is copy_file_range */
} StoreCopy;

/* Copies size bytes with their holes; to is new and empty. Sets errno. */
gboolean store_copy_data (StoreCopy *state, int from, int to, off_t size);

G_END_DECLS
