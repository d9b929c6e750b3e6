/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The image that is always there: "davit run hello" works on a fresh machine, without a network. It
 * lies as an OCI layout in the data directory, and is loaded when it is first asked for.
 */

#pragma once

#include "cli/cli.h"

G_BEGIN_DECLS

/*
 * Loads the default image if name means it and the store has none of that name. ret_loaded says
 * whether it did.
 */
gboolean davit_image_default_load (DavitCli *cli, const char *name, gboolean *ret_loaded,
				   GError **error);

G_END_DECLS
