/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* "Config" of inspect: what the container runs; "Mounts". */

#include "container/inspect-private.h"

#include "base/text.h"

#include <string.h>

static gboolean
has_stream (const DavitInspection *inspection, const char *name)
{
	const DavitJson *attach = davit_inspect_member (inspection, NULL, "attach");

	for (guint i = 0; i < davit_json_length (attach); i++) {
		if (g_strcmp0 (davit_json_string (davit_json_element (attach, i)), name) == 0)
			return TRUE;
	}
	return FALSE;
}

/* docker writes sets as objects with empty members. */
static void
write_set (const DavitInspection *inspection, const char *key, const DavitJson *strings)
{
	DavitJsonWriter *writer = inspection->writer;

	davit_json_writer_begin_object (writer, key);
	for (guint i = 0; i < davit_json_length (strings); i++) {
		const char *text = davit_json_string (davit_json_element (strings, i));

		if (text == NULL)
			continue;
		davit_json_writer_begin_object (writer, text);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_object (writer);
}

static void
write_process (const DavitInspection *inspection)
{
	const DavitRecord *record = inspection->record;
	DavitJsonWriter *writer = inspection->writer;
	const char *hostname =
		davit_json_string (davit_inspect_member (inspection, NULL, "hostname"));

	davit_json_writer_string (writer, "Hostname", hostname != NULL ? hostname : "");
	davit_json_writer_string (writer, "User", record->user != NULL ? record->user : "");
	davit_json_writer_boolean (writer, "AttachStdin", has_stream (inspection, "stdin"));
	davit_json_writer_boolean (writer, "AttachStdout", has_stream (inspection, "stdout"));
	davit_json_writer_boolean (writer, "AttachStderr", has_stream (inspection, "stderr"));
	davit_json_writer_boolean (writer, "Tty", record->terminal);
	davit_json_writer_boolean (writer, "OpenStdin", record->stdin_open);
	davit_json_writer_boolean (writer, "StdinOnce", FALSE);
	davit_json_writer_strings (writer, "Env", (const char *const *) record->env);
	davit_inspect_write_array (inspection, "Cmd",
				   davit_inspect_member (inspection, NULL, "command"));
	davit_inspect_write_array (inspection, "Entrypoint",
				   davit_inspect_member (inspection, NULL, "entrypoint"));
	davit_json_writer_string (writer, "WorkingDir",
				  record->workdir != NULL ? record->workdir : "");
}

void
davit_inspect_write_config (const DavitInspection *inspection)
{
	const DavitRecord *record = inspection->record;
	DavitJsonWriter *writer = inspection->writer;
	const DavitJson *umask = davit_inspect_member (inspection, NULL, "umask");
	char mask[8];

	davit_json_writer_begin_object (writer, "Config");
	write_process (inspection);
	davit_json_writer_string (writer, "Domainname", "");
	davit_json_writer_string (writer, "Image", record->image != NULL ? record->image : "");
	write_set (inspection, "Volumes", davit_inspect_member (inspection, NULL, "volumes"));
	write_set (inspection, "ExposedPorts",
		   davit_inspect_member (inspection, NULL, "exposedPorts"));
	davit_inspect_write_object (inspection, "Labels",
				    davit_inspect_member (inspection, NULL, "labels"));
	davit_inspect_write_object (inspection, "Annotations",
				    davit_inspect_member (inspection, NULL, "annotations"));
	davit_json_writer_string (writer, "StopSignal",
				  davit_text_signal_name (record->stop_signal));
	davit_json_writer_integer (writer, "StopTimeout", record->stop_timeout_msec / 1000);
	davit_json_writer_integer (writer, "Timeout", record->timeout_msec / 1000);
	davit_inspect_write_array (inspection, "CreateCommand",
				   davit_inspect_member (inspection, NULL, "origin"));
	g_snprintf (mask, sizeof mask, "%04o",
		    umask != NULL ? (guint) davit_json_integer (umask) & 0777 : 0022);
	davit_json_writer_string (writer, "Umask", mask);
	davit_json_writer_string_if (writer, "Timezone",
				     davit_json_string (
					     davit_inspect_member (inspection, NULL, "timezone")));
	davit_json_writer_boolean (writer, "Passwd",
				   davit_json_boolean (
					   davit_inspect_member (inspection, NULL, "passwd")));
	davit_json_writer_end_object (writer);
}

static const char *
propagation_of (const DavitJson *options)
{
	static const char *const words[] = {"shared",	  "rshared",	 "slave",
					    "rslave",	  "private",	 "rprivate",
					    "unbindable", "runbindable", NULL};

	for (guint i = 0; i < davit_json_length (options); i++) {
		const char *option = davit_json_string (davit_json_element (options, i));

		if (option != NULL && g_strv_contains (words, option))
			return option;
	}
	return "";
}

static gboolean
is_read_only (const DavitJson *options)
{
	for (guint i = 0; i < davit_json_length (options); i++) {
		if (g_strcmp0 (davit_json_string (davit_json_element (options, i)), "ro") == 0)
			return TRUE;
	}
	return FALSE;
}

static void
write_mount (const DavitInspection *inspection, const DavitJson *mount)
{
	DavitJsonWriter *writer = inspection->writer;
	const DavitJson *options = davit_json_member (mount, "options");
	const char *source = davit_json_string (davit_json_member (mount, "source"));

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "Type",
				  davit_json_string (davit_json_member (mount, "type")));
	davit_json_writer_string (writer, "Source", source != NULL ? source : "");
	davit_json_writer_string (writer, "Destination",
				  davit_json_string (davit_json_member (mount, "destination")));
	davit_json_writer_string (writer, "Driver", "");
	davit_json_writer_string (writer, "Mode", "");
	davit_inspect_write_array (inspection, "Options", options);
	davit_json_writer_boolean (writer, "RW", !is_read_only (options));
	davit_json_writer_string (writer, "Propagation", propagation_of (options));
	davit_json_writer_end_object (writer);
}

void
davit_inspect_write_mounts (const DavitInspection *inspection)
{
	const DavitJson *mounts = davit_inspect_member (inspection, NULL, "mounts");

	davit_json_writer_begin_array (inspection->writer, "Mounts");
	for (guint i = 0; i < davit_json_length (mounts); i++)
		write_mount (inspection, davit_json_element (mounts, i));
	davit_json_writer_end_array (inspection->writer);
}
