/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Small texts in fixed buffers: numbers, times, arguments. stdio and gmtime would do it too, but
 * cost pages that each container's monitor would keep, and gmtime reads /etc/localtime.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What does not fit is left out; callers size their buffers by what they put in. */
struct monitor_text {
	char *data;
	size_t size;
	size_t length;
};

/* "2026-11-24T14:11:26.123456789Z" */
#define MONITOR_TIME_LENGTH 30

void monitor_text_add (struct monitor_text *text, const char *string);
void monitor_text_add_bytes (struct monitor_text *text, const void *bytes, size_t length);
void monitor_text_add_number (struct monitor_text *text, uint64_t number);
void monitor_text_add_time (struct monitor_text *text, uint64_t nsec);

/* Digits only. */
bool monitor_text_parse (const char *string, uint64_t maximum, uint64_t *ret);

/* Nanoseconds since 1970. */
uint64_t monitor_text_now (void);
