/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit info */

#include "base/error.h"
#include "cli/cli.h"
#include "cli/cmd.h"
#include "cli/document.h"
#include "container/container.h"

#include <davit/plugin.h>

#include "davit-config.h"

#include <linux/magic.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

/* As DavitFacts has it; asked here again because the answer is two calls of statfs. */
static const char *
cgroup_mode (void)
{
	struct statfs status;

	if (statfs ("/sys/fs/cgroup", &status) != 0)
		return "none";
	if (status.f_type == CGROUP2_SUPER_MAGIC)
		return "v2";
	if (statfs ("/sys/fs/cgroup/unified", &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC)
		return "hybrid";
	return "v1";
}

static void
host_write (DavitJsonWriter *writer)
{
	struct utsname host = {0};
	struct sysinfo memory = {0};

	uname (&host);
	sysinfo (&memory);
	davit_json_writer_begin_object (writer, "host");
	davit_json_writer_string (writer, "arch", host.machine);
	davit_json_writer_string (writer, "cgroups", cgroup_mode ());
	davit_json_writer_integer (writer, "cpus", sysconf (_SC_NPROCESSORS_ONLN));
	davit_json_writer_string (writer, "hostname", host.nodename);
	davit_json_writer_string (writer, "kernel", host.release);
	davit_json_writer_unsigned (writer, "memFree", (guint64) memory.freeram * memory.mem_unit);
	davit_json_writer_unsigned (writer, "memTotal",
				    (guint64) memory.totalram * memory.mem_unit);
	davit_json_writer_string (writer, "os", "linux");
	davit_json_writer_boolean (writer, "rootless", geteuid () != 0);
	davit_json_writer_end_object (writer);
}

static void
containers_write (DavitJsonWriter *writer, const GPtrArray *containers)
{
	guint counts[DAVIT_STATUS_DAMAGED + 1] = {0};

	for (guint i = 0; i < containers->len; i++)
		counts[((DavitContainer *) g_ptr_array_index (containers, i))->status]++;
	davit_json_writer_begin_object (writer, "containers");
	davit_json_writer_integer (writer, "number", containers->len);
	davit_json_writer_integer (writer, "running", counts[DAVIT_STATUS_RUNNING]);
	davit_json_writer_integer (writer, "paused", counts[DAVIT_STATUS_PAUSED]);
	davit_json_writer_integer (writer, "stopped",
				   counts[DAVIT_STATUS_CREATED] + counts[DAVIT_STATUS_STOPPED] +
					   counts[DAVIT_STATUS_EXITED]);
	davit_json_writer_integer (writer, "damaged", counts[DAVIT_STATUS_DAMAGED]);
	davit_json_writer_end_object (writer);
}

static gboolean
store_write (DavitJsonWriter *writer, DavitEngine *engine, GError **error)
{
	g_autoptr (GPtrArray) containers = davit_container_list (engine, error);
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GPtrArray) damaged = NULL;

	if (containers == NULL ||
	    !davit_image_store_list (engine->images, &images, &damaged, error))
		return FALSE;
	davit_json_writer_begin_object (writer, "store");
	davit_json_writer_string (writer, "root", engine->paths->root);
	davit_json_writer_string (writer, "runroot", engine->paths->runroot);
	containers_write (writer, containers);
	davit_json_writer_begin_object (writer, "images");
	davit_json_writer_integer (writer, "number", images->len);
	davit_json_writer_integer (writer, "damaged", damaged == NULL ? 0 : damaged->len);
	davit_json_writer_end_object (writer);
	davit_json_writer_end_object (writer);
	return TRUE;
}

static gboolean
option_exists (const char *key)
{
	const DavitOption *option = davit_config_engine_options ();

	while (option->key != NULL && g_strcmp0 (option->key, key) != 0)
		option++;
	return option->key != NULL;
}

/* Which plugins new containers get. What "auto" means is found out by opening it. */
static void
plugins_write (DavitJsonWriter *writer, DavitEngine *engine)
{
	static const char *const kinds[] = {"storage", "network", "runtime", "checkpoint"};
	g_autoptr (GError) error = NULL;
	DavitStorage *storage = davit_engine_storage (engine, &error);

	davit_json_writer_begin_object (writer, "plugins");
	for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
		const char *value = NULL;

		if (option_exists (kinds[i]))
			value = davit_config_string (engine->config, kinds[i]);
		if (i == 0 && storage != NULL)
			value = davit_storage_name (storage);
		davit_json_writer_string (writer, kinds[i], value);
	}
	davit_json_writer_string_if (writer, "storageProblem",
				     error == NULL ? NULL : error->message);
	davit_json_writer_strings (writer, "configuration", davit_config_files (engine->config));
	davit_json_writer_end_object (writer);
}

static void
version_write (DavitJsonWriter *writer)
{
	g_autofree char *abi = g_strdup_printf ("%d.%d", DAVIT_ABI_MAJOR, DAVIT_ABI_MINOR);

	davit_json_writer_begin_object (writer, "version");
	davit_json_writer_string (writer, "version", DAVIT_VERSION);
	davit_json_writer_string (writer, "pluginAbi", abi);
	davit_json_writer_end_object (writer);
	/* docker's name for it, which scripts ask for. */
	davit_json_writer_string (writer, "ServerVersion", DAVIT_VERSION);
}

gboolean
davit_info_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (TRUE);
	g_autofree char *document = NULL;

	if (davit_cli_engine (cli, error) == NULL)
		return FALSE;
	davit_json_writer_begin_object (writer, NULL);
	host_write (writer);
	if (!store_write (writer, cli->engine, error))
		return FALSE;
	plugins_write (writer, cli->engine);
	version_write (writer);
	davit_json_writer_end_object (writer);
	document = davit_json_writer_finish (writer, NULL);
	return davit_document_print (document, davit_arguments_text (arguments, "format"), FALSE,
				     error);
}
