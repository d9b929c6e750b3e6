/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names to opened plugins, and the list of what is installed. */

#include "driver/drivers.h"

#include "base/error.h"
#include "base/text.h"
#include "driver/driver.h"
#include "driver/facts.h"
#include "driver/report.h"
#include "driver/search.h"

#include <string.h>

struct _DavitDrivers {
	char **directories;
	GPtrArray *opened; /* DavitDriver */
	DavitFacts facts;
	gboolean facts_known;
	DavitDriverContext context;
};

static void
driver_free (gpointer driver)
{
	davit_driver_free ((DavitDriver *) driver);
}

DavitDrivers *
davit_drivers_new (DavitPaths *paths, const DavitConfig *config, const char *const *plugin_path)
{
	DavitDrivers *drivers = g_new0 (DavitDrivers, 1);

	drivers->directories = davit_search_directories (paths, config, plugin_path);
	drivers->opened = g_ptr_array_new_with_free_func (driver_free);
	drivers->context.paths = paths;
	drivers->context.config = config;
	drivers->context.facts = &drivers->facts;
	return drivers;
}

void
davit_drivers_free (DavitDrivers *drivers)
{
	if (drivers == NULL)
		return;
	g_ptr_array_unref (drivers->opened);
	g_strfreev (drivers->directories);
	g_free (drivers);
}

gboolean
davit_drivers_check_directories (const DavitDrivers *drivers, GError **error)
{
	static const DavitKind kinds[] = {DAVIT_KIND_STORAGE, DAVIT_KIND_NETWORK,
					  DAVIT_KIND_RUNTIME, DAVIT_KIND_CHECKPOINT};

	for (char **directory = drivers->directories; *directory != NULL; directory++) {
		if (!davit_loader_check_directory (*directory, error))
			return FALSE;
		for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
			g_autofree char *folder =
				g_build_filename (*directory, davit_drivers_kind_name (kinds[i]),
						  NULL);

			if (!davit_loader_check_directory (folder, error))
				return FALSE;
		}
	}
	return TRUE;
}

static const DavitDriverContext *
drivers_context (DavitDrivers *drivers)
{
	/* Not in new: a command that needs no plugin asks nothing about the host. */
	if (!drivers->facts_known)
		davit_facts_read (&drivers->facts,
				  davit_config_string (drivers->context.config, "cgroup-parent"));
	drivers->facts_known = TRUE;
	return &drivers->context;
}

static void
names_add (GPtrArray *names, const char *name)
{
	if (!g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
		g_ptr_array_add (names, g_strdup (name));
}

static int
name_compare (gconstpointer left, gconstpointer right)
{
	return strcmp (*(const char *const *) left, *(const char *const *) right);
}

GPtrArray *
davit_drivers_names (DavitDrivers *drivers, DavitKind kind)
{
	g_autoptr (GPtrArray) files = davit_search_all ((const char *const *) drivers->directories);
	GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

	for (guint i = 0; i < files->len; i++) {
		const DavitPluginFile *file = (const DavitPluginFile *) files->pdata[i];
		g_autoptr (DavitPluginReport) report = NULL;

		if (file->kind == kind)
			names_add (names, file->name);
		if (file->kind != 0)
			continue;
		report = davit_report_make (drivers_context (drivers), file, TRUE,
					    DAVIT_REPORT_DEADLINE_MSEC);
		if (report->loads && report->kind == kind)
			names_add (names, file->name);
	}
	g_ptr_array_sort (names, name_compare);
	return names;
}

static char *
names_describe (GPtrArray *names)
{
	g_autofree char *joined = NULL;

	if (names->len == 0)
		return g_strdup ("there are none");
	g_ptr_array_add (names, NULL);
	joined = g_strjoinv (", ", (char **) names->pdata);
	return g_strconcat ("there are: ", joined, NULL);
}

static gboolean
drivers_not_found (DavitDrivers *drivers, DavitKind kind, const char *name, GError **error)
{
	g_autofree char *places = g_strjoinv (", ", drivers->directories);
	g_autoptr (GPtrArray) names = davit_drivers_names (drivers, kind);
	g_autofree char *there_are = names_describe (names);

	return davit_error_set (error, DAVIT_ERROR_PLUGIN_FILE,
				"no %s plugin \"%s\"; looked in %s; %s",
				davit_drivers_kind_name (kind), name, places, there_are);
}

/*
 * One directory. ret_module stays NULL if it has no such plugin. A file that stands in no folder
 * tells its kind only when it is loaded: of another kind, it is somebody else's namesake.
 */
static gboolean
directory_find_module (const char *directory, DavitKind kind, const char *name,
		       DavitModule **ret_module, GError **error)
{
	DavitPluginFile *in_folder = davit_search_find (directory, kind, name, TRUE);
	DavitPluginFile *file =
		in_folder != NULL ? in_folder : davit_search_find (directory, kind, name, FALSE);
	DavitModule *module;

	if (file == NULL)
		return TRUE;
	module = davit_loader_open (file->path, error);
	if (module != NULL && module->kind->kind != kind) {
		if (in_folder != NULL)
			davit_error_set (
				error, DAVIT_ERROR_PLUGIN_ABI,
				"plugin \"%s\": is a %s plugin in the folder of %s plugins",
				file->path, module->kind->name, davit_drivers_kind_name (kind));
		g_clear_pointer (&module, davit_loader_close);
		davit_plugin_file_free (file);
		return in_folder == NULL;
	}
	davit_plugin_file_free (file);
	*ret_module = module;
	return module != NULL;
}

static DavitModule *
drivers_find_module (DavitDrivers *drivers, DavitKind kind, const char *name, GError **error)
{
	DavitModule *module = NULL;

	for (guint i = 0; drivers->directories[i] != NULL; i++) {
		if (!directory_find_module (drivers->directories[i], kind, name, &module, error))
			return NULL;
		if (module != NULL)
			return module;
	}
	drivers_not_found (drivers, kind, name, error);
	return NULL;
}

static DavitDriver *
drivers_find_opened (DavitDrivers *drivers, DavitKind kind, const char *name, const char *variant)
{
	for (guint i = 0; i < drivers->opened->len; i++) {
		DavitDriver *opened = (DavitDriver *) drivers->opened->pdata[i];

		if (opened->module->kind->kind == kind &&
		    strcmp (opened->module->plugin.name, name) == 0 &&
		    g_strcmp0 (opened->variant, variant) == 0)
			return opened;
	}
	return NULL;
}

/* choice: NAME or NAME:VARIANT. The variant is the plugin's matter: only it knows what there is. */
static DavitDriver *
drivers_get (DavitDrivers *drivers, DavitKind kind, const char *choice, GError **error)
{
	g_autoptr (DavitDriver) driver = NULL;
	g_auto (GStrv) words = NULL;
	DavitModule *module;

	if (choice == NULL || !davit_text_is_plugin_choice (choice)) {
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "%s plugin \"%s\": a name must be of a-z, 0-9 and \"-\"",
				 davit_drivers_kind_name (kind), choice != NULL ? choice : "");
		return NULL;
	}
	words = g_strsplit (choice, ":", 2);
	driver = drivers_find_opened (drivers, kind, words[0], words[1]);
	if (driver != NULL)
		return g_steal_pointer (&driver);
	module = drivers_find_module (drivers, kind, words[0], error);
	if (module == NULL)
		return NULL;
	if (words[1] != NULL && !(module->plugin.flags & DAVIT_PLUGIN_VARIANTS)) {
		davit_loader_close (module);
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "%s plugin \"%s\": has no variants such as \"%s\"",
				 davit_drivers_kind_name (kind), words[0], words[1]);
		return NULL;
	}
	driver = davit_driver_new (module, words[1], drivers_context (drivers), error);
	if (driver == NULL || !davit_driver_open (driver, error))
		return NULL;
	g_ptr_array_add (drivers->opened, driver);
	return g_steal_pointer (&driver);
}

gboolean
davit_drivers_has (DavitDrivers *drivers, DavitKind kind, const char *name)
{
	if (!davit_text_is_plugin_name (name))
		return FALSE;
	for (guint i = 0; drivers->directories[i] != NULL; i++) {
		const char *directory = drivers->directories[i];
		DavitPluginFile *file = davit_search_find (directory, kind, name, TRUE);
		DavitModule *module = NULL;

		if (file != NULL) {
			davit_plugin_file_free (file);
			return TRUE;
		}
		/* Beside the folders a file tells its kind only when it is loaded. */
		if (!directory_find_module (directory, kind, name, &module, NULL) || module == NULL)
			continue;
		davit_loader_close (module);
		return TRUE;
	}
	return FALSE;
}

/* The structs of the kinds hold a driver first and nothing else: driver.h. */

DavitStorage *
davit_drivers_storage (DavitDrivers *drivers, const char *name, GError **error)
{
	return (DavitStorage *) drivers_get (drivers, DAVIT_KIND_STORAGE, name, error);
}

DavitNetwork *
davit_drivers_network (DavitDrivers *drivers, const char *name, GError **error)
{
	return (DavitNetwork *) drivers_get (drivers, DAVIT_KIND_NETWORK, name, error);
}

DavitRuntime *
davit_drivers_runtime (DavitDrivers *drivers, const char *name, GError **error)
{
	return (DavitRuntime *) drivers_get (drivers, DAVIT_KIND_RUNTIME, name, error);
}

DavitCheckpoint *
davit_drivers_checkpoint (DavitDrivers *drivers, const char *name, GError **error)
{
	return (DavitCheckpoint *) drivers_get (drivers, DAVIT_KIND_CHECKPOINT, name, error);
}

static void
report_free (gpointer report)
{
	davit_plugin_report_free ((DavitPluginReport *) report);
}

static int
report_compare (gconstpointer left, gconstpointer right)
{
	const DavitPluginReport *one = *(DavitPluginReport *const *) left;
	const DavitPluginReport *other = *(DavitPluginReport *const *) right;

	if (one->kind != other->kind)
		return one->kind < other->kind ? -1 : 1;
	return strcmp (one->name, other->name);
}

static gboolean
reports_have (const GPtrArray *reports, DavitKind kind, const char *name)
{
	for (guint i = 0; i < reports->len; i++) {
		const DavitPluginReport *report = (const DavitPluginReport *) reports->pdata[i];

		if (kind != 0 && report->kind == kind && g_str_equal (report->name, name))
			return TRUE;
	}
	return FALSE;
}

GPtrArray *
davit_drivers_list (DavitDrivers *drivers, GError **error)
{
	GPtrArray *reports = g_ptr_array_new_with_free_func (report_free);
	g_autoptr (GPtrArray) files = davit_search_all ((const char *const *) drivers->directories);

	for (guint i = 0; i < files->len; i++) {
		const DavitPluginFile *file = (const DavitPluginFile *) files->pdata[i];
		DavitPluginReport *report;

		/* Hidden by an earlier one: need not be run to know it. */
		if (reports_have (reports, file->kind, file->name))
			continue;
		report = davit_report_make (drivers_context (drivers), file, FALSE,
					    DAVIT_REPORT_DEADLINE_MSEC);
		if (reports_have (reports, report->kind, report->name))
			davit_plugin_report_free (report);
		else
			g_ptr_array_add (reports, report);
	}
	g_ptr_array_sort (reports, report_compare);
	return reports;
}

DavitPluginReport *
davit_drivers_report (DavitDrivers *drivers, DavitKind kind, const char *name, GError **error)
{
	g_autoptr (GPtrArray) files = davit_search_all ((const char *const *) drivers->directories);
	g_autofree char *places = NULL;

	for (guint i = 0; i < files->len; i++) {
		const DavitPluginFile *file = (const DavitPluginFile *) files->pdata[i];
		g_autoptr (DavitPluginReport) report = NULL;

		if (!g_str_equal (file->name, name) ||
		    (kind != 0 && file->kind != 0 && file->kind != kind))
			continue;
		report = davit_report_make (drivers_context (drivers), file, FALSE,
					    DAVIT_REPORT_DEADLINE_MSEC);
		/* One whose kind can't be told may be the one that is meant. */
		if (kind == 0 || report->kind == 0 || report->kind == kind)
			return g_steal_pointer (&report);
	}
	places = g_strjoinv (", ", drivers->directories);
	davit_error_set (error, DAVIT_ERROR_NOT_FOUND, "no %s%splugin \"%s\"; looked in %s",
			 kind != 0 ? davit_drivers_kind_name (kind) : "", kind != 0 ? " " : "",
			 name, places);
	return NULL;
}
