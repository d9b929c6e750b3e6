/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Checked calls of runtime plugins. */

#include "driver/runtime-driver.h"

#include "base/text.h"
#include "driver/call.h"

const char *
davit_runtime_name (const DavitRuntime *runtime)
{
	return runtime->driver.module->plugin.name;
}

gboolean
davit_runtime_probe (DavitRuntime *runtime, GError **error)
{
	return davit_driver_probe (&runtime->driver, error);
}

gboolean
davit_runtime_create (DavitRuntime *runtime, const DavitRuntimeCreate *request, int *ret_pidfd,
		      DavitResult *result, GError **error)
{
	DavitDriver *driver = &runtime->driver;
	int pidfd = -1;

	if (!davit_call (driver, runtime.create, result, error, request, &pidfd, result))
		return davit_contract_untouched (driver, "create", pidfd == -1, error);
	if (!davit_contract_process (driver, "create", pidfd, result, error))
		return FALSE;
	*ret_pidfd = pidfd;
	return TRUE;
}

gboolean
davit_runtime_start (DavitRuntime *runtime, const DavitRuntimeContainer *container, GError **error)
{
	return davit_call (&runtime->driver, runtime.start, NULL, error, container);
}

gboolean
davit_runtime_kill (DavitRuntime *runtime, const DavitRuntimeContainer *container, int signal,
		    gboolean all, GError **error)
{
	return davit_call (&runtime->driver, runtime.kill, NULL, error, container, signal, all);
}

gboolean
davit_runtime_delete (DavitRuntime *runtime, const DavitRuntimeContainer *container, gboolean force,
		      GError **error)
{
	return davit_call (&runtime->driver, runtime.delete_, NULL, error, container, force);
}

gboolean
davit_runtime_state (DavitRuntime *runtime, const DavitRuntimeContainer *container,
		     DavitResult *result, GError **error)
{
	static const char *const known[] = {"created", "running", "paused", "stopped", NULL};
	DavitDriver *driver = &runtime->driver;
	guint length = davit_result_length (result);
	const char *status;

	if (!davit_call (driver, runtime.state, result, error, container, result))
		return FALSE;
	status = result != NULL ? davit_result_string (result, "status") : "stopped";
	if (status != NULL && g_strv_contains (known, status))
		return TRUE;
	davit_contract_broken (driver, "state", error,
			       "gave the status \"%s\"; it must be created, running, paused or "
			       "stopped",
			       status != NULL ? status : "");
	davit_result_truncate (result, length);
	return FALSE;
}

gboolean
davit_runtime_exec (DavitRuntime *runtime, const DavitRuntimeExec *request, int *ret_pidfd,
		    DavitResult *result, GError **error)
{
	DavitDriver *driver = &runtime->driver;
	int pidfd = -1;

	if (!davit_call (driver, runtime.exec, result, error, request, &pidfd, result))
		return davit_contract_untouched (driver, "exec", pidfd == -1, error);
	if (!davit_contract_process (driver, "exec", pidfd, result, error))
		return FALSE;
	*ret_pidfd = pidfd;
	return TRUE;
}

gboolean
davit_runtime_pause (DavitRuntime *runtime, const DavitRuntimeContainer *container, GError **error)
{
	return davit_call (&runtime->driver, runtime.pause, NULL, error, container);
}

gboolean
davit_runtime_resume (DavitRuntime *runtime, const DavitRuntimeContainer *container, GError **error)
{
	return davit_call (&runtime->driver, runtime.resume, NULL, error, container);
}

gboolean
davit_runtime_update (DavitRuntime *runtime, const DavitRuntimeContainer *container,
		      const char *resources, GError **error)
{
	return davit_call (&runtime->driver, runtime.update, NULL, error, container, resources);
}

gboolean
davit_runtime_stats (DavitRuntime *runtime, const DavitRuntimeContainer *container,
		     DavitResult *result, GError **error)
{
	return davit_call (&runtime->driver, runtime.stats, result, error, container, result);
}

gboolean
davit_runtime_features (DavitRuntime *runtime, DavitResult *result, GError **error)
{
	return davit_call (&runtime->driver, runtime.features, result, error, result);
}

gboolean
davit_runtime_resize (DavitRuntime *runtime, const DavitRuntimeContainer *container, guint16 rows,
		      guint16 columns, GError **error)
{
	return davit_call (&runtime->driver, runtime.resize, NULL, error, container, rows, columns);
}

gboolean
davit_runtime_checkpoint (DavitRuntime *runtime, const DavitRuntimeContainer *container,
			  const DavitDumpRequest *dump, DavitResult *result, GError **error)
{
	return davit_call (&runtime->driver, runtime.checkpoint, result, error, container, dump,
			   result);
}

gboolean
davit_runtime_restore (DavitRuntime *runtime, const DavitRuntimeCreate *request,
		       const DavitRestoreRequest *restore, int *ret_pidfd, DavitResult *result,
		       GError **error)
{
	DavitDriver *driver = &runtime->driver;
	int pidfd = -1;

	if (!davit_call (driver, runtime.restore, result, error, request, restore, &pidfd, result))
		return davit_contract_untouched (driver, "restore", pidfd == -1, error);
	if (!davit_contract_process (driver, "restore", pidfd, result, error))
		return FALSE;
	*ret_pidfd = pidfd;
	return TRUE;
}

gboolean
davit_runtime_shares_memory (DavitRuntime *runtime)
{
	const DavitDriver *driver = &runtime->driver;

	return driver->module->ops.runtime.shares_memory != NULL &&
	       driver->module->ops.runtime.shares_memory (driver->instance);
}

gboolean
davit_runtime_processes (DavitRuntime *runtime, const DavitRuntimeContainer *container,
			 DavitResult *result, GError **error)
{
	return davit_call (&runtime->driver, runtime.processes, result, error, container, result);
}

gboolean
davit_runtime_can_checkpoint (const DavitRuntime *runtime)
{
	const DavitRuntimeOps *ops = &runtime->driver.module->ops.runtime;

	return ops->checkpoint != NULL && ops->restore != NULL;
}

gboolean
davit_runtime_can_adopt (const DavitRuntime *runtime)
{
	const DavitRuntimeOps *ops = &runtime->driver.module->ops.runtime;

	return ops->prepare != NULL && ops->adopt != NULL;
}

gboolean
davit_runtime_prepare (DavitRuntime *runtime, const DavitRuntimeCreate *request,
		       DavitResult *result, GError **error)
{
	return davit_call (&runtime->driver, runtime.prepare, result, error, request, result);
}

gboolean
davit_runtime_adopt (DavitRuntime *runtime, const DavitRuntimeContainer *container, int pidfd,
		     guint32 pid, GError **error)
{
	return davit_call (&runtime->driver, runtime.adopt, NULL, error, container, pidfd, pid);
}

char *
davit_runtime_choice (DavitRuntime *runtime, GError **error)
{
	DavitDriver *driver = &runtime->driver;
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autofree char *choice = NULL;
	const char *variant;

	if (driver->module->ops.runtime.choose == NULL)
		return g_strdup (davit_runtime_name (runtime));
	if (!davit_call (driver, runtime.choose, result, error, result))
		return NULL;
	variant = davit_result_string (result, "variant");
	choice = g_strconcat (davit_runtime_name (runtime), ":", variant, NULL);
	if (variant != NULL && davit_text_is_plugin_choice (choice))
		return g_steal_pointer (&choice);
	davit_contract_broken (driver, "choose", error, "gave no \"variant\" that can be one");
	return NULL;
}
