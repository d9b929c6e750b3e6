/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Making a container from the arguments of run and create. */

#pragma once

#include "cli/cli.h"
#include "container/container.h"

G_BEGIN_DECLS

gboolean davit_create_from_arguments (DavitCli *cli, DavitArguments *arguments,
				      gboolean start_follows, DavitContainer **ret_container,
				      GError **error);

G_END_DECLS
