/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How ps words a container's state, and podman's JSON document of a list of containers. */

#include "base/error.h"
#include "base/text.h"
#include "cli/ps.h"
#include "container/record.h"

#include <string.h>
#include <unistd.h>

#define SECOND G_GINT64_CONSTANT (1000000000)

char *
davit_ps_ago (gint64 time, gint64 now)
{
	g_autofree char *age = NULL;

	if (time == 0)
		return g_strdup ("");
	age = davit_text_age (MAX (now - time, 0) / SECOND);
	return g_strconcat (age, " ago", NULL);
}

char *
davit_ps_status_text (const DavitContainer *container, gint64 now)
{
	g_autofree char *age = NULL;

	switch (container->status) {
	case DAVIT_STATUS_CREATED:
		return g_strdup ("Created");
	case DAVIT_STATUS_INITIALIZED:
		return g_strdup ("Initialized");
	case DAVIT_STATUS_RUNNING:
	case DAVIT_STATUS_PAUSED:
		age = davit_text_age (MAX (now - container->started, 0) / SECOND);
		return g_strconcat ("Up ", age,
				    container->status == DAVIT_STATUS_PAUSED ? " (Paused)" : "",
				    container->network_lost ? " (network lost)" : "", NULL);
	case DAVIT_STATUS_DAMAGED:
		return g_strdup ("Damaged");
	case DAVIT_STATUS_STOPPED:
	case DAVIT_STATUS_EXITED:
	default:
		age = davit_ps_ago (container->finished, now);
		return g_strdup_printf ("Exited (%d)%s%s", container->exit_status,
					age[0] != '\0' ? " " : "", age);
	}
}

gboolean
davit_ps_size (DavitContainer *container, guint64 *ret_bytes, GError **error)
{
	const DavitJson *record = davit_container_record (container, error);
	const char *name = NULL;
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) local = NULL;
	DavitStorage *storage;
	gint64 bytes = 0;

	if (record == NULL || !davit_json_get_string (record, "storage", &name, error))
		return FALSE;
	if (name == NULL)
		return FALSE;
	/* Nothing else needs an ordinary user's namespace: its files may be those of another id. */
	if (geteuid () != 0 && !davit_engine_enter (container->engine, FALSE, error))
		return FALSE;
	storage = davit_drivers_storage (container->engine->drivers, name, error);
	if (storage == NULL)
		return FALSE;
	if (!davit_storage_usage (storage, container->id, NULL, result, &local)) {
		if (!davit_error_matches (local, DAVIT_ERROR_UNSUPPORTED))
			g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	if (!davit_result_integer (result, "bytes", &bytes))
		return FALSE;
	*ret_bytes = (guint64) MAX (bytes, 0);
	return TRUE;
}

char **
davit_ps_mounts (DavitContainer *container)
{
	const DavitJson *mounts =
		davit_json_member (davit_container_record (container, NULL), "mounts");
	GPtrArray *targets = g_ptr_array_new ();

	for (guint i = 0; i < davit_json_length (mounts); i++) {
		const char *target = davit_json_string (
			davit_json_member (davit_json_element (mounts, i), "destination"));

		if (target != NULL)
			g_ptr_array_add (targets, g_strdup (target));
	}
	g_ptr_array_add (targets, NULL);
	return (char **) g_ptr_array_free (targets, FALSE);
}

/* "none", "host", "container:ID", or names. Free with g_strfreev. */
static char **
networks_of (DavitContainer *container)
{
	const DavitJson *document = davit_container_record (container, NULL);
	g_autoptr (DavitRecord) record = NULL;
	g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
	g_autofree char *text = document != NULL ? davit_json_to_text (document) : NULL;
	g_autofree char *word = NULL;
	const DavitNamespace *namespace;

	if (text != NULL)
		record = davit_record_parse (text, strlen (text), NULL);
	if (record == NULL)
		return g_strv_builder_end (names);
	for (guint i = 0; i < record->networks->len; i++)
		g_strv_builder_add (names, davit_record_network_title (record, i));
	namespace = &record->network_namespace;
	if (record->networks->len == 0) {
		word = g_strconcat (davit_record_namespace_word (namespace->mode),
				    namespace->target != NULL ? ":" : NULL, namespace->target,
				    NULL);
		g_strv_builder_add (names, word);
	}
	return g_strv_builder_end (names);
}

char *
davit_ps_network (DavitContainer *container)
{
	g_auto (GStrv) names = networks_of (container);

	return g_strjoinv (",", names);
}

/* "0.0.0.0 8080 tcp 80" */
static void
port_append (GString *text, const char *line)
{
	g_auto (GStrv) words = g_strsplit (line, " ", 4);
	gboolean v6 = strchr (line, ':') != NULL;

	if (g_strv_length (words) != 4)
		return;
	g_string_append_printf (text, "%s%s%s%s:%s->%s/%s", text->len > 0 ? ", " : "",
				v6 ? "[" : "", words[0], v6 ? "]" : "", words[1], words[3],
				words[2]);
}

char *
davit_ps_ports (const DavitContainer *container)
{
	GString *text;

	if (container->ports == NULL)
		return NULL;
	text = g_string_new (NULL);
	for (char **line = container->ports; *line != NULL; line++)
		port_append (text, *line);
	return g_string_free (text, FALSE);
}

static void
labels_write (DavitJsonWriter *writer, char **labels)
{
	davit_json_writer_begin_object (writer, "Labels");
	for (guint i = 0; labels != NULL && labels[i] != NULL; i++) {
		g_auto (GStrv) pair = g_strsplit (labels[i], "=", 2);

		davit_json_writer_string (writer, pair[0], pair[1] == NULL ? "" : pair[1]);
	}
	davit_json_writer_end_object (writer);
}

/* The array of words, where the record can be read. */
static void
command_write (DavitJsonWriter *writer, DavitContainer *container)
{
	const DavitJson *record = davit_container_record (container, NULL);
	const DavitJson *words = davit_json_member (record, "args");
	const char *const single[] = {container->command, NULL};

	if (words != NULL)
		davit_json_writer_value (writer, "Command", words);
	else
		davit_json_writer_strings (writer, "Command", single);
}

static void
size_write (DavitCli *cli, DavitJsonWriter *writer, DavitContainer *container)
{
	g_autoptr (GError) error = NULL;
	guint64 bytes;

	if (davit_ps_size (container, &bytes, &error)) {
		davit_json_writer_begin_object (writer, "Size");
		davit_json_writer_unsigned (writer, "rwSize", bytes);
		davit_json_writer_end_object (writer);
	} else if (error != NULL) {
		davit_cli_fail (cli, &error);
	}
}

static void
container_write (DavitCli *cli, DavitJsonWriter *writer, DavitContainer *container, gboolean size)
{
	const char *const names[] = {container->name, NULL};
	g_auto (GStrv) mounts = davit_ps_mounts (container);
	g_auto (GStrv) networks = networks_of (container);
	g_autofree char *created = davit_text_time (container->created);
	g_autofree char *status = davit_ps_status_text (container, davit_text_now ());
	gboolean exited = container->status == DAVIT_STATUS_EXITED ||
			  container->status == DAVIT_STATUS_STOPPED;

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "Id", container->id);
	davit_json_writer_strings (writer, "Names", names);
	davit_json_writer_string (writer, "Image", container->image);
	davit_json_writer_string (writer, "ImageID", container->image_id);
	command_write (writer, container);
	davit_json_writer_integer (writer, "Created", container->created / SECOND);
	davit_json_writer_string (writer, "CreatedAt", created);
	davit_json_writer_string (writer, "State", davit_status_name (container->status));
	davit_json_writer_string (writer, "Status", status);
	davit_json_writer_integer (writer, "StartedAt", container->started / SECOND);
	davit_json_writer_boolean (writer, "Exited", exited);
	davit_json_writer_integer (writer, "ExitedAt", container->finished / SECOND);
	davit_json_writer_integer (writer, "ExitCode", container->exit_status);
	davit_json_writer_boolean (writer, "OOMKilled", container->oom_killed);
	davit_json_writer_integer (writer, "Pid", container->pid);
	davit_json_writer_boolean (writer, "AutoRemove", container->auto_remove);
	davit_json_writer_strings (writer, "Mounts", (const char *const *) mounts);
	davit_json_writer_strings (writer, "Networks", (const char *const *) networks);
	labels_write (writer, container->labels);
	davit_json_writer_string_if (writer, "Damage", container->damage);
	if (size)
		size_write (cli, writer, container);
	davit_json_writer_end_object (writer);
}

gboolean
davit_ps_json (DavitCli *cli, GPtrArray *containers, gboolean size, GError **error)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (TRUE);
	g_autofree char *text = NULL;

	davit_json_writer_begin_array (writer, NULL);
	for (guint i = 0; i < containers->len; i++)
		container_write (cli, writer, g_ptr_array_index (containers, i), size);
	davit_json_writer_end_array (writer);
	text = davit_json_writer_finish (writer, NULL);
	return davit_cli_print_json (text, error);
}
