/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a process inherits from whoever starts it, and how davit gets along with it. */

#pragma once

#include "cli/verb.h"

G_BEGIN_DECLS

/*
 * Before anything else is done: standard streams, signals and umask. FALSE: there is not even
 * /dev/null; a word about it was written if there was somewhere to write it to.
 */
gboolean davit_surroundings_set_up (void);

/* Before a verb is run: that the caller may use it, and that limits are not too tight for it. */
gboolean davit_surroundings_check (const DavitVerb *verb, GError **error);

G_END_DECLS
