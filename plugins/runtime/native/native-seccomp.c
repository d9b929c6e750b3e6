/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A container's filter on its way into the process. */

#include "native-seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

gsize
native_seccomp_room (const RuntimeSeccomp *seccomp)
{
	if (seccomp == NULL)
		return 0;
	return native_bare_room (sizeof *seccomp) +
	       native_bare_room (seccomp->length * sizeof *seccomp->filter);
}

RuntimeSeccomp *
native_seccomp_copy (const RuntimeSeccomp *seccomp, NativeBare *bare)
{
	RuntimeSeccomp *copy;

	if (seccomp == NULL)
		return NULL;
	copy = native_bare_add (bare, seccomp, sizeof *seccomp);
	copy->filter =
		native_bare_add (bare, seccomp->filter, seccomp->length * sizeof *seccomp->filter);
	return copy;
}

int
native_seccomp_load (const RuntimeSeccomp *seccomp)
{
	struct sock_fprog program;
	long result;

	if (seccomp == NULL)
		return 0;
	program.len = seccomp->length;
	program.filter = seccomp->filter;
	result = syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, seccomp->flags, &program);
	if (result < 0)
		return -errno;
	/* A thread that could not be synchronised: there should be none but this one. */
	return result > 0 ? -ESRCH : 0;
}
