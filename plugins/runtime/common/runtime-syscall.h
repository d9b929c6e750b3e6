/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* System calls that the C library has no function for. All are async-signal-safe. */

#pragma once

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * A descriptor or -errno. EAGAIN says that something was renamed while a ".." was resolved: it is
 * tried again, but not for ever, since whoever renames may be hostile.
 */
static inline int
runtime_openat2 (int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
	long fd = -1;

	for (int i = 0; i < 64; i++) {
		fd = syscall (SYS_openat2, dirfd, path, &how, sizeof how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd >= 0 ? (int) fd : -errno;
}
