/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * linux.seccomp of the specification as a filter that is ready to be loaded.
 *
 * Compiling docker's profile takes 13 ms, reading a compiled one back 0.1: so the result is kept
 * below the cache directory. Nothing depends on the cache, and nothing in it is believed
 * unchecked.
 */

#pragma once

#include "native-bare.h"

#include <davit/host.h>

G_BEGIN_DECLS

typedef struct _NativeSeccomp NativeSeccomp;

/*
 * Runs in the parent. seccomp: linux.seccomp; NULL gives NULL and TRUE: no filter. CONFIG names
 * the field that is wrong, UNSUPPORTED an action or flag that this runtime does not have.
 */
gboolean native_seccomp_prepare (const DavitHost *host, const DavitJson *seccomp,
				 NativeSeccomp **ret_seccomp, GError **error);
void native_seccomp_free (NativeSeccomp *seccomp);

/* A copy for a process that has no other memory. NULL: no room, and NULL. */
gsize native_seccomp_room (const NativeSeccomp *seccomp);
NativeSeccomp *native_seccomp_copy (const NativeSeccomp *seccomp, NativeBare *bare);

/*
 * Whether a process that has loaded it can still wait for start, find its program, tell what goes
 * wrong and execute it. FALSE where that is not sure. Runs anywhere; allocates nothing.
 */
gboolean native_seccomp_lets_start (const NativeSeccomp *seccomp);

/*
 * Runs in the child, as the last thing before execve: 0 or -errno. Needs no_new_privs or
 * CAP_SYS_ADMIN. NULL: nothing to do.
 */
int native_seccomp_load (const NativeSeccomp *seccomp);

/*
 * What this build and kernel can do, for the features document: NULL-terminated, static for
 * actions and operators, g_free for the array of the others.
 */
const char *const *native_seccomp_actions (void);
const char *const *native_seccomp_operators (void);
const char *const *native_seccomp_architectures (void);
const char *const *native_seccomp_flags (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NativeSeccomp, native_seccomp_free)

G_END_DECLS
