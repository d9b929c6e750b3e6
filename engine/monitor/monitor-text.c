/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Small texts in fixed buffers. */

#include "monitor-text.h"

#include <string.h>
#include <time.h>

#define NSEC_PER_SEC 1000000000u
#define SEC_PER_DAY 86400u

void
monitor_text_add_bytes (struct monitor_text *text, const void *bytes, size_t length)
{
	if (length > text->size - text->length)
		length = text->size - text->length;
	memcpy (text->data + text->length, bytes, length);
	text->length += length;
}

void
monitor_text_add (struct monitor_text *text, const char *string)
{
	monitor_text_add_bytes (text, string, strlen (string));
}

/* Decimal, with zeros in front up to width. */
static void
number_add (struct monitor_text *text, uint64_t number, size_t width)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char) ('0' + number % 10);
		number /= 10;
	} while (number > 0 || sizeof digits - at < width);
	monitor_text_add_bytes (text, digits + at, sizeof digits - at);
}

void
monitor_text_add_number (struct monitor_text *text, uint64_t number)
{
	number_add (text, number, 1);
}

/*
 * The calendar repeats every 400 years (146,097 days). Years begin in March here, so that the leap
 * day is the last one and a month's first day is a linear function of its number.
 */
static void
date_add (struct monitor_text *text, uint64_t days)
{
	uint64_t shifted = days + 719468; /* since 0000-03-01 */
	uint64_t era = shifted / 146097;
	uint64_t of_era = shifted % 146097;
	uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint64_t month = (5 * of_year + 2) / 153;

	number_add (text, year + era * 400 + (month >= 10), 4);
	monitor_text_add (text, "-");
	number_add (text, month < 10 ? month + 3 : month - 9, 2);
	monitor_text_add (text, "-");
	number_add (text, of_year - (153 * month + 2) / 5 + 1, 2);
}

void
monitor_text_add_time (struct monitor_text *text, uint64_t nsec)
{
	uint64_t seconds = nsec / NSEC_PER_SEC;
	uint64_t of_day = seconds % SEC_PER_DAY;

	date_add (text, seconds / SEC_PER_DAY);
	monitor_text_add (text, "T");
	number_add (text, of_day / 3600, 2);
	monitor_text_add (text, ":");
	number_add (text, of_day / 60 % 60, 2);
	monitor_text_add (text, ":");
	number_add (text, of_day % 60, 2);
	monitor_text_add (text, ".");
	number_add (text, nsec % NSEC_PER_SEC, 9);
	monitor_text_add (text, "Z");
}

bool
monitor_text_parse (const char *string, uint64_t maximum, uint64_t *ret)
{
	uint64_t number = 0;

	if (*string == '\0')
		return false;
	for (; *string != '\0'; string++) {
		uint64_t digit = (uint64_t) (*string - '0');

		if (*string < '0' || *string > '9' || number > (maximum - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	if (number > maximum)
		return false;
	*ret = number;
	return true;
}

uint64_t
monitor_text_now (void)
{
	struct timespec now;

	clock_gettime (CLOCK_REALTIME, &now);
	return (uint64_t) now.tv_sec * NSEC_PER_SEC + (uint64_t) now.tv_nsec;
}
