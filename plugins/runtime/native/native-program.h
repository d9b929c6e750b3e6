/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From process.args[0] to the path of a program, inside the container. Runs in the child. */

#pragma once

#include "native-process.h"
#include "native-report.h"

G_BEGIN_DECLS

#define NATIVE_PROGRAM_PATH 4096

/* path gets what is to be executed; the report says why there is nothing. */
gboolean native_program_find (const NativeProcess *process, char path[NATIVE_PROGRAM_PATH],
			      NativeReport *report);

/* After execve has failed: says why. Always FALSE. */
gboolean native_program_explain (const char *path, int number, NativeReport *report);

G_END_DECLS
