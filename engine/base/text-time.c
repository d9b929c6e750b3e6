/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Points in time: RFC 3339 as documents, logs and people write it, and ages in words. */

#include "base/error.h"
#include "base/text.h"

#include <string.h>
#include <time.h>

#define SECOND G_GINT64_CONSTANT (1000000000)
/* The first of January 1970, as GDate counts days. */
#define JULIAN_1970 719163
#define DAY 86400
/* What nanoseconds in 64 bits can hold, in whole seconds: the years 1677 to 2262. */
#define SECONDS_LIMIT (G_MAXINT64 / SECOND - 1)

/* Exactly count digits. */
static gboolean
number_read (const char **at, guint count, int minimum, int maximum, int *ret)
{
	int value = 0;

	for (guint i = 0; i < count; i++, (*at)++) {
		if (!g_ascii_isdigit (**at))
			return FALSE;
		value = value * 10 + (**at - '0');
	}
	*ret = value;
	return value >= minimum && value <= maximum;
}

static gboolean
character_read (const char **at, char wanted)
{
	if (**at != wanted)
		return FALSE;
	(*at)++;
	return TRUE;
}

static gboolean
date_read (const char **at, struct tm *tm)
{
	int year = 0;
	int month = 0;

	if (!number_read (at, 4, 1, 9999, &year) || !character_read (at, '-') ||
	    !number_read (at, 2, 1, 12, &month) || !character_read (at, '-') ||
	    !number_read (at, 2, 1, 31, &tm->tm_mday))
		return FALSE;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	return g_date_valid_dmy ((GDateDay) tm->tm_mday, (GDateMonth) month, (GDateYear) year);
}

/* The digits behind a point; those beyond the ninth are dropped. */
static gboolean
fraction_read (const char **at, gint64 *ret_nsec)
{
	gint64 unit = SECOND;

	if (!g_ascii_isdigit (**at))
		return FALSE;
	for (*ret_nsec = 0; g_ascii_isdigit (**at); (*at)++) {
		unit /= 10;
		*ret_nsec += unit * (**at - '0');
	}
	return TRUE;
}

static gboolean
clock_read (const char **at, struct tm *tm, gint64 *ret_nsec)
{
	/* 60: a leap second. */
	return number_read (at, 2, 0, 23, &tm->tm_hour) && character_read (at, ':') &&
	       number_read (at, 2, 0, 59, &tm->tm_min) && character_read (at, ':') &&
	       number_read (at, 2, 0, 60, &tm->tm_sec) &&
	       (!character_read (at, '.') || fraction_read (at, ret_nsec));
}

/*
 * In UTC, as timegm and gmtime have it: those read /etc/localtime before they find that they need
 * not. tm is a valid date.
 */
static gint64
utc_seconds (const struct tm *tm)
{
	GDate date;

	g_date_clear (&date, 1);
	g_date_set_dmy (&date, (GDateDay) tm->tm_mday, (GDateMonth) (tm->tm_mon + 1),
			(GDateYear) (tm->tm_year + 1900));
	return ((gint64) g_date_get_julian (&date) - JULIAN_1970) * DAY +
	       (tm->tm_hour * 60 + tm->tm_min) * 60 + tm->tm_sec;
}

/* Without a zone the time is local, as people mean it. */
static gboolean
zone_read (const char **at, struct tm *tm, gint64 *ret_seconds)
{
	int hours = 0;
	int minutes = 0;
	char sign = **at;

	if (sign == '\0') {
		tm->tm_isdst = -1;
		*ret_seconds = mktime (tm);
		return TRUE;
	}
	(*at)++;
	*ret_seconds = utc_seconds (tm);
	if (sign == 'Z' || sign == 'z')
		return TRUE;
	if ((sign != '+' && sign != '-') || !number_read (at, 2, 0, 23, &hours) ||
	    !character_read (at, ':') || !number_read (at, 2, 0, 59, &minutes))
		return FALSE;
	*ret_seconds -= (sign == '-' ? -60 : 60) * (gint64) (hours * 60 + minutes);
	return TRUE;
}

static gboolean
rfc3339_read (const char *text, gint64 *ret_nsec)
{
	struct tm tm = {0};
	const char *at = text;
	gint64 seconds = 0;
	gint64 nsec = 0;

	if (!date_read (&at, &tm))
		return FALSE;
	if ((*at == 'T' || *at == 't' || *at == ' ') && (at++, !clock_read (&at, &tm, &nsec)))
		return FALSE;
	if (!zone_read (&at, &tm, &seconds) || *at != '\0' || seconds > SECONDS_LIMIT ||
	    seconds < -SECONDS_LIMIT)
		return FALSE;
	*ret_nsec = seconds * SECOND + nsec;
	return TRUE;
}

static gboolean
seconds_read (const char *text, gint64 *ret_nsec)
{
	const char *at = text;
	gint64 seconds = 0;
	gint64 nsec = 0;

	for (; g_ascii_isdigit (*at); at++) {
		seconds = seconds * 10 + (*at - '0');
		if (seconds > SECONDS_LIMIT)
			return FALSE;
	}
	if (at == text || (character_read (&at, '.') && !fraction_read (&at, &nsec)) || *at != '\0')
		return FALSE;
	*ret_nsec = seconds * SECOND + nsec;
	return TRUE;
}

gboolean
davit_text_parse_time (const char *text, const char *what, gint64 *ret_nsec, GError **error)
{
	gint64 msec = 0;

	if (rfc3339_read (text, ret_nsec) || seconds_read (text, ret_nsec))
		return TRUE;
	if (davit_text_parse_duration (text, what, &msec, NULL) && msec / 1000 < SECONDS_LIMIT) {
		*ret_nsec = davit_text_now () - msec * 1000000;
		return TRUE;
	}
	return davit_error_set (error, DAVIT_ERROR_USAGE,
				"%s: \"%s\" must be a time, such as 2026-11-24T14:11:26Z, seconds "
				"since 1970, or a duration before now, such as 10m",
				what, text);
}

char *
davit_text_time (gint64 nsec)
{
	gint64 length = DAY * SECOND;
	gint64 day = nsec / length - (nsec % length < 0 ? 1 : 0);
	gint64 rest = nsec - day * length;
	int seconds = (int) (rest / SECOND);
	GDate date;

	g_date_clear (&date, 1);
	g_date_set_julian (&date, (guint32) (day + JULIAN_1970));
	return g_strdup_printf ("%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", g_date_get_year (&date),
				g_date_get_month (&date), g_date_get_day (&date), seconds / 3600,
				seconds / 60 % 60, seconds % 60, (int) (rest % SECOND));
}

gint64
davit_text_now (void)
{
	struct timespec now = {0};

	clock_gettime (CLOCK_REALTIME, &now);
	return (gint64) now.tv_sec * SECOND + now.tv_nsec;
}

static char *
count_describe (gint64 count, const char *unit)
{
	return g_strdup_printf ("%" G_GINT64_FORMAT " %s", count, unit);
}

char *
davit_text_age (gint64 seconds)
{
	gint64 minutes = seconds / 60;
	gint64 hours = (seconds + 30 * 60) / 3600;

	/* docker's words and bounds: scripts and eyes know them. */
	if (seconds < 1)
		return g_strdup ("Less than a second");
	if (seconds < 60)
		return seconds == 1 ? g_strdup ("1 second") : count_describe (seconds, "seconds");
	if (minutes < 60)
		return minutes == 1 ? g_strdup ("About a minute")
				    : count_describe (minutes, "minutes");
	if (hours < 48)
		return hours == 1 ? g_strdup ("About an hour") : count_describe (hours, "hours");
	if (hours < 24 * 7 * 2)
		return count_describe (hours / 24, "days");
	if (hours < 24 * 30 * 2)
		return count_describe (hours / 24 / 7, "weeks");
	if (hours < 24 * 365 * 2)
		return count_describe (hours / 24 / 30, "months");
	return count_describe (seconds / 3600 / 24 / 365, "years");
}
