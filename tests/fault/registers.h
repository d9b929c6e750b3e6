/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Changing a system call of a process that is stopped at it. Each is 0, or -1 with errno. */

#pragma once

#include <sys/types.h>

/* At the entry: the kernel is not to make the call. */
int registers_skip (pid_t pid);

/* At the entry: the third argument, which is the length of reads and writes. */
int registers_set_length (pid_t pid, unsigned long long length);

/* At the exit: what the process sees as the result. */
int registers_set_result (pid_t pid, long long result);
