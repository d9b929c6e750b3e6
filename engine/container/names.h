/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * names/<name>: which container has a name. Each is a symbolic link whose target is the id: it
 * appears in one step together with what it says, and only if the name is free.
 *
 * A name belongs to its container as long as containers/<id> is there. Whoever creates one must
 * therefore make that directory and lock it (base/lock.h) before claiming the name, and keep the
 * lock until record.json stands in it: a directory that has no record and that nobody holds is what
 * a crash left, and its name is free.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * EXISTS names the container that has it. Repeatable with the same id. On return the name is on
 * disk: after a power cut no second container can get the name of one that is left.
 */
gboolean davit_name_claim (int names_fd, const char *name, const char *id, GError **error);

/* Without the wait for the disk, for a container whose record is not synced either. */
gboolean davit_name_claim_volatile (int names_fd, const char *name, const char *id, GError **error);

/* Only if it is that id's; otherwise, and if there is no such name, nothing happens. Repeatable. */
gboolean davit_name_release (int names_fd, const char *name, const char *id, GError **error);

/* The same for every name that is that id's, for a container whose record is gone. */
gboolean davit_name_release_all (int names_fd, const char *id, GError **error);

/* NOT_FOUND, CORRUPT if what stands there is no name of ours. Free with g_free. */
gboolean davit_name_lookup (int names_fd, const char *name, char **ret_id, GError **error);

/* Whether a name leads to no container, or is none of ours; with repair it is removed then. */
gboolean davit_name_check_stale (int names_fd, const char *name, gboolean repair,
				 gboolean *ret_stale, GError **error);

/* A name that leads to a container, or NULL; reads all of them. Free with g_free. */
char *davit_name_of (int names_fd, const char *id);

/* 64 lower-case hex digits. */
gboolean davit_name_is_id (const char *text);

G_END_DECLS
