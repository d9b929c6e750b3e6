/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which fields of the root a template uses, found in its tree: a wrong one is reported before any
 * work is done, and what is costly is only looked up if it is shown. */

#include "base/error.h"
#include "cli/template-private.h"

#include <string.h>

/* Called for each use; name NULL: the root as a whole. Return FALSE to stop. */
typedef gboolean (*UseFunc) (const char *name, gpointer data);

typedef struct {
	UseFunc func;
	gpointer data;
} Walk;

static gboolean nodes_walk (const Walk *walk, const GPtrArray *nodes, gboolean dot_is_root);

static gboolean pipeline_walk (const Walk *walk, const TemplatePipeline *pipeline,
			       gboolean dot_is_root);

static gboolean
operand_walk (const Walk *walk, const TemplateOperand *operand, gboolean dot_is_root)
{
	gboolean root = (operand->type == OPERAND_DOT && dot_is_root) ||
			(operand->type == OPERAND_VARIABLE && operand->name[0] == '\0');

	if (operand->type == OPERAND_PAREN)
		return pipeline_walk (walk, operand->pipeline, dot_is_root);
	if (!root)
		return TRUE;
	return walk->func (operand->fields->len > 0 ? g_ptr_array_index (operand->fields, 0) : NULL,
			   walk->data);
}

static gboolean
pipeline_walk (const Walk *walk, const TemplatePipeline *pipeline, gboolean dot_is_root)
{
	for (guint i = 0; i < pipeline->commands->len; i++) {
		const GPtrArray *command = g_ptr_array_index (pipeline->commands, i);

		for (guint j = 0; j < command->len; j++) {
			if (!operand_walk (walk, g_ptr_array_index (command, j), dot_is_root))
				return FALSE;
		}
	}
	return TRUE;
}

static gboolean
nodes_walk (const Walk *walk, const GPtrArray *nodes, gboolean dot_is_root)
{
	for (guint i = 0; nodes != NULL && i < nodes->len; i++) {
		const TemplateNode *node = g_ptr_array_index (nodes, i);
		gboolean keeps = node->type != NODE_RANGE && node->type != NODE_WITH;

		if (node->pipeline != NULL && !pipeline_walk (walk, node->pipeline, dot_is_root))
			return FALSE;
		if (!nodes_walk (walk, node->body, dot_is_root && keeps) ||
		    !nodes_walk (walk, node->otherwise, dot_is_root))
			return FALSE;
	}
	return TRUE;
}

typedef struct {
	const char *const *names;
	const char *unknown;
} Check;

/* As the evaluator compares them. */
static gboolean
name_is_known (const char *const *names, const char *name)
{
	while (*names != NULL && g_ascii_strcasecmp (*names, name) != 0)
		names++;
	return *names != NULL;
}

static gboolean
use_check (const char *name, gpointer data)
{
	Check *check = data;

	if (name == NULL || strcmp (name, "Label") == 0 || name_is_known (check->names, name))
		return TRUE;
	check->unknown = name;
	return FALSE;
}

gboolean
davit_template_check_fields (const DavitTemplate *template, const char *const *names,
			     GError **error)
{
	Check check = {names, NULL};
	Walk walk = {use_check, &check};
	g_autofree char *all = NULL;

	if (nodes_walk (&walk, template->nodes, TRUE))
		return TRUE;
	all = g_strjoinv (", ", (char **) names);
	return davit_error_set (error, DAVIT_ERROR_USAGE,
				"template: unknown field \"%s\"; there are %s", check.unknown, all);
}

static gboolean
use_differs (const char *name, gpointer data)
{
	return name != NULL && g_ascii_strcasecmp (name, data) != 0;
}

gboolean
davit_template_uses_field (const DavitTemplate *template, const char *name)
{
	Walk walk = {use_differs, (gpointer) name};

	return !nodes_walk (&walk, template->nodes, TRUE);
}
