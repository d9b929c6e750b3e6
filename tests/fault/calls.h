/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What system calls are, as far as faults care. */

#pragma once

#include <stddef.h>
#include <sys/types.h>

/* What a call is counted as. One may be several. */
typedef enum {
	CALL_CHANGE = 1 << 0,	  /* others see what it does: where a kill makes a difference */
	CALL_SPACE = 1 << 1,	  /* may fail with ENOSPC */
	CALL_IO = 1 << 2,	  /* may fail with EIO */
	CALL_MEMORY = 1 << 3,	  /* may fail with ENOMEM */
	CALL_DESCRIPTOR = 1 << 4, /* may fail with EMFILE */
	CALL_WAIT = 1 << 5,	  /* may fail with EINTR */
	CALL_READ = 1 << 6,	  /* may read less than it was asked for */
	CALL_WRITE = 1 << 7,	  /* may write less than it was asked for */
	CALL_RUNS = 1 << 8,	  /* has its effect even if it fails */
	CALL_STREAM = 1 << 10,	  /* WAIT only at a pipe or socket, IO and SPACE only at a file */
	CALL_CREATES = 1 << 9,	  /* CHANGE and SPACE if its flags ask for a new file */
} CallClass;

/* The name of a call; NULL if the table has none. */
const char *call_name (long number);

/* The number of a call, or -1 if the table has none of that name. */
long call_number (const char *name);

/* CallClass of a call that process pid is about to make. */
unsigned call_classes (pid_t pid, long number, const unsigned long long arguments[6]);

/* The classes that word names, or 0. */
unsigned call_class_parse (const char *word);

/* Each such word, and its classes. ret_word may be NULL. */
#define CALL_WORDS 7
unsigned call_word (size_t index, const char **ret_word);

/* The number of the error that word names, with the calls that may fail so; 0: not known. */
int call_error_parse (const char *word, unsigned *ret_classes);
