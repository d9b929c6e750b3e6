/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A filter in the process that it is for. */

#pragma once

#include "native-bare.h"
#include "runtime-seccomp.h"

G_BEGIN_DECLS

/* A copy for a process that has no other memory. NULL: no room, and NULL. */
gsize native_seccomp_room (const RuntimeSeccomp *seccomp);
RuntimeSeccomp *native_seccomp_copy (const RuntimeSeccomp *seccomp, NativeBare *bare);

/*
 * Whether a process that has loaded it can still wait for start, find its program, tell what goes
 * wrong and execute it. FALSE where that is not sure. Runs anywhere; allocates nothing.
 */
gboolean native_seccomp_lets_start (const RuntimeSeccomp *seccomp);

/*
 * Runs in the child, as the last thing before execve: 0 or -errno. Needs no_new_privs or
 * CAP_SYS_ADMIN. NULL: nothing to do.
 */
int native_seccomp_load (const RuntimeSeccomp *seccomp);

G_END_DECLS
