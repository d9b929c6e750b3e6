/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Environment variables for exec: --env-file and --env. */

#pragma once

#include "cli/arguments.h"

G_BEGIN_DECLS

/*
 * "KEY=VALUE", files first. A name alone takes the caller's value, or nothing if it has none. The
 * result is NULL-terminated; free it with g_strfreev.
 */
gboolean davit_environment_from_arguments (DavitArguments *arguments, char ***ret_environment,
					   GError **error);

G_END_DECLS
