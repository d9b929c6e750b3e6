/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Go templates for --format: the part of the language that scripts for docker and podman use.
 *
 *     {{.Field.Field}}  {{json .Field}}  {{.Field | upper}}  {{printf "%-10s" .Field}}
 *     {{if PIPELINE}} {{else if PIPELINE}} {{else}} {{end}}
 *     {{range $index, $element := PIPELINE}} {{break}} {{continue}} {{else}} {{end}}
 *     {{with PIPELINE}} {{else}} {{end}}   {{$x := PIPELINE}} {{$x = PIPELINE}}
 *     {{- trims the space around -}}
 *
 * In the text around the actions \t and \n stand for the characters, as with docker.
 */

#pragma once

#include "base/json.h"

G_BEGIN_DECLS

typedef struct _DavitTemplate DavitTemplate;

/* USAGE with the column of what is wrong. */
DavitTemplate *davit_template_parse (const char *text, GError **error);
void davit_template_free (DavitTemplate *template);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitTemplate, davit_template_free)

/* USAGE if a field of the root is none of names (NULL-terminated). */
gboolean davit_template_check_fields (const DavitTemplate *template, const char *const *names,
				      GError **error);

/* Whether it shows this field of the root, or the root as a whole. */
gboolean davit_template_uses_field (const DavitTemplate *template, const char *name);

/**
 * DavitTemplateData: what {{.}} is.
 */
typedef struct {
	const DavitJson *root;
	const char *const *labels; /* for {{.Label "KEY"}}: "key=value", or NULL */
} DavitTemplateData;

/*
 * Appends to output. Text that comes from data is escaped, line breaks and tabs apart. USAGE if
 * there is no such field (it tells which there are) or a function can't take its arguments.
 */
gboolean davit_template_render (const DavitTemplate *template, const DavitTemplateData *data,
				GString *output, GError **error);

/* The names of the functions, sorted, NULL-terminated. */
const char *const *davit_template_functions (void);

G_END_DECLS
