/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How an image was made, step by step. Nothing depends on it, so that what is odd is left out. */

#include "base/text.h"
#include "image/image.h"

#include <string.h>

void
davit_image_history_free (DavitImageHistory *history)
{
	if (history == NULL)
		return;
	g_free (history->created_by);
	g_free (history->comment);
	g_free (history);
}

static void
history_free (gpointer history)
{
	davit_image_history_free (history);
}

static DavitImageHistory *
step_new (const DavitJson *object)
{
	DavitImageHistory *step = g_new0 (DavitImageHistory, 1);
	const char *created = NULL, *created_by = NULL, *comment = NULL;

	davit_json_get_string (object, "created", &created, NULL);
	davit_json_get_string (object, "created_by", &created_by, NULL);
	davit_json_get_string (object, "comment", &comment, NULL);
	davit_json_get_boolean (object, "empty_layer", &step->empty_layer, NULL);
	if (created != NULL && strlen (created) >= 20 && !g_str_has_prefix (created, "0001-"))
		davit_text_parse_time (created, "created", &step->created, NULL);
	step->created_by = g_strdup (created_by);
	step->comment = g_strdup (comment);
	return step;
}

static guint64
layer_size (const DavitImage *image, guint index)
{
	const DavitJson *layers = davit_json_member (image->manifest, "layers");
	const DavitJson *size = davit_json_member (davit_json_element (layers, index), "size");

	return (guint64) davit_json_integer (size);
}

static void
array_reverse (GPtrArray *array)
{
	for (guint i = 0; i < array->len / 2; i++) {
		gpointer other = array->pdata[array->len - 1 - i];

		array->pdata[array->len - 1 - i] = array->pdata[i];
		array->pdata[i] = other;
	}
}

GPtrArray *
davit_image_history (const DavitImage *image)
{
	GPtrArray *history = g_ptr_array_new_with_free_func (history_free);
	const DavitJson *steps = davit_json_member (image->config, "history");
	guint n_layers = g_strv_length (image->layer_digests);
	guint layer = 0;

	for (guint i = 0; i < davit_json_length (steps); i++) {
		DavitImageHistory *step = step_new (davit_json_element (steps, i));

		if (!step->empty_layer && layer < n_layers)
			step->size = layer_size (image, layer++);
		g_ptr_array_add (history, step);
	}
	/* Layers of which the history says nothing exist nevertheless. */
	for (; layer < n_layers; layer++) {
		DavitImageHistory *step = g_new0 (DavitImageHistory, 1);

		step->created = image->created;
		step->size = layer_size (image, layer);
		g_ptr_array_add (history, step);
	}
	array_reverse (history);
	return history;
}
