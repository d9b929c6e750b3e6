/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of verbs, and how a verb is found in it. */

#pragma once

#include "cli/verb.h"

G_BEGIN_DECLS

/* The table ends with an entry without a name. */
const DavitVerb *davit_commands_all (void);
const DavitVerbAlias *davit_commands_aliases (void);
const DavitFlag *davit_commands_global_flags (void);

/* What every verb has: --help. */
const DavitFlag *davit_commands_common_flags (void);

/* Groups that are the first word of verbs: "plugin". NULL-terminated. */
const char *const *davit_commands_groups (void);

const DavitVerb *davit_commands_find (const char *name);

/*
 * Finds the verb at the beginning of words. ret_alias: the alias that led to it, or NULL; ret_used:
 * how many words name it. USAGE tells the nearest one.
 */
const DavitVerb *davit_commands_resolve (const char *const *words, const DavitVerbAlias **ret_alias,
					 guint *ret_used, GError **error);

/* The tables in which a verb's flags are looked up: room for four, NULL-terminated. */
void davit_commands_tables (const DavitVerb *verb, const DavitFlag **tables);

G_END_DECLS
