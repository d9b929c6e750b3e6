/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Calls of runtime plugins. davit/runtime.h documents the operations. A wrapper adds:
 * a span in the trace, the check that the plugin kept the contract, the prefix "runtime/NAME: "
 * of its errors, and the answer of an optional operation that it lacks, which is UNSUPPORTED. The
 * engine calls plugins in no other way. result may be NULL: what is filled in is dropped then.
 */

#pragma once

#include "driver/drivers.h"
#include "driver/result.h"

#include <davit/runtime.h>

G_BEGIN_DECLS

const char *davit_runtime_name (const DavitRuntime *runtime);

/*
 * The name by which this very runtime is found again: NAME, or NAME:VARIANT where the plugin has
 * variants, with the one that it chooses if it was opened without. Free with g_free.
 */
char *davit_runtime_choice (DavitRuntime *runtime, GError **error);

/* An error UNAVAILABLE names the first need that is not met. */
gboolean davit_runtime_probe (DavitRuntime *runtime, GError **error);

gboolean davit_runtime_create (DavitRuntime *runtime, const DavitRuntimeCreate *request,
			       int *ret_pidfd, DavitResult *result, GError **error);
gboolean davit_runtime_start (DavitRuntime *runtime, const DavitRuntimeContainer *container,
			      GError **error);
gboolean davit_runtime_kill (DavitRuntime *runtime, const DavitRuntimeContainer *container,
			     int signal, gboolean all, GError **error);
gboolean davit_runtime_delete (DavitRuntime *runtime, const DavitRuntimeContainer *container,
			       gboolean force, GError **error);
gboolean davit_runtime_state (DavitRuntime *runtime, const DavitRuntimeContainer *container,
			      DavitResult *result, GError **error);
gboolean davit_runtime_exec (DavitRuntime *runtime, const DavitRuntimeExec *request, int *ret_pidfd,
			     DavitResult *result, GError **error);
gboolean davit_runtime_pause (DavitRuntime *runtime, const DavitRuntimeContainer *container,
			      GError **error);
gboolean davit_runtime_resume (DavitRuntime *runtime, const DavitRuntimeContainer *container,
			       GError **error);
gboolean davit_runtime_update (DavitRuntime *runtime, const DavitRuntimeContainer *container,
			       const char *resources, GError **error);
gboolean davit_runtime_stats (DavitRuntime *runtime, const DavitRuntimeContainer *container,
			      DavitResult *result, GError **error);
gboolean davit_runtime_features (DavitRuntime *runtime, DavitResult *result, GError **error);
gboolean davit_runtime_resize (DavitRuntime *runtime, const DavitRuntimeContainer *container,
			       guint16 rows, guint16 columns, GError **error);
gboolean davit_runtime_checkpoint (DavitRuntime *runtime, const DavitRuntimeContainer *container,
				   const DavitDumpRequest *dump, DavitResult *result,
				   GError **error);
gboolean davit_runtime_restore (DavitRuntime *runtime, const DavitRuntimeCreate *request,
				const DavitRestoreRequest *restore, int *ret_pidfd,
				DavitResult *result, GError **error);
gboolean davit_runtime_shares_memory (DavitRuntime *runtime);
gboolean davit_runtime_processes (DavitRuntime *runtime, const DavitRuntimeContainer *container,
				  DavitResult *result, GError **error);
/* Whether it has the operations for checkpoints of its own, or for those of a checkpoint driver. */
gboolean davit_runtime_can_checkpoint (const DavitRuntime *runtime);
gboolean davit_runtime_can_adopt (const DavitRuntime *runtime);
gboolean davit_runtime_prepare (DavitRuntime *runtime, const DavitRuntimeCreate *request,
				DavitResult *result, GError **error);
gboolean davit_runtime_adopt (DavitRuntime *runtime, const DavitRuntimeContainer *container,
			      int pidfd, guint32 pid, GError **error);

G_END_DECLS
