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
	if (opened == NULL || !davit_checkpoint_probe (opened, error))
		return FALSE;
	*ret_driver = opened;
	return TRUE;
}
