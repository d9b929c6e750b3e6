/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit inspect */

#include "base/error.h"
#include "cli/cli.h"
#include "cli/cmd.h"
#include "cli/document.h"
#include "cli/image-inspect.h"
#include "cli/template.h"
#include "container/container.h"

#include <string.h>

const char davit_inspect_manual[] =
	"Shows a JSON array with an object for each name; the fields are docker's and podman's. A "
	"name is looked for among the containers first, then among the images. The exit status is "
	"125 if one was not found; the others are shown nevertheless.\n"
	"$ davit inspect --format '{{.State.Pid}} {{.State.ExitCode}}' web\n"
	"$ davit inspect --type image --format '{{range .Config.Env}}{{println .}}{{end}}' "
	"debian\n";

const DavitFlag davit_inspect_flags[] = {
	{.name = "format",
	 .letter = 'f',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "FORMAT",
	 .help = "a Go template, or json",
	 .fallback = "json"},
	{.name = "size",
	 .letter = 's',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "also how much containers have written"},
	{.name = "type",
	 .letter = 't',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "TYPE",
	 .choices = "all|container|image",
	 .help = "what to look for",
	 .fallback = "all"},
	{.name = NULL},
};

typedef struct {
	gboolean containers;
	gboolean images;
	gboolean size;
	DavitJsonWriter *writer; /* of the object at hand */
} Inspection;

static gboolean
container_write (DavitCli *cli, const Inspection *inspection, const char *name, GError **error)
{
	g_autoptr (DavitContainer) container = davit_container_find (cli->engine, name, error);

	return container != NULL &&
	       davit_container_inspect (container, inspection->size, inspection->writer, error);
}

static gboolean
image_write (DavitCli *cli, const Inspection *inspection, const char *name, GError **error)
{
	g_autoptr (DavitImage) image = davit_image_store_resolve (cli->engine->images, name, error);

	if (image == NULL)
		return FALSE;
	davit_image_inspect_write (image, inspection->writer);
	return TRUE;
}

static gboolean
object_write (DavitCli *cli, const Inspection *inspection, const char *name, GError **error)
{
	g_autoptr (GError) local = NULL;

	if (inspection->containers && container_write (cli, inspection, name, &local))
		return TRUE;
	if (inspection->containers &&
	    (!inspection->images || !davit_error_matches (local, DAVIT_ERROR_NOT_FOUND))) {
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	g_clear_error (&local);
	if (image_write (cli, inspection, name, &local))
		return TRUE;
	/*
	 * A name of a container need not be one of an image: "no such thing" is all there is to
	 * say.
	 */
	if (inspection->containers && (davit_error_matches (local, DAVIT_ERROR_NOT_FOUND) ||
				       davit_error_matches (local, DAVIT_ERROR_USAGE)))
		return davit_error_set (error, DAVIT_ERROR_NOT_FOUND,
					"no container or image with name or id \"%s\"", name);
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

/* Into a writer of its own: one that fails half-way must not spoil the array. */
static gboolean
object_append (DavitCli *cli, Inspection *inspection, const char *name, DavitJsonWriter *array,
	       GError **error)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);
	g_autoptr (DavitJson) object = NULL;
	g_autofree char *text = NULL;

	inspection->writer = writer;
	if (!object_write (cli, inspection, name, error))
		return FALSE;
	text = davit_json_writer_finish (writer, NULL);
	object = davit_json_parse (text, -1, error);
	if (object == NULL)
		return FALSE;
	davit_json_writer_value (array, NULL, object);
	return TRUE;
}

static gboolean
format_check (const char *format, GError **error)
{
	g_autoptr (DavitTemplate) template = NULL;

	if (format == NULL || strcmp (format, "json") == 0)
		return TRUE;
	template = davit_template_parse (format, error);
	return template != NULL;
}

gboolean
davit_inspect_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	const char *type = davit_arguments_text (arguments, "type");
	const char *format = davit_arguments_text (arguments, "format");
	const char *const *names = davit_arguments_operands (arguments);
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (TRUE);
	Inspection inspection = {
		.containers = g_strcmp0 (type, "image") != 0,
		.images = g_strcmp0 (type, "container") != 0,
		.size = davit_arguments_switch (arguments, "size"),
	};
	g_autofree char *json = NULL;

	if (!format_check (format, error) || davit_cli_engine (cli, error) == NULL)
		return FALSE;
	davit_json_writer_begin_array (writer, NULL);
	for (; *names != NULL; names++) {
		g_autoptr (GError) local = NULL;

		if (!object_append (cli, &inspection, *names, writer, &local))
			davit_cli_fail (cli, &local);
	}
	davit_json_writer_end_array (writer);
	json = davit_json_writer_finish (writer, NULL);
	if (format == NULL || strcmp (format, "json") == 0)
		return davit_cli_print_json (json, error);
	return davit_document_print_elements (json, format, error);
}
