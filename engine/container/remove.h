/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a removal leaves if it is broken off. */

#pragma once

#include "container/container-private.h"

G_BEGIN_DECLS

/* Finishes the removal of one that has been renamed aside. Repeatable. */
gboolean davit_remove_tomb (DavitEngine *engine, const DavitContainerDirectories *directories,
			    const char *id, GError **error);

G_END_DECLS
