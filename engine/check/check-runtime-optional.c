/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The operations that a runtime may have: one that it lacks is skipped. */

#include "check/check-vessel.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const char *const waiter[] = {DAVIT_CHECK_PAYLOAD, "wait", "7", NULL};
static const char *const counter[] = {DAVIT_CHECK_PAYLOAD, "count", NULL};

static gboolean
lacks (DavitCheck *check, gboolean present, const char *operation)
{
	return !present && davit_check_skip (check, "it has no operation \"%s\"", operation);
}

#define LACKS(check_, operation_)                                                                  \
	lacks ((check_), (check_)->driver->module->ops.runtime.operation_ != NULL, #operation_)

/* What an operation said that failed: where the host lacks something there is nothing to check. */
static gboolean
failed (DavitCheck *check, GError **inner, GError **error)
{
	if (davit_error_matches (*inner, DAVIT_ERROR_UNAVAILABLE) ||
	    davit_error_matches (*inner, DAVIT_ERROR_UNSUPPORTED))
		return davit_check_skip (check, "%s", (*inner)->message);
	g_propagate_error (error, g_steal_pointer (inner));
	return FALSE;
}

static gboolean
running (DavitCheck *check, const char *const *words, const char *first_line,
	 DavitCheckVessel *vessel, GError **error)
{
	return davit_check_vessel_make (check, davit_check_runtime (check), words, vessel, error) &&
	       davit_check_vessel_create (vessel, error) &&
	       davit_check_vessel_start (vessel, error) &&
	       davit_check_line_is (vessel->output, first_line, error);
}

static gboolean
ended (DavitCheckVessel *vessel, GError **error)
{
	const DavitRuntimeContainer container = davit_check_vessel_handle (vessel);

	return davit_runtime_kill (vessel->runtime, &container, SIGKILL, FALSE, error) &&
	       davit_check_process_end (vessel->pidfd, 128 + SIGKILL, error);
}

/* A further process; the caller closes ret_pidfd. */
static gboolean
exec_run (DavitCheckVessel *vessel, const char *args, int *ret_pidfd, GError **error)
{
	g_autofree char *process = g_strdup_printf (
		"{\"user\":{\"uid\":0,\"gid\":0},\"args\":[%s],\"env\":[\"PATH=/\"],\"cwd\":\"/\"}",
		args);
	g_autoptr (DavitResult) result = davit_result_new ();
	const DavitRuntimeExec request = {
		.size = sizeof request,
		.container = davit_check_vessel_handle (vessel),
		.process = process,
		.stdio = {vessel->stdio[0], vessel->stdio[1], vessel->stdio[2]},
	};

	return davit_runtime_exec (vessel->runtime, &request, ret_pidfd, result, error);
}

/* Streams that the first process does not have. */
static gboolean
streams_renew (DavitCheckVessel *vessel, GError **error)
{
	int ends[2];

	vessel->stdio[0] = open ("/dev/null", O_RDONLY | O_CLOEXEC);
	if (pipe2 (ends, O_CLOEXEC) < 0 || vessel->stdio[0] < 0)
		return davit_check_fail (error, "no pipe");
	davit_fd_close (&vessel->output);
	vessel->output = ends[0];
	vessel->stdio[1] = ends[1];
	vessel->stdio[2] = fcntl (ends[1], F_DUPFD_CLOEXEC, 0);
	return TRUE;
}

static gboolean
runtime_exec (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;
	g_autoptr (GError) inner = NULL;
	davit_autofd pidfd = -1;

	if (LACKS (check, exec))
		return TRUE;
	if (!running (check, waiter, "ready", &vessel, error) || !streams_renew (&vessel, error) ||
	    !exec_run (&vessel, "\"" DAVIT_CHECK_PAYLOAD "\",\"say\",\"second\"", &pidfd, error) ||
	    !davit_check_line_is (vessel.output, "second", error) ||
	    !davit_check_process_end (pidfd, 0, error))
		return FALSE;
	davit_fd_close (&pidfd);
	if (!exec_run (&vessel, "\"" DAVIT_CHECK_PAYLOAD "\",\"exit\",\"9\"", &pidfd, error) ||
	    !davit_check_process_end (pidfd, 9, error))
		return FALSE;
	davit_fd_close (&pidfd);
	if (!davit_check_refused (exec_run (&vessel, "\"/none\"", &pidfd, &inner), &inner,
				  DAVIT_ERROR_NO_PROGRAM, "exec of a program that is not there",
				  error) ||
	    !davit_check_refused (exec_run (&vessel, "\"/proc\"", &pidfd, &inner), &inner,
				  DAVIT_ERROR_NOT_EXECUTABLE, "exec of a directory", error) ||
	    !davit_check_vessel_is (&vessel, "running", error) || !ended (&vessel, error))
		return FALSE;
	return davit_check_refused (exec_run (&vessel, "\"" DAVIT_CHECK_PAYLOAD "\",\"exit\",\"0\"",
					      &pidfd, &inner),
				    &inner, DAVIT_ERROR_STATE, "exec in what has ended", error);
}

/* Reads what was written before it stood still. */
static gboolean
stands_still (DavitCheckVessel *vessel, GError **error)
{
	char buffer[4096];
	struct pollfd more = {.fd = vessel->output, .events = POLLIN};

	while (poll (&more, 1, 0) > 0) {
		if (read (vessel->output, buffer, sizeof buffer) <= 0)
			return davit_check_fail (error, "the counter has ended");
	}
	return davit_check_silent (vessel->output, "while it is paused", error);
}

static gboolean
runtime_pause (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;
	g_autoptr (GError) inner = NULL;
	DavitRuntimeContainer container;
	DavitRuntime *runtime = davit_check_runtime (check);
	g_autofree char *line = NULL;

	if (LACKS (check, pause) || LACKS (check, resume))
		return TRUE;
	if (!running (check, counter, "1", &vessel, error))
		return FALSE;
	container = davit_check_vessel_handle (&vessel);
	if (!davit_runtime_pause (runtime, &container, &inner))
		return failed (check, &inner, error);
	if (!davit_check_vessel_is (&vessel, "paused", error) || !stands_still (&vessel, error) ||
	    !davit_check_refused (davit_runtime_pause (runtime, &container, &inner), &inner,
				  DAVIT_ERROR_STATE, "pause for a second time", error) ||
	    !davit_runtime_resume (runtime, &container, error) ||
	    !davit_check_refused (davit_runtime_resume (runtime, &container, &inner), &inner,
				  DAVIT_ERROR_STATE, "resume of what runs", error) ||
	    !davit_check_vessel_is (&vessel, "running", error))
		return FALSE;
	if (!davit_check_line_get (vessel.output, &line, error))
		return davit_error_prefix (error, "after resume");
	/* What is paused can be taken away too. */
	return davit_runtime_pause (runtime, &container, error) &&
	       davit_check_vessel_delete (&vessel, TRUE, error) &&
	       davit_check_process_end (vessel.pidfd, 128 + SIGKILL, error);
}

static gboolean
runtime_update (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;
	DavitRuntime *runtime = davit_check_runtime (check);
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) inner = NULL;
	DavitRuntimeContainer container;
	gint64 limit = 0;

	if (LACKS (check, update))
		return TRUE;
	if (!running (check, waiter, "ready", &vessel, error))
		return FALSE;
	container = davit_check_vessel_handle (&vessel);
	if (!davit_runtime_update (runtime, &container, "{\"pids\":{\"limit\":77}}", &inner))
		return failed (check, &inner, error);
	if (!davit_runtime_update (runtime, &container, "{\"pids\":{\"limit\":77}}", error))
		return FALSE;
	if (!davit_check_refused (davit_runtime_update (runtime, &container,
							"{\"pids\":{\"limit\":", &inner),
				  &inner, DAVIT_CHECK_ANY_ERROR, "update with half a document",
				  error))
		return FALSE;
	if (check->driver->module->ops.runtime.stats == NULL)
		return TRUE;
	if (!davit_runtime_stats (runtime, &container, result, error))
		return FALSE;
	return !davit_result_integer (result, "pids-limit", &limit) || limit == 77 ||
	       davit_check_fail (error, "a limit of 77 processes was set, and stats tells of %d",
				 (int) limit);
}

static gboolean
runtime_stats (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;
	g_autoptr (DavitResult) result = davit_result_new ();
	DavitRuntimeContainer container;
	gint64 pids = -1;

	if (LACKS (check, stats))
		return TRUE;
	if (!running (check, counter, "1", &vessel, error))
		return FALSE;
	container = davit_check_vessel_handle (&vessel);
	if (!davit_runtime_stats (davit_check_runtime (check), &container, result, error))
		return FALSE;
	return !davit_result_integer (result, "pids", &pids) || pids == 1 ||
	       davit_check_fail (error, "one process runs, and stats tells of %d", (int) pids);
}

static gboolean
runtime_processes (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autofree gint64 *pids = NULL;
	g_autoptr (GError) inner = NULL;
	DavitRuntimeContainer container;
	guint count = 0;

	if (LACKS (check, processes))
		return TRUE;
	if (!running (check, waiter, "ready", &vessel, error))
		return FALSE;
	container = davit_check_vessel_handle (&vessel);
	if (!davit_runtime_processes (davit_check_runtime (check), &container, result, &inner))
		return failed (check, &inner, error);
	pids = davit_result_integers (result, "pid", &count);
	return (count == 1 && pids[0] == vessel.pid) ||
	       davit_check_fail (error,
				 "process %d runs, and processes tells of %u, the first of them %d",
				 (int) vessel.pid, count, count > 0 ? (int) pids[0] : 0);
}

static gboolean
runtime_features (DavitCheck *check, GError **error)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (DavitJson) document = NULL;
	g_autoptr (GError) inner = NULL;
	const char *text;

	if (LACKS (check, features))
		return TRUE;
	if (!davit_runtime_features (davit_check_runtime (check), result, &inner))
		return failed (check, &inner, error);
	text = davit_result_string (result, "features");
	if (text == NULL)
		return davit_check_fail (error, "features told nothing");
	document = davit_json_parse (text, -1, error);
	if (document == NULL)
		return davit_error_prefix (error, "features");
	return davit_json_member (document, "ociVersionMin") != NULL ||
	       davit_check_fail (error, "its features have no \"ociVersionMin\"");
}

const DavitCheckCase davit_check_runtime_optional_cases[] = {
	{"runtime: exec", DAVIT_CHECK_NEEDS_USABLE, runtime_exec, 0},
	{"runtime: pause and resume", DAVIT_CHECK_NEEDS_USABLE, runtime_pause, 0},
	{"runtime: update", DAVIT_CHECK_NEEDS_USABLE, runtime_update, 0},
	{"runtime: stats", DAVIT_CHECK_NEEDS_USABLE, runtime_stats, 0},
	{"runtime: processes", DAVIT_CHECK_NEEDS_USABLE, runtime_processes, 0},
	{"runtime: features", DAVIT_CHECK_NEEDS_USABLE, runtime_features, 0},
	{0},
};
