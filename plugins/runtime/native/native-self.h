/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keeps the engine's own program out of reach of a container: no process in it has it as "exe". */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A sanitizer's run-time lives in the program itself and can't be left, nor can its memory. */
#if defined(__SANITIZE_ADDRESS__)
#define NATIVE_SELF_CAN_LEAVE 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NATIVE_SELF_CAN_LEAVE 0
#endif
#endif
#ifndef NATIVE_SELF_CAN_LEAVE
#define NATIVE_SELF_CAN_LEAVE 1
#endif

typedef struct {
	gpointer start; /* where the program is mapped */
	gsize length;
	int exe_fd; /* an empty file that can't be changed; -1: not to be had here */
} NativeSelf;

/* Runs in the parent. Where the host lacks something for it, self is one that does nothing. */
void native_self_prepare (NativeSelf *self);
void native_self_clear (NativeSelf *self);

/*
 * Runs in the child, with privileges, as early as it has them: gives up the program's code and
 * data. Only the plugin and the libraries are left; nothing of the program may be called or
 * returned to from here on.
 */
void native_self_leave (const NativeSelf *self);

G_END_DECLS
