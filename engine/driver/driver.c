/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Opens a plugin that is loaded, probes it, and closes it: the same for every kind. */

#include "driver/driver.h"

#include "base/error.h"
#include "driver/call.h"

DavitDriver *
davit_driver_new (DavitModule *module, const char *variant, const DavitDriverContext *context,
		  GError **error)
{
	g_autoptr (DavitDriver) driver = g_new0 (DavitDriver, 1);

	driver->module = module;
	driver->variant = g_strdup (variant);
	driver->label = g_strconcat (module->kind->name, "/", module->plugin.name,
				     variant != NULL ? ":" : NULL, variant, NULL);
	if (!davit_services_init (&driver->services, module, driver->label, context, error))
		return NULL;
	driver->services.host.variant = driver->variant;
	return g_steal_pointer (&driver);
}

gboolean
davit_driver_open (DavitDriver *driver, GError **error)
{
	DavitCall call = {.driver = driver};
	gpointer instance = NULL;

	if (!davit_call_begin (&call, "open", TRUE, error))
		return FALSE;
	if (!davit_call_end (&call,
			     driver->module->ops.common.open (&driver->services.host, &instance,
							      &call.error),
			     error))
		return davit_contract_untouched (driver, "open", instance == NULL, error);
	/* NULL is fine: a plugin without state needs no instance. */
	driver->instance = instance;
	driver->opened = TRUE;
	return TRUE;
}

void
davit_driver_free (DavitDriver *driver)
{
	if (driver == NULL)
		return;
	if (driver->opened)
		driver->module->ops.common.close (driver->instance);
	davit_services_clear (&driver->services);
	davit_loader_close (driver->module);
	g_free (driver->label);
	g_free (driver->variant);
	g_free (driver);
}

gboolean
davit_driver_probe_needs (DavitDriver *driver, GPtrArray **ret_needs, GError **error)
{
	g_autoptr (GPtrArray) needs = g_ptr_array_new_with_free_func (davit_need_free);
	DavitProbe probe = {needs};

	if (!davit_call (driver, common.probe, NULL, error, &probe))
		return FALSE;
	for (guint i = 0; i < needs->len; i++) {
		if (((const DavitNeed *) needs->pdata[i])->what == NULL)
			return davit_contract_broken (driver, "probe", error,
						      "gave a need without a name");
	}
	*ret_needs = g_steal_pointer (&needs);
	return TRUE;
}

char *
davit_driver_unmet (const GPtrArray *needs)
{
	for (guint i = 0; i < needs->len; i++) {
		const DavitNeed *need = (const DavitNeed *) needs->pdata[i];

		if (!need->met)
			return g_strdup_printf ("%s is missing%s%s", need->what,
						need->hint != NULL ? "; " : "",
						need->hint != NULL ? need->hint : "");
	}
	return NULL;
}

gboolean
davit_driver_probe (DavitDriver *driver, GError **error)
{
	g_autoptr (GPtrArray) needs = NULL;
	g_autofree char *unmet = NULL;

	if (!davit_driver_probe_needs (driver, &needs, error))
		return FALSE;
	unmet = davit_driver_unmet (needs);
	if (unmet != NULL)
		return davit_error_set (error, DAVIT_ERROR_UNAVAILABLE, "%s: can't work here: %s",
					driver->label, unmet);
	return TRUE;
}
