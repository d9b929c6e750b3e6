/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How long each operation takes: measured where it is called, told as percentiles. */

#include "check/check-private.h"

#include "base/error.h"

#include <string.h>
#include <time.h>

static gint64
now_nsec (void)
{
	struct timespec now;

	clock_gettime (CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

void
davit_check_bench_mark (DavitCheck *check, const char *operation, gboolean ends)
{
	GArray *times;
	gint64 took;

	if (!ends) {
		check->began = now_nsec ();
		return;
	}
	took = now_nsec () - check->began;
	times = (GArray *) g_hash_table_lookup (check->times, operation);
	if (times == NULL) {
		times = g_array_new (FALSE, FALSE, sizeof (gint64));
		g_hash_table_insert (check->times, g_strdup (operation), times);
	}
	g_array_append_val (times, took);
}

static int
time_compare (gconstpointer left, gconstpointer right)
{
	gint64 one = *(const gint64 *) left;
	gint64 other = *(const gint64 *) right;

	return (one > other) - (one < other);
}

/* Milliseconds below which that part of the sorted times lies. */
static double
percentile (const GArray *times, guint percent)
{
	guint index = (times->len * percent + 99) / 100;

	return (double) g_array_index (times, gint64, index > 0 ? index - 1 : 0) / 1e6;
}

static void
times_report (DavitCheck *check)
{
	const DavitOperation *operation = check->driver->module->kind->operations;

	for (; operation->name != NULL; operation++) {
		GArray *times = (GArray *) g_hash_table_lookup (check->times, operation->name);

		if (times == NULL)
			continue;
		g_array_sort (times, time_compare);
		davit_check_note (check, "%-16s %5u calls   p50 %9.3f ms   p95 %9.3f ms",
				  operation->name, times->len, percentile (times, 50),
				  percentile (times, 95));
	}
}

gboolean
davit_check_bench (DavitCheck *check, DavitCheckRun life, guint rounds, GError **error)
{
	if (!life (check, error))
		return FALSE;
	check->times = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
					      (GDestroyNotify) g_array_unref);
	for (guint i = 0; i < rounds; i++) {
		if (!life (check, error))
			return davit_error_prefix (error, "round %u of %u", i + 1, rounds);
	}
	times_report (check);
	g_clear_pointer (&check->times, g_hash_table_unref);
	return TRUE;
}
