/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Values of a template: what functions take and give. They live until the rendering ends. */

#pragma once

#include "base/json.h"

G_BEGIN_DECLS

typedef enum {
	TEMPLATE_NIL,
	TEMPLATE_BOOLEAN,
	TEMPLATE_INTEGER,
	TEMPLATE_DOUBLE,
	TEMPLATE_STRING,
	TEMPLATE_LIST, /* made by a function */
	TEMPLATE_JSON, /* an array or an object of the data */
} TemplateType;

typedef struct {
	TemplateType type;
	gboolean boolean;
	gint64 integer;
	double number;
	char *string;
	gboolean foreign; /* the string comes from the data: escape it */
	GPtrArray *list;  /* TemplateValue, borrowed */
	const DavitJson *json;
} TemplateValue;

/* Owns the values. */
typedef GPtrArray TemplateArena;

TemplateArena *davit_template_arena_new (void);

TemplateValue *davit_template_value_nil (TemplateArena *arena);
TemplateValue *davit_template_value_boolean (TemplateArena *arena, gboolean boolean);
TemplateValue *davit_template_value_integer (TemplateArena *arena, gint64 integer);
TemplateValue *davit_template_value_double (TemplateArena *arena, double number);
/* Takes string. */
TemplateValue *davit_template_value_string (TemplateArena *arena, char *string, gboolean foreign);
TemplateValue *davit_template_value_list (TemplateArena *arena);
TemplateValue *davit_template_value_json (TemplateArena *arena, const DavitJson *json);

/* "string", "list", ... for messages. */
const char *davit_template_value_kind (const TemplateValue *value);
/* Not nil, false, 0 or empty. */
gboolean davit_template_value_is_true (const TemplateValue *value);
/* Of strings, lists and objects; -1 for others. */
gint64 davit_template_value_length (const TemplateValue *value);
/* Of lists and objects. */
TemplateValue *davit_template_value_element (TemplateArena *arena, const TemplateValue *value,
					     guint index);
/* The indices of an object's members (guint), sorted by their keys, as Go goes through a map. */
GArray *davit_template_value_order (const DavitJson *object);
/* As Go's %v prints it, foreign text escaped. */
char *davit_template_value_display (const TemplateValue *value);
/* As JSON. */
char *davit_template_value_to_json (const TemplateValue *value);

G_END_DECLS
