/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Choosing images, and podman's JSON document of a list of them. */

#include "cli/images.h"

#include "base/error.h"
#include "base/text.h"
#include "cli/filter.h"

#include <string.h>

#define SECOND G_GINT64_CONSTANT (1000000000)

typedef struct {
	gint64 before;
	gint64 since;
} Bounds;

static gboolean
before_fits (gconstpointer object, const char *value, gpointer data)
{
	return ((const DavitImageMatch *) object)->image->created < ((const Bounds *) data)->before;
}

static gboolean
since_fits (gconstpointer object, const char *value, gpointer data)
{
	return ((const DavitImageMatch *) object)->image->created > ((const Bounds *) data)->since;
}

static gboolean
dangling_fits (gconstpointer object, const char *value, gpointer data)
{
	const DavitImageMatch *match = object;

	return (match->name == NULL) == (strcmp (value, "true") == 0);
}

static gboolean
label_fits (gconstpointer object, const char *value, gpointer data)
{
	const DavitImageMatch *match = object;

	return davit_filter_label_fits ((const char *const *) match->image->labels, value);
}

/* Whether a name, or what stands behind its registry, fits a pattern with or without a tag. */
static gboolean
pattern_fits (const char *pattern, const char *name)
{
	g_autofree char *repository = NULL;
	g_autofree char *tag = NULL;
	const char *tail = strchr (name, '/');

	davit_image_inspect_split (name, &repository, &tag);
	if (g_pattern_match_simple (pattern, name) || g_pattern_match_simple (pattern, repository))
		return TRUE;
	return tail != NULL && (g_pattern_match_simple (pattern, tail + 1) ||
				g_pattern_match_simple (pattern, strchr (repository, '/') + 1));
}

static gboolean
reference_fits (gconstpointer object, const char *value, gpointer data)
{
	const DavitImageMatch *match = object;

	return match->name != NULL && pattern_fits (value, match->name);
}

static const DavitFilterTest tests[] = {
	{"before", FALSE, before_fits}, {"dangling", FALSE, dangling_fits},
	{"label", TRUE, label_fits},	{"reference", FALSE, reference_fits},
	{"since", FALSE, since_fits},	{NULL, FALSE, NULL},
};

static gboolean
value_check (DavitCli *cli, const char *text, Bounds *bounds, GError **error)
{
	const char *value = strchr (text, '=') + 1;
	g_autoptr (DavitImage) image = NULL;

	if (g_str_has_prefix (text, "dangling="))
		return strcmp (value, "true") == 0 || strcmp (value, "false") == 0 ||
		       davit_error_set (error, DAVIT_ERROR_USAGE,
					"filter \"%s\": must be true or false", text);
	if (!g_str_has_prefix (text, "before=") && !g_str_has_prefix (text, "since="))
		return TRUE;
	image = davit_image_store_resolve (cli->engine->images, value, error);
	if (image == NULL)
		return davit_error_prefix (error, "filter \"%s\"", text);
	if (text[0] == 'b')
		bounds->before = image->created;
	else
		bounds->since = image->created;
	return TRUE;
}

static int
id_compare (gconstpointer a, gconstpointer b)
{
	return strcmp ((*(const DavitImageMatch *const *) a)->image->id,
		       (*(const DavitImageMatch *const *) b)->image->id);
}

static int
name_compare (gconstpointer a, gconstpointer b)
{
	return g_strcmp0 ((*(const DavitImageMatch *const *) a)->name,
			  (*(const DavitImageMatch *const *) b)->name);
}

static int
size_compare (gconstpointer a, gconstpointer b)
{
	guint64 left = (*(const DavitImageMatch *const *) a)->image->size;
	guint64 right = (*(const DavitImageMatch *const *) b)->image->size;

	return (left < right) - (left > right);
}

static void
order_apply (GPtrArray *matches, const char *key)
{
	if (g_strcmp0 (key, "id") == 0)
		g_ptr_array_sort (matches, id_compare);
	else if (g_strcmp0 (key, "repository") == 0)
		g_ptr_array_sort (matches, name_compare);
	else if (g_strcmp0 (key, "size") == 0)
		g_ptr_array_sort (matches, size_compare);
}

static void
match_consider (GPtrArray *matches, const DavitFilter *filter, const DavitImage *image,
		const char *name, const char *pattern)
{
	DavitImageMatch match = {image, name};

	if (pattern != NULL && (name == NULL || !pattern_fits (pattern, name)))
		return;
	if (davit_filter_fits (filter, &match))
		g_ptr_array_add (matches, g_memdup2 (&match, sizeof match));
}

static gboolean
values_check (DavitCli *cli, const DavitFilter *filter, GError **error)
{
	for (const char *const *text = filter->texts; *text != NULL; text++) {
		if (!value_check (cli, *text, filter->data, error))
			return FALSE;
	}
	return TRUE;
}

static void
damaged_report (DavitCli *cli, const GPtrArray *damaged)
{
	for (guint i = 0; damaged != NULL && i < damaged->len; i++) {
		g_autoptr (GError) error = NULL;

		davit_error_set (&error, DAVIT_ERROR_CORRUPT, "%s",
				 (const char *) g_ptr_array_index (damaged, i));
		davit_cli_fail (cli, &error);
	}
}

gboolean
davit_images_select (DavitCli *cli, DavitArguments *arguments, GPtrArray **ret_images,
		     GPtrArray **ret_matches, GError **error)
{
	const char *pattern = davit_arguments_operands (arguments)[0];
	Bounds bounds = {0, 0};
	DavitFilter filter = {tests, davit_arguments_list (arguments, "filter"), &bounds};
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GPtrArray) damaged = NULL;
	g_autoptr (GPtrArray) matches = g_ptr_array_new_with_free_func (g_free);

	if (!davit_filter_check (&filter, error) || davit_cli_engine (cli, error) == NULL ||
	    !values_check (cli, &filter, error) ||
	    !davit_image_store_list (cli->engine->images, &images, &damaged, error))
		return FALSE;
	for (guint i = 0; i < images->len; i++) {
		const DavitImage *image = g_ptr_array_index (images, i);

		for (char **name = image->names; *name != NULL; name++)
			match_consider (matches, &filter, image, *name, pattern);
		if (image->names[0] == NULL)
			match_consider (matches, &filter, image, NULL, pattern);
	}
	order_apply (matches, davit_arguments_text (arguments, "sort"));
	damaged_report (cli, damaged);
	*ret_images = g_steal_pointer (&images);
	*ret_matches = g_steal_pointer (&matches);
	return TRUE;
}

static void
labels_write (DavitJsonWriter *writer, char **labels)
{
	davit_json_writer_begin_object (writer, "Labels");
	for (; *labels != NULL; labels++) {
		g_auto (GStrv) pair = g_strsplit (*labels, "=", 2);

		davit_json_writer_string (writer, pair[0], pair[1] == NULL ? "" : pair[1]);
	}
	davit_json_writer_end_object (writer);
}

static void
image_write (DavitJsonWriter *writer, const DavitImage *image)
{
	g_autofree char *created = davit_text_time (image->created);
	g_auto (GStrv) digests = davit_image_inspect_digests (image);

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "Id", image->id);
	davit_json_writer_string (writer, "ParentId", "");
	davit_json_writer_strings (writer, "Names", (const char *const *) image->names);
	davit_json_writer_strings (writer, "RepoTags", (const char *const *) image->names);
	davit_json_writer_strings (writer, "RepoDigests", (const char *const *) digests);
	davit_json_writer_string (writer, "Digest", image->manifest_digest);
	davit_json_writer_integer (writer, "Created", image->created / SECOND);
	davit_json_writer_string (writer, "CreatedAt", created);
	davit_json_writer_unsigned (writer, "Size", image->size);
	davit_json_writer_unsigned (writer, "VirtualSize", image->size);
	davit_json_writer_boolean (writer, "Dangling", image->names[0] == NULL);
	davit_json_writer_string (writer, "Arch", image->architecture);
	davit_json_writer_string (writer, "Os", image->os);
	labels_write (writer, image->labels);
	davit_json_writer_end_object (writer);
}

static gboolean
match_is_first (const GPtrArray *matches, guint index)
{
	const DavitImageMatch *match = g_ptr_array_index (matches, index);

	for (guint i = 0; i < index; i++) {
		if (((const DavitImageMatch *) g_ptr_array_index (matches, i))->image ==
		    match->image)
			return FALSE;
	}
	return TRUE;
}

gboolean
davit_images_json (GPtrArray *matches, GError **error)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (TRUE);
	g_autofree char *text = NULL;

	davit_json_writer_begin_array (writer, NULL);
	for (guint i = 0; i < matches->len; i++) {
		const DavitImageMatch *match = g_ptr_array_index (matches, i);

		if (match_is_first (matches, i))
			image_write (writer, match->image);
	}
	davit_json_writer_end_array (writer);
	text = davit_json_writer_finish (writer, NULL);
	return davit_cli_print_json (text, error);
}

void
davit_images_tell_kept (const DavitCli *cli, const GPtrArray *lines)
{
	for (guint i = 0; i < lines->len; i++) {
		const char *line = g_ptr_array_index (lines, i);

		if (g_str_has_prefix (line, "Kept: "))
			davit_cli_notice (cli, "%s", line);
	}
}
