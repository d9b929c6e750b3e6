/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit info */

#include "base/error.h"
#include "base/user.h"
#include "cli/cli.h"
#include "cli/cmd.h"
#include "cli/document.h"
#include "container/container.h"
#include "driver/report.h"
#include "image/compose.h"

#include <davit/plugin.h>

#include "davit-config.h"

#include <linux/magic.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

/* What is found out once and stands in several places. */
typedef struct {
	DavitJsonWriter *writer;
	DavitEngine *engine;
	struct utsname host;
	struct sysinfo memory;
	guint containers;
	guint counts[DAVIT_STATUS_DAMAGED + 1];
	guint images;
	guint images_damaged;
	GPtrArray *reports;  /* DavitPluginReport: of each plugin */
	const char *storage; /* the plugin that "auto" means */
	char *storage_problem;
} Info;

static void
info_clear (Info *info)
{
	davit_json_writer_free (info->writer);
	g_clear_pointer (&info->reports, g_ptr_array_unref);
	g_free (info->storage_problem);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Info, info_clear)

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

/* docker and podman know two; in a hybrid tree the controllers are those of v1. */
static gboolean
cgroup_is_v2 (void)
{
	return strcmp (cgroup_mode (), "v2") == 0;
}

static guint64
memory_total (const Info *info)
{
	return (guint64) info->memory.totalram * info->memory.mem_unit;
}

static guint
stopped_count (const Info *info)
{
	return info->counts[DAVIT_STATUS_CREATED] + info->counts[DAVIT_STATUS_STOPPED] +
	       info->counts[DAVIT_STATUS_EXITED];
}

static const char *
plugin_configured (const Info *info, const char *kind)
{
	const DavitOption *option = davit_config_engine_options ();

	while (option->key != NULL && strcmp (option->key, kind) != 0)
		option++;
	return option->key == NULL ? NULL : davit_config_string (info->engine->config, kind);
}

static gboolean
info_find (Info *info, GError **error)
{
	g_autoptr (GPtrArray) containers = davit_container_list (info->engine, error);
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GPtrArray) damaged = NULL;
	g_autoptr (GError) local = NULL;
	DavitStorage *storage;

	if (containers == NULL ||
	    !davit_image_store_list (info->engine->images, &images, &damaged, error))
		return FALSE;
	info->reports = davit_drivers_list (info->engine->drivers, error);
	if (info->reports == NULL)
		return FALSE;
	uname (&info->host);
	sysinfo (&info->memory);
	info->containers = containers->len;
	for (guint i = 0; i < containers->len; i++)
		info->counts[((DavitContainer *) g_ptr_array_index (containers, i))->status]++;
	info->images = images->len;
	info->images_damaged = damaged == NULL ? 0 : damaged->len;
	/* What "auto" means is found out by opening it. */
	storage = davit_engine_storage (info->engine, &local);
	info->storage = storage != NULL ? davit_storage_name (storage)
					: plugin_configured (info, "storage");
	info->storage_problem = local == NULL ? NULL : g_strdup (local->message);
	return TRUE;
}

static void
host_write (const Info *info)
{
	DavitJsonWriter *writer = info->writer;
	const char *architecture, *variant;
	gboolean rootless = davit_user_is_ordinary ();

	davit_compose_host (&architecture, &variant);
	davit_json_writer_begin_object (writer, "host");
	davit_json_writer_string (writer, "arch", architecture);
	davit_json_writer_string (writer, "cgroupManager", "cgroupfs");
	davit_json_writer_string (writer, "cgroupVersion", cgroup_is_v2 () ? "v2" : "v1");
	davit_json_writer_string (writer, "cgroups", cgroup_mode ());
	davit_json_writer_integer (writer, "cpus", sysconf (_SC_NPROCESSORS_ONLN));
	davit_json_writer_string (writer, "hostname", info->host.nodename);
	davit_json_writer_string (writer, "kernel", info->host.release);
	davit_json_writer_unsigned (writer, "memFree",
				    (guint64) info->memory.freeram * info->memory.mem_unit);
	davit_json_writer_unsigned (writer, "memTotal", memory_total (info));
	davit_json_writer_string (writer, "networkBackend", plugin_configured (info, "network"));
	davit_json_writer_begin_object (writer, "ociRuntime");
	davit_json_writer_string (writer, "name", plugin_configured (info, "runtime"));
	davit_json_writer_end_object (writer);
	davit_json_writer_string (writer, "os", "linux");
	davit_json_writer_boolean (writer, "rootless", rootless);
	davit_json_writer_begin_object (writer, "security");
	davit_json_writer_boolean (writer, "rootless", rootless);
	davit_json_writer_end_object (writer);
	davit_json_writer_end_object (writer);
}

static void
store_write (const Info *info)
{
	DavitJsonWriter *writer = info->writer;

	davit_json_writer_begin_object (writer, "store");
	davit_json_writer_string (writer, "graphDriverName", info->storage);
	davit_json_writer_string (writer, "graphRoot", info->engine->paths->root);
	davit_json_writer_string (writer, "runRoot", info->engine->paths->runroot);
	davit_json_writer_begin_object (writer, "containerStore");
	davit_json_writer_integer (writer, "number", info->containers);
	davit_json_writer_integer (writer, "running", info->counts[DAVIT_STATUS_RUNNING]);
	davit_json_writer_integer (writer, "paused", info->counts[DAVIT_STATUS_PAUSED]);
	davit_json_writer_integer (writer, "stopped", stopped_count (info));
	davit_json_writer_integer (writer, "damaged", info->counts[DAVIT_STATUS_DAMAGED]);
	davit_json_writer_end_object (writer);
	davit_json_writer_begin_object (writer, "imageStore");
	davit_json_writer_integer (writer, "number", info->images);
	davit_json_writer_integer (writer, "damaged", info->images_damaged);
	davit_json_writer_end_object (writer);
	davit_json_writer_end_object (writer);
}

/* Only of plugins: "host" is a network without one. The variant of one is its own matter. */
static char *
plugin_chosen (const Info *info, const char *kind)
{
	const char *choice = plugin_configured (info, kind);

	if (choice == NULL || strcmp (choice, "host") == 0)
		return NULL;
	return g_strndup (choice, strcspn (choice, ":"));
}

/* A file whose kind can't be told stands below "unknown". */
static void
drivers_of_kind_write (const Info *info, const char *kind)
{
	g_autofree char *chosen = plugin_chosen (info, kind);
	gboolean found = chosen == NULL;

	davit_json_writer_begin_object (info->writer, kind);
	for (guint i = 0; i < info->reports->len; i++) {
		const DavitPluginReport *report = g_ptr_array_index (info->reports, i);
		g_autofree char *state = NULL;

		if (strcmp (davit_drivers_kind_name (report->kind), kind) != 0)
			continue;
		state = davit_report_state (report);
		davit_json_writer_string (info->writer, report->name, state);
		found = found || strcmp (report->name, chosen) == 0;
	}
	if (!found)
		davit_json_writer_string (info->writer, chosen, "not installed");
	davit_json_writer_end_object (info->writer);
}

/* What there is, and what comes of it here. */
static void
drivers_write (const Info *info)
{
	static const char *const kinds[] = {"storage", "network", "runtime", "checkpoint"};
	gboolean unknown = FALSE;

	davit_json_writer_begin_object (info->writer, "drivers");
	for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
		drivers_of_kind_write (info, kinds[i]);
	for (guint i = 0; i < info->reports->len; i++)
		unknown = unknown ||
			  ((DavitPluginReport *) g_ptr_array_index (info->reports, i))->kind == 0;
	if (unknown)
		drivers_of_kind_write (info, "unknown");
	davit_json_writer_end_object (info->writer);
}

/* Which plugins new containers get. */
static void
plugins_write (const Info *info)
{
	static const char *const kinds[] = {"network", "runtime", "checkpoint"};
	DavitJsonWriter *writer = info->writer;

	davit_json_writer_begin_object (writer, "plugins");
	davit_json_writer_string (writer, "storage", info->storage);
	for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
		davit_json_writer_string (writer, kinds[i], plugin_configured (info, kinds[i]));
	davit_json_writer_string_if (writer, "storageProblem", info->storage_problem);
	davit_json_writer_strings (writer, "configuration",
				   davit_config_files (info->engine->config));
	davit_json_writer_end_object (writer);
}

static void
version_write (const Info *info)
{
	g_autofree char *abi = g_strdup_printf ("%d.%d", DAVIT_ABI_MAJOR, DAVIT_ABI_MINOR);

	davit_json_writer_begin_object (info->writer, "version");
	davit_json_writer_string (info->writer, "version", DAVIT_VERSION);
	davit_json_writer_string (info->writer, "pluginAbi", abi);
	davit_json_writer_end_object (info->writer);
}

/* docker's names for the same, which scripts ask for; people have the tree above. */
static void
docker_write (const Info *info)
{
	DavitJsonWriter *writer = info->writer;
	g_autofree char *system = g_get_os_info (G_OS_INFO_KEY_PRETTY_NAME);

	davit_json_writer_integer (writer, "Containers", info->containers);
	davit_json_writer_integer (writer, "ContainersRunning", info->counts[DAVIT_STATUS_RUNNING]);
	davit_json_writer_integer (writer, "ContainersPaused", info->counts[DAVIT_STATUS_PAUSED]);
	davit_json_writer_integer (writer, "ContainersStopped", stopped_count (info));
	davit_json_writer_integer (writer, "Images", info->images);
	davit_json_writer_string (writer, "Driver", info->storage);
	davit_json_writer_string (writer, "CgroupDriver", "cgroupfs");
	davit_json_writer_string (writer, "CgroupVersion", cgroup_is_v2 () ? "2" : "1");
	davit_json_writer_string (writer, "KernelVersion", info->host.release);
	davit_json_writer_string (writer, "OperatingSystem", system == NULL ? "Linux" : system);
	davit_json_writer_string (writer, "OSType", "linux");
	davit_json_writer_string (writer, "Architecture", info->host.machine);
	davit_json_writer_integer (writer, "NCPU", sysconf (_SC_NPROCESSORS_ONLN));
	davit_json_writer_unsigned (writer, "MemTotal", memory_total (info));
	davit_json_writer_string (writer, "DockerRootDir", info->engine->paths->root);
	davit_json_writer_string (writer, "Name", info->host.nodename);
	davit_json_writer_string (writer, "DefaultRuntime", plugin_configured (info, "runtime"));
	davit_json_writer_string (writer, "ServerVersion", DAVIT_VERSION);
}

gboolean
davit_info_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	const char *format = davit_arguments_text (arguments, "format");
	g_auto (Info) info = {
		.writer = davit_json_writer_new (TRUE),
		.engine = davit_cli_engine (cli, error),
	};
	g_autofree char *document = NULL;

	if (info.engine == NULL || !info_find (&info, error))
		return FALSE;
	davit_json_writer_begin_object (info.writer, NULL);
	host_write (&info);
	store_write (&info);
	plugins_write (&info);
	drivers_write (&info);
	version_write (&info);
	if (format != NULL)
		docker_write (&info);
	davit_json_writer_end_object (info.writer);
	document = davit_json_writer_finish (info.writer, NULL);
	return davit_document_print (document, format, FALSE, error);
}
