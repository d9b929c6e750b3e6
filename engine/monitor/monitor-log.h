/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The log of a container: "TIME stdout|stderr F|P TEXT", one record a line, rotated by renaming. It
 * is also the buffer for clients that don't keep up, so that positions in it can be read again.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Holds any record: a chunk of output and what stands before it. */
#define MONITOR_LOG_RECORD_LIMIT 16384

struct monitor_log {
	int dir_fd;
	const char *name;
	uint64_t max_size;
	uint64_t max_files;
	int fd;		     /* -1: none, or it could not be made again after a rotation */
	bool enabled;	     /* there is to be one */
	uint64_t size;	     /* of the current file */
	uint64_t generation; /* how often it was rotated */
	uint64_t start;	     /* where in generation 0 this run began */
	uint64_t lost;	     /* bytes of output that could not be written, all in all */
	uint64_t gap;	     /* of these, those that no record mentions yet */
	int gap_error;	     /* why */
	char *buffer;	     /* MONITOR_LOG_RECORD_LIMIT bytes, lent by the owner */
};

struct monitor_log_position {
	uint64_t generation;
	uint64_t offset;
};

struct monitor_log_record {
	bool is_stderr;
	bool partial;
	const char *text;
	size_t length;
};

/* False if the file can't be made. */
bool monitor_log_open (struct monitor_log *log);

/* Returns how many of the bytes could not be written. */
uint64_t monitor_log_write (struct monitor_log *log, bool is_stderr, const char *data,
			    size_t length);

struct monitor_log_position monitor_log_position (const struct monitor_log *log);

/* A descriptor for reading what was written in a generation; -1 if it is gone. */
int monitor_log_open_generation (const struct monitor_log *log, uint64_t generation);

/* Takes a line without its line break apart. */
bool monitor_log_parse (const char *line, size_t length, struct monitor_log_record *record);
