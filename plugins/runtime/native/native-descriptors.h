/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which descriptors a process of the container has: 0, 1, 2, those passed on, and nothing else. */

#pragma once

#include "native-final.h"

G_BEGIN_DECLS

/* Runs in the child. What is kept comes right behind the others, close-on-exec. */
gboolean native_descriptors_arrange (NativeFinal *final);

G_END_DECLS
