/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Cuts a template into tokens. Whether a token follows another without space matters: ".A.B" is
 * one chain, ".A .B" are two arguments. */

#include "base/error.h"
#include "cli/template-private.h"

#include <errno.h>
#include <string.h>

#define TOKEN_LIMIT 20000

typedef struct {
	const char *text;
	const char *at;
	GPtrArray *tokens;
	gboolean trim; /* the action before ended with "-}}" */
} Lexer;

static void
token_free (gpointer data)
{
	TemplateToken *token = data;

	g_free (token->text);
	g_free (token);
}

static guint
lexer_column (const Lexer *lexer)
{
	return (guint) (lexer->at - lexer->text) + 1;
}

static gboolean
lexer_fail (const Lexer *lexer, GError **error, const char *what)
{
	return davit_error_set (error, DAVIT_ERROR_USAGE, "template: column %u: %s",
				lexer_column (lexer), what);
}

/* Takes text. */
static TemplateToken *
token_add (Lexer *lexer, TokenType type, char *text)
{
	TemplateToken *token = g_new0 (TemplateToken, 1);

	token->type = type;
	token->text = text;
	token->column = lexer_column (lexer);
	token->glued = lexer->at > lexer->text && !g_ascii_isspace (lexer->at[-1]);
	g_ptr_array_add (lexer->tokens, token);
	return token;
}

/* \t and \n are the characters, as docker reads them; every other backslash is itself. */
static char *
text_unescape (const char *text, gsize length)
{
	GString *result = g_string_sized_new (length);

	for (gsize i = 0; i < length; i++) {
		if (text[i] == '\\' && i + 1 < length && (text[i + 1] == 't' || text[i + 1] == 'n'))
			g_string_append_c (result, text[++i] == 't' ? '\t' : '\n');
		else
			g_string_append_c (result, text[i]);
	}
	return g_string_free (result, FALSE);
}

/* Everything up to the next "{{" or the end. */
static void
text_lex (Lexer *lexer)
{
	const char *open = strstr (lexer->at, "{{");
	gsize length = open == NULL ? strlen (lexer->at) : (gsize) (open - lexer->at);
	g_autofree char *text = text_unescape (lexer->at, length);
	gboolean trim_end = open != NULL && open[2] == '-' && g_ascii_isspace (open[3]);

	if (lexer->trim)
		g_strchug (text);
	if (trim_end)
		g_strchomp (text);
	if (text[0] != '\0')
		token_add (lexer, TOKEN_TEXT, g_steal_pointer (&text));
	lexer->trim = FALSE;
	lexer->at += length;
}

static gsize
word_length (const char *text)
{
	gsize length = 0;

	while (g_ascii_isalnum (text[length]) || text[length] == '_')
		length++;
	return length;
}

/* Reads digits digits of a base; G_MAXUINT32 if they are not there. */
static guint32
digits_read (const char *text, guint digits, guint base)
{
	guint32 value = 0;

	for (guint i = 0; i < digits; i++) {
		int digit = g_ascii_xdigit_value (text[i]);

		if (digit < 0 || (guint) digit >= base)
			return G_MAXUINT32;
		value = value * base + (guint32) digit;
	}
	return value;
}

/* at stands behind the backslash; returns how many bytes the escape has, 0: it is none. */
static guint
escape_read (const char *at, GString *result)
{
	static const char letters[] = "abfnrtv\\'\"";
	static const char values[] = "\a\b\f\n\r\t\v\\'\"";
	const char *known = *at == '\0' ? NULL : strchr (letters, *at);
	guint digits = *at == 'x' ? 2 : *at == 'u' ? 4 : *at == 'U' ? 8 : 0;
	guint32 value;

	if (known != NULL) {
		g_string_append_c (result, values[known - letters]);
		return 1;
	}
	value = digits > 0 ? digits_read (at + 1, digits, 16) : digits_read (at, 3, 8);
	if (value == 0 || value == G_MAXUINT32 || value > 0x10ffff ||
	    (digits < 4 && value > 0xff) || !g_unichar_validate (value))
		return 0;
	/* Go's \x gives a byte; beyond ASCII that would not be UTF-8, so it is the character. */
	g_string_append_unichar (result, value);
	return digits > 0 ? 1 + digits : 3;
}

static gboolean
string_lex (Lexer *lexer, GError **error)
{
	g_autoptr (GString) result = g_string_new (NULL);
	const char *at = lexer->at + 1;

	while (*at != '"') {
		guint used;

		if (*at == '\0' || *at == '\n')
			return lexer_fail (lexer, error, "the string does not end");
		if (*at != '\\') {
			g_string_append_c (result, *at++);
			continue;
		}
		used = escape_read (at + 1, result);
		if (used == 0)
			return lexer_fail (lexer, error, "the string holds an escape that is none");
		at += 1 + used;
	}
	token_add (lexer, TOKEN_STRING, g_strdup (result->str));
	lexer->at = at + 1;
	return TRUE;
}

static gboolean
raw_string_lex (Lexer *lexer, GError **error)
{
	const char *end = strchr (lexer->at + 1, '`');

	if (end == NULL)
		return lexer_fail (lexer, error, "the string does not end");
	token_add (lexer, TOKEN_STRING, g_strndup (lexer->at + 1, (gsize) (end - lexer->at - 1)));
	lexer->at = end + 1;
	return TRUE;
}

/* 'x' is the number of the character. */
static gboolean
character_lex (Lexer *lexer, GError **error)
{
	g_autoptr (GString) result = g_string_new (NULL);
	const char *at = lexer->at + 1;
	TemplateToken *token;

	if (*at == '\\') {
		guint used = escape_read (at + 1, result);

		if (used == 0)
			return lexer_fail (lexer, error, "not a character");
		at += 1 + used;
	} else if (*at != '\0' && *at != '\'') {
		const char *next = g_utf8_next_char (at);

		g_string_append_len (result, at, next - at);
		at = next;
	}
	if (*at != '\'' || result->len == 0)
		return lexer_fail (lexer, error, "not a character");
	token = token_add (lexer, TOKEN_INTEGER, NULL);
	token->integer = g_utf8_get_char (result->str);
	lexer->at = at + 1;
	return TRUE;
}

static gboolean
number_lex (Lexer *lexer, GError **error)
{
	gsize length = 1 + strspn (lexer->at + 1, "0123456789abcdefABCDEFxX.+-_");
	g_autofree char *text = g_strndup (lexer->at, length);
	gboolean is_double = strpbrk (text, ".eE") != NULL && strpbrk (text, "xX") == NULL;
	TemplateToken *token;
	char *end = NULL;

	errno = 0;
	token = token_add (lexer, is_double ? TOKEN_DOUBLE : TOKEN_INTEGER, NULL);
	if (is_double)
		token->number = g_ascii_strtod (text, &end);
	else
		token->integer = g_ascii_strtoll (text, &end, 0);
	if (*end != '\0' || end == text || errno != 0)
		return lexer_fail (lexer, error, "not a number");
	lexer->at += length;
	return TRUE;
}

/* "." and "$" with the name behind them. */
static void
name_lex (Lexer *lexer)
{
	gsize length = word_length (lexer->at + 1);
	TokenType type = *lexer->at == '$' ? TOKEN_VARIABLE : TOKEN_FIELD;

	if (*lexer->at == '.' && length == 0)
		type = TOKEN_DOT;
	token_add (lexer, type, g_strndup (lexer->at + 1, length));
	lexer->at += 1 + length;
}

static gboolean
sign_lex (Lexer *lexer, GError **error)
{
	static const struct {
		const char *text;
		TokenType type;
	} signs[] = {
		{":=", TOKEN_DECLARE}, {"=", TOKEN_ASSIGN}, {"|", TOKEN_PIPE},
		{",", TOKEN_COMMA},    {"(", TOKEN_LEFT},   {")", TOKEN_RIGHT},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (signs); i++) {
		if (!g_str_has_prefix (lexer->at, signs[i].text))
			continue;
		token_add (lexer, signs[i].type, NULL);
		lexer->at += strlen (signs[i].text);
		return TRUE;
	}
	return lexer_fail (lexer, error, "unexpected character in an action");
}

static gboolean
token_lex (Lexer *lexer, GError **error)
{
	char c = *lexer->at, next = lexer->at[1];

	if (c == '"')
		return string_lex (lexer, error);
	if (c == '`')
		return raw_string_lex (lexer, error);
	if (c == '\'')
		return character_lex (lexer, error);
	if (g_ascii_isdigit (c) || ((c == '-' || c == '+') && g_ascii_isdigit (next)))
		return number_lex (lexer, error);
	if (c == '.' || c == '$') {
		name_lex (lexer);
		return TRUE;
	}
	if (word_length (lexer->at) > 0) {
		gsize length = word_length (lexer->at);

		token_add (lexer, TOKEN_WORD, g_strndup (lexer->at, length));
		lexer->at += length;
		return TRUE;
	}
	return sign_lex (lexer, error);
}

/* at stands behind the opening braces and the trim mark. */
static gboolean
comment_lex (Lexer *lexer, GError **error)
{
	const char *end = strstr (lexer->at + 2, "*/");

	if (end == NULL)
		return lexer_fail (lexer, error, "the comment does not end");
	end += 2;
	if (g_ascii_isspace (end[0]) && g_str_has_prefix (end + 1, "-}}")) {
		lexer->trim = TRUE;
		end += 2;
	}
	lexer->at = end;
	if (!g_str_has_prefix (end, "}}"))
		return lexer_fail (lexer, error, "a comment must fill its action");
	lexer->at = end + 2;
	return TRUE;
}

static gboolean
action_lex (Lexer *lexer, GError **error)
{
	TemplateToken *open = token_add (lexer, TOKEN_OPEN, NULL);

	lexer->trim = FALSE;
	lexer->at += 2;
	if (lexer->at[0] == '-' && g_ascii_isspace (lexer->at[1]))
		lexer->at += 2;
	if (g_str_has_prefix (lexer->at, "/*")) {
		g_ptr_array_remove (lexer->tokens, open);
		return comment_lex (lexer, error);
	}
	while (lexer->tokens->len < TOKEN_LIMIT) {
		gboolean space = g_ascii_isspace (*lexer->at);

		while (g_ascii_isspace (*lexer->at))
			lexer->at++;
		if (space && g_str_has_prefix (lexer->at, "-}}")) {
			lexer->trim = TRUE;
			lexer->at++;
		}
		if (g_str_has_prefix (lexer->at, "}}")) {
			token_add (lexer, TOKEN_CLOSE, NULL);
			lexer->at += 2;
			return TRUE;
		}
		if (*lexer->at == '\0')
			return lexer_fail (lexer, error, "the action does not end with \"}}\"");
		if (!token_lex (lexer, error))
			return FALSE;
	}
	return lexer_fail (lexer, error, "the template is too long");
}

GPtrArray *
davit_template_lex (const char *text, GError **error)
{
	g_autoptr (GPtrArray) tokens = g_ptr_array_new_with_free_func (token_free);
	Lexer lexer = {text, text, tokens, FALSE};

	if (!g_utf8_validate (text, -1, NULL)) {
		lexer_fail (&lexer, error, "the template is not UTF-8");
		return NULL;
	}
	while (*lexer.at != '\0') {
		if (!g_str_has_prefix (lexer.at, "{{"))
			text_lex (&lexer);
		else if (!action_lex (&lexer, error))
			return NULL;
		if (tokens->len >= TOKEN_LIMIT) {
			lexer_fail (&lexer, error, "the template is too long");
			return NULL;
		}
	}
	token_add (&lexer, TOKEN_END, NULL);
	return g_steal_pointer (&tokens);
}
