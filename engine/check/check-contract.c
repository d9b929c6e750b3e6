/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Checks that hold for every kind: open, close, probe, and what they must not touch. */

#include "check/check-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 100

/* Opened, asked what it needs, and closed. */
static gboolean
round_run (DavitCheck *check, const DavitDriverContext *context, GError **error)
{
	g_autoptr (GPtrArray) needs = NULL;
	DavitDriver *driver = davit_check_open (check, context, error);
	gboolean probed;

	if (driver == NULL)
		return FALSE;
	probed = davit_driver_probe_needs (driver, &needs, error);
	davit_check_close (check, driver);
	return probed;
}

/* The first round may make what stays: directories of its own, caches of libraries. */
static gboolean
rounds_run (DavitCheck *check, guint count, GError **error)
{
	for (guint i = 0; i < count; i++) {
		if (!round_run (check, &check->context, error))
			return davit_error_prefix (error, "round %u of %u", i + 1, count);
	}
	return TRUE;
}

static gboolean
contract_rounds (DavitCheck *check, GError **error)
{
	return rounds_run (check, ROUNDS, error);
}

static gboolean
contract_descriptors (DavitCheck *check, GError **error)
{
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;
	g_autofree char *more = NULL;
	g_autofree char *less = NULL;

	if (!rounds_run (check, 1, error))
		return FALSE;
	before = davit_check_state_descriptors ();
	if (!rounds_run (check, ROUNDS, error))
		return FALSE;
	after = davit_check_state_descriptors ();
	more = davit_check_state_more (before, after);
	less = davit_check_state_more (after, before);
	if (more != NULL)
		return davit_check_fail (error, "open, probe and close leave a descriptor open: %s",
					 more);
	return less == NULL ||
	       davit_check_fail (error,
				 "open, probe or close has closed the engine's descriptor %s",
				 less);
}

/* The part of the process that is the data of the check. */
static gboolean
contract_state (DavitCheck *check, GError **error)
{
	DavitCheckState before = {0};
	DavitCheckState after = {0};
	g_autofree char *difference = NULL;

	davit_check_state_take (&before, check->output_fd);
	if (!rounds_run (check, 1, error))
		return FALSE;
	davit_check_state_take (&after, check->output_fd);
	difference =
		davit_check_state_compare (&before, &after, check->test->data, check->output_fd);
	davit_check_state_clear (&before);
	davit_check_state_clear (&after);
	return difference == NULL ||
	       davit_check_fail (error, "open, probe or close %s", difference);
}

/* As "plugin list" does it: no directory, nothing may be made. */
static gboolean
contract_looked_at (DavitCheck *check, GError **error)
{
	DavitDriverContext context = {NULL, check->context.config, check->context.facts};
	g_autoptr (GPtrArray) names = NULL;

	if (!round_run (check, &context, error))
		return FALSE;
	if (!davit_path_list (check->dirfd, &names, error))
		return FALSE;
	return names->len == 0 || davit_check_fail (error, "makes \"%s\" where it has no directory",
						    (const char *) names->pdata[0]);
}

static gboolean
contract_two (DavitCheck *check, GError **error)
{
	g_autoptr (GPtrArray) needs = NULL;
	DavitDriver *second = davit_check_open (check, &check->context, error);

	if (second == NULL)
		return davit_error_prefix (error, "a second instance beside the first");
	davit_check_close (check, g_steal_pointer (&check->driver));
	check->driver = second;
	return davit_driver_probe_needs (second, &needs, error) ||
	       davit_error_prefix (error, "the second instance, when the first is closed");
}

static gboolean
contract_needs (DavitCheck *check, GError **error)
{
	g_autoptr (GPtrArray) needs = NULL;

	if (!davit_driver_probe_needs (check->driver, &needs, error))
		return FALSE;
	for (guint i = 0; i < needs->len; i++) {
		const DavitNeed *need = (const DavitNeed *) needs->pdata[i];

		if (!need->met && (need->hint == NULL || *need->hint == '\0'))
			return davit_check_fail (
				error, "the need \"%s\" is not met, and no hint says what to do",
				need->what);
		davit_check_note (check, "%s: %s", need->met ? "met" : "not met", need->what);
	}
	return TRUE;
}

/* No error is lost, and no crash: whichever way it takes without the programs. */
static gboolean
contract_helpers (DavitCheck *check, GError **error)
{
	g_autoptr (GPtrArray) needs = NULL;
	g_autoptr (GError) inner = NULL;
	DavitDriver *driver;

	check->helpers.fails = G_MAXUINT;
	driver = davit_check_open (check, &check->context, &inner);
	if (driver == NULL)
		return davit_check_refused (FALSE, &inner, DAVIT_CHECK_ANY_ERROR, "open", error);
	if (!davit_driver_probe_needs (driver, &needs, &inner) &&
	    !davit_check_refused (FALSE, &inner, DAVIT_CHECK_ANY_ERROR, "probe", error))
		return FALSE;
	davit_check_close (check, driver);
	return TRUE;
}

static gboolean
contract_unknown_option (DavitCheck *check, GError **error)
{
	const DavitModule *module = check->driver->module;
	g_autofree char *group = g_strconcat (module->kind->name, ".", module->plugin.name, NULL);
	g_autofree char *override = g_strconcat (group, ".no-such-option-of-any=1", NULL);
	const char *const overrides[] = {override, NULL};
	g_autoptr (DavitConfig) config = davit_config_load (check->paths, overrides, error);
	g_autoptr (DavitOptionValues) values = NULL;
	g_autoptr (GError) inner = NULL;

	if (config == NULL)
		return FALSE;
	values = davit_config_check_group (config, group, module->plugin.options, &inner);
	return davit_check_refused (values != NULL, &inner, DAVIT_ERROR_CONFIG,
				    "an option that it does not have", error);
}

const DavitCheckCase davit_check_contract_cases[] = {
	{"contract: opens and closes 100 times", DAVIT_CHECK_NEEDS_MODULE, contract_rounds, 0},
	{"contract: leaves no descriptor open", DAVIT_CHECK_NEEDS_MODULE, contract_descriptors, 0},
	{"contract: leaves the working directory", DAVIT_CHECK_NEEDS_MODULE, contract_state,
	 DAVIT_CHECK_STATE_DIRECTORY},
	{"contract: leaves the umask", DAVIT_CHECK_NEEDS_MODULE, contract_state,
	 DAVIT_CHECK_STATE_UMASK},
	{"contract: leaves the signals", DAVIT_CHECK_NEEDS_MODULE, contract_state,
	 DAVIT_CHECK_STATE_SIGNALS},
	{"contract: leaves the environment", DAVIT_CHECK_NEEDS_MODULE, contract_state,
	 DAVIT_CHECK_STATE_ENVIRONMENT},
	{"contract: starts no thread", DAVIT_CHECK_NEEDS_MODULE, contract_state,
	 DAVIT_CHECK_STATE_THREADS},
	{"contract: prints nothing", DAVIT_CHECK_NEEDS_MODULE, contract_state,
	 DAVIT_CHECK_STATE_OUTPUT},
	{"contract: can be looked at without directories", DAVIT_CHECK_NEEDS_MODULE,
	 contract_looked_at, 0},
	{"contract: two instances don't disturb each other", DAVIT_CHECK_NEEDS_OPEN, contract_two,
	 0},
	{"contract: says what it needs, and what to do", DAVIT_CHECK_NEEDS_OPEN, contract_needs, 0},
	{"contract: opens or says why when every program fails", DAVIT_CHECK_NEEDS_MODULE,
	 contract_helpers, 0},
	{"contract: an unknown option is refused", DAVIT_CHECK_NEEDS_OPEN, contract_unknown_option,
	 0},
	{0},
};
