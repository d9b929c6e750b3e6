/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The processes of a container, looked at before any of them is stopped. */

#pragma once

#include <davit/checkpoint.h>

G_BEGIN_DECLS

/* UNSUPPORTED or UNAVAILABLE if one of them would be lost, or can't be saved. */
gboolean criu_processes_check (const DavitDumpRequest *request, GError **error);

G_END_DECLS
