/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which mounts of a container come from outside. CRIU is told of each by a key; at restore it is
 * told under the same key where the source is.
 */

#pragma once

#include "criu-config.h"
#include "criu-place.h"
#include "criu-record.h"

G_BEGIN_DECLS

/* At dump: looks at the process's mounts and adds those from outside to record. */
gboolean criu_mounts_find (const CriuConfig *config, guint32 pid, CriuRecord *record,
			   GError **error);

/* CRIU's option for mount number index: at dump, and at restore with the source. g_free. */
char *criu_mounts_external_dump (const CriuRecord *record, guint index);
char *criu_mounts_external_restore (guint index, const char *source);

/*
 * At restore: opens the source of each mount, which today's config says, and puts it into place,
 * where CRIU finds it. cgroups: absolute paths of the container's groups.
 */
gboolean criu_mounts_place (const CriuConfig *config, const CriuRecord *record,
			    const char *const *cgroups, CriuPlace *place, GError **error);

G_END_DECLS
