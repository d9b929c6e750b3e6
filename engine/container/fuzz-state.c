/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of state.json and run.json (libFuzzer): what became of a container, and what is known of
 * its run, is damaged or within the bounds that the engine relies on; and a run that is written is
 * read again.
 */

#include "container/run-state.h"
#include "container/state.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <fcntl.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

static void
state_try (const char *text, gsize length)
{
	g_autoptr (GError) error = NULL;
	DavitState state = {0};

	if (!davit_state_parse (text, length, &state, &error)) {
		if (error == NULL)
			__builtin_trap ();
		return;
	}
	if (state.exit.status < 0 || state.exit.status > 255 || state.exit.signal < 0 ||
	    state.exit.signal > 127 || state.started < 0 || state.exit.finished < 0)
		__builtin_trap ();
}

static void
run_check (int dirfd, const DavitRun *run)
{
	DavitRun again = {0};

	if (run->phase < DAVIT_RUN_STARTING || run->phase > DAVIT_RUN_RUNNING || run->pid < 0)
		__builtin_trap ();
	if (!davit_run_write (dirfd, run, NULL) || !davit_run_read (dirfd, &again, NULL) ||
	    again.pid != run->pid || again.phase != run->phase ||
	    g_strcmp0 (again.runtime, run->runtime) != 0 ||
	    g_strcmp0 (again.boot_id, run->boot_id) != 0)
		__builtin_trap ();
	davit_run_clear (&again);
}

static void
run_try (const char *text, gsize length)
{
	g_autofree char *path =
		g_strdup_printf ("%s/davit-fuzz-state-%d", g_get_tmp_dir (), (int) getpid ());
	g_autoptr (GError) error = NULL;
	DavitRun run = {0};
	davit_autofd dirfd = -1;

	if (!davit_path_open_private (path, 0700, &dirfd, NULL) ||
	    !davit_path_replace_file (dirfd, "run.json", text, length, 0600, FALSE, NULL))
		__builtin_trap ();
	if (davit_run_read (dirfd, &run, &error)) {
		run_check (dirfd, &run);
		davit_run_clear (&run);
	} else if (error == NULL) {
		__builtin_trap ();
	}
	unlinkat (dirfd, "run.json", 0);
	rmdir (path);
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	state_try ((const char *) bytes, size);
	run_try ((const char *) bytes, size);
	return 0;
}
