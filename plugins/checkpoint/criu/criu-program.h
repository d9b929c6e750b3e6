/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The program CRIU: where it is, its version, and whether it can work here. */

#pragma once

#include "criu-message.h"
#include "criu-place.h"
#include "criu-worker.h"

#include <davit/host.h>

G_BEGIN_DECLS

/* The absolute path of the program that is configured; NULL and UNAVAILABLE. */
char *criu_program_find (const DavitHost *host, GError **error);

/* What to do where there is none. Free with g_free. */
char *criu_program_advice (void);

/* For questions that need no container. */
#define CRIU_ASK_TIMEOUT_MSEC 10000

/* What the program says it can do here. ret is to be cleared in any case. */
gboolean criu_program_features (const DavitHost *host, const char *program, CriuResponse *ret,
				GError **error);

/*
 * Asks a program that was started just now for its version: "4.2.1", g_free. It must be one that
 * works here: NULL and UNAVAILABLE.
 */
char *criu_program_greet (CriuWorker *worker, GError **error);

/* A place for a run of the program, with what is known about the kernel. */
gboolean criu_program_place (const DavitHost *host, const char *program, CriuPlace *ret,
			     GError **error);

G_END_DECLS
