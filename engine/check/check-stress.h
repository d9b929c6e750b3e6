/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lives under bad conditions, for every kind: what begins one and ends one is given. */

#pragma once

#include "check/check-private.h"

G_BEGIN_DECLS

/* Every name below the plugin's directories, one a line, sorted. Free with g_free. */
char *davit_check_store_list (const DavitCheck *check);

/* Ten lives, which leave neither a name below its directories nor a descriptor. */
gboolean davit_check_lives (DavitCheck *check, DavitCheckRun life, GError **error);

/*
 * As many lives as one runs programs, and each time another of them fails. begin and end may fail
 * then; but the contract is kept, and end succeeds afterwards and leaves nothing. Skipped if no
 * program is run.
 */
gboolean davit_check_helpers_fail (DavitCheck *check, DavitCheckRun begin, DavitCheckRun end,
				   GError **error);

/* Ten lives with a signal every half a millisecond, whose handler restarts no system call. */
gboolean davit_check_signals (DavitCheck *check, DavitCheckRun life, GError **error);

G_END_DECLS
