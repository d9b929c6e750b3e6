/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Runs in a forked child: loads, opens and probes one plugin, and writes down what it learns as it
 * goes, so that the parent knows how far it came when the child does not survive.
 */

#include "driver/report-child.h"

#include "base/error.h"
#include "base/fd.h"
#include "driver/report-json.h"
#include "driver/watch.h"

#include <string.h>
#include <unistd.h>

static const char *
option_type_name (DavitOptionType type)
{
	static const char *const names[] = {"unknown",	"string", "boolean", "integer", "size",
					    "duration", "choice", "path",    "list"};

	return (guint) type < G_N_ELEMENTS (names) ? names[type] : names[0];
}

static void
line_write (int fd, const char *word, const char *text)
{
	g_autofree char *line = g_strconcat (word, text, "\n", NULL);

	/* If the parent has gone there is nobody to tell. */
	davit_fd_write (fd, line, strlen (line), "report", NULL);
}

static void
report_write (int fd, const DavitPluginReport *report)
{
	g_autofree char *json = davit_report_to_json (report);

	line_write (fd, DAVIT_REPORT_REPORT, json);
}

static void
report_set_reason (DavitPluginReport *report, const char *reason)
{
	g_free (report->reason);
	report->reason = g_utf8_make_valid (reason, -1);
}

static void
report_describe_options (DavitPluginReport *report, const DavitModule *module,
			 const DavitConfig *config)
{
	g_autofree char *group = g_strconcat (module->kind->name, ".", module->plugin.name, NULL);
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitOptionValues) values =
		davit_config_check_group (config, group, module->plugin.options, &error);

	if (error != NULL)
		report->misset = g_utf8_make_valid (error->message, -1);
	for (const DavitOption *option = module->plugin.options;
	     option != NULL && option->key != NULL; option++) {
		const DavitOptionValue *value =
			values != NULL ? davit_option_values_get (values, option->key) : NULL;
		DavitPluginOption *entry = g_new0 (DavitPluginOption, 1);

		entry->key = g_strdup (option->key);
		entry->type = g_strdup (option_type_name (option->type));
		entry->fallback = g_strdup (option->fallback);
		entry->choices = g_strdup (option->choices);
		entry->help = g_strdup (option->help);
		entry->value = g_strdup (value != NULL ? value->text : NULL);
		entry->source = g_strdup (value != NULL ? value->source : NULL);
		g_ptr_array_add (report->options, entry);
	}
}

static void
report_describe_operations (DavitPluginReport *report, const DavitModule *module)
{
	g_autoptr (GStrvBuilder) present = g_strv_builder_new ();
	g_autoptr (GStrvBuilder) missing = g_strv_builder_new ();

	for (const DavitOperation *operation = module->kind->operations; operation->name != NULL;
	     operation++)
		g_strv_builder_add (davit_kind_has_operation (&module->ops, operation) ? present
										       : missing,
				    operation->name);
	g_strfreev (report->operations);
	g_strfreev (report->missing);
	report->operations = g_strv_builder_end (present);
	report->missing = g_strv_builder_end (missing);
}

static void
report_describe (DavitPluginReport *report, const DavitModule *module, const DavitConfig *config)
{
	report->loads = TRUE;
	report->kind = module->kind->kind;
	report->version = g_utf8_make_valid (module->plugin.version, -1);
	report->summary = g_utf8_make_valid (module->plugin.summary, -1);
	report->license = g_utf8_make_valid (module->plugin.license, -1);
	report->abi_major = module->plugin.abi_major;
	report->abi_minor = module->plugin.abi_minor;
	report_describe_options (report, module, config);
	report_describe_operations (report, module);
}

/* FALSE: the reason is in error. */
static gboolean
child_use (DavitPluginReport *report, DavitModule *module, const DavitDriverContext *context,
	   int fd, GError **error)
{
	/* Not freed: the process ends, and a plugin's close may do anything. */
	DavitDriver *driver = davit_driver_new (module, NULL, context, error);
	GPtrArray *needs = NULL;
	g_autofree char *unmet = NULL;

	if (driver == NULL)
		return FALSE;
	line_write (fd, DAVIT_REPORT_PHASE, "opening");
	if (!davit_driver_open (driver, error))
		return FALSE;
	line_write (fd, DAVIT_REPORT_PHASE, "probing");
	if (!davit_driver_probe_needs (driver, &needs, error))
		return FALSE;
	g_ptr_array_unref (report->needs);
	report->needs = needs;
	unmet = davit_driver_unmet (needs);
	report->usable = unmet == NULL;
	if (unmet != NULL)
		report_set_reason (report, unmet);
	return TRUE;
}

void
davit_report_child (const DavitDriverContext *context, const DavitPluginFile *file,
		    gboolean describe, int fd)
{
	/* Without paths no directories are made: the plugin is only looked at. */
	DavitDriverContext look = {.config = context->config, .facts = context->facts};
	DavitPluginReport report = {.kind = file->kind};
	DavitModule *module;
	GError *error = NULL;

	fd = davit_watch_isolate (fd);
	davit_report_reset (&report);
	line_write (fd, DAVIT_REPORT_PHASE, "loading");
	module = davit_loader_open (file->path, &error);
	if (module != NULL && file->kind != 0 && module->kind->kind != file->kind) {
		davit_error_set (&error, DAVIT_ERROR_PLUGIN_ABI,
				 "plugin \"%s\": is a %s plugin in the folder of %s plugins",
				 file->path, module->kind->name,
				 davit_drivers_kind_name (file->kind));
		module = NULL;
	}
	if (module != NULL) {
		report_describe (&report, module, context->config);
		report_write (fd, &report);
	}
	if (module != NULL && !describe)
		child_use (&report, module, &look, fd, &error);
	if (error != NULL)
		report_set_reason (&report, error->message);
	report_write (fd, &report);
	_exit (0);
}
