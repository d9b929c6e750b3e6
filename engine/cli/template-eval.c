/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Walks the tree of a template over data. */

#include "base/error.h"
#include "cli/template-private.h"

#include <string.h>

/* Nested ranges multiply: this is where a template ends that would not end. */
#define STEP_LIMIT 4000000

typedef struct {
	char *name;
	TemplateValue *value;
} Variable;

typedef struct {
	const DavitTemplateData *data;
	TemplateArena *arena;
	GArray *variables; /* Variable */
	GString *output;
	guint steps;
} Evaluation;

typedef enum {
	FLOW_FAILED,
	FLOW_ON,
	FLOW_BREAK,
	FLOW_CONTINUE,
} Flow;

static TemplateValue *pipeline_evaluate (Evaluation *evaluation, const TemplatePipeline *pipeline,
					 TemplateValue *dot, GError **error);
static Flow nodes_evaluate (Evaluation *evaluation, const GPtrArray *nodes, TemplateValue *dot,
			    GError **error);

static void
variable_clear (gpointer data)
{
	g_free (((Variable *) data)->name);
}

static void
variable_push (Evaluation *evaluation, const char *name, TemplateValue *value)
{
	Variable variable = {g_strdup (name), value};

	g_array_append_val (evaluation->variables, variable);
}

static Variable *
variable_find (const Evaluation *evaluation, const char *name)
{
	for (guint i = evaluation->variables->len; i > 0; i--) {
		Variable *variable = &g_array_index (evaluation->variables, Variable, i - 1);

		if (strcmp (variable->name, name) == 0)
			return variable;
	}
	return NULL;
}

/*
 * Objects whose keys are the user's: there a key that is missing is no mistake in the template.
 * (Go tells maps from structs by their types; JSON has none.)
 */
static gboolean
object_is_open (const DavitJson *object)
{
	static const char *const open[] = {
		"Labels",  "Annotations", "Networks", "Ports",	 "PortBindings",     "ExposedPorts",
		"Volumes", "Sysctls",	  "Tmpfs",    "Storage", "LogConfig.Config", NULL,
	};
	g_autofree char *path = davit_json_path (object);

	if (davit_json_length (object) == 0)
		return TRUE;
	for (gsize i = 0; open[i] != NULL; i++) {
		g_autofree char *tail = g_strconcat (".", open[i], NULL);

		if (strcmp (path, open[i]) == 0 || g_str_has_suffix (path, tail))
			return TRUE;
	}
	return FALSE;
}

static void
member_names (const DavitJson *object, GString *names)
{
	for (guint i = 0; i < davit_json_length (object); i++)
		g_string_append_printf (names, "%s%s", i > 0 ? ", " : "",
					davit_json_element_key (object, i));
}

/* "ID" finds "Id": docker, podman and their documents don't agree on letters. NULL: none. */
static const DavitJson *
member_find (const DavitJson *object, const char *name)
{
	const DavitJson *member = davit_json_member (object, name);

	for (guint i = 0; member == NULL && i < davit_json_length (object); i++) {
		if (g_ascii_strcasecmp (davit_json_element_key (object, i), name) == 0)
			member = davit_json_element (object, i);
	}
	return member;
}

static TemplateValue *
field_get (Evaluation *evaluation, const TemplateValue *value, const char *name, GError **error)
{
	const DavitJson *member;
	g_autoptr (GString) names = NULL;

	if (value->type == TEMPLATE_NIL)
		return davit_template_value_nil (evaluation->arena);
	if (value->type != TEMPLATE_JSON || davit_json_type (value->json) != DAVIT_JSON_OBJECT) {
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "template: can't take field \"%s\" of a %s", name,
				 davit_template_value_kind (value));
		return NULL;
	}
	/* In an open object the keys are the user's, and every letter counts. */
	if (object_is_open (value->json))
		return davit_template_value_json (evaluation->arena,
						  davit_json_member (value->json, name));
	member = member_find (value->json, name);
	if (member != NULL)
		return davit_template_value_json (evaluation->arena, member);
	names = g_string_new (NULL);
	member_names (value->json, names);
	davit_error_set (error, DAVIT_ERROR_USAGE, "template: unknown field \"%s\"; there are %s",
			 name, names->str);
	return NULL;
}

/* {{.Label "KEY"}}: the one method there is. */
static TemplateValue *
label_get (Evaluation *evaluation, const TemplateOperand *operand, const GPtrArray *arguments,
	   GError **error)
{
	const TemplateValue *key = arguments->len == 1 ? g_ptr_array_index (arguments, 0) : NULL;
	const char *const *labels = evaluation->data->labels;
	gsize length;

	if (operand->fields->len != 1 ||
	    strcmp (g_ptr_array_index (operand->fields, 0), "Label") != 0 || key == NULL ||
	    key->type != TEMPLATE_STRING || labels == NULL) {
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "template: field \"%s\" takes no arguments",
				 (char *) g_ptr_array_index (operand->fields,
							     operand->fields->len - 1));
		return NULL;
	}
	length = strlen (key->string);
	for (; *labels != NULL; labels++) {
		if (strncmp (*labels, key->string, length) == 0 && (*labels)[length] == '=')
			return davit_template_value_string (evaluation->arena,
							    g_strdup (*labels + length + 1), TRUE);
	}
	return davit_template_value_string (evaluation->arena, g_strdup (""), FALSE);
}

static TemplateValue *
operand_base (Evaluation *evaluation, const TemplateOperand *operand, TemplateValue *dot,
	      GError **error)
{
	const Variable *variable;

	switch (operand->type) {
	case OPERAND_DOT:
		return dot;
	case OPERAND_LITERAL:
		return operand->literal;
	case OPERAND_PAREN:
		return pipeline_evaluate (evaluation, operand->pipeline, dot, error);
	case OPERAND_VARIABLE:
		variable = variable_find (evaluation, operand->name);
		if (variable != NULL)
			return variable->value;
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "template: column %u: unknown variable \"$%s\"", operand->column,
				 operand->name);
		return NULL;
	case OPERAND_FUNCTION:
	default:
		/*
		 * A function as an argument is called without any: {{len now}} has no sense here.
		 */
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "template: column %u: put function \"%s\" and its arguments in "
				 "parentheses",
				 operand->column, operand->name);
		return NULL;
	}
}

static TemplateValue *
operand_evaluate (Evaluation *evaluation, const TemplateOperand *operand, TemplateValue *dot,
		  GError **error)
{
	TemplateValue *value = operand_base (evaluation, operand, dot, error);

	for (guint i = 0; value != NULL && i < operand->fields->len; i++)
		value = field_get (evaluation, value, g_ptr_array_index (operand->fields, i),
				   error);
	return value;
}

/* "and" and "or" give the value that decides, and don't look at what comes behind it. */
static TemplateValue *
logic_evaluate (Evaluation *evaluation, const GPtrArray *command, TemplateValue *piped,
		TemplateValue *dot, GError **error)
{
	const TemplateOperand *function = g_ptr_array_index (command, 0);
	gboolean decides = strcmp (function->name, "or") == 0;
	TemplateValue *value = NULL;

	for (guint i = 1; i < command->len; i++) {
		value = operand_evaluate (evaluation, g_ptr_array_index (command, i), dot, error);
		if (value == NULL || davit_template_value_is_true (value) == decides)
			return value;
	}
	if (piped != NULL)
		return piped;
	if (value == NULL)
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "template: function \"%s\" needs an argument", function->name);
	return value;
}

static gboolean
arguments_evaluate (Evaluation *evaluation, const GPtrArray *command, TemplateValue *dot,
		    GPtrArray *arguments, GError **error)
{
	for (guint i = 1; i < command->len; i++) {
		TemplateValue *value =
			operand_evaluate (evaluation, g_ptr_array_index (command, i), dot, error);

		if (value == NULL)
			return FALSE;
		g_ptr_array_add (arguments, value);
	}
	return TRUE;
}

static TemplateValue *
function_call (Evaluation *evaluation, const char *name, GPtrArray *arguments, GError **error)
{
	const TemplateFunction *function = davit_template_function_find (name);

	if (arguments->len < function->arguments_min || arguments->len > function->arguments_max) {
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "template: function \"%s\" needs %s%u arguments, but has %u", name,
				 function->arguments_min < function->arguments_max ? "at least "
										   : "",
				 function->arguments_min, arguments->len);
		return NULL;
	}
	return function->function (evaluation->arena, arguments, error);
}

static TemplateValue *
command_evaluate (Evaluation *evaluation, const GPtrArray *command, TemplateValue *piped,
		  TemplateValue *dot, GError **error)
{
	const TemplateOperand *first = g_ptr_array_index (command, 0);
	g_autoptr (GPtrArray) arguments = g_ptr_array_new ();

	if (first->type != OPERAND_FUNCTION && command->len == 1)
		return operand_evaluate (evaluation, first, dot, error);
	if (first->type == OPERAND_FUNCTION &&
	    davit_template_function_find (first->name)->function == NULL)
		return logic_evaluate (evaluation, command, piped, dot, error);
	if (!arguments_evaluate (evaluation, command, dot, arguments, error))
		return NULL;
	if (first->type != OPERAND_FUNCTION)
		return label_get (evaluation, first, arguments, error);
	if (piped != NULL)
		g_ptr_array_add (arguments, piped);
	return function_call (evaluation, first->name, arguments, error);
}

static TemplateValue *
pipeline_evaluate (Evaluation *evaluation, const TemplatePipeline *pipeline, TemplateValue *dot,
		   GError **error)
{
	TemplateValue *value = NULL;

	if (++evaluation->steps > STEP_LIMIT) {
		davit_error_set (error, DAVIT_ERROR_USAGE, "template: it takes too many steps");
		return NULL;
	}
	for (guint i = 0; i < pipeline->commands->len; i++) {
		value = command_evaluate (evaluation, g_ptr_array_index (pipeline->commands, i),
					  value, dot, error);
		if (value == NULL)
			return NULL;
	}
	return value;
}

/* Outside of range, which gives its variables an element each. */
static gboolean
variable_assign (Evaluation *evaluation, const TemplatePipeline *pipeline, TemplateValue *value,
		 GError **error)
{
	Variable *variable;

	if (pipeline->variables[0] == NULL)
		return TRUE;
	if (!pipeline->assign) {
		variable_push (evaluation, pipeline->variables[0], value);
		return TRUE;
	}
	variable = variable_find (evaluation, pipeline->variables[0]);
	if (variable == NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"template: unknown variable \"$%s\"",
					pipeline->variables[0]);
	variable->value = value;
	return TRUE;
}

static Flow
output_evaluate (Evaluation *evaluation, const TemplateNode *node, TemplateValue *dot,
		 GError **error)
{
	TemplateValue *value = pipeline_evaluate (evaluation, node->pipeline, dot, error);
	g_autofree char *text = NULL;

	if (value == NULL || !variable_assign (evaluation, node->pipeline, value, error))
		return FLOW_FAILED;
	if (node->pipeline->variables[0] != NULL)
		return FLOW_ON;
	text = davit_template_value_display (value);
	g_string_append (evaluation->output, text);
	return FLOW_ON;
}

/* if and with. */
static Flow
branch_evaluate (Evaluation *evaluation, const TemplateNode *node, TemplateValue *dot,
		 GError **error)
{
	TemplateValue *value = pipeline_evaluate (evaluation, node->pipeline, dot, error);

	if (value == NULL || !variable_assign (evaluation, node->pipeline, value, error))
		return FLOW_FAILED;
	if (davit_template_value_is_true (value))
		return nodes_evaluate (evaluation, node->body,
				       node->type == NODE_WITH ? value : dot, error);
	return node->otherwise == NULL ? FLOW_ON
				       : nodes_evaluate (evaluation, node->otherwise, dot, error);
}

static TemplateValue *
range_key (Evaluation *evaluation, const TemplateValue *value, guint index)
{
	if (value->type == TEMPLATE_JSON && davit_json_type (value->json) == DAVIT_JSON_OBJECT)
		return davit_template_value_string (evaluation->arena,
						    g_strdup (davit_json_element_key (value->json,
										      index)),
						    TRUE);
	return davit_template_value_integer (evaluation->arena, index);
}

static Flow
element_evaluate (Evaluation *evaluation, const TemplateNode *node, const TemplateValue *value,
		  guint index, GError **error)
{
	const TemplatePipeline *pipeline = node->pipeline;
	TemplateValue *element = davit_template_value_element (evaluation->arena, value, index);
	guint mark = evaluation->variables->len;
	Flow flow;

	if (pipeline->variables[1] != NULL) {
		variable_push (evaluation, pipeline->variables[0],
			       range_key (evaluation, value, index));
		variable_push (evaluation, pipeline->variables[1], element);
	} else if (pipeline->variables[0] != NULL) {
		variable_push (evaluation, pipeline->variables[0], element);
	}
	flow = nodes_evaluate (evaluation, node->body, element, error);
	g_array_set_size (evaluation->variables, mark);
	return flow;
}

static Flow
elements_evaluate (Evaluation *evaluation, const TemplateNode *node, const TemplateValue *value,
		   guint length, GError **error)
{
	gboolean object = strcmp (davit_template_value_kind (value), "object") == 0;
	g_autoptr (GArray) order = object ? davit_template_value_order (value->json) : NULL;

	for (guint i = 0; i < length; i++) {
		guint index = object ? g_array_index (order, guint, i) : i;
		Flow flow = element_evaluate (evaluation, node, value, index, error);

		if (flow == FLOW_FAILED)
			return FLOW_FAILED;
		if (flow == FLOW_BREAK)
			break;
	}
	return FLOW_ON;
}

static Flow
range_evaluate (Evaluation *evaluation, const TemplateNode *node, TemplateValue *dot,
		GError **error)
{
	TemplateValue *value = pipeline_evaluate (evaluation, node->pipeline, dot, error);
	gint64 length;

	if (value == NULL)
		return FLOW_FAILED;
	length = value->type == TEMPLATE_NIL ? 0 : davit_template_value_length (value);
	if (length < 0 || value->type == TEMPLATE_STRING) {
		davit_error_set (error, DAVIT_ERROR_USAGE, "template: can't range over a %s",
				 davit_template_value_kind (value));
		return FLOW_FAILED;
	}
	if (length > 0)
		return elements_evaluate (evaluation, node, value, (guint) length, error);
	return node->otherwise == NULL ? FLOW_ON
				       : nodes_evaluate (evaluation, node->otherwise, dot, error);
}

static Flow
node_evaluate (Evaluation *evaluation, const TemplateNode *node, TemplateValue *dot, GError **error)
{
	guint mark = evaluation->variables->len;
	Flow flow = FLOW_ON;

	switch (node->type) {
	case NODE_TEXT:
		g_string_append (evaluation->output, node->text);
		return FLOW_ON;
	case NODE_OUTPUT:
		return output_evaluate (evaluation, node, dot, error);
	case NODE_BREAK:
		return FLOW_BREAK;
	case NODE_CONTINUE:
		return FLOW_CONTINUE;
	case NODE_RANGE:
		flow = range_evaluate (evaluation, node, dot, error);
		break;
	case NODE_IF:
	case NODE_WITH:
	default:
		flow = branch_evaluate (evaluation, node, dot, error);
		break;
	}
	/* Variables of a block end with it. */
	g_array_set_size (evaluation->variables, mark);
	return flow;
}

static Flow
nodes_evaluate (Evaluation *evaluation, const GPtrArray *nodes, TemplateValue *dot, GError **error)
{
	for (guint i = 0; i < nodes->len; i++) {
		Flow flow = node_evaluate (evaluation, g_ptr_array_index (nodes, i), dot, error);

		if (flow != FLOW_ON)
			return flow;
	}
	return FLOW_ON;
}

gboolean
davit_template_render (const DavitTemplate *template, const DavitTemplateData *data,
		       GString *output, GError **error)
{
	g_autoptr (GPtrArray) arena = davit_template_arena_new ();
	g_autoptr (GArray) variables = g_array_new (FALSE, FALSE, sizeof (Variable));
	g_autoptr (GString) text = g_string_new (NULL);
	Evaluation evaluation = {data, arena, variables, text, 0};
	TemplateValue *root = davit_template_value_json (arena, data->root);

	g_array_set_clear_func (variables, variable_clear);
	variable_push (&evaluation, "", root);
	if (nodes_evaluate (&evaluation, template->nodes, root, error) == FLOW_FAILED)
		return FALSE;
	g_string_append_len (output, text->str, (gssize) text->len);
	return TRUE;
}
