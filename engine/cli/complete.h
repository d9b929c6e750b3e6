/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What could stand in place of the word at the cursor: the same for every shell, whose scripts only
 * ask. Verbs, flags and choices come from the tables, names from the store.
 *
 * The words for DavitFlag.complete and DavitVerb.complete, several separated by spaces:
 *     container running image plugin verb     names that exist
 *     plugin-KIND                             names of plugins of a kind
 *     signal capability stream                fixed words
 *     file directory                          left to the shell
 */

#pragma once

#include "cli/cli.h"

G_BEGIN_DECLS

/*
 * words: behind "davit", the last one as far as it is typed. Appends lines "WORD\tDESCRIPTION", and
 * ":file" or ":directory" where the shell is to complete paths.
 */
void davit_complete_words (DavitCli *cli, const char *const *words, GString *output);

G_END_DECLS
