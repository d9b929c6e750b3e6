/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where blobs are made before they get their names: a directory content/stage/<random> for each
 * operation, locked as long as its process lives. One that can be locked by another is garbage of a
 * process that died, and the next one takes it away.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _DavitStage DavitStage;

/* Takes away what dead processes left, too. */
DavitStage *davit_stage_new (int content_fd, GError **error);
/* Removes all that was not published. */
void davit_stage_free (DavitStage *stage);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitStage, davit_stage_free)

/* Makes an empty file. The caller closes ret_fd and frees ret_name. */
gboolean davit_stage_create (DavitStage *stage, char **ret_name, int *ret_fd, GError **error);
/* Makes an empty directory; its files are NAME/FILE. */
gboolean davit_stage_make_directory (DavitStage *stage, const char *name, int *ret_dirfd,
				     GError **error);

/* Says that a file is the blob of a digest: the caller has verified it. */
void davit_stage_add (DavitStage *stage, const char *name, const char *digest);
/* Writes a small blob. Free ret_digest with g_free. */
gboolean davit_stage_add_text (DavitStage *stage, const char *text, gsize length, char **ret_digest,
			       GError **error);

/* Opens a file, or a blob that was added, to read. ret_fd stays -1 if there is no such blob. */
gboolean davit_stage_open_file (DavitStage *stage, const char *name, int *ret_fd, GError **error);
gboolean davit_stage_open_blob (DavitStage *stage, const char *digest, int *ret_fd, GError **error);

/* Everything is on disk when it returns. */
gboolean davit_stage_sync (DavitStage *stage, GError **error);
/*
 * Gives the blobs that were added their names, which are durable when it returns. A blob that is
 * there already is replaced: it may be damaged, and this one is not.
 */
gboolean davit_stage_publish (DavitStage *stage, int blobs_fd, GError **error);

/*
 * Takes away what dead processes left; ret_names (char *) lists it. remove FALSE: only lists.
 */
gboolean davit_stage_clean (int content_fd, gboolean remove, GPtrArray **ret_names, GError **error);

G_END_DECLS
