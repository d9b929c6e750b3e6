/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Makes a tree of the tokens of a template, by recursive descent with a bound. */

#include "base/error.h"
#include "cli/template-private.h"

#include <string.h>

typedef struct {
	GPtrArray *tokens;
	guint next;
	guint depth;
	guint loops; /* ranges around: "break" is allowed */
	DavitTemplate *template;
} Parser;

static gboolean nodes_parse (Parser *parser, GPtrArray *nodes, GError **error);
static TemplatePipeline *pipeline_parse (Parser *parser, GError **error);

static void
pipeline_free (gpointer data)
{
	TemplatePipeline *pipeline = data;

	if (pipeline == NULL)
		return;
	g_free (pipeline->variables[0]);
	g_free (pipeline->variables[1]);
	g_ptr_array_unref (pipeline->commands);
	g_free (pipeline);
}

static void
operand_free (gpointer data)
{
	TemplateOperand *operand = data;

	g_free (operand->name);
	pipeline_free (operand->pipeline);
	g_ptr_array_unref (operand->fields);
	g_free (operand);
}

static void
node_free (gpointer data)
{
	TemplateNode *node = data;

	g_free (node->text);
	pipeline_free (node->pipeline);
	g_clear_pointer (&node->body, g_ptr_array_unref);
	g_clear_pointer (&node->otherwise, g_ptr_array_unref);
	g_free (node);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TemplatePipeline, pipeline_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TemplateOperand, operand_free)

static const TemplateToken *
token_peek (const Parser *parser)
{
	return g_ptr_array_index (parser->tokens, parser->next);
}

static const TemplateToken *
token_take (Parser *parser)
{
	const TemplateToken *token = token_peek (parser);

	/* The last one stays: it is the end. */
	if (token->type != TOKEN_END)
		parser->next++;
	return token;
}

static gboolean
token_is_word (const TemplateToken *token, const char *word)
{
	return token->type == TOKEN_WORD && strcmp (token->text, word) == 0;
}

static gboolean
token_fail (const TemplateToken *token, GError **error, const char *what)
{
	return davit_error_set (error, DAVIT_ERROR_USAGE, "template: column %u: %s", token->column,
				what);
}

static gboolean
close_expect (Parser *parser, GError **error)
{
	const TemplateToken *token = token_take (parser);

	return token->type == TOKEN_CLOSE || token_fail (token, error, "\"}}\" is missing here");
}

static gboolean
depth_enter (Parser *parser, GError **error)
{
	if (parser->depth >= TEMPLATE_DEPTH_LIMIT)
		return token_fail (token_peek (parser), error, "nested too deeply");
	parser->depth++;
	return TRUE;
}

static gboolean
word_parse (Parser *parser, const TemplateToken *token, TemplateOperand *operand, GError **error)
{
	TemplateArena *arena = parser->template->arena;

	operand->type = OPERAND_LITERAL;
	if (token_is_word (token, "true") || token_is_word (token, "false")) {
		operand->literal =
			davit_template_value_boolean (arena, token_is_word (token, "true"));
	} else if (token_is_word (token, "nil")) {
		operand->literal = davit_template_value_nil (arena);
	} else if (davit_template_function_find (token->text) != NULL) {
		operand->type = OPERAND_FUNCTION;
		operand->name = g_strdup (token->text);
	} else {
		g_autofree char *what = g_strdup_printf ("unknown function \"%s\"", token->text);
		g_autofree char *all = g_strjoinv (", ", (char **) davit_template_functions ());

		token_fail (token, error, what);
		return davit_error_hint (error, "there are %s", all);
	}
	return TRUE;
}

static gboolean
paren_parse (Parser *parser, TemplateOperand *operand, GError **error)
{
	operand->type = OPERAND_PAREN;
	if (!depth_enter (parser, error))
		return FALSE;
	operand->pipeline = pipeline_parse (parser, error);
	if (operand->pipeline == NULL)
		return FALSE;
	parser->depth--;
	if (token_peek (parser)->type != TOKEN_RIGHT)
		return token_fail (token_peek (parser), error, "\")\" is missing here");
	token_take (parser);
	return TRUE;
}

/* What a token is as an operand, without the fields behind it. */
static gboolean
operand_begin (Parser *parser, const TemplateToken *token, TemplateOperand *operand, GError **error)
{
	TemplateArena *arena = parser->template->arena;

	operand->column = token->column;
	operand->type = OPERAND_LITERAL;
	switch (token->type) {
	case TOKEN_FIELD:
		g_ptr_array_add (operand->fields, g_strdup (token->text));
		operand->type = OPERAND_DOT;
		return TRUE;
	case TOKEN_DOT:
		operand->type = OPERAND_DOT;
		return TRUE;
	case TOKEN_VARIABLE:
		operand->type = OPERAND_VARIABLE;
		operand->name = g_strdup (token->text);
		return TRUE;
	case TOKEN_STRING:
		operand->literal =
			davit_template_value_string (arena, g_strdup (token->text), FALSE);
		return TRUE;
	case TOKEN_INTEGER:
		operand->literal = davit_template_value_integer (arena, token->integer);
		return TRUE;
	case TOKEN_DOUBLE:
		operand->literal = davit_template_value_double (arena, token->number);
		return TRUE;
	case TOKEN_WORD:
		return word_parse (parser, token, operand, error);
	case TOKEN_LEFT:
		return paren_parse (parser, operand, error);
	case TOKEN_TEXT:
	case TOKEN_OPEN:
	case TOKEN_CLOSE:
	case TOKEN_PIPE:
	case TOKEN_DECLARE:
	case TOKEN_ASSIGN:
	case TOKEN_COMMA:
	case TOKEN_RIGHT:
	case TOKEN_END:
	default:
		return token_fail (token, error, "a value is missing here");
	}
}

static TemplateOperand *
operand_parse (Parser *parser, GError **error)
{
	g_autoptr (TemplateOperand) operand = g_new0 (TemplateOperand, 1);
	const TemplateToken *token = token_take (parser);

	operand->fields = g_ptr_array_new_with_free_func (g_free);
	if (!operand_begin (parser, token, operand, error))
		return NULL;
	while (token_peek (parser)->type == TOKEN_FIELD && token_peek (parser)->glued) {
		if (operand->type == OPERAND_LITERAL || operand->type == OPERAND_FUNCTION) {
			token_fail (token_peek (parser), error, "this value has no fields");
			return NULL;
		}
		g_ptr_array_add (operand->fields, g_strdup (token_take (parser)->text));
	}
	return g_steal_pointer (&operand);
}

static gboolean
token_ends_command (const TemplateToken *token)
{
	return token->type == TOKEN_PIPE || token->type == TOKEN_CLOSE ||
	       token->type == TOKEN_RIGHT || token->type == TOKEN_END;
}

static GPtrArray *
command_parse (Parser *parser, GError **error)
{
	g_autoptr (GPtrArray) operands = g_ptr_array_new_with_free_func (operand_free);
	const TemplateOperand *first;

	do {
		TemplateOperand *operand = operand_parse (parser, error);

		if (operand == NULL)
			return NULL;
		g_ptr_array_add (operands, operand);
	} while (!token_ends_command (token_peek (parser)));
	first = g_ptr_array_index (operands, 0);
	if (operands->len > 1 && first->type != OPERAND_FUNCTION && first->fields->len == 0) {
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "template: column %u: only a function takes arguments",
				 first->column);
		return NULL;
	}
	return g_steal_pointer (&operands);
}

/* "$a :=", "$a, $b :=" or "$a =" at the beginning; leaves the parser alone if it is none. */
static void
declaration_parse (Parser *parser, TemplatePipeline *pipeline)
{
	const TemplateToken *tokens[4];

	for (guint i = 0; i < G_N_ELEMENTS (tokens); i++)
		tokens[i] = g_ptr_array_index (parser->tokens,
					       MIN (parser->next + i, parser->tokens->len - 1));
	if (tokens[0]->type != TOKEN_VARIABLE)
		return;
	if (tokens[1]->type == TOKEN_DECLARE || tokens[1]->type == TOKEN_ASSIGN) {
		pipeline->variables[0] = g_strdup (tokens[0]->text);
		pipeline->assign = tokens[1]->type == TOKEN_ASSIGN;
		parser->next += 2;
	} else if (tokens[1]->type == TOKEN_COMMA && tokens[2]->type == TOKEN_VARIABLE &&
		   tokens[3]->type == TOKEN_DECLARE) {
		pipeline->variables[0] = g_strdup (tokens[0]->text);
		pipeline->variables[1] = g_strdup (tokens[2]->text);
		parser->next += 4;
	}
}

static gboolean
pipe_target_check (const GPtrArray *command, GError **error)
{
	const TemplateOperand *first = g_ptr_array_index (command, 0);

	if (first->type == OPERAND_FUNCTION)
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_USAGE,
				"template: column %u: only a function can stand behind \"|\"",
				first->column);
}

static TemplatePipeline *
pipeline_parse (Parser *parser, GError **error)
{
	g_autoptr (TemplatePipeline) pipeline = g_new0 (TemplatePipeline, 1);

	pipeline->commands = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
	declaration_parse (parser, pipeline);
	for (;;) {
		GPtrArray *command = command_parse (parser, error);

		if (command == NULL)
			return NULL;
		g_ptr_array_add (pipeline->commands, command);
		if (pipeline->commands->len > 1 && !pipe_target_check (command, error))
			return NULL;
		if (token_peek (parser)->type != TOKEN_PIPE)
			return g_steal_pointer (&pipeline);
		token_take (parser);
	}
}

static TemplateNode *
node_add (GPtrArray *nodes, NodeType type)
{
	TemplateNode *node = g_new0 (TemplateNode, 1);

	node->type = type;
	g_ptr_array_add (nodes, node);
	return node;
}

static GPtrArray *
nodes_new (void)
{
	return g_ptr_array_new_with_free_func (node_free);
}

static gboolean block_parse (Parser *parser, TemplateNode *node, GError **error);

/* Behind "{{else": the end of the action, or a further "if" or "with" that shares our end. */
static gboolean
else_parse (Parser *parser, TemplateNode *node, GError **error)
{
	const TemplateToken *token = token_peek (parser);
	NodeType type = NODE_IF;

	if (node->otherwise != NULL)
		return token_fail (token, error, "a second \"else\"");
	node->otherwise = nodes_new ();
	if (token->type == TOKEN_CLOSE) {
		token_take (parser);
		return nodes_parse (parser, node->otherwise, error);
	}
	if (token_is_word (token, "with"))
		type = NODE_WITH;
	else if (!token_is_word (token, "if"))
		return token_fail (token, error, "\"else\" takes nothing, \"if\" or \"with\"");
	token_take (parser);
	return block_parse (parser, node_add (node->otherwise, type), error);
}

/*
 * The pipeline and the branches of a block, up to its "{{end}}". In a chain of "else if" the
 * innermost takes it for all.
 */
static gboolean
branches_parse (Parser *parser, TemplateNode *node, GError **error)
{
	gboolean chained = FALSE;

	node->pipeline = pipeline_parse (parser, error);
	if (node->pipeline == NULL || !close_expect (parser, error))
		return FALSE;
	if (node->pipeline->variables[1] != NULL && node->type != NODE_RANGE)
		return token_fail (token_peek (parser), error,
				   "only \"range\" takes two variables");
	node->body = nodes_new ();
	parser->loops += node->type == NODE_RANGE;
	if (!nodes_parse (parser, node->body, error))
		return FALSE;
	parser->loops -= node->type == NODE_RANGE;
	while (token_is_word (token_peek (parser), "else")) {
		token_take (parser);
		chained = token_peek (parser)->type != TOKEN_CLOSE;
		if (!else_parse (parser, node, error))
			return FALSE;
		if (chained)
			return TRUE;
	}
	if (!token_is_word (token_peek (parser), "end"))
		return token_fail (token_peek (parser), error, "\"{{end}}\" is missing");
	token_take (parser);
	return close_expect (parser, error);
}

static gboolean
block_parse (Parser *parser, TemplateNode *node, GError **error)
{
	if (!depth_enter (parser, error) || !branches_parse (parser, node, error))
		return FALSE;
	parser->depth--;
	return TRUE;
}

static gboolean
jump_parse (Parser *parser, GPtrArray *nodes, NodeType type, GError **error)
{
	const TemplateToken *token = token_take (parser);

	if (parser->loops == 0)
		return token_fail (token, error, "only inside of \"range\"");
	node_add (nodes, type);
	return close_expect (parser, error);
}

/* Behind "{{". */
static gboolean
action_parse (Parser *parser, GPtrArray *nodes, GError **error)
{
	static const struct {
		const char *word;
		NodeType type;
	} blocks[] = {{"if", NODE_IF}, {"range", NODE_RANGE}, {"with", NODE_WITH}};
	static const char *const refused[] = {"define", "template", "block", NULL};
	const TemplateToken *token = token_peek (parser);
	TemplateNode *node;

	for (gsize i = 0; i < G_N_ELEMENTS (blocks); i++) {
		if (!token_is_word (token, blocks[i].word))
			continue;
		token_take (parser);
		return block_parse (parser, node_add (nodes, blocks[i].type), error);
	}
	if (token_is_word (token, "break"))
		return jump_parse (parser, nodes, NODE_BREAK, error);
	if (token_is_word (token, "continue"))
		return jump_parse (parser, nodes, NODE_CONTINUE, error);
	if (token->type == TOKEN_WORD && g_strv_contains (refused, token->text))
		return token_fail (token, error,
				   "\"define\", \"template\" and \"block\" are not supported");
	node = node_add (nodes, NODE_OUTPUT);
	node->pipeline = pipeline_parse (parser, error);
	if (node->pipeline == NULL)
		return FALSE;
	if (node->pipeline->variables[1] != NULL)
		return token_fail (token, error, "only \"range\" takes two variables");
	return close_expect (parser, error);
}

/* Up to the end, or to "else" or "end", which stays to be taken. */
static gboolean
nodes_parse (Parser *parser, GPtrArray *nodes, GError **error)
{
	for (;;) {
		const TemplateToken *token = token_take (parser);

		if (token->type == TOKEN_END)
			return TRUE;
		if (token->type == TOKEN_TEXT) {
			node_add (nodes, NODE_TEXT)->text = g_strdup (token->text);
			continue;
		}
		if (token_is_word (token_peek (parser), "end") ||
		    token_is_word (token_peek (parser), "else"))
			return TRUE;
		if (!action_parse (parser, nodes, error))
			return FALSE;
	}
}

DavitTemplate *
davit_template_parse (const char *text, GError **error)
{
	g_autoptr (DavitTemplate) template = g_new0 (DavitTemplate, 1);
	g_autoptr (GPtrArray) tokens = davit_template_lex (text, error);
	Parser parser = {tokens, 0, 0, 0, template};

	if (tokens == NULL)
		return NULL;
	template->arena = davit_template_arena_new ();
	template->nodes = nodes_new ();
	if (!nodes_parse (&parser, template->nodes, error))
		return NULL;
	if (token_peek (&parser)->type != TOKEN_END) {
		token_fail (token_peek (&parser), error, "there is no block here to end");
		return NULL;
	}
	return g_steal_pointer (&template);
}

void
davit_template_free (DavitTemplate *template)
{
	if (template == NULL)
		return;
	g_clear_pointer (&template->nodes, g_ptr_array_unref);
	g_clear_pointer (&template->arena, g_ptr_array_unref);
	g_free (template);
}
