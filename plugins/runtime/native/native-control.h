/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Operations on a container that is there: state, signals, freezing, limits, figures. */

#pragma once

#include <davit/runtime.h>

G_BEGIN_DECLS

gboolean native_control_start (const DavitHost *host, const DavitRuntimeContainer *container,
			       GError **error);
gboolean native_control_kill (const DavitHost *host, const DavitRuntimeContainer *container,
			      int signal, gboolean all, GError **error);
gboolean native_control_state (const DavitHost *host, const DavitRuntimeContainer *container,
			       DavitResult *result, GError **error);
gboolean native_control_pause (const DavitHost *host, const DavitRuntimeContainer *container,
			       GError **error);
gboolean native_control_resume (const DavitHost *host, const DavitRuntimeContainer *container,
				GError **error);
gboolean native_control_update (const DavitHost *host, const DavitRuntimeContainer *container,
				const char *resources, GError **error);
gboolean native_control_stats (const DavitHost *host, const DavitRuntimeContainer *container,
			       DavitResult *result, GError **error);
gboolean native_control_processes (const DavitHost *host, const DavitRuntimeContainer *container,
				   DavitResult *result, GError **error);

G_END_DECLS
