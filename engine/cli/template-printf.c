/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Go's Sprintf, for templates: the verbs v s q d x X o c t e f g, flags, width, precision. */

#include "base/error.h"
#include "cli/template-private.h"

#include <stdio.h>
#include <string.h>

#define WIDTH_LIMIT 4096
#define PRECISION_LIMIT 64

typedef struct {
	gboolean left;
	gboolean plus;
	gboolean zero;
	gboolean space;
	gboolean sharp;
	int width;
	int precision; /* -1: none */
	char verb;
} Spec;

typedef struct {
	GPtrArray *arguments;
	guint next;
	GString *output;
} Printer;

static int
number_read (const char **at, int limit)
{
	int number = 0;

	while (g_ascii_isdigit (**at)) {
		number = MIN (number * 10 + (**at - '0'), limit);
		(*at)++;
	}
	return number;
}

/* at stands behind "%". */
static const char *
spec_read (const char *at, Spec *spec)
{
	memset (spec, 0, sizeof *spec);
	spec->precision = -1;
	for (; *at != '\0' && strchr ("-+# 0", *at) != NULL; at++) {
		spec->left |= *at == '-';
		spec->plus |= *at == '+';
		spec->sharp |= *at == '#';
		spec->space |= *at == ' ';
		spec->zero |= *at == '0';
	}
	spec->width = number_read (&at, WIDTH_LIMIT);
	if (*at == '.') {
		at++;
		spec->precision = number_read (&at, PRECISION_LIMIT);
	}
	spec->verb = *at;
	return *at == '\0' ? at : at + 1;
}

static void
text_pad (GString *output, const char *text, const Spec *spec, gboolean number)
{
	int length = (int) g_utf8_strlen (text, -1);
	int missing = MAX (spec->width - length, 0);
	gboolean zero = spec->zero && !spec->left && number;

	/* Zeros stand behind the sign. */
	if (zero && (*text == '-' || *text == '+'))
		g_string_append_c (output, *text++);
	for (int i = 0; !spec->left && i < missing; i++)
		g_string_append_c (output, zero ? '0' : ' ');
	g_string_append (output, text);
	for (int i = 0; spec->left && i < missing; i++)
		g_string_append_c (output, ' ');
}

static char *
quoted_text (const char *text)
{
	GString *result = g_string_new ("\"");

	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			g_string_append_printf (result, "\\%c", *text);
		else if (*text == '\n')
			g_string_append (result, "\\n");
		else if (*text == '\t')
			g_string_append (result, "\\t");
		else
			g_string_append_c (result, *text);
	}
	g_string_append_c (result, '"');
	return g_string_free (result, FALSE);
}

static char *
integer_text (gint64 integer, const Spec *spec)
{
	guint64 size = integer < 0 ? -(guint64) integer : (guint64) integer;
	const char *sign = integer < 0 ? "-" : spec->plus ? "+" : spec->space ? " " : "";
	const char *base = !spec->sharp	       ? ""
			   : spec->verb == 'x' ? "0x"
			   : spec->verb == 'X' ? "0X"
					       : "";

	switch (spec->verb) {
	case 'x':
		return g_strdup_printf ("%s%s%" G_GINT64_MODIFIER "x", sign, base, size);
	case 'X':
		return g_strdup_printf ("%s%s%" G_GINT64_MODIFIER "X", sign, base, size);
	case 'o':
		return g_strdup_printf ("%s%" G_GINT64_MODIFIER "o", sign, size);
	default:
		return g_strdup_printf ("%s%" G_GUINT64_FORMAT, sign, size);
	}
}

static char *
double_text (double number, const Spec *spec)
{
	char format[16];
	char text[512];
	int precision = spec->precision >= 0 ? spec->precision : 6;

	g_snprintf (format, sizeof format, "%%%s.%d%c", spec->plus ? "+" : "", precision,
		    spec->verb == 'v' ? 'g' : spec->verb);
	return g_strdup (g_ascii_formatd (text, sizeof text, format, number));
}

/* NULL: the verb does not go with the value. */
static char *
value_text (const TemplateValue *value, const Spec *spec, gboolean *ret_number)
{
	gboolean integer = value->type == TEMPLATE_INTEGER;
	g_autofree char *text = davit_template_value_display (value);

	*ret_number = integer || value->type == TEMPLATE_DOUBLE;
	if (spec->verb == 'v' && !*ret_number)
		return g_steal_pointer (&text);
	if (strchr ("dxXov", spec->verb) != NULL && integer)
		return integer_text (value->integer, spec);
	if (strchr ("feEgGv", spec->verb) != NULL && *ret_number)
		return double_text (integer ? (double) value->integer : value->number, spec);
	if (spec->verb == 't' && value->type == TEMPLATE_BOOLEAN)
		return g_steal_pointer (&text);
	if (spec->verb == 'c' && integer && g_unichar_validate ((gunichar) value->integer) &&
	    value->integer >= ' ') {
		g_autoptr (GString) character = g_string_new (NULL);

		g_string_append_unichar (character, (gunichar) value->integer);
		return g_strdup (character->str);
	}
	if ((spec->verb == 's' || spec->verb == 'q') && !*ret_number) {
		if (spec->precision >= 0 && g_utf8_strlen (text, -1) > spec->precision)
			*g_utf8_offset_to_pointer (text, spec->precision) = '\0';
		return spec->verb == 'q' ? quoted_text (text) : g_steal_pointer (&text);
	}
	return NULL;
}

/* Mistakes are shown in the output, as Go does. */
static void
verb_print (Printer *printer, const Spec *spec)
{
	const TemplateValue *value;
	g_autofree char *text = NULL;
	gboolean number;

	if (spec->verb == '%') {
		g_string_append_c (printer->output, '%');
		return;
	}
	if (spec->verb == '\0' || spec->verb < ' ' || spec->verb > '~') {
		g_string_append (printer->output, "%!(NOVERB)");
		return;
	}
	if (printer->next >= printer->arguments->len) {
		g_string_append_printf (printer->output, "%%!%c(MISSING)", spec->verb);
		return;
	}
	value = g_ptr_array_index (printer->arguments, printer->next++);
	text = value_text (value, spec, &number);
	if (text != NULL) {
		text_pad (printer->output, text, spec, number);
		return;
	}
	text = davit_template_value_display (value);
	g_string_append_printf (printer->output, "%%!%c(%s=%s)", spec->verb,
				davit_template_value_kind (value), text);
}

TemplateValue *
davit_template_printf (TemplateArena *arena, GPtrArray *arguments, GError **error)
{
	const TemplateValue *format = g_ptr_array_index (arguments, 0);
	g_autoptr (GString) output = g_string_new (NULL);
	Printer printer = {arguments, 1, output};
	Spec spec;

	if (format->type != TEMPLATE_STRING || format->foreign) {
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "template: function \"printf\" needs its format as a string");
		return NULL;
	}
	for (const char *at = format->string; *at != '\0';) {
		gsize length = strcspn (at, "%");

		g_string_append_len (output, at, (gssize) length);
		at += length;
		if (*at == '\0')
			break;
		at = spec_read (at + 1, &spec);
		verb_print (&printer, &spec);
	}
	if (printer.next < arguments->len)
		g_string_append (output, "%!(EXTRA)");
	return davit_template_value_string (arena, g_strdup (output->str), FALSE);
}
