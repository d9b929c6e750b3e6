/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What CRIU is told alike in every request about processes; who asks adds what is its own. */

#pragma once

#include "criu-settings.h"

G_BEGIN_DECLS

/* flags: DavitCheckpointFlags, of which those count that a dump and a restore have. */
GByteArray *criu_options_new (const CriuSettings *settings, guint32 flags, int images_dirfd,
			      int work_dirfd, const char *log_file);

G_END_DECLS
