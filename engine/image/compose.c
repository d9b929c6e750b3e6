/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writing configuration and manifest, with the names of the OCI image specification. */

#include "image/compose.h"

#include "base/json.h"
#include "base/text.h"
#include "image/manifest.h"

#include <string.h>
#include <sys/utsname.h>

/* {"80/tcp": {}}, as the specification has sets. */
static void
set_write (DavitJsonWriter *writer, const char *key, const GPtrArray *words)
{
	if (words->len == 0)
		return;
	davit_json_writer_begin_object (writer, key);
	for (guint i = 0; i < words->len; i++) {
		davit_json_writer_begin_object (writer, g_ptr_array_index (words, i));
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_object (writer);
}

static void
labels_write (DavitJsonWriter *writer, const GPtrArray *labels)
{
	if (labels->len == 0)
		return;
	davit_json_writer_begin_object (writer, "Labels");
	for (guint i = 0; i < labels->len; i++) {
		g_auto (GStrv) pair = g_strsplit (g_ptr_array_index (labels, i), "=", 2);

		davit_json_writer_string (writer, pair[0], pair[1]);
	}
	davit_json_writer_end_object (writer);
}

static void
strings_write (DavitJsonWriter *writer, const char *key, char **strings)
{
	if (strings != NULL)
		davit_json_writer_strings (writer, key, (const char *const *) strings);
}

static void
process_write (DavitJsonWriter *writer, const DavitChanges *changes)
{
	davit_json_writer_begin_object (writer, "config");
	davit_json_writer_string_if (writer, "User", changes->user);
	set_write (writer, "ExposedPorts", changes->ports);
	if (changes->env->len > 0) {
		davit_json_writer_begin_array (writer, "Env");
		for (guint i = 0; i < changes->env->len; i++)
			davit_json_writer_string (writer, NULL,
						  g_ptr_array_index (changes->env, i));
		davit_json_writer_end_array (writer);
	}
	strings_write (writer, "Entrypoint", changes->entrypoint);
	strings_write (writer, "Cmd", changes->cmd);
	set_write (writer, "Volumes", changes->volumes);
	davit_json_writer_string_if (writer, "WorkingDir", changes->working_dir);
	labels_write (writer, changes->labels);
	davit_json_writer_string_if (writer, "StopSignal", changes->stop_signal);
	davit_json_writer_end_object (writer);
}

static void
history_write (DavitJsonWriter *writer, const DavitComposeConfig *request, const char *created)
{
	davit_json_writer_begin_array (writer, "history");
	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "created", created);
	davit_json_writer_string (writer, "created_by", request->created_by);
	davit_json_writer_string_if (writer, "comment", request->comment);
	davit_json_writer_end_object (writer);
	davit_json_writer_end_array (writer);
}

/*
 * Without zeros at its end, as other tools write a time: one that reads the configuration and
 * writes it again must come to the same bytes, or the image would change its id on the way.
 */
static char *
time_write (gint64 nsec)
{
	char *text = davit_text_time (nsec);
	gsize end = strlen (text) - 1;

	while (text[end - 1] == '0')
		end--;
	if (text[end - 1] == '.')
		end--;
	text[end] = 'Z';
	text[end + 1] = '\0';
	return text;
}

char *
davit_compose_config (const DavitComposeConfig *request, gsize *ret_length)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);
	g_autofree char *created = time_write (request->created);

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "created", created);
	davit_json_writer_string (writer, "architecture", request->architecture);
	davit_json_writer_string_if (writer, "variant", request->variant);
	davit_json_writer_string (writer, "os", request->os);
	process_write (writer, request->changes);
	davit_json_writer_begin_object (writer, "rootfs");
	davit_json_writer_string (writer, "type", "layers");
	davit_json_writer_begin_array (writer, "diff_ids");
	davit_json_writer_string (writer, NULL, request->diff_id);
	davit_json_writer_end_array (writer);
	davit_json_writer_end_object (writer);
	history_write (writer, request, created);
	davit_json_writer_end_object (writer);
	return davit_json_writer_finish (writer, ret_length);
}

static void
blob_write (DavitJsonWriter *writer, const char *key, const DavitComposeBlob *blob)
{
	davit_json_writer_begin_object (writer, key);
	davit_json_writer_string (writer, "mediaType", blob->media_type);
	davit_json_writer_string (writer, "digest", blob->digest);
	davit_json_writer_unsigned (writer, "size", blob->size);
	davit_json_writer_end_object (writer);
}

char *
davit_compose_manifest (const DavitComposeBlob *config, const GArray *layers, gsize *ret_length)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_integer (writer, "schemaVersion", 2);
	davit_json_writer_string (writer, "mediaType", DAVIT_MEDIA_MANIFEST);
	blob_write (writer, "config", config);
	davit_json_writer_begin_array (writer, "layers");
	for (guint i = 0; i < layers->len; i++)
		blob_write (writer, NULL, &g_array_index (layers, DavitComposeBlob, i));
	davit_json_writer_end_array (writer);
	davit_json_writer_end_object (writer);
	return davit_json_writer_finish (writer, ret_length);
}

void
davit_compose_host (const char **ret_architecture, const char **ret_variant)
{
	static const char *const table[][3] = {
		{"x86_64", "amd64", NULL},    {"aarch64", "arm64", "v8"},
		{"armv7l", "arm", "v7"},      {"armv6l", "arm", "v6"},
		{"i686", "386", NULL},	      {"i586", "386", NULL},
		{"ppc64le", "ppc64le", NULL}, {"riscv64", "riscv64", NULL},
		{"s390x", "s390x", NULL},     {"loongarch64", "loong64", NULL},
	};
	struct utsname host;

	*ret_architecture = "unknown";
	*ret_variant = NULL;
	if (uname (&host) < 0)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
		if (strcmp (host.machine, table[i][0]) != 0)
			continue;
		*ret_architecture = table[i][1];
		*ret_variant = table[i][2];
		return;
	}
}
