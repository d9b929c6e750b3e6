/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* config.json of a bundle, from a record and from what only the start knows. */

#include "container/spec-private.h"

#include "base/error.h"
#include "base/text.h"
#include "base/trace.h"

#include <string.h>

/* No field that a later version has is written. */
#define OCI_VERSION "1.2.0"

/* In the order in which they are looked at by people. */
#define ANNOTATION_MANAGER "io.container.manager"
#define ANNOTATION_CREATED "org.davit.created"
#define ANNOTATION_STOP_SIGNAL "org.opencontainers.image.stopSignal"

static gboolean
write_process (const DavitSpecBuild *build, GError **error)
{
	const DavitRecord *record = build->record;
	g_autoptr (GPtrArray) command = g_ptr_array_new ();
	const char *init = NULL;
	DavitSpecProcess process = {
		.engine = build->request->engine,
		.record = record,
		.rootfs_fd = build->request->rootfs_fd,
		.terminal = record->terminal,
	};

	if (!davit_json_get_string (build->json, "init", &init, error))
		return FALSE;
	if (init != NULL) {
		g_ptr_array_add (command, (gpointer) DAVIT_SPEC_INIT);
		g_ptr_array_add (command, (gpointer) "--");
	}
	for (char **word = record->args; *word != NULL; word++)
		g_ptr_array_add (command, *word);
	g_ptr_array_add (command, NULL);
	process.command = (const char *const *) command->pdata;
	return davit_spec_write_process (&process, "process", build->writer, error);
}

static void
write_root (const DavitSpecBuild *build)
{
	const char *path = build->request->rootfs_path;

	davit_json_writer_begin_object (build->writer, "root");
	/* The member is required, also where a mount descriptor takes its place. */
	davit_json_writer_string (build->writer, "path", path != NULL ? path : "rootfs");
	davit_json_writer_boolean (build->writer, "readonly", build->record->read_only);
	davit_json_writer_end_object (build->writer);
}

static gboolean
write_hostname (const DavitSpecBuild *build, GError **error)
{
	const char *hostname = NULL;

	if (!davit_json_get_string (build->json, "hostname", &hostname, error))
		return FALSE;
	/* In a namespace that is shared it would rename the others. */
	if (build->record->uts_namespace.mode == DAVIT_NAMESPACE_PRIVATE)
		davit_json_writer_string_if (build->writer, "hostname", hostname);
	return TRUE;
}

static gboolean
write_annotations (const DavitSpecBuild *build, GError **error)
{
	const DavitRecord *record = build->record;
	const DavitJson *given = NULL;
	g_autofree char *created = davit_text_time (record->created);
	char signal[16];

	if (!davit_json_get_object (build->json, "annotations", &given, error))
		return FALSE;
	g_snprintf (signal, sizeof signal, "%d", record->stop_signal);
	davit_json_writer_begin_object (build->writer, "annotations");
	if (davit_json_member (given, ANNOTATION_MANAGER) == NULL)
		davit_json_writer_string (build->writer, ANNOTATION_MANAGER, "davit");
	if (davit_json_member (given, ANNOTATION_CREATED) == NULL)
		davit_json_writer_string (build->writer, ANNOTATION_CREATED, created);
	if (davit_json_member (given, ANNOTATION_STOP_SIGNAL) == NULL)
		davit_json_writer_string (build->writer, ANNOTATION_STOP_SIGNAL, signal);
	for (guint i = 0; i < davit_json_length (given); i++)
		davit_json_writer_value (build->writer, davit_json_element_key (given, i),
					 davit_json_element (given, i));
	davit_json_writer_end_object (build->writer);
	return TRUE;
}

char *
davit_spec_build (const DavitSpecRequest *request, gsize *ret_length, GError **error)
{
	davit_trace_scope ("container", "spec");
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);
	DavitSpecBuild build = {request, request->record, request->record->json, writer};

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "ociVersion", OCI_VERSION);
	if (!write_process (&build, error))
		return NULL;
	write_root (&build);
	if (!write_hostname (&build, error) || !davit_spec_write_mounts (&build, error) ||
	    !write_annotations (&build, error) || !davit_spec_write_linux (&build, error))
		return NULL;
	davit_json_writer_end_object (writer);
	return davit_json_writer_finish (writer, ret_length);
}
