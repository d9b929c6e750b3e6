/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A container that joins a pid namespace: it is set up outside, its first process comes last. */

#pragma once

#include "native-init.h"

G_BEGIN_DECLS

/* Runs in the parent: what native_joined_run needs in init, with memory in bare. */
gboolean native_joined_prepare (NativeInit *init, NativeBare *bare, GError **error);

/* In place of native_init_run. data: a NativeInit. Never returns. */
void native_joined_run (gpointer data);

G_END_DECLS
