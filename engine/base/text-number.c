/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whole numbers, sizes and durations: exact, without floating point, overflow refused. */

#include "base/error.h"
#include "base/text.h"

#include <string.h>

#define FRACTION_DIGITS 9

/* "12.5": whole is 12, part is 5, scale is 10. */
typedef struct {
	guint64 whole;
	guint64 part;
	guint64 scale;
} Decimal;

static gboolean
digits_read (const char **at, guint64 *ret)
{
	guint64 value = 0;

	if (!g_ascii_isdigit (**at))
		return FALSE;
	for (; g_ascii_isdigit (**at); (*at)++) {
		guint64 digit = (guint64) (**at - '0');

		if (value > (G_MAXUINT64 - digit) / 10)
			return FALSE;
		value = value * 10 + digit;
	}
	*ret = value;
	return TRUE;
}

static gboolean
decimal_read (const char **at, Decimal *ret)
{
	Decimal decimal = {0, 0, 1};

	if (!digits_read (at, &decimal.whole))
		return FALSE;
	if (**at == '.') {
		const char *from = ++*at;

		if (!digits_read (at, &decimal.part) || *at - from > FRACTION_DIGITS)
			return FALSE;
		for (; from < *at; from++)
			decimal.scale *= 10;
	}
	*ret = decimal;
	return TRUE;
}

/* decimal * unit, rounded down; unit is below 2^51. */
static gboolean
decimal_multiply (const Decimal *decimal, guint64 unit, guint64 *ret)
{
	/* Both products stay below 2^64: part < scale <= 10^9. */
	guint64 part = unit / decimal->scale * decimal->part +
		       unit % decimal->scale * decimal->part / decimal->scale;

	if (decimal->whole > (G_MAXUINT64 - part) / unit)
		return FALSE;
	*ret = decimal->whole * unit + part;
	return TRUE;
}

gboolean
davit_text_parse_unsigned (const char *text, guint64 maximum, const char *what, guint64 *ret,
			   GError **error)
{
	const char *at = text;
	guint64 value = 0;

	if (!digits_read (&at, &value) || *at != '\0' || value > maximum)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"%s: \"%s\" must be a whole number from 0 to "
					"%" G_GUINT64_FORMAT,
					what, text, maximum);
	*ret = value;
	return TRUE;
}

/* "k", "kb" and "kib", in any case; "" and "b" are 1. 0: unknown. */
static guint64
size_unit (const char *text)
{
	static const char letters[] = "kmgtp";
	const char *letter;
	const char *rest = text;
	guint64 unit = 1;

	if (*text == '\0')
		return 1;
	letter = strchr (letters, g_ascii_tolower (*text));
	if (letter != NULL) {
		unit = G_GUINT64_CONSTANT (1) << (10 * (letter - letters + 1));
		rest++;
		if (g_ascii_tolower (*rest) == 'i' && g_ascii_tolower (rest[1]) == 'b')
			rest++;
	}
	if (g_ascii_tolower (*rest) == 'b')
		rest++;
	return *rest == '\0' ? unit : 0;
}

gboolean
davit_text_parse_size (const char *text, const char *what, guint64 *ret, GError **error)
{
	const char *at = text;
	Decimal decimal;
	guint64 unit = 0;

	if (decimal_read (&at, &decimal))
		unit = size_unit (at);
	/* Half a byte is a mistake. */
	if (unit == 0 || (unit == 1 && decimal.scale > 1))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"%s: \"%s\" must be a number of bytes, such as 1048576, "
					"64m or 2g",
					what, text);
	if (!decimal_multiply (&decimal, unit, ret))
		return davit_error_set (error, DAVIT_ERROR_USAGE, "%s: \"%s\" is too large", what,
					text);
	return TRUE;
}

typedef struct {
	const char *name;
	guint64 msec;
} DurationUnit;

/* From the largest: each may come once, and in this order. */
static const DurationUnit duration_units[] = {
	{"d", 24 * 60 * 60 * 1000}, {"h", 60 * 60 * 1000}, {"m", 60 * 1000}, {"s", 1000}, {"ms", 1},
};

/* The unit of which the name stands at *at, from the one with number *next on; NULL: none. */
static const DurationUnit *
duration_unit (const char **at, gsize *next)
{
	gsize length = strspn (*at, "abcdefghijklmnopqrstuvwxyz");

	for (gsize i = *next; i < G_N_ELEMENTS (duration_units); i++) {
		const char *name = duration_units[i].name;

		if (strlen (name) != length || strncmp (*at, name, length) != 0)
			continue;
		*at += length;
		*next = i + 1;
		return &duration_units[i];
	}
	return NULL;
}

static gboolean
duration_read (const char *text, guint64 *ret)
{
	static const DurationUnit seconds = {"", 1000};
	const char *at = text;
	guint64 total = 0;
	gsize next = 0;

	do {
		const DurationUnit *unit;
		Decimal decimal;
		guint64 value = 0;

		if (!decimal_read (&at, &decimal))
			return FALSE;
		unit = *at == '\0' && next == 0 ? &seconds : duration_unit (&at, &next);
		if (unit == NULL || !decimal_multiply (&decimal, unit->msec, &value) ||
		    value > G_MAXINT64 - total)
			return FALSE;
		total += value;
	} while (*at != '\0');
	*ret = total;
	return TRUE;
}

gboolean
davit_text_parse_duration (const char *text, const char *what, gint64 *ret_msec, GError **error)
{
	guint64 value = 0;

	if (!duration_read (text, &value))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"%s: \"%s\" must be a duration, such as 250ms, 10s or "
					"1m30s",
					what, text);
	*ret_msec = (gint64) value;
	return TRUE;
}

char *
davit_text_size (guint64 bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double) bytes;
	gsize unit = 0;

	/* 999.5 and not 1000: three digits of 999,999 would be 1e+03. */
	for (; value >= (unit == 0 ? 1000 : 999.5) && unit + 1 < G_N_ELEMENTS (units); unit++)
		value /= 1000;
	return g_strdup_printf ("%.3g%s", value, units[unit]);
}
