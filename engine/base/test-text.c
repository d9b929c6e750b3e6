/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Numbers, sizes, durations, times, signals and names: what is taken, and what is refused how. */

#include "base/error.h"
#include "base/text.h"

#include <signal.h>
#include <string.h>
#include <time.h>

static void
usage (gboolean good, GError **error, const char *wanted)
{
	g_assert_false (good);
	g_assert_error (*error, DAVIT_ERROR, DAVIT_ERROR_USAGE);
	g_assert_cmpstr ((*error)->message, ==, wanted);
	g_clear_error (error);
}

static void
test_unsigned (void)
{
	static const char *const bad[] = {"",	" 1",  "1 ",  "+1",
					  "-1", "0x1", "1.0", "18446744073709551616"};
	g_autoptr (GError) error = NULL;
	guint64 value = 5;

	for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
		g_assert_false (davit_text_parse_unsigned (bad[i], G_MAXUINT64, "x", &value, NULL));
	usage (davit_text_parse_unsigned ("11", 10, "option \"--n\"", &value, &error), &error,
	       "option \"--n\": \"11\" must be a whole number from 0 to 10");
	g_assert_cmpuint (value, ==, 5);
	g_assert_true (davit_text_parse_unsigned ("10", 10, "x", &value, &error));
	g_assert_cmpuint (value, ==, 10);
	g_assert_true (davit_text_parse_unsigned ("18446744073709551615", G_MAXUINT64, "x", &value,
						  &error));
	g_assert_no_error (error);
	g_assert_cmpuint (value, ==, G_MAXUINT64);
}

static void
test_size (void)
{
	static const struct {
		const char *text;
		guint64 bytes;
	} good[] = {
		{"0", 0},
		{"512", 512},
		{"512b", 512},
		{"64k", 65536},
		{"64K", 65536},
		{"1.5g", 1610612736},
		{"2gb", G_GUINT64_CONSTANT (2147483648)},
		{"1GiB", 1073741824},
		{"0.1k", 102},
		{"1m", 1048576},
		{"1.000000001k", 1024},
		{"16383p", G_GUINT64_CONSTANT (16383) << 50},
		{"1t", G_GUINT64_CONSTANT (1) << 40},
	};
	static const char *const bad[] = {"",	 "k",	"1.5", "1.5b", "1..5k",	       ".5k",
					  "5.k", "-1k", " 1k", "1k ",  "1kk",	       "1ki",
					  "1x",	 "1e3", "1bb", "1ib",  "1.0000000001k"};
	GError *error = NULL;
	guint64 value = 0;

	for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
		g_test_message ("%s", good[i].text);
		g_assert_true (davit_text_parse_size (good[i].text, "x", &value, &error));
		g_assert_no_error (error);
		g_assert_cmpuint (value, ==, good[i].bytes);
	}
	value = 77;
	for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
		g_autofree char *wanted =
			g_strdup_printf ("x: \"%s\" must be a number of bytes, such as 1048576, "
					 "64m or 2g",
					 bad[i]);

		usage (davit_text_parse_size (bad[i], "x", &value, &error), &error, wanted);
	}
	usage (davit_text_parse_size ("16384p", "x", &value, &error), &error,
	       "x: \"16384p\" is too large");
	g_assert_cmpuint (value, ==, 77);
}

static void
test_duration (void)
{
	static const struct {
		const char *text;
		gint64 msec;
	} good[] = {
		{"0", 0},	   {"10", 10000},	{"250ms", 250},
		{"1m30s", 90000},  {"1.5h", 5400000},	{"0.25", 250},
		{"2d", 172800000}, {"1h0m0s", 3600000}, {"1s1ms", 1001},
	};
	static const char *const bad[] = {"",
					  "s",
					  "-1s",
					  "1 s",
					  "1m30",
					  "30s1m",
					  "1s1s",
					  "1us",
					  "1hour",
					  "1S",
					  "9223372036854775807s",
					  "soon"};
	GError *error = NULL;
	gint64 value = 0;

	for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
		g_test_message ("%s", good[i].text);
		g_assert_true (davit_text_parse_duration (good[i].text, "x", &value, &error));
		g_assert_no_error (error);
		g_assert_cmpint (value, ==, good[i].msec);
	}
	value = 77;
	for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
		g_autofree char *wanted = g_strdup_printf (
			"x: \"%s\" must be a duration, such as 250ms, 10s or 1m30s", bad[i]);

		usage (davit_text_parse_duration (bad[i], "x", &value, &error), &error, wanted);
	}
	g_assert_cmpint (value, ==, 77);
}

#define SECOND G_GINT64_CONSTANT (1000000000)

static void
test_time (void)
{
	static const struct {
		const char *text;
		gint64 nsec;
	} good[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01T00:00:01.5Z", 1500000000},
		{"1969-12-31T23:59:59.75Z", -250000000},
		{"2026-11-24T14:11:26.123456789Z", 1795529486 * SECOND + 123456789},
		{"2026-11-24T14:11:26.1234567899Z", 1795529486 * SECOND + 123456789},
		{"2026-11-24T15:11:26+01:00", 1795529486 * SECOND},
		{"2026-11-24t09:41:26-04:30", 1795529486 * SECOND},
		/* TZ is UTC in this program. */
		{"2026-11-24 14:11:26", 1795529486 * SECOND},
		{"1970-01-02", 86400 * SECOND},
		{"1795529486", 1795529486 * SECOND},
		{"1.000000001", SECOND + 1},
	};
	static const char *const bad[] = {"",
					  "2026-02-29T00:00:00Z",
					  "2026-13-01",
					  "2026-11-24T24:00:00Z",
					  "26-11-24",
					  "soon",
					  "2026-11-24T14:11Z",
					  "2026-11-24Tx",
					  "0001-01-01T00:00:00Z",
					  "1.",
					  "-5",
					  "2026-11-24T14:11:26.Z",
					  "99999999999999",
					  "2026-11-24T14:11:26+1:00"};
	GError *error = NULL;
	gint64 before = davit_text_now ();
	gint64 value = 0;

	for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
		g_test_message ("%s", good[i].text);
		g_assert_true (davit_text_parse_time (good[i].text, "x", &value, &error));
		g_assert_no_error (error);
		g_assert_cmpint (value, ==, good[i].nsec);
	}
	g_assert_true (davit_text_parse_time ("10m", "x", &value, &error));
	g_assert_cmpint (value, >=, before - 600 * SECOND);
	g_assert_cmpint (value, <=, davit_text_now () - 600 * SECOND);
	value = 77;
	for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
		g_autofree char *wanted = g_strdup_printf (
			"x: \"%s\" must be a time, such as 2026-11-24T14:11:26Z, seconds since "
			"1970, or a duration before now, such as 10m",
			bad[i]);

		usage (davit_text_parse_time (bad[i], "x", &value, &error), &error, wanted);
	}
	g_assert_cmpint (value, ==, 77);
}

static void
test_time_text (void)
{
	g_autofree char *first = davit_text_time (1795529486 * SECOND + 123456789);
	g_autofree char *second = davit_text_time (-1);
	g_autofree char *third = davit_text_time (0);

	g_assert_cmpstr (first, ==, "2026-11-24T14:11:26.123456789Z");
	g_assert_cmpstr (second, ==, "1969-12-31T23:59:59.999999999Z");
	g_assert_cmpstr (third, ==, "1970-01-01T00:00:00.000000000Z");
}

/* Each day of six hundred years, as the C library writes it. */
static void
test_time_days (void)
{
	for (gint64 day = -106000; day <= 106000; day++) {
		time_t seconds = (time_t) (day * 86400 + 83045);
		g_autofree char *text = davit_text_time (seconds * SECOND + 5);
		char wanted[64];
		struct tm tm;
		gint64 value = 0;

		gmtime_r (&seconds, &tm);
		strftime (wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%S.000000005Z", &tm);
		g_assert_cmpstr (text, ==, wanted);
		g_assert_true (davit_text_parse_time (text, "x", &value, NULL));
		g_assert_cmpint (value, ==, seconds * SECOND + 5);
	}
}

static void
test_signal (void)
{
	static const struct {
		const char *text;
		int offset; /* from SIGRTMIN where realtime is set */
		gboolean realtime;
	} good[] = {
		{"SIGTERM", SIGTERM, FALSE}, {"term", SIGTERM, FALSE}, {"15", 15, FALSE},
		{"sigKill", SIGKILL, FALSE}, {"IOT", SIGABRT, FALSE},  {"CLD", SIGCHLD, FALSE},
		{"RTMIN", 0, TRUE},	     {"SIGRTMIN+3", 3, TRUE},  {"rtmin+0", 0, TRUE},
	};
	static const char *const bad[] = {"",	      "0",	    "-1",      "65",
					  "SIG",      "SIGSIGTERM", "TERM ",   "RTMIN-1",
					  "RTMIN+99", "RTMIN+",	    "RTMAX+1", "SIG15"};
	GError *error = NULL;
	int value = 0;

	for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
		g_test_message ("%s", good[i].text);
		g_assert_true (davit_text_parse_signal (good[i].text, &value, &error));
		g_assert_no_error (error);
		g_assert_cmpint (value, ==, good[i].offset + (good[i].realtime ? SIGRTMIN : 0));
	}
	g_assert_true (davit_text_parse_signal ("RTMAX-2", &value, &error));
	g_assert_cmpint (value, ==, SIGRTMAX - 2);
	for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
		g_autofree char *wanted =
			g_strdup_printf ("signal \"%s\" is unknown; names such as TERM or "
					 "SIGRTMIN+3 and numbers from 1 to %d are signals",
					 bad[i], SIGRTMAX);

		usage (davit_text_parse_signal (bad[i], &value, &error), &error, wanted);
	}
	g_assert_cmpint (value, ==, SIGRTMAX - 2);
}

/* Every number has a name, and the name is read as the number. */
static void
test_signal_names (void)
{
	for (int signal = 1; signal <= SIGRTMAX; signal++) {
		const char *name = davit_text_signal_name (signal);
		int again = 0;

		if (signal > 31 && signal < SIGRTMIN)
			continue;
		g_assert_true (g_str_has_prefix (name, "SIG"));
		g_assert_true (davit_text_parse_signal (name, &again, NULL));
		g_assert_cmpint (again, ==, signal);
	}
	g_assert_cmpstr (davit_text_signal_name (SIGABRT), ==, "SIGABRT");
	g_assert_cmpstr (davit_text_signal_name (0), ==, "unknown signal");
	g_assert_cmpstr (davit_text_signal_name (-5), ==, "unknown signal");
	g_assert_cmpstr (davit_text_signal_name (SIGRTMAX + 1), ==, "unknown signal");
}

static void
test_age (void)
{
	static const struct {
		gint64 seconds;
		const char *text;
	} cases[] = {
		{-5, "Less than a second"}, {0, "Less than a second"}, {1, "1 second"},
		{59, "59 seconds"},	    {60, "About a minute"},    {119, "About a minute"},
		{180, "3 minutes"},	    {3600, "About an hour"},   {5400, "2 hours"},
		{47 * 3600, "47 hours"},    {48 * 3600, "2 days"},     {14 * 86400, "2 weeks"},
		{60 * 86400, "2 months"},   {730 * 86400, "2 years"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
		g_autofree char *text = davit_text_age (cases[i].seconds);

		g_assert_cmpstr (text, ==, cases[i].text);
	}
}

static void
test_size_text (void)
{
	static const struct {
		guint64 bytes;
		const char *text;
	} cases[] = {
		{0, "0B"},	   {999, "999B"},   {1000, "1kB"},	   {12345678, "12.3MB"},
		{999499, "999kB"}, {999999, "1MB"}, {4200000000, "4.2GB"}, {G_MAXUINT64, "18.4EB"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
		g_autofree char *text = davit_text_size (cases[i].bytes);

		g_assert_cmpstr (text, ==, cases[i].text);
	}
}

static void
test_names (void)
{
	g_autofree char *longest = g_strnfill (255, 'a');
	g_autofree char *longer = g_strnfill (256, 'a');

	g_assert_true (davit_text_is_plugin_name ("a-0"));
	g_assert_false (davit_text_is_plugin_name (""));
	g_assert_false (davit_text_is_plugin_name ("A"));
	g_assert_false (davit_text_is_plugin_name ("a/b"));
	g_assert_false (davit_text_is_plugin_name ("a:b"));
	g_assert_true (davit_text_is_plugin_choice ("a-0"));
	g_assert_true (davit_text_is_plugin_choice ("a:b"));
	g_assert_true (davit_text_is_plugin_choice ("a:Crun_1.8-x"));
	g_assert_true (davit_text_is_plugin_choice ("a:/usr/bin/x:y z"));
	g_assert_false (davit_text_is_plugin_choice (""));
	g_assert_false (davit_text_is_plugin_choice (":b"));
	g_assert_false (davit_text_is_plugin_choice ("a:"));
	g_assert_false (davit_text_is_plugin_choice ("A:b"));
	g_assert_false (davit_text_is_plugin_choice ("a:b/c"));
	g_assert_false (davit_text_is_plugin_choice ("a:../b"));
	g_assert_false (davit_text_is_plugin_choice ("a:.b"));
	g_assert_false (davit_text_is_plugin_choice ("a:b:c"));
	g_assert_false (davit_text_is_plugin_choice ("a:/"));
	g_assert_false (davit_text_is_plugin_choice ("a:/b/"));
	g_assert_false (davit_text_is_plugin_choice ("a://b"));
	g_assert_false (davit_text_is_plugin_choice ("a:/b/../c"));
	g_assert_false (davit_text_is_plugin_choice ("a:/b/./c"));
	g_assert_false (davit_text_is_plugin_choice ("a:/b\n"));
	g_assert_false (davit_text_is_plugin_choice ("a:/\xff"));
	g_assert_true (davit_text_is_container_name ("Web_1.x-2"));
	g_assert_true (davit_text_is_container_name (longest));
	g_assert_false (davit_text_is_container_name (longer));
	g_assert_false (davit_text_is_container_name (""));
	g_assert_false (davit_text_is_container_name ("."));
	g_assert_false (davit_text_is_container_name ("-a"));
	g_assert_false (davit_text_is_container_name ("a/b"));
	g_assert_false (davit_text_is_container_name ("a b"));
	g_assert_false (davit_text_is_container_name ("\xc3\xa4"));
}

int
main (int argc, char **argv)
{
	g_setenv ("TZ", "UTC", TRUE);
	tzset ();
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/text/unsigned", test_unsigned);
	g_test_add_func ("/text/size", test_size);
	g_test_add_func ("/text/duration", test_duration);
	g_test_add_func ("/text/time", test_time);
	g_test_add_func ("/text/time-text", test_time_text);
	g_test_add_func ("/text/time-days", test_time_days);
	g_test_add_func ("/text/signal", test_signal);
	g_test_add_func ("/text/signal-names", test_signal_names);
	g_test_add_func ("/text/age", test_age);
	g_test_add_func ("/text/size-text", test_size_text);
	g_test_add_func ("/text/names", test_names);
	return g_test_run ();
}
