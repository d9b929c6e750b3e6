/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which paths this layer has made or gone through. A whiteout deletes what the layers below made
 * and nothing else; in a directory that holds the whole tree only this tells them apart.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _ArchiveTouched ArchiveTouched;

/* everything: there is no layer below, all that exists is this layer's. */
ArchiveTouched *archive_touched_new (gboolean everything);
void archive_touched_free (ArchiveTouched *touched);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArchiveTouched, archive_touched_free)

void archive_touched_add (ArchiveTouched *touched, const char *path);
gboolean archive_touched_has (const ArchiveTouched *touched, const char *path);

G_END_DECLS
