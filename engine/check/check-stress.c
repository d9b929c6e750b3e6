/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lives under bad conditions: check-stress.h. */

#include "check/check-stress.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define HELPERS_LIMIT 40
#define LIVES 10

static void
list_add (GPtrArray *lines, int dirfd, const char *prefix)
{
	g_autoptr (GPtrArray) names = NULL;

	if (!davit_path_list (dirfd, &names, NULL))
		return;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) names->pdata[i];
		davit_autofd fd =
			openat (dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		char *path = g_build_filename (prefix, name, NULL);

		g_ptr_array_add (lines, path);
		if (fd >= 0)
			list_add (lines, fd, path);
	}
}

static int
line_compare (gconstpointer left, gconstpointer right)
{
	return strcmp (*(const char *const *) left, *(const char *const *) right);
}

char *
davit_check_store_list (const DavitCheck *check)
{
	const DavitHost *host = &check->driver->services.host;
	g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

	list_add (lines, host->state_dirfd, "state");
	list_add (lines, host->run_dirfd, "run");
	g_ptr_array_sort (lines, line_compare);
	g_ptr_array_add (lines, NULL);
	return g_strjoinv ("\n", (char **) lines->pdata);
}

static gboolean
nothing_left (DavitCheck *check, const char *before, const char *when, GError **error)
{
	g_autofree char *after = davit_check_store_list (check);
	g_autofree char *more = davit_check_state_more (before, after);

	return more == NULL || davit_check_fail (error, "%s leaves \"%s\"", when, more);
}

gboolean
davit_check_lives (DavitCheck *check, DavitCheckRun life, GError **error)
{
	g_autofree char *names = NULL;
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;
	g_autofree char *more = NULL;

	/* The first one may make what is for all. */
	if (!life (check, error))
		return FALSE;
	names = davit_check_store_list (check);
	before = davit_check_state_descriptors ();
	for (guint i = 0; i < LIVES; i++) {
		if (!life (check, error))
			return davit_error_prefix (error, "life %u", i + 2);
	}
	after = davit_check_state_descriptors ();
	more = davit_check_state_more (before, after);
	if (more != NULL)
		return davit_check_fail (error, "a life leaves a descriptor open: %s", more);
	return nothing_left (check, names, "a life", error);
}

/* Whatever a failure is, it must be one that the contract knows. */
static gboolean
half_run (DavitCheck *check, DavitCheckRun half, const char *when, GError **error)
{
	g_autoptr (GError) inner = NULL;

	if (half (check, &inner) || !davit_error_matches (inner, DAVIT_ERROR_PLUGIN_CONTRACT))
		return TRUE;
	return davit_check_fail (error, "%s: %s", when, inner->message);
}

static gboolean
life_with_failure (DavitCheck *check, guint number, DavitCheckRun begin, DavitCheckRun end,
		   GError **error)
{
	g_autofree char *when = g_strdup_printf ("a life in which program %u fails", number);

	check->helpers = (DavitCheckHelpers){0, number};
	if (!half_run (check, begin, when, error) || !half_run (check, end, when, error))
		return FALSE;
	check->helpers.fails = 0;
	return end (check, error) || davit_error_prefix (error, "after %s", when);
}

gboolean
davit_check_helpers_fail (DavitCheck *check, DavitCheckRun begin, DavitCheckRun end, GError **error)
{
	g_autofree char *names = NULL;
	guint count;

	check->helpers = (DavitCheckHelpers){0, 0};
	if (!begin (check, error) || !end (check, error))
		return FALSE;
	count = check->helpers.asked;
	if (count == 0)
		return davit_check_skip (check, "it runs no program");
	names = davit_check_store_list (check);
	for (guint i = 1; i <= MIN (count, HELPERS_LIMIT); i++) {
		g_autofree char *when = g_strdup_printf ("a life in which program %u fails", i);

		if (!life_with_failure (check, i, begin, end, error) ||
		    !nothing_left (check, names, when, error))
			return FALSE;
	}
	return TRUE;
}

static void
signal_ignore (int number)
{
}

gboolean
davit_check_signals (DavitCheck *check, DavitCheckRun life, GError **error)
{
	const struct sigaction action = {.sa_handler = signal_ignore};
	const struct itimerval often = {{0, 500}, {0, 500}};
	const struct itimerval never = {{0, 0}, {0, 0}};
	gboolean lived = TRUE;

	sigaction (SIGALRM, &action, NULL);
	setitimer (ITIMER_REAL, &often, NULL);
	for (guint i = 0; lived && i < LIVES; i++)
		lived = life (check, error);
	setitimer (ITIMER_REAL, &never, NULL);
	return lived || davit_error_prefix (error, "with signals that interrupt system calls");
}
