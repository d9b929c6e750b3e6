/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* System calls that the C library has no function for. All are async-signal-safe. */

#pragma once

#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* Like fork, not like clone: the child goes on with a copy of this stack. */
static inline pid_t
native_clone3 (struct clone_args *arguments)
{
	return (pid_t) syscall (SYS_clone3, arguments, sizeof *arguments);
}
