/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names for completions, from the store and from fixed tables. */

#pragma once

#include "cli/cli.h"

G_BEGIN_DECLS

typedef void (*DavitCompleteFunc) (const char *word, const char *description, gpointer data);

/* kind: as in complete.h. What can't be found out gives no names; nobody wants errors here. */
void davit_complete_names (DavitCli *cli, const char *kind, DavitCompleteFunc func, gpointer data);

G_END_DECLS
