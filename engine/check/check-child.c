/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The process of one check: loads and opens the plugin as far as the check needs it, looks at every
 * operation that is called, and reports.
 */

#include "check/check-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "driver/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

gboolean
davit_check_skip (DavitCheck *check, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	davit_check_line (check->report_fd, DAVIT_CHECK_LINE_SKIP, text);
	check->skipped = TRUE;
	return TRUE;
}

void
davit_check_note (DavitCheck *check, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	davit_check_line (check->report_fd, DAVIT_CHECK_LINE_NOTE, text);
}

void
davit_check_phase (DavitCheck *check, const char *phase)
{
	davit_check_line (check->report_fd, DAVIT_CHECK_LINE_PHASE, phase);
}

gboolean
davit_check_fail (GError **error, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	return davit_error_set (error, DAVIT_ERROR_FAILED, "%s", text);
}

gboolean
davit_check_refused (gboolean succeeded, GError **inner, int code, const char *what, GError **error)
{
	g_autoptr (GError) got = g_steal_pointer (inner);

	if (succeeded)
		return davit_check_fail (error, "%s: must be refused, and succeeded", what);
	if (davit_error_matches (got, DAVIT_ERROR_PLUGIN_CONTRACT)) {
		g_propagate_error (error, g_steal_pointer (&got));
		return FALSE;
	}
	if (code == DAVIT_CHECK_ANY_ERROR || davit_error_matches (got, code))
		return TRUE;
	return davit_check_fail (error, "%s: the code must be %s and is %s: %s", what,
				 davit_error_code_name ((DavitErrorCode) code),
				 davit_error_code_name ((DavitErrorCode) got->code), got->message);
}

/* They are the plugin's to use and the engine's to close. */
static gboolean
directories_are_open (const DavitHost *host)
{
	const int fds[] = {host->state_dirfd, host->run_dirfd, host->cache_dirfd};

	for (guint i = 0; i < G_N_ELEMENTS (fds); i++) {
		if (fds[i] >= 0 && fcntl (fds[i], F_GETFD) < 0)
			return FALSE;
	}
	return TRUE;
}

/* Around every operation: what it did that no result shows. */
static void
operation_observe (DavitDriver *driver, const char *operation, gboolean ends, gpointer data)
{
	DavitCheck *check = (DavitCheck *) data;
	DavitCheckState after = {0};
	g_autofree char *difference = NULL;

	if (check->times != NULL) {
		davit_check_bench_mark (check, operation, ends);
		return;
	}
	if (!ends) {
		g_autofree char *phase = g_strconcat ("calling ", operation, NULL);

		davit_check_phase (check, phase);
		davit_check_state_clear (&check->state);
		davit_check_state_take (&check->state, check->output_fd);
		return;
	}
	davit_check_phase (check, "looking at what it did");
	davit_check_state_take (&after, check->output_fd);
	difference = davit_check_state_compare (&check->state, &after, DAVIT_CHECK_STATE_ALL,
						check->output_fd);
	davit_check_state_clear (&after);
	if (check->broken == NULL && !directories_are_open (&driver->services.host))
		check->broken =
			g_strconcat (operation, " has closed a directory of the engine", NULL);
	/* open and probe have checks of their own for each of these. */
	if (difference != NULL && check->broken == NULL && strcmp (operation, "open") != 0 &&
	    strcmp (operation, "probe") != 0)
		check->broken = g_strconcat (operation, " ", difference, NULL);
}

void
davit_check_close (DavitCheck *check, DavitDriver *driver)
{
	davit_check_phase (check, "closing");
	davit_driver_free (driver);
	davit_check_phase (check, "looking at what it did");
}

DavitDriver *
davit_check_open (DavitCheck *check, const DavitDriverContext *context, GError **error)
{
	g_autoptr (DavitDriver) driver = NULL;
	DavitModule *module;

	davit_check_phase (check, "loading");
	module = davit_loader_open (check->request->path, error);
	if (module == NULL)
		return NULL;
	if (check->request->variant != NULL &&
	    (module->plugin.flags & DAVIT_PLUGIN_VARIANTS) == 0) {
		davit_check_fail (error, "it has no variants such as \"%s\"",
				  check->request->variant);
		davit_loader_close (module);
		return NULL;
	}
	driver = davit_driver_new (module, check->request->variant, context, error);
	if (driver == NULL)
		return NULL;
	davit_check_host_set (check, driver);
	driver->observer = (DavitDriverObserver){operation_observe, check};
	if (!davit_driver_open (driver, error))
		return NULL;
	return g_steal_pointer (&driver);
}

gboolean
davit_check_reopen (DavitCheck *check, GError **error)
{
	davit_check_close (check, g_steal_pointer (&check->driver));
	check->driver = davit_check_open (check, &check->context, error);
	return check->driver != NULL;
}

gboolean
davit_check_usable (DavitCheck *check, char **ret_unmet, GError **error)
{
	g_autoptr (GPtrArray) needs = NULL;

	if (!davit_driver_probe_needs (check->driver, &needs, error))
		return FALSE;
	*ret_unmet = davit_driver_unmet (needs);
	return TRUE;
}

/* The child's half of davit_check_child_start. */
static G_NORETURN void
child_run (DavitCheck *check, DavitCheckRun run, int report_fd, int alive_fd)
{
	g_autoptr (GError) error = NULL;
	char byte;

	/* That is not inherited. */
	prctl (PR_SET_CHILD_SUBREAPER, 1);
	if (run (check, &error))
		davit_check_line (report_fd, "", "done");
	else
		davit_check_line (report_fd, DAVIT_CHECK_LINE_FAIL, error->message);
	/* It keeps what it has until its parent lets go, or ends it. */
	while (read (alive_fd, &byte, 1) < 0 && errno == EINTR)
		continue;
	_exit (0);
}

/* One line, without what comes behind it. */
static char *
line_read (int fd)
{
	g_autoptr (GString) line = g_string_new (NULL);
	char byte;
	gssize length;

	while ((length = read (fd, &byte, 1)) == 1 || (length < 0 && errno == EINTR)) {
		if (length == 1 && byte == '\n')
			break;
		if (length == 1)
			g_string_append_c (line, byte);
	}
	return g_string_free (g_steal_pointer (&line), FALSE);
}

gboolean
davit_check_child_start (DavitCheck *check, DavitCheckRun run, pid_t *ret_pid, int *ret_alive,
			 GError **error)
{
	g_autofree char *line = NULL;
	int ends[2];
	int alive[2];
	pid_t pid;

	if (pipe2 (ends, O_CLOEXEC) < 0 || pipe2 (alive, O_CLOEXEC) < 0)
		return davit_error_errno (error, errno, "pipe");
	pid = fork ();
	if (pid == 0) {
		close (ends[0]);
		close (alive[1]);
		child_run (check, run, ends[1], alive[0]);
	}
	close (ends[1]);
	close (alive[0]);
	line = line_read (ends[0]);
	close (ends[0]);
	*ret_pid = pid;
	*ret_alive = alive[1];
	if (pid < 0)
		return davit_error_errno (error, errno, "fork");
	if (strcmp (line, "done") == 0)
		return TRUE;
	if (g_str_has_prefix (line, DAVIT_CHECK_LINE_FAIL))
		return davit_check_fail (error, "%s", line + strlen (DAVIT_CHECK_LINE_FAIL));
	return davit_check_fail (error, "ended the process without an answer");
}

gboolean
davit_check_in_child (DavitCheck *check, DavitCheckRun run, GError **error)
{
	davit_autofd alive = -1;
	pid_t pid = -1;
	gboolean done = davit_check_child_start (check, run, &pid, &alive, error);

	if (pid > 0) {
		kill (pid, SIGKILL);
		while (waitpid (pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	return done;
}

static gboolean
check_directories (DavitCheck *check, GError **error)
{
	g_autofree char *root = g_build_filename (check->directory, "root", NULL);
	g_autofree char *runroot = g_build_filename (check->directory, "run", NULL);

	check->dirfd = open (check->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (check->dirfd < 0)
		return davit_error_errno (error, errno, "open \"%s\"", check->directory);
	check->paths = davit_paths_new ();
	davit_paths_set (&check->paths->root, root);
	davit_paths_set (&check->paths->runroot, runroot);
	davit_paths_set (&check->paths->libexecdir, check->request->paths->libexecdir);
	davit_paths_set (&check->paths->datadir, check->request->paths->datadir);
	davit_paths_set (&check->paths->plugindir, check->request->paths->plugindir);
	davit_facts_read (&check->facts,
			  davit_config_string (check->request->config, "cgroup-parent"));
	check->context = (DavitDriverContext){check->paths, check->request->config, &check->facts};
	return TRUE;
}

static gboolean
check_run (DavitCheck *check, GError **error)
{
	const DavitCheckCase *test = check->test;
	g_autofree char *unmet = NULL;

	if (!check_directories (check, error))
		return FALSE;
	if (test->need >= DAVIT_CHECK_NEEDS_OPEN) {
		check->driver = davit_check_open (check, &check->context, error);
		if (check->driver == NULL)
			return FALSE;
	}
	if (test->need == DAVIT_CHECK_NEEDS_USABLE) {
		if (!davit_check_usable (check, &unmet, error))
			return FALSE;
		if (unmet != NULL)
			return davit_check_skip (check, "not usable here: %s", unmet);
	}
	if (!test->run (check, error))
		return FALSE;
	if (check->driver != NULL)
		davit_check_close (check, g_steal_pointer (&check->driver));
	return check->broken == NULL || davit_check_fail (error, "%s", check->broken);
}

void
davit_check_child (const DavitCheckRequest *request, const DavitCheckCase *test,
		   const char *directory, int report_fd)
{
	DavitCheck check = {
		.request = request,
		.test = test,
		.report_fd = report_fd,
		.directory = g_strdup (directory),
		.dirfd = -1,
		.output_fd = memfd_create ("output", MFD_CLOEXEC),
	};
	g_autoptr (GError) error = NULL;

	/* As the set-up child of the engine, to which orphans come. */
	prctl (PR_SET_CHILD_SUBREAPER, 1);
	prctl (PR_SET_PDEATHSIG, SIGKILL);
	/* As in the engine. */
	signal (SIGPIPE, SIG_IGN);
	dup2 (check.output_fd, STDOUT_FILENO);
	dup2 (check.output_fd, STDERR_FILENO);
	if (!check_run (&check, &error))
		davit_check_line (report_fd, DAVIT_CHECK_LINE_FAIL, error->message);
	else if (!check.skipped)
		davit_check_line (report_fd, DAVIT_CHECK_LINE_PASS, "");
	_exit (0);
}
