/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Cgroups are the one thing that a runtime makes outside of the box of a check. One that crashed or
 * hung has left them: without processes, since those were in the box.
 */

#include "check/check-private.h"

#include <fts.h>
#include <string.h>
#include <unistd.h>

void
davit_check_cgroups_remove (const char *word)
{
	char root[] = "/sys/fs/cgroup";
	char *const roots[] = {root, NULL};
	FTS *walk = fts_open (roots, FTS_PHYSICAL | FTS_NOSTAT | FTS_NOCHDIR, NULL);
	const FTSENT *entry;

	while (walk != NULL && (entry = fts_read (walk)) != NULL) {
		/* Groups below it go first: they are met first. */
		if (entry->fts_info == FTS_DP && strstr (entry->fts_path, word) != NULL)
			rmdir (entry->fts_path);
	}
	if (walk != NULL)
		fts_close (walk);
}
