/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The texts of --help, from the tables. */

#pragma once

#include "cli/verb.h"

G_BEGIN_DECLS

/* All verbs. Free with g_free. */
char *davit_help_overview (void);
/* One verb. Free with g_free. */
char *davit_help_verb (const DavitVerb *verb);

/* "  -d, --detach" or "      --name NAME"; the letter only if it is this flag's. g_free it. */
char *davit_help_flag_label (const DavitFlag *const *tables, const DavitFlag *flag);

G_END_DECLS
