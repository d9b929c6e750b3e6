/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What lexer, parser and evaluator of templates share. */

#pragma once

#include "cli/template-value.h"
#include "cli/template.h"

G_BEGIN_DECLS

/* Deeper nesting of blocks and parentheses is refused: parser and evaluator recurse. */
#define TEMPLATE_DEPTH_LIMIT 32

typedef enum {
	TOKEN_TEXT,
	TOKEN_OPEN,	/* {{ */
	TOKEN_CLOSE,	/* }} */
	TOKEN_DOT,	/* . */
	TOKEN_FIELD,	/* .Name: text is "Name" */
	TOKEN_VARIABLE, /* $name: text is "name", "" for $ alone */
	TOKEN_WORD,
	TOKEN_STRING,
	TOKEN_INTEGER,
	TOKEN_DOUBLE,
	TOKEN_PIPE,
	TOKEN_DECLARE, /* := */
	TOKEN_ASSIGN,  /* = */
	TOKEN_COMMA,
	TOKEN_LEFT,
	TOKEN_RIGHT,
	TOKEN_END,
} TokenType;

typedef struct {
	TokenType type;
	guint column;	/* from 1 */
	gboolean glued; /* no space before it */
	char *text;
	gint64 integer;
	double number;
} TemplateToken;

/* An array of TemplateToken; the last one is TOKEN_END. */
GPtrArray *davit_template_lex (const char *text, GError **error);

typedef struct _TemplatePipeline TemplatePipeline;

typedef enum {
	OPERAND_DOT,
	OPERAND_VARIABLE,
	OPERAND_LITERAL,
	OPERAND_FUNCTION,
	OPERAND_PAREN,
} OperandType;

typedef struct {
	OperandType type;
	guint column;
	char *name;		    /* VARIABLE, FUNCTION */
	TemplateValue *literal;	    /* owned by the template's arena */
	TemplatePipeline *pipeline; /* PAREN */
	GPtrArray *fields;	    /* names behind it: .A.B */
} TemplateOperand;

struct _TemplatePipeline {
	char *variables[2];  /* $a, $b := */
	gboolean assign;     /* = and not := */
	GPtrArray *commands; /* of GPtrArray of TemplateOperand */
};

typedef enum {
	NODE_TEXT,
	NODE_OUTPUT,
	NODE_IF,
	NODE_RANGE,
	NODE_WITH,
	NODE_BREAK,
	NODE_CONTINUE,
} NodeType;

typedef struct {
	NodeType type;
	char *text;
	TemplatePipeline *pipeline;
	GPtrArray *body;      /* TemplateNode */
	GPtrArray *otherwise; /* TemplateNode, or NULL */
} TemplateNode;

struct _DavitTemplate {
	TemplateArena *arena; /* of the literals */
	GPtrArray *nodes;
};

/* Functions: arguments are TemplateValue. */
typedef TemplateValue *(*TemplateFunc) (TemplateArena *arena, GPtrArray *arguments, GError **error);

typedef struct {
	const char *name;
	guint arguments_min;
	guint arguments_max;
	TemplateFunc function; /* NULL: "and" and "or", which the evaluator does itself */
} TemplateFunction;

const TemplateFunction *davit_template_function_find (const char *name);

/* Go's Sprintf. */
TemplateValue *davit_template_printf (TemplateArena *arena, GPtrArray *arguments, GError **error);

G_END_DECLS
