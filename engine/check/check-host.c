/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The host that a plugin is given in a check: the engine's own services, apart from those that are
 * to fail now, and those that tell of a defect which the engine only warns of.
 */

#include "check/check-private.h"

#include "base/error.h"

#include <string.h>

static DavitCheck *
check_of (const DavitHost *host)
{
	/* A plugin's pointer leads to the services, and they stand in the driver: driver.h. */
	const char *services = (const char *) host;
	const DavitDriver *driver =
		(const DavitDriver *) (services - G_STRUCT_OFFSET (DavitDriver, services));

	return (DavitCheck *) driver->observer.data;
}

/* Whether this program is to fail. */
static gboolean
helper_fails (const DavitHost *host, const DavitHelper *helper, GError **error)
{
	DavitCheckHelpers *helpers = &check_of (host)->helpers;
	const char *program =
		helper != NULL && helper->argv != NULL ? helper->argv[0] : "(nothing)";

	helpers->asked++;
	if (helpers->fails != G_MAXUINT && helpers->fails != helpers->asked)
		return FALSE;
	davit_error_set (error, DAVIT_ERROR_HELPER,
			 "program \"%s\" ended with status 1: the check "
			 "makes it fail",
			 program);
	return TRUE;
}

static gboolean
host_run_helper (const DavitHost *host, const DavitHelper *helper, char **ret_output,
		 GError **error)
{
	if (helper_fails (host, helper, error))
		return FALSE;
	return check_of (host)->services.run_helper (host, helper, ret_output, error);
}

static gboolean
host_start_helper (const DavitHost *host, const DavitHelper *helper, int *ret_pidfd, GError **error)
{
	if (helper_fails (host, helper, error))
		return FALSE;
	return check_of (host)->services.start_helper (host, helper, ret_pidfd, error);
}

/*
 * What the engine warns of is a defect: an option that is not in the table, or of another type.
 */
static void
host_option_check (const DavitHost *host, const char *key, guint types)
{
	DavitCheck *check = check_of (host);
	const DavitServices *services = (const DavitServices *) host;
	const DavitOptionValue *value = davit_option_values_get (services->options, key);

	if (check->broken != NULL)
		return;
	if (value == NULL)
		check->broken = g_strdup_printf ("asks for the option \"%s\", which is not in its "
						 "table",
						 key);
	else if ((types & (1u << value->option->type)) == 0)
		check->broken = g_strdup_printf ("asks for the option \"%s\" by another type than "
						 "its table says",
						 key);
}

static const char *
host_option_string (const DavitHost *host, const char *key)
{
	host_option_check (host, key,
			   1u << DAVIT_OPTION_STRING | 1u << DAVIT_OPTION_CHOICE |
				   1u << DAVIT_OPTION_PATH);
	return check_of (host)->services.option_string (host, key);
}

static gboolean
host_option_boolean (const DavitHost *host, const char *key)
{
	host_option_check (host, key, 1u << DAVIT_OPTION_BOOLEAN);
	return check_of (host)->services.option_boolean (host, key);
}

static gint64
host_option_integer (const DavitHost *host, const char *key)
{
	host_option_check (host, key,
			   1u << DAVIT_OPTION_INTEGER | 1u << DAVIT_OPTION_SIZE |
				   1u << DAVIT_OPTION_DURATION);
	return check_of (host)->services.option_integer (host, key);
}

static const char *const *
host_option_list (const DavitHost *host, const char *key)
{
	host_option_check (host, key, 1u << DAVIT_OPTION_LIST);
	return check_of (host)->services.option_list (host, key);
}

/* Its words would be taken for something that the plugin printed. */
static void
host_log (const DavitHost *host, DavitLogLevel level, const char *text)
{
	DavitCheck *check = check_of (host);

	if (check->broken == NULL && (text == NULL || strchr (text, '\n') != NULL))
		check->broken = g_strdup ("logs a text that is not one line");
}

void
davit_check_host_set (DavitCheck *check, DavitDriver *driver)
{
	DavitHost *host = &driver->services.host;

	check->services = *host;
	host->run_helper = host_run_helper;
	host->start_helper = host_start_helper;
	host->option_string = host_option_string;
	host->option_boolean = host_option_boolean;
	host->option_integer = host_option_integer;
	host->option_list = host_option_list;
	host->log = host_log;
}
