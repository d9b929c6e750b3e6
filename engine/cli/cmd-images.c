/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit images */

#include "base/error.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/cmd.h"
#include "cli/images.h"
#include "cli/ps.h"
#include "cli/rows.h"

#include <string.h>

#define SHORT_ID 12

const char davit_images_manual[] =
	"Shows one line a name; an image without a name has <none> there. An argument shows only "
	"the images of that name, with any tag if it has none.\n"
	"Filters: before and since (another image), dangling (true: without a name), label, "
	"reference (a pattern for names). With --format json the fields are podman's, in one array "
	"for all.\n"
	"$ davit images --filter reference='*/debian:*'\n"
	"$ davit images --format '{{.Repository}}:{{.Tag}} {{.ID}} {{.Size}}'\n";

const DavitFlag davit_images_flags[] = {
	{.name = "all",
	 .letter = 'a',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "also intermediate images; davit makes none, so this changes nothing"},
	{.name = "digests", .type = DAVIT_FLAG_SWITCH, .help = "also the digests of the manifests"},
	{.name = "filter",
	 .letter = 'f',
	 .type = DAVIT_FLAG_LIST,
	 .argument = "KEY=VALUE",
	 .help = "only those that fit (may be repeated)"},
	{.name = "format",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "FORMAT",
	 .help = "table, json, \"table TEMPLATE\" or a Go template"},
	{.name = "no-trunc", .type = DAVIT_FLAG_SWITCH, .help = "don't shorten ids"},
	{.name = "noheading", .letter = 'n', .type = DAVIT_FLAG_SWITCH, .help = "no headings"},
	{.name = "quiet", .letter = 'q', .type = DAVIT_FLAG_SWITCH, .help = "ids only"},
	{.name = "sort",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "KEY",
	 .choices = "created|id|repository|size",
	 .help = "order",
	 .fallback = "created"},
	{.name = NULL},
};

const DavitField davit_images_fields[] = {
	{"ID", "IMAGE ID", "its id"},
	{"Repository", "REPOSITORY", "name without tag, or <none>"},
	{"Tag", "TAG", "its tag, or <none>"},
	{"Digest", "DIGEST", "digest of the manifest"},
	{"Created", "CREATED", "how long ago it was made"},
	{"CreatedSince", "CREATED", "the same, under docker's name"},
	{"CreatedAt", "CREATED AT", "when it was made"},
	{"Size", "SIZE", "of its blobs"},
	{"VirtualSize", "SIZE", "the same, under docker's old name"},
	{"RepoTags", "NAMES", "all its names, separated by commas"},
	{"Names", "NAMES", "the same, under podman's name"},
	{"Dangling", "DANGLING", "whether it has no name"},
	{"Architecture", "ARCHITECTURE", "for which processor"},
	{"Os", "OS", "for which system"},
	{"Labels", "LABELS", "KEY=VALUE, separated by commas; {{.Label \"KEY\"}} gives one"},
	{NULL, NULL, NULL},
};

static const char *
id_digits (const DavitImage *image)
{
	const char *colon = strchr (image->id, ':');

	return colon == NULL ? image->id : colon + 1;
}

static void
row_add (DavitRows *rows, const DavitImage *image, const char *name, gboolean whole)
{
	gint64 now = davit_text_now ();
	g_autofree char *labels = g_strjoinv (",", image->labels);
	char *repository = NULL, *tag = NULL;

	davit_rows_add (rows, (const char *const *) image->labels);
	if (name != NULL)
		davit_image_inspect_split (name, &repository, &tag);
	davit_rows_take (rows, "Repository", name == NULL ? g_strdup ("<none>") : repository);
	davit_rows_take (rows, "Tag", name == NULL ? g_strdup ("<none>") : tag);
	davit_rows_take (rows, "ID",
			 whole ? g_strdup (image->id) : g_strndup (id_digits (image), SHORT_ID));
	davit_rows_set (rows, "Digest", image->manifest_digest);
	davit_rows_take (rows, "Created", davit_ps_ago (image->created, now));
	davit_rows_take (rows, "CreatedSince", davit_ps_ago (image->created, now));
	davit_rows_take (rows, "CreatedAt", davit_text_time (image->created));
	davit_rows_take (rows, "Size", davit_text_size (image->size));
	davit_rows_take (rows, "VirtualSize", davit_text_size (image->size));
	davit_rows_take (rows, "RepoTags", g_strjoinv (",", image->names));
	davit_rows_take (rows, "Names", g_strjoinv (",", image->names));
	davit_rows_set (rows, "Dangling", image->names[0] == NULL ? "true" : "false");
	davit_rows_set (rows, "Architecture", image->architecture);
	davit_rows_set (rows, "Os", image->os);
	davit_rows_set (rows, "Labels", labels);
}

static gboolean
ids_print (GPtrArray *images, gboolean whole, GError **error)
{
	g_autoptr (GString) text = g_string_new (NULL);

	for (guint i = 0; i < images->len; i++) {
		const DavitImageMatch *match = g_ptr_array_index (images, i);

		/* docker prints an id once a name, podman too. */
		if (whole)
			g_string_append_printf (text, "%s\n", match->image->id);
		else
			g_string_append_printf (text, "%.*s\n", SHORT_ID, id_digits (match->image));
	}
	return davit_cli_print (text->str, error);
}

gboolean
davit_images_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	gboolean whole = davit_arguments_switch (arguments, "no-trunc");
	DavitRowsLook look = {
		.format = davit_arguments_text (arguments, "format"),
		.fields = davit_images_fields,
		.columns = davit_arguments_switch (arguments, "digests")
				   ? "Repository Tag Digest ID Created Size"
				   : "Repository Tag ID Created Size",
		.no_heading = davit_arguments_switch (arguments, "noheading"),
	};
	g_autoptr (DavitRows) rows = davit_rows_new (&look, error);
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GPtrArray) matches = NULL;

	if (rows == NULL || !davit_images_select (cli, arguments, &images, &matches, error))
		return FALSE;
	if (davit_arguments_switch (arguments, "quiet") && look.format == NULL)
		return ids_print (matches, whole, error);
	if (davit_rows_is_json (rows))
		return davit_images_json (matches, error);
	for (guint i = 0; i < matches->len; i++) {
		const DavitImageMatch *match = g_ptr_array_index (matches, i);

		row_add (rows, match->image, match->name, whole);
	}
	return davit_rows_print (rows, error);
}
