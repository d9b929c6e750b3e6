/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The state machine of a runtime, with the transitions that there must not be. */

#include "check/check-vessel.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "check/check-stress.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define STATUS 7
#define BENCH_ROUNDS 50

static const char *const waiter[] = {DAVIT_CHECK_PAYLOAD, "wait", "7", NULL};

static gboolean
signal_send (DavitCheckVessel *vessel, int number, gboolean all, GError **error)
{
	const DavitRuntimeContainer container = davit_check_vessel_handle (vessel);

	return davit_runtime_kill (vessel->runtime, &container, number, all, error);
}

static gboolean
state_is_refused (DavitCheckVessel *vessel, const char *when, GError **error)
{
	const DavitRuntimeContainer container = davit_check_vessel_handle (vessel);
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) inner = NULL;

	return davit_check_refused (davit_runtime_state (vessel->runtime, &container, result,
							 &inner),
				    &inner, DAVIT_ERROR_NOT_FOUND, when, error);
}

/* Created, started, and it says that it runs. */
static gboolean
running (DavitCheck *check, const char *const *words, DavitCheckVessel *vessel, GError **error)
{
	return davit_check_vessel_make (check, davit_check_runtime (check), words, vessel, error) &&
	       davit_check_vessel_create (vessel, error) &&
	       davit_check_vessel_start (vessel, error);
}

static gboolean
waiting (DavitCheck *check, DavitCheckVessel *vessel, GError **error)
{
	return running (check, waiter, vessel, error) &&
	       davit_check_line_is (vessel->output, "ready", error);
}

static gboolean
stopped (DavitCheck *check, DavitCheckVessel *vessel, GError **error)
{
	return waiting (check, vessel, error) && signal_send (vessel, SIGTERM, FALSE, error) &&
	       davit_check_process_end (vessel->pidfd, STATUS, error) &&
	       davit_check_vessel_is (vessel, "stopped", error);
}

/* What delete has to take away. */
static gboolean
is_gone (const DavitCheckVessel *vessel, GError **error)
{
	g_autoptr (GPtrArray) names = NULL;

	for (char **path = vessel->cgroups; path != NULL && *path != NULL; path++) {
		if (access (*path, F_OK) == 0)
			return davit_check_fail (error, "delete leaves the cgroup \"%s\"", *path);
	}
	if (!davit_path_list (vessel->dirfd, &names, error))
		return FALSE;
	return names->len == 0 ||
	       davit_check_fail (error, "delete leaves \"%s\" in the container's directory",
				 (const char *) names->pdata[0]);
}

static gboolean
runtime_life (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;

	if (!davit_check_vessel_make (check, davit_check_runtime (check), waiter, &vessel, error) ||
	    !davit_check_vessel_create (&vessel, error) ||
	    !davit_check_vessel_is (&vessel, "created", error) ||
	    !davit_check_silent (vessel.output, "before it is started", error) ||
	    !davit_check_vessel_start (&vessel, error) ||
	    !davit_check_line_is (vessel.output, "ready", error) ||
	    !davit_check_vessel_is (&vessel, "running", error) ||
	    !signal_send (&vessel, SIGTERM, FALSE, error) ||
	    !davit_check_process_end (vessel.pidfd, STATUS, error) ||
	    !davit_check_vessel_is (&vessel, "stopped", error))
		return FALSE;
	return davit_check_vessel_delete (&vessel, FALSE, error) && is_gone (&vessel, error) &&
	       state_is_refused (&vessel, "state of what was deleted", error);
}

static gboolean
runtime_nothing (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;
	g_autoptr (GError) inner = NULL;

	if (!davit_check_vessel_make (check, davit_check_runtime (check), waiter, &vessel, error) ||
	    !state_is_refused (&vessel, "state of nothing", error))
		return FALSE;
	if (!davit_check_refused (davit_check_vessel_start (&vessel, &inner), &inner,
				  DAVIT_CHECK_ANY_ERROR, "start of nothing", error) ||
	    !davit_check_refused (signal_send (&vessel, SIGTERM, FALSE, &inner), &inner,
				  DAVIT_CHECK_ANY_ERROR, "kill of nothing", error))
		return FALSE;
	for (guint i = 0; i < 2; i++) {
		if (!davit_check_vessel_delete (&vessel, i == 0, error))
			return davit_error_prefix (error, "delete of nothing");
	}
	return TRUE;
}

static gboolean
runtime_illegal (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;
	g_autoptr (GError) inner = NULL;

	if (!waiting (check, &vessel, error))
		return FALSE;
	if (!davit_check_refused (davit_check_vessel_start (&vessel, &inner), &inner,
				  DAVIT_ERROR_STATE, "start for a second time", error) ||
	    !davit_check_refused (davit_check_vessel_delete (&vessel, FALSE, &inner), &inner,
				  DAVIT_ERROR_STATE, "delete of what runs, without force", error) ||
	    !davit_check_vessel_is (&vessel, "running", error) ||
	    !signal_send (&vessel, SIGTERM, FALSE, error) ||
	    !davit_check_process_end (vessel.pidfd, STATUS, error))
		return FALSE;
	return davit_check_refused (davit_check_vessel_start (&vessel, &inner), &inner,
				    DAVIT_ERROR_STATE, "start of what has ended", error) &&
	       davit_check_refused (signal_send (&vessel, SIGTERM, FALSE, &inner), &inner,
				    DAVIT_ERROR_STATE, "kill of what has ended", error) &&
	       davit_check_vessel_is (&vessel, "stopped", error);
}

static gboolean
runtime_create_twice (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) inner = NULL;
	DavitRuntimeCreate request;
	davit_autofd pidfd = -1;

	if (!waiting (check, &vessel, error))
		return FALSE;
	request = davit_check_vessel_request (&vessel);
	return davit_check_refused (davit_runtime_create (vessel.runtime, &request, &pidfd, result,
							  &inner),
				    &inner, DAVIT_CHECK_ANY_ERROR, "create for a second time",
				    error) &&
	       davit_check_vessel_is (&vessel, "running", error);
}

/* Whichever state it is in: created, running, stopped. */
static gboolean
runtime_delete (DavitCheck *check, GError **error)
{
	for (guint i = 0; i < 3; i++) {
		g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;
		gboolean made;

		if (i == 0)
			made = davit_check_vessel_make (check, davit_check_runtime (check), waiter,
							&vessel, error) &&
			       davit_check_vessel_create (&vessel, error) &&
			       davit_check_vessel_is (&vessel, "created", error);
		else if (i == 1)
			made = waiting (check, &vessel, error) &&
			       davit_check_vessel_is (&vessel, "running", error);
		else
			made = stopped (check, &vessel, error);
		if (!made)
			return FALSE;
		for (guint call = 0; call < 2; call++) {
			if (!davit_check_vessel_delete (&vessel, TRUE, error))
				return davit_error_prefix (error, "delete with force, call %u",
							   call + 1);
		}
		if (i < 2 && !davit_check_process_end (vessel.pidfd, 128 + SIGKILL, error))
			return FALSE;
		if (!is_gone (&vessel, error))
			return FALSE;
	}
	return TRUE;
}

/* The program that there is not, and the one that is none. */
static gboolean
runtime_no_program (DavitCheck *check, GError **error)
{
	const char *const words[] = {check->test->data == 0 ? "/none" : "/proc", NULL};
	const int code =
		check->test->data == 0 ? DAVIT_ERROR_NO_PROGRAM : DAVIT_ERROR_NOT_EXECUTABLE;
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;
	g_autoptr (GError) inner = NULL;

	if (!davit_check_vessel_make (check, davit_check_runtime (check), words, &vessel, error))
		return FALSE;
	/* Either may find it out. */
	if (!davit_check_vessel_create (&vessel, &inner))
		return davit_check_refused (FALSE, &inner, code, "create", error);
	return davit_check_refused (davit_check_vessel_start (&vessel, &inner), &inner, code,
				    "start", error);
}

static gboolean
runtime_bad_config (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;
	g_autoptr (GError) inner = NULL;

	if (!davit_check_vessel_make (check, davit_check_runtime (check), waiter, &vessel, error) ||
	    !davit_check_vessel_configure (&vessel, waiter, "mount pid nonsense", error) ||
	    !davit_check_refused (davit_check_vessel_create (&vessel, &inner), &inner,
				  DAVIT_CHECK_ANY_ERROR, "create with a namespace of no kind",
				  error) ||
	    !davit_check_vessel_delete (&vessel, TRUE, error) || !is_gone (&vessel, error))
		return FALSE;
	if (!davit_path_replace_file (vessel.bundle_fd, "config.json", "{", 1, 0644, FALSE, error))
		return FALSE;
	return davit_check_refused (davit_check_vessel_create (&vessel, &inner), &inner,
				    DAVIT_CHECK_ANY_ERROR, "create with half a config.json",
				    error) &&
	       davit_check_vessel_delete (&vessel, TRUE, error) && is_gone (&vessel, error);
}

static gboolean
runtime_signals_sent (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;
	g_auto (DavitCheckVessel) other = DAVIT_CHECK_VESSEL_INIT;

	return waiting (check, &vessel, error) && signal_send (&vessel, SIGKILL, FALSE, error) &&
	       davit_check_process_end (vessel.pidfd, 128 + SIGKILL, error) &&
	       waiting (check, &other, error) && signal_send (&other, SIGKILL, TRUE, error) &&
	       davit_check_process_end (other.pidfd, 128 + SIGKILL, error) &&
	       davit_check_vessel_is (&other, "stopped", error);
}

static gboolean
runtime_streams (DavitCheck *check, GError **error)
{
	static const char *const say[] = {DAVIT_CHECK_PAYLOAD, "say", "hello", NULL};
	static const char *const copy[] = {DAVIT_CHECK_PAYLOAD, "copy", NULL};
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;
	g_auto (DavitCheckVessel) copier = DAVIT_CHECK_VESSEL_INIT;

	if (!running (check, say, &vessel, error) ||
	    !davit_check_line_is (vessel.output, "hello", error) ||
	    !davit_check_line_is (vessel.complaints, "complaint", error) ||
	    !davit_check_process_end (vessel.pidfd, 0, error) ||
	    !running (check, copy, &copier, error) ||
	    !davit_fd_write (copier.input, "through\n", 8, "standard input", error) ||
	    !davit_check_line_is (copier.output, "through", error))
		return FALSE;
	/* Nobody else holds its end open. */
	davit_fd_close (&copier.input);
	return davit_check_process_end (copier.pidfd, 0, error);
}

static gboolean
runtime_pass (DavitCheck *check, GError **error)
{
	static const char *const words[] = {DAVIT_CHECK_PAYLOAD, "pass", "below", NULL};
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;
	g_autoptr (DavitResult) result = davit_result_new ();
	DavitRuntimeCreate request;

	if (!davit_check_vessel_make (check, davit_check_runtime (check), words, &vessel, error))
		return FALSE;
	request = davit_check_vessel_request (&vessel);
	/* What would be its standard output is its descriptor 3. */
	request.pass_fds = &vessel.stdio[1];
	request.n_pass_fds = 1;
	request.stdio[1] = vessel.stdio[2];
	vessel.made = TRUE;
	if (!davit_runtime_create (vessel.runtime, &request, &vessel.pidfd, result, error))
		return FALSE;
	davit_check_vessel_let_go (&vessel);
	return davit_check_vessel_start (&vessel, error) &&
	       davit_check_line_is (vessel.output, "below", error) &&
	       davit_check_process_end (vessel.pidfd, 0, error);
}

/* As the engine gives it: a mount that is attached nowhere. */
static gboolean
runtime_mount (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;

	if (!davit_check_vessel_make (check, davit_check_runtime (check), waiter, &vessel, error))
		return FALSE;
	vessel.detached = TRUE;
	return davit_check_vessel_create (&vessel, error) &&
	       davit_check_vessel_start (&vessel, error) &&
	       davit_check_line_is (vessel.output, "ready", error);
}

static gboolean
created (DavitCheck *check, GError **error)
{
	DavitCheckVessel *vessel = (DavitCheckVessel *) check->data;

	if (!davit_check_reopen (check, error))
		return FALSE;
	vessel->runtime = davit_check_runtime (check);
	return davit_check_vessel_create (vessel, error) &&
	       davit_check_vessel_start (vessel, error) &&
	       davit_check_line_is (vessel->output, "ready", error) &&
	       davit_check_vessel_is (vessel, "running", error);
}

static gboolean
runtime_killed (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;

	if (!davit_check_vessel_make (check, davit_check_runtime (check), waiter, &vessel, error))
		return FALSE;
	check->data = &vessel;
	vessel.made = TRUE;
	if (!davit_check_in_child (check, created, error) || !davit_check_reopen (check, error))
		return FALSE;
	vessel.runtime = davit_check_runtime (check);
	davit_check_vessel_let_go (&vessel);
	/* The process is an orphan, and the container is what it was. */
	return davit_check_vessel_is (&vessel, "running", error) &&
	       davit_check_vessel_delete (&vessel, TRUE, error) && is_gone (&vessel, error) &&
	       state_is_refused (&vessel, "state of what was deleted", error);
}

static gboolean
life (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;

	return stopped (check, &vessel, error) &&
	       davit_check_vessel_delete (&vessel, FALSE, error) && is_gone (&vessel, error);
}

static gboolean
runtime_leaves_nothing (DavitCheck *check, GError **error)
{
	return davit_check_lives (check, life, error);
}

static gboolean
life_begin (DavitCheck *check, GError **error)
{
	DavitCheckVessel *vessel = (DavitCheckVessel *) check->data;

	davit_check_vessel_clear (vessel);
	return stopped (check, vessel, error);
}

static gboolean
life_end (DavitCheck *check, GError **error)
{
	DavitCheckVessel *vessel = (DavitCheckVessel *) check->data;

	return davit_check_vessel_delete (vessel, TRUE, error) && is_gone (vessel, error);
}

static gboolean
runtime_helpers (DavitCheck *check, GError **error)
{
	g_auto (DavitCheckVessel) vessel = DAVIT_CHECK_VESSEL_INIT;

	check->data = &vessel;
	return davit_check_helpers_fail (check, life_begin, life_end, error);
}

static gboolean
runtime_interrupted (DavitCheck *check, GError **error)
{
	return davit_check_signals (check, life, error);
}

const DavitCheckCase davit_check_runtime_cases[] = {
	{"runtime: created, running, stopped, gone", DAVIT_CHECK_NEEDS_USABLE, runtime_life, 0},
	{"runtime: operations on nothing", DAVIT_CHECK_NEEDS_USABLE, runtime_nothing, 0},
	{"runtime: transitions that there are not", DAVIT_CHECK_NEEDS_USABLE, runtime_illegal, 0},
	{"runtime: created for a second time", DAVIT_CHECK_NEEDS_USABLE, runtime_create_twice, 0},
	{"runtime: deleted with force in each state, twice", DAVIT_CHECK_NEEDS_USABLE,
	 runtime_delete, 0},
	{"runtime: a program that is not there", DAVIT_CHECK_NEEDS_USABLE, runtime_no_program, 0},
	{"runtime: a program that can't be executed", DAVIT_CHECK_NEEDS_USABLE, runtime_no_program,
	 1},
	{"runtime: a config.json that can't be honoured", DAVIT_CHECK_NEEDS_USABLE,
	 runtime_bad_config, 0},
	{"runtime: signals reach it", DAVIT_CHECK_NEEDS_USABLE, runtime_signals_sent, 0},
	{"runtime: standard streams", DAVIT_CHECK_NEEDS_USABLE, runtime_streams, 0},
	{"runtime: a descriptor is passed on", DAVIT_CHECK_NEEDS_USABLE, runtime_pass, 0},
	{"runtime: a detached root file system", DAVIT_CHECK_NEEDS_USABLE, runtime_mount, 0},
	{"runtime: killed after start", DAVIT_CHECK_NEEDS_USABLE, runtime_killed, 0},
	{"runtime: leaves nothing", DAVIT_CHECK_NEEDS_USABLE, runtime_leaves_nothing, 0},
	{"runtime: each program that fails", DAVIT_CHECK_NEEDS_USABLE, runtime_helpers, 0},
	{"runtime: signals", DAVIT_CHECK_NEEDS_USABLE, runtime_interrupted, 0},
	{0},
};

static gboolean
runtime_bench (DavitCheck *check, GError **error)
{
	return davit_check_bench (check, life, BENCH_ROUNDS, error);
}

const DavitCheckCase davit_check_runtime_bench[] = {
	{"runtime: times", DAVIT_CHECK_NEEDS_USABLE, runtime_bench, 0},
	{0},
};
