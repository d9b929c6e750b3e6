/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The document of inspect: docker's and podman's names of members, so that templates written for
 * them find what they look for. Where the two differ in form, podman's is written.
 */

#include "container/inspect-private.h"

#include "base/error.h"
#include "base/text.h"
#include "driver/result.h"

#include <string.h>

#define NEVER "0001-01-01T00:00:00Z"

const DavitJson *
davit_inspect_member (const DavitInspection *inspection, const char *object, const char *key)
{
	const DavitJson *json = inspection->json;

	if (object != NULL)
		json = davit_json_member (json, object);
	return davit_json_member (json, key);
}

void
davit_inspect_write_array (const DavitInspection *inspection, const char *key,
			   const DavitJson *value)
{
	if (davit_json_type (value) == DAVIT_JSON_ARRAY) {
		davit_json_writer_value (inspection->writer, key, value);
		return;
	}
	davit_json_writer_begin_array (inspection->writer, key);
	davit_json_writer_end_array (inspection->writer);
}

void
davit_inspect_write_object (const DavitInspection *inspection, const char *key,
			    const DavitJson *value)
{
	if (davit_json_type (value) == DAVIT_JSON_OBJECT) {
		davit_json_writer_value (inspection->writer, key, value);
		return;
	}
	davit_json_writer_begin_object (inspection->writer, key);
	davit_json_writer_end_object (inspection->writer);
}

void
davit_inspect_write_mode (const DavitInspection *inspection, const char *key,
			  const DavitNamespace *namespace)
{
	g_autofree char *text = NULL;

	if (namespace->mode == DAVIT_NAMESPACE_CONTAINER)
		text = g_strconcat ("container:", namespace->target, NULL);
	else if (namespace->mode == DAVIT_NAMESPACE_PATH)
		text = g_strconcat ("ns:", namespace->target, NULL);
	else
		text = g_strdup (davit_record_namespace_word (namespace->mode));
	davit_json_writer_string (inspection->writer, key, text);
}

void
davit_inspect_write_time (DavitJsonWriter *writer, const char *key, gint64 nsec)
{
	g_autofree char *text = nsec != 0 ? davit_text_time (nsec) : g_strdup (NEVER);

	davit_json_writer_string (writer, key, text);
}

/* Where the files of the container are on the host, while it runs. */
static void
write_file_path (const DavitInspection *inspection, const char *key, const char *name)
{
	g_autofree char *run_dir =
		davit_container_run_path (inspection->container->engine, inspection->container->id);
	g_autofree char *path = g_build_filename (run_dir, name, NULL);

	davit_json_writer_string (inspection->writer, key,
				  inspection->container->run_dirfd >= 0 ? path : "");
}

void
davit_inspect_write_log_path (const DavitInspection *inspection, const char *key)
{
	const DavitContainer *container = inspection->container;
	g_autofree char *path = g_build_filename (container->engine->paths->root, "containers",
						  container->id, DAVIT_CONTAINER_LOG, NULL);

	davit_json_writer_string (inspection->writer, key,
				  strcmp (inspection->record->log_driver, "none") != 0 ? path : "");
}

static void
write_identity (const DavitInspection *inspection)
{
	const DavitRecord *record = inspection->record;
	DavitJsonWriter *writer = inspection->writer;
	const char *apparmor =
		davit_json_string (davit_inspect_member (inspection, NULL, "apparmor"));

	davit_json_writer_string (writer, "Id", record->id);
	davit_inspect_write_time (writer, "Created", record->created);
	davit_json_writer_string (writer, "Path", record->args[0]);
	davit_json_writer_strings (writer, "Args", (const char *const *) record->args + 1);
	davit_inspect_write_state (inspection);
	davit_json_writer_string (writer, "Image",
				  record->image_id != NULL ? record->image_id : "");
	davit_json_writer_string (writer, "ImageName", record->image != NULL ? record->image : "");
	davit_json_writer_string (writer, "Rootfs", record->rootfs != NULL ? record->rootfs : "");
	write_file_path (inspection, "ResolvConfPath", "files/resolv.conf");
	write_file_path (inspection, "HostnamePath", "files/hostname");
	write_file_path (inspection, "HostsPath", "files/hosts");
	write_file_path (inspection, "OCIConfigPath", "bundle/config.json");
	davit_inspect_write_log_path (inspection, "LogPath");
	davit_json_writer_string (writer, "PidFile",
				  record->pidfile != NULL ? record->pidfile : "");
	davit_json_writer_string (writer, "Name", record->name);
	davit_json_writer_integer (writer, "RestartCount", 0);
	davit_json_writer_string (writer, "Driver", record->storage != NULL ? record->storage : "");
	davit_json_writer_string (writer, "OCIRuntime", record->runtime);
	davit_json_writer_string (writer, "Platform", "linux");
	davit_json_writer_string (writer, "MountLabel", "");
	davit_json_writer_string (writer, "ProcessLabel", "");
	davit_json_writer_string (writer, "AppArmorProfile", apparmor != NULL ? apparmor : "");
	davit_json_writer_boolean (writer, "IsInfra", FALSE);
	davit_json_writer_string (writer, "Pod", "");
	davit_inspect_write_array (inspection, "Dependencies", NULL);
}

static void
write_capabilities (const DavitInspection *inspection)
{
	const DavitJson *capabilities = davit_inspect_member (inspection, NULL, "capabilities");

	davit_inspect_write_array (inspection, "BoundingCaps", capabilities);
	davit_inspect_write_array (inspection, "EffectiveCaps", capabilities);
}

static void
write_layers (const DavitInspection *inspection)
{
	const DavitRecord *record = inspection->record;
	DavitJsonWriter *writer = inspection->writer;

	davit_json_writer_begin_object (writer, "GraphDriver");
	davit_json_writer_string (writer, "Name", record->storage != NULL ? record->storage : "");
	davit_json_writer_begin_object (writer, "Data");
	davit_json_writer_strings (writer, "Layers", (const char *const *) record->layers);
	davit_json_writer_end_object (writer);
	davit_json_writer_end_object (writer);
}

/* SizeRw: what the container has written. */
static gboolean
write_size (const DavitInspection *inspection, GError **error)
{
	const DavitRecord *record = inspection->record;
	DavitDrivers *drivers = inspection->container->engine->drivers;
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) local = NULL;
	DavitStorage *storage;
	gint64 bytes = 0;

	if (record->storage == NULL)
		return TRUE;
	storage = davit_drivers_storage (drivers, record->storage, error);
	if (storage == NULL)
		return FALSE;
	if (!davit_storage_usage (storage, record->id, NULL, result, &local)) {
		/* A driver that can't say it is no reason to show nothing else. */
		if (davit_error_matches (local, DAVIT_ERROR_UNSUPPORTED))
			return TRUE;
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	davit_result_integer (result, "bytes", &bytes);
	davit_json_writer_integer (inspection->writer, "SizeRw", bytes);
	return TRUE;
}

static gboolean
write_all (const DavitInspection *inspection, gboolean size, GError **error)
{
	davit_json_writer_begin_object (inspection->writer, NULL);
	write_identity (inspection);
	write_capabilities (inspection);
	davit_inspect_write_array (inspection, "ExecIDs", NULL);
	write_layers (inspection);
	davit_inspect_write_mounts (inspection);
	davit_inspect_write_config (inspection);
	davit_inspect_write_host_config (inspection);
	davit_inspect_write_network (inspection);
	if (size && !write_size (inspection, error))
		return FALSE;
	davit_json_writer_end_object (inspection->writer);
	return TRUE;
}

gboolean
davit_container_inspect (DavitContainer *container, gboolean size, DavitJsonWriter *writer,
			 GError **error)
{
	g_autoptr (DavitRecord) record = davit_container_read_record (container, error);
	DavitRun run = {0};
	gboolean running, done;
	DavitInspection inspection = {container, record, NULL, NULL, writer};

	if (record == NULL)
		return FALSE;
	/* It may end just now: then it has no addresses any more. */
	running = container->pid != 0 && davit_container_read_run (container, &run, NULL);
	inspection.json = record->json;
	inspection.run = running ? &run : NULL;
	done = write_all (&inspection, size, error);
	davit_run_clear (&run);
	return done;
}
