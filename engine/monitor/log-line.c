/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Taking a record of a log apart. Other programs write such logs too: any RFC 3339 time will do. */

#include "monitor/log-line.h"

#include <string.h>

/* Before year 2262: nanoseconds in 64 bits. */
#define YEAR_MAXIMUM 2261

typedef struct {
	const char *at;
	const char *end;
} Cursor;

static gboolean
digits_take (Cursor *cursor, int width, int minimum, int maximum, int *ret)
{
	int number = 0;

	for (int i = 0; i < width; i++, cursor->at++) {
		if (cursor->at >= cursor->end || !g_ascii_isdigit (*cursor->at))
			return FALSE;
		number = number * 10 + (*cursor->at - '0');
	}
	*ret = number;
	return number >= minimum && number <= maximum;
}

static gboolean
character_take (Cursor *cursor, char wanted)
{
	if (cursor->at >= cursor->end || *cursor->at != wanted)
		return FALSE;
	cursor->at++;
	return TRUE;
}

static gboolean
text_take (Cursor *cursor, const char *wanted)
{
	gsize length = strlen (wanted);

	if ((gsize) (cursor->end - cursor->at) < length || memcmp (cursor->at, wanted, length) != 0)
		return FALSE;
	cursor->at += length;
	return TRUE;
}

/* The inverse of the monitor's calendar: years begin in March, and 400 of them repeat. */
static gint64
days_since_1970 (int year, int month, int day)
{
	gint64 shifted = month > 2 ? year : year - 1;
	gint64 of_era = shifted % 400;
	gint64 of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return shifted / 400 * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* ".123" or nothing: up to nine digits count. */
static gboolean
fraction_take (Cursor *cursor, gint64 *ret_nsec)
{
	gint64 nsec = 0;
	int digits = 0;

	if (character_take (cursor, '.')) {
		for (; cursor->at < cursor->end && g_ascii_isdigit (*cursor->at); cursor->at++) {
			if (digits++ < 9)
				nsec = nsec * 10 + (*cursor->at - '0');
		}
		if (digits == 0)
			return FALSE;
		for (; digits < 9; digits++)
			nsec *= 10;
	}
	*ret_nsec = nsec;
	return TRUE;
}

/* "Z" or "+02:00". */
static gboolean
zone_take (Cursor *cursor, gint64 *ret_seconds)
{
	int hours, minutes;
	int sign = 1;

	*ret_seconds = 0;
	if (character_take (cursor, 'Z'))
		return TRUE;
	if (!character_take (cursor, '+')) {
		sign = -1;
		if (!character_take (cursor, '-'))
			return FALSE;
	}
	if (!digits_take (cursor, 2, 0, 23, &hours) || !character_take (cursor, ':') ||
	    !digits_take (cursor, 2, 0, 59, &minutes))
		return FALSE;
	*ret_seconds = sign * (hours * 3600 + minutes * 60);
	return TRUE;
}

static gboolean
time_take (Cursor *cursor, gint64 *ret_time)
{
	int year, month, day, hour, minute, second;
	gint64 nsec, zone, seconds;

	if (!digits_take (cursor, 4, 1970, YEAR_MAXIMUM, &year) || !character_take (cursor, '-') ||
	    !digits_take (cursor, 2, 1, 12, &month) || !character_take (cursor, '-') ||
	    !digits_take (cursor, 2, 1, 31, &day) || !character_take (cursor, 'T') ||
	    !digits_take (cursor, 2, 0, 23, &hour) || !character_take (cursor, ':') ||
	    !digits_take (cursor, 2, 0, 59, &minute) || !character_take (cursor, ':') ||
	    !digits_take (cursor, 2, 0, 60, &second) || !fraction_take (cursor, &nsec) ||
	    !zone_take (cursor, &zone))
		return FALSE;
	seconds = days_since_1970 (year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	*ret_time = (seconds - zone) * 1000000000 + nsec;
	return TRUE;
}

gboolean
davit_log_line_parse (const char *line, gsize length, DavitLogLine *ret)
{
	Cursor cursor = {line, line + length};
	DavitLogLine result = {0};

	if (length > DAVIT_LOG_LINE_LIMIT || !time_take (&cursor, &result.time))
		return FALSE;
	result.is_stderr = text_take (&cursor, " stderr ");
	if (!result.is_stderr && !text_take (&cursor, " stdout "))
		return FALSE;
	result.partial = character_take (&cursor, 'P');
	if (!result.partial && !character_take (&cursor, 'F'))
		return FALSE;
	if (!character_take (&cursor, ' '))
		return FALSE;
	result.text = cursor.at;
	result.length = (gsize) (cursor.end - cursor.at);
	*ret = result;
	return TRUE;
}
