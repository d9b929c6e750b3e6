/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which of the images in an index is for this host. */

#include "image/compose.h"
#include "image/load-private.h"

#include <string.h>

/* How well a descriptor fits: 0 not at all. */
static guint
fit (const DavitDescriptor *descriptor, const char *architecture, const char *variant)
{
	if (descriptor->attached ||
	    (descriptor->os != NULL && strcmp (descriptor->os, "linux") != 0))
		return 0;
	if (descriptor->architecture == NULL)
		return 1;
	if (strcmp (descriptor->architecture, architecture) != 0)
		return 0;
	if (g_strcmp0 (descriptor->variant, variant) == 0)
		return 4;
	if (descriptor->variant == NULL)
		return 3;
	/* An older one of the same family runs; a newer one may not. */
	return variant != NULL && strcmp (descriptor->variant, variant) < 0 ? 2 : 0;
}

GArray *
davit_load_choose (const GArray *descriptors)
{
	GArray *chosen = g_array_new (FALSE, FALSE, sizeof (guint));
	const char *architecture, *variant;

	davit_compose_host (&architecture, &variant);
	for (guint wanted = 4; wanted > 0; wanted--) {
		for (guint i = 0; i < descriptors->len; i++) {
			if (fit (&g_array_index (descriptors, DavitDescriptor, i), architecture,
				 variant) == wanted)
				g_array_append_val (chosen, i);
		}
	}
	/* The only one there is is what the caller means, whatever it is for. */
	if (chosen->len == 0 && descriptors->len == 1 &&
	    !g_array_index (descriptors, DavitDescriptor, 0).attached) {
		guint first = 0;

		g_array_append_val (chosen, first);
	}
	return chosen;
}

char *
davit_load_platforms (const GArray *descriptors)
{
	g_autoptr (GString) text = g_string_new (NULL);

	for (guint i = 0; i < descriptors->len; i++) {
		const DavitDescriptor *one = &g_array_index (descriptors, DavitDescriptor, i);

		if (one->attached || one->architecture == NULL)
			continue;
		g_string_append_printf (text, "%s%s/%s%s%s", text->len > 0 ? ", " : "",
					one->os == NULL ? "linux" : one->os, one->architecture,
					one->variant == NULL ? "" : "/",
					one->variant == NULL ? "" : one->variant);
	}
	return g_strdup (text->len == 0 ? "nothing" : text->str);
}
