/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The document of an image, in docker's words. */

#include "cli/image-inspect.h"

#include "base/text.h"

#include <string.h>

void
davit_image_inspect_split (const char *name, char **ret_repository, char **ret_tag)
{
	const char *slash = strrchr (name, '/');
	const char *colon = strrchr (slash == NULL ? name : slash, ':');

	if (strchr (name, '@') != NULL || colon == NULL) {
		*ret_repository = g_strdup (name);
		*ret_tag = g_strdup ("<none>");
		return;
	}
	*ret_repository = g_strndup (name, (gsize) (colon - name));
	*ret_tag = g_strdup (colon + 1);
}

char **
davit_image_inspect_digests (const DavitImage *image)
{
	g_autoptr (GPtrArray) digests = g_ptr_array_new_with_free_func (g_free);

	for (guint i = 0; image->names[i] != NULL; i++) {
		g_autofree char *repository = NULL;
		g_autofree char *tag = NULL;
		g_autofree char *digest = NULL;

		davit_image_inspect_split (image->names[i], &repository, &tag);
		digest = g_strconcat (repository, "@", image->manifest_digest, NULL);
		/* Two tags of one name have one digest. */
		if (!g_ptr_array_find_with_equal_func (digests, digest, g_str_equal, NULL))
			g_ptr_array_add (digests, g_steal_pointer (&digest));
	}
	g_ptr_array_add (digests, NULL);
	return (char **) g_ptr_array_free (g_steal_pointer (&digests), FALSE);
}

/* ["80/tcp"] → {"80/tcp": {}}, as docker has ports and volumes. */
static void
set_write (DavitJsonWriter *writer, const char *key, char **words)
{
	davit_json_writer_begin_object (writer, key);
	for (; *words != NULL; words++) {
		davit_json_writer_begin_object (writer, *words);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_object (writer);
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
config_write (const DavitImage *image, DavitJsonWriter *writer)
{
	davit_json_writer_begin_object (writer, "Config");
	davit_json_writer_string (writer, "User", image->user == NULL ? "" : image->user);
	set_write (writer, "ExposedPorts", image->exposed_ports);
	davit_json_writer_strings (writer, "Env", (const char *const *) image->env);
	/* An absent one is empty, as templates of docker and podman show it, and not null. */
	davit_json_writer_strings (writer, "Cmd", (const char *const *) image->cmd);
	davit_json_writer_strings (writer, "Entrypoint", (const char *const *) image->entrypoint);
	set_write (writer, "Volumes", image->volumes);
	davit_json_writer_string (writer, "WorkingDir",
				  image->working_dir == NULL ? "" : image->working_dir);
	labels_write (writer, image->labels);
	davit_json_writer_string_if (writer, "StopSignal", image->stop_signal);
	davit_json_writer_end_object (writer);
}

static void
root_write (const DavitImage *image, DavitJsonWriter *writer)
{
	davit_json_writer_begin_object (writer, "RootFS");
	davit_json_writer_string (writer, "Type", "layers");
	davit_json_writer_strings (writer, "Layers", (const char *const *) image->diff_ids);
	davit_json_writer_end_object (writer);
}

/* Oldest first, as podman and the image specification have it. */
static void
history_write (const DavitImage *image, DavitJsonWriter *writer)
{
	g_autoptr (GPtrArray) history = davit_image_history (image);

	davit_json_writer_begin_array (writer, "History");
	for (guint i = history->len; i > 0; i--) {
		const DavitImageHistory *step = g_ptr_array_index (history, i - 1);
		g_autofree char *created = davit_text_time (step->created);

		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_string (writer, "created", created);
		davit_json_writer_string_if (writer, "created_by", step->created_by);
		davit_json_writer_string_if (writer, "comment", step->comment);
		if (step->empty_layer)
			davit_json_writer_boolean (writer, "empty_layer", TRUE);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_array (writer);
}

void
davit_image_inspect_write (const DavitImage *image, DavitJsonWriter *writer)
{
	g_autofree char *created = davit_text_time (image->created);
	g_auto (GStrv) digests = davit_image_inspect_digests (image);

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "Id", image->id);
	davit_json_writer_string (writer, "Digest", image->manifest_digest);
	davit_json_writer_strings (writer, "RepoTags", (const char *const *) image->names);
	davit_json_writer_strings (writer, "RepoDigests", (const char *const *) digests);
	davit_json_writer_string (writer, "Parent", "");
	davit_json_writer_string (writer, "Comment", "");
	davit_json_writer_string (writer, "Created", created);
	davit_json_writer_string (writer, "Author", image->author == NULL ? "" : image->author);
	davit_json_writer_string (writer, "Architecture", image->architecture);
	davit_json_writer_string_if (writer, "Variant", image->variant);
	davit_json_writer_string (writer, "Os", image->os);
	davit_json_writer_unsigned (writer, "Size", image->size);
	davit_json_writer_unsigned (writer, "VirtualSize", image->size);
	davit_json_writer_string (writer, "User", image->user == NULL ? "" : image->user);
	config_write (image, writer);
	root_write (image, writer);
	history_write (image, writer);
	/* docker's; HTCondor reads it. When a name was given is not recorded. */
	davit_json_writer_begin_object (writer, "Metadata");
	davit_json_writer_string (writer, "LastTagTime", created);
	davit_json_writer_end_object (writer);
	davit_json_writer_end_object (writer);
}
