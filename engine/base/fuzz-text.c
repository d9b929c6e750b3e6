/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of numbers, sizes, durations, times and signals (libFuzzer): what is read is in bounds,
 * and what can be written is read as the same again.
 */

#include "base/text.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

static void
number_check (const char *text)
{
	g_autofree char *again = NULL;
	guint64 number = 0;

	if (!davit_text_parse_unsigned (text, 4294967294, "x", &number, NULL))
		return;
	if (number > 4294967294 || strspn (text, "0123456789") != strlen (text))
		__builtin_trap ();
	again = g_strdup_printf ("%" G_GUINT64_FORMAT, number);
	if (strcmp (again, text + strspn (text, "0")) != 0 && number != 0)
		__builtin_trap ();
}

static void
time_check (const char *text)
{
	g_autofree char *again = NULL;
	gint64 nsec = 0, second = 0;

	if (!davit_text_parse_time (text, "x", &nsec, NULL))
		return;
	again = davit_text_time (nsec);
	if (!davit_text_parse_time (again, "x", &second, NULL) || second != nsec)
		__builtin_trap ();
}

static void
signal_check (const char *text)
{
	int number = 0, again = 0;

	if (!davit_text_parse_signal (text, &number, NULL))
		return;
	if (number < 1 || number > 64)
		__builtin_trap ();
	/* The C library keeps these for itself, and has no names for them. */
	if (number == 32 || number == 33)
		return;
	if (!davit_text_parse_signal (davit_text_signal_name (number), &again, NULL) ||
	    again != number)
		__builtin_trap ();
}

static void
name_check (const char *text)
{
	/* It becomes part of a path. */
	if (davit_text_is_plugin_name (text) && strpbrk (text, "/.:\n") != NULL)
		__builtin_trap ();
	if (davit_text_is_container_name (text) &&
	    (text[0] == '.' || strpbrk (text, "/:\n ") != NULL || strlen (text) > 255))
		__builtin_trap ();
	if (davit_text_is_plugin_choice (text) &&
	    (strstr (text, "/../") != NULL || strpbrk (text, "\n\t ") != NULL) &&
	    strchr (text, '/') == NULL)
		__builtin_trap ();
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	g_autofree char *text = g_strndup ((const char *) bytes, size);
	g_autoptr (GError) error = NULL;
	guint64 number = 0;
	gint64 msec = 0;

	number_check (text);
	if (!davit_text_parse_size (text, "x", &number, &error) && error == NULL)
		__builtin_trap ();
	if (davit_text_parse_duration (text, "x", &msec, NULL) && msec < 0)
		__builtin_trap ();
	time_check (text);
	signal_check (text);
	name_check (text);
	return 0;
}
