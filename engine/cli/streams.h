/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which of the caller's streams a verb connects to a container. */

#pragma once

#include "cli/cli.h"
#include "container/container.h"

G_BEGIN_DECLS

/* Fills in detach keys and signal proxy from the flags of those names, and 0, 1 and 2. */
void davit_streams_init (DavitContainerStart *start, DavitArguments *arguments,
			 gboolean standard_input);

/* USAGE if a terminal is asked for and standard input is none: its keys could not arrive. */
gboolean davit_streams_check_terminal (const DavitArguments *arguments, GError **error);

G_END_DECLS
