/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Published ports of inspect, in docker's form: {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}. A
 * port of the container can be published several times, and its key stands there once.
 */

#include "container/inspect-private.h"

#include <string.h>

typedef struct {
	char *key;
	char *address;
	char *host;
} Binding;

static void
binding_free (gpointer data)
{
	Binding *binding = (Binding *) data;

	g_free (binding->key);
	g_free (binding->address);
	g_free (binding->host);
	g_free (binding);
}

static Binding *
binding_new (gint64 inside, const char *protocol, const char *address)
{
	Binding *binding = g_new0 (Binding, 1);

	binding->key = g_strdup_printf ("%" G_GINT64_FORMAT "/%s", inside,
					protocol != NULL ? protocol : "tcp");
	binding->address = g_strdup (address != NULL ? address : "");
	return binding;
}

/* As it was asked for; host port 0: the driver is to choose one. */
static void
asked_add (GPtrArray *bindings, const DavitJson *port)
{
	const char *address = davit_json_string (davit_json_member (port, "hostAddress"));
	const char *protocol = davit_json_string (davit_json_member (port, "protocol"));
	gint64 host = davit_json_integer (davit_json_member (port, "hostPort"));
	gint64 inside = davit_json_integer (davit_json_member (port, "containerPort"));
	gint64 count = davit_json_integer (davit_json_member (port, "count"));

	for (gint64 i = 0; i < CLAMP (count, 1, 65535); i++) {
		Binding *binding = binding_new (inside + i, protocol, address);

		binding->host =
			host != 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, host + i) : g_strdup ("");
		g_ptr_array_add (bindings, binding);
	}
}

/* As the driver reported it: "HOST-ADDRESS HOST-PORT PROTOCOL CONTAINER-PORT". */
static void
reported_add (GPtrArray *bindings, const char *line)
{
	g_auto (GStrv) words = g_strsplit (line, " ", 4);
	Binding *binding;

	if (g_strv_length (words) != 4)
		return;
	binding = binding_new (g_ascii_strtoll (words[3], NULL, 10), words[2], words[0]);
	binding->host = g_strdup (words[1]);
	g_ptr_array_add (bindings, binding);
}

static void
bindings_write (const GPtrArray *bindings, const char *key, DavitJsonWriter *writer)
{
	davit_json_writer_begin_array (writer, key);
	for (guint i = 0; i < bindings->len; i++) {
		const Binding *binding = (const Binding *) bindings->pdata[i];

		if (strcmp (binding->key, key) != 0)
			continue;
		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_string (writer, "HostIp", binding->address);
		davit_json_writer_string (writer, "HostPort", binding->host);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_array (writer);
}

static void
object_write (const DavitInspection *inspection, const char *key, const GPtrArray *bindings)
{
	g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

	davit_json_writer_begin_object (inspection->writer, key);
	for (guint i = 0; i < bindings->len; i++) {
		const Binding *binding = (const Binding *) bindings->pdata[i];

		if (g_hash_table_add (seen, binding->key))
			bindings_write (bindings, binding->key, inspection->writer);
	}
	davit_json_writer_end_object (inspection->writer);
}

void
davit_inspect_write_asked_ports (const DavitInspection *inspection, const char *key)
{
	g_autoptr (GPtrArray) bindings = g_ptr_array_new_with_free_func (binding_free);
	const DavitJson *ports = davit_inspect_member (inspection, NULL, "ports");

	for (guint i = 0; i < davit_json_length (ports); i++)
		asked_add (bindings, davit_json_element (ports, i));
	object_write (inspection, key, bindings);
}

void
davit_inspect_write_ports (const DavitInspection *inspection, const char *key)
{
	g_autoptr (GPtrArray) bindings = g_ptr_array_new_with_free_func (binding_free);

	/* What does not run publishes nothing; it is shown what it will ask for. */
	if (inspection->run == NULL) {
		davit_inspect_write_asked_ports (inspection, key);
		return;
	}
	for (char **line = inspection->run->ports; line != NULL && *line != NULL; line++)
		reported_add (bindings, *line);
	object_write (inspection, key, bindings);
}
