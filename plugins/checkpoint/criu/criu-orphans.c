/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * CRIU could also make the first process a child of ours at once (as its sibling). Then nobody
 * tells it when that process dies in the middle, because an image is damaged, and it waits for it
 * for ever.
 */

#include "criu-orphans.h"

#include "criu-fd.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* A child that is killed leaves us its own. */
#define ROUNDS 100

static GArray *
children_list (void)
{
	GArray *pids = g_array_new (FALSE, FALSE, sizeof (gint));
	g_autofree char *text = NULL;
	char *save = NULL;

	if (!g_file_get_contents ("/proc/thread-self/children", &text, NULL, NULL))
		return pids;
	for (char *word = strtok_r (text, " \n", &save); word != NULL;
	     word = strtok_r (NULL, " \n", &save)) {
		gint pid = (gint) g_ascii_strtoll (word, NULL, 10);

		if (pid > 0)
			g_array_append_val (pids, pid);
	}
	return pids;
}

gboolean
criu_orphans_begin (CriuOrphans *orphans, GError **error)
{
	if (prctl (PR_GET_CHILD_SUBREAPER, &orphans->was_reaper, 0, 0, 0) < 0 ||
	    prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return criu_error_errno (error, errno, "adopt processes");
	orphans->before = children_list ();
	return TRUE;
}

static gboolean
array_has (const GArray *pids, gint pid)
{
	for (guint i = 0; i < pids->len; i++) {
		if (g_array_index (pids, gint, i) == pid)
			return TRUE;
	}
	return FALSE;
}

/* FALSE: there is none. */
static gboolean
kill_new (const CriuOrphans *orphans, gint keep)
{
	g_autoptr (GArray) now = children_list ();
	gboolean any = FALSE;

	for (guint i = 0; i < now->len; i++) {
		gint pid = g_array_index (now, gint, i);

		if (pid == keep || array_has (orphans->before, pid))
			continue;
		any = TRUE;
		kill (pid, SIGKILL);
		while (waitpid (pid, NULL, __WALL) < 0 && errno == EINTR)
			continue;
	}
	return any;
}

void
criu_orphans_end (CriuOrphans *orphans, gint keep)
{
	if (orphans->before == NULL)
		return;
	for (guint i = 0; i < ROUNDS && kill_new (orphans, keep); i++)
		continue;
	prctl (PR_SET_CHILD_SUBREAPER, orphans->was_reaper, 0, 0, 0);
	g_clear_pointer (&orphans->before, g_array_unref);
}
