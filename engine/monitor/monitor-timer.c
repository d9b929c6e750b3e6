/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Deadlines, kept as times of CLOCK_MONOTONIC; 0: not set. epoll_wait does the waiting. */

#include "monitor.h"

#include <limits.h>
#include <time.h>

static uint64_t
time_now (void)
{
	struct timespec now;

	clock_gettime (CLOCK_MONOTONIC, &now);
	return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}

void
monitor_timer_set (struct monitor *monitor, enum monitor_timer timer, uint64_t after)
{
	uint64_t now = time_now ();

	monitor->deadlines[timer] = after < UINT64_MAX - now ? now + after : UINT64_MAX;
	if (monitor->deadlines[timer] == 0)
		monitor->deadlines[timer] = 1;
}

void
monitor_timer_clear (struct monitor *monitor, enum monitor_timer timer)
{
	monitor->deadlines[timer] = 0;
}

int
monitor_timer_wait (const struct monitor *monitor)
{
	uint64_t next = UINT64_MAX;
	uint64_t now = time_now ();

	for (unsigned i = 0; i < MONITOR_N_TIMERS; i++) {
		if (monitor->deadlines[i] != 0 && monitor->deadlines[i] < next)
			next = monitor->deadlines[i];
	}
	if (next == UINT64_MAX)
		return -1;
	if (next <= now)
		return 0;
	return next - now > INT_MAX ? INT_MAX : (int) (next - now);
}

bool
monitor_timer_take (struct monitor *monitor, enum monitor_timer timer)
{
	if (monitor->deadlines[timer] == 0 || monitor->deadlines[timer] > time_now ())
		return false;
	monitor->deadlines[timer] = 0;
	return true;
}
