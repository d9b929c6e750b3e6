/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Who makes the checkpoint of a container. A runtime that drives CRIU by itself knows how its own
 * containers are built; one that does not must let the processes that a driver makes be its own.
 */

#include "container/checkpoint-private.h"

#include "base/error.h"

gboolean
davit_checkpoint_means (DavitEngine *engine, const char *driver, DavitRuntime *runtime,
			DavitCheckpoint **ret_driver, GError **error)
{
	DavitCheckpoint *opened;

	if (davit_runtime_can_checkpoint (runtime)) {
		*ret_driver = NULL;
		return TRUE;
	}
	if (!davit_runtime_can_adopt (runtime))
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"runtime \"%s\" can neither make checkpoints nor take over "
					"processes that a checkpoint plugin restores",
					davit_runtime_name (runtime));
	if (driver == NULL)
		driver = davit_config_string (engine->config, "checkpoint");
	opened = davit_drivers_checkpoint (engine->drivers, driver, error);
	if (opened == NULL)
		return FALSE;
	*ret_driver = opened;
	return TRUE;
}

gboolean
davit_checkpoint_explain (DavitCheckpoint *driver, GError **error)
{
	g_autoptr (GError) local = NULL;

	if (driver == NULL || davit_checkpoint_probe (driver, &local) || error == NULL ||
	    !davit_error_matches (local, DAVIT_ERROR_UNAVAILABLE))
		return FALSE;
	g_clear_error (error);
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}
