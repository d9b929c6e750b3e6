/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* "criu check" is not asked: it is content where a dump of any socket fails. */

#include "criu-probe.h"

#include "criu-program.h"

#include <unistd.h>

static void
probe_version (const DavitHost *host, DavitProbe *probe, const char *program)
{
	g_auto (CriuPlace) place = {.fd = -1};
	g_auto (CriuWorker) worker = CRIU_WORKER_INIT;
	g_autoptr (GError) local = NULL;
	g_autofree char *version = NULL;
	CriuSpawn spawn = {0};

	if (criu_place_init (&place, host, program, &local)) {
		criu_place_use (&place, &spawn);
		if (criu_worker_start (&worker, program, &spawn, NULL, 0, CRIU_ASK_TIMEOUT_MSEC,
				       &local))
			version = criu_program_greet (&worker, &local);
	}
	host->probe_add (probe, "version of criu that works with this kernel", version != NULL,
			 version != NULL ? NULL : local->message);
	criu_worker_end (&worker);
}

void
criu_probe (const DavitHost *host, DavitProbe *probe)
{
	g_autoptr (GError) features_error = NULL;
	g_autofree char *program = criu_program_find (host, NULL);
	g_autofree char *what =
		g_strdup_printf ("program \"%s\"", host->option_string (host, "program"));
	g_autofree char *advice = criu_program_advice ();
	g_auto (CriuResponse) features = {0};
	gboolean privileged = !host->facts->rootless && host->facts->uid == 0;
	gboolean works;

	host->probe_add (probe, what, program != NULL, advice);
	host->probe_add (probe, "privilege to save and make processes", privileged,
			 privileged ? NULL : "run davit as root");
	host->probe_add (probe, "kernel support for checkpoints",
			 access ("/proc/self/map_files", F_OK) == 0,
			 "the kernel needs CONFIG_CHECKPOINT_RESTORE");
	if (program == NULL || !privileged)
		return;
	probe_version (host, probe, program);
	works = criu_program_features (host, program, &features, &features_error);
	host->probe_add (probe, "kernel features that criu needs", works,
			 works ? NULL : features_error->message);
}

gboolean
criu_features (const DavitHost *host, DavitResult *result, GError **error)
{
	static const char *const always[] = {"tcp", "file-locks", "terminal", "leave-running"};
	g_autofree char *program = criu_program_find (host, error);
	g_auto (CriuResponse) features = {0};

	if (program == NULL || !criu_program_features (host, program, &features, error))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS (always); i++)
		host->result_string (result, "feature", always[i]);
	if (features.memory_tracking)
		host->result_string (result, "feature", "pre-dump");
	return TRUE;
}
