/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which checks are made, in which order, and where: check.h. */

#include "check/check-network.h"
#include "check/check-private.h"
#include "check/check-storage.h"
#include "check/check-vessel.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "driver/facts.h"
#include "driver/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* All that one run needs to go on. */
typedef struct {
	const DavitCheckRequest *request;
	DavitCheckFunc told;
	gpointer data;
	gboolean passed;
} Run;

#define TABLES 5

/**
 * KindTables: what is checked of a kind, and what is measured.
 */
typedef struct {
	DavitKind kind;
	const DavitCheckCase *tables[TABLES]; /* NULL-terminated */
	const DavitCheckCase *bench;
} KindTables;

static const KindTables kind_tables[] = {
	{DAVIT_KIND_STORAGE,
	 {davit_check_storage_life_cases, davit_check_storage_tree_cases,
	  davit_check_storage_optional_cases, davit_check_storage_stress_cases},
	 davit_check_storage_bench},
	{DAVIT_KIND_NETWORK, {davit_check_network_cases}, davit_check_network_bench},
	{DAVIT_KIND_RUNTIME,
	 {davit_check_runtime_cases, davit_check_runtime_optional_cases},
	 davit_check_runtime_bench},
	{DAVIT_KIND_CHECKPOINT, {davit_check_checkpoint_cases}, davit_check_checkpoint_bench},
};

static gboolean
scratch_remove (const char *directory, GError **error)
{
	g_autofree char *parent = g_path_get_dirname (directory);
	g_autofree char *name = g_path_get_basename (directory);
	davit_autofd fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return davit_error_errno (error, errno, "open \"%s\"", parent);
	return davit_path_remove_tree (fd, name, error);
}

static gboolean
case_run (Run *run, const DavitCheckCase *test, GError **error)
{
	g_autofree char *directory =
		g_build_filename (run->request->scratch, "davit-check-XXXXXX", NULL);
	DavitCheckVerdict verdict = {0};
	DavitCheckPoint point = {.name = test->name};

	if (g_mkdtemp (directory) == NULL)
		return davit_error_errno (error, errno, "make a directory in \"%s\"",
					  run->request->scratch);
	davit_check_box_run (run->request, test, directory, &verdict);
	/* Containers are named after the directory. */
	if (verdict.outcome == DAVIT_CHECK_FAILED)
		davit_check_cgroups_remove (strrchr (directory, '/') + 1);
	g_ptr_array_add (verdict.notes, NULL);
	point.outcome = verdict.outcome;
	point.text = verdict.text;
	point.notes = (const char *const *) verdict.notes->pdata;
	run->passed &= verdict.outcome != DAVIT_CHECK_FAILED;
	run->told (&point, run->data);
	davit_check_verdict_clear (&verdict);
	return scratch_remove (directory, error);
}

static gboolean
table_run (Run *run, const DavitCheckCase *cases, GError **error)
{
	for (const DavitCheckCase *test = cases; test->name != NULL; test++) {
		if (run->request->only != NULL && strstr (test->name, run->request->only) == NULL)
			continue;
		if (!case_run (run, test, error))
			return FALSE;
	}
	return TRUE;
}

/* Its kind, or 0 if it does not load. */
static DavitKind
plugin_kind (const DavitCheckRequest *request)
{
	g_autofree char *base = g_path_get_basename (request->path);
	const DavitPluginFile file = {.name = base, .path = (char *) request->path};
	DavitFacts facts = {.size = sizeof facts};
	const DavitDriverContext context = {NULL, request->config, &facts};
	g_autoptr (DavitPluginReport) report =
		davit_report_make (&context, &file, TRUE, request->timeout_msec);

	return report->loads ? report->kind : 0;
}

static gboolean
kind_run (Run *run, DavitKind kind, GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS (kind_tables); i++) {
		const KindTables *tables = &kind_tables[i];

		if (tables->kind != kind)
			continue;
		if (run->request->bench)
			return table_run (run, tables->bench, error);
		for (guint j = 0; tables->tables[j] != NULL; j++) {
			if (!table_run (run, tables->tables[j], error))
				return FALSE;
		}
	}
	return TRUE;
}

gboolean
davit_check_run (const DavitCheckRequest *request, DavitCheckFunc told, gpointer data,
		 gboolean *ret_passed, GError **error)
{
	Run run = {request, told, data, TRUE};
	DavitKind kind;

	if (access (request->path, F_OK) < 0)
		return davit_error_errno (error, errno, "plugin \"%s\"", request->path);
	kind = plugin_kind (request);
	/* What is to be measured must load; why it does not is what the checks say. */
	if ((!request->bench || kind == 0) && !table_run (&run, davit_check_file_cases, error))
		return FALSE;
	if (kind != 0 && !request->bench && !table_run (&run, davit_check_contract_cases, error))
		return FALSE;
	if (!kind_run (&run, kind, error))
		return FALSE;
	*ret_passed = run.passed;
	return TRUE;
}
