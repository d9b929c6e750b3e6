/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From flags to a request to a container; the default image is loaded on the way. */

#include "cli/create.h"

#include "base/error.h"
#include "cli/cmd.h"
#include "cli/image-default.h"

#include <string.h>

/* Those of the command line alone: what is shown, and how a run is attached. */
static gboolean
flag_is_own (const DavitFlag *flag)
{
	if (strcmp (flag->name, "quiet") == 0 || strcmp (flag->name, "help") == 0)
		return TRUE;
	for (const DavitFlag *own = davit_run_flags; own->name != NULL; own++) {
		if (own == flag)
			return TRUE;
	}
	return FALSE;
}

/* The record is JSON, which holds nothing but UTF-8. */
static gboolean
operands_check (const char *const *operands, GError **error)
{
	for (; *operands != NULL; operands++) {
		if (!g_utf8_validate (*operands, -1, NULL))
			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"argument \"%s\": is not UTF-8", *operands);
	}
	return TRUE;
}

static DavitCreateRequest *
request_new (DavitCli *cli, const DavitArguments *arguments, GError **error)
{
	g_autoptr (DavitCreateRequest) request = davit_create_request_new ();
	const char *const *operands = davit_arguments_operands (arguments);

	for (guint i = 0; i < davit_arguments_count (arguments); i++) {
		const char *value;
		const DavitFlag *flag = davit_arguments_nth (arguments, i, &value);

		if (!flag_is_own (flag) &&
		    !davit_create_request_set (request, flag->name, value, error))
			return NULL;
	}
	if (!operands_check (operands, error))
		return NULL;
	davit_create_request_set_image (request, operands[0]);
	davit_create_request_set_command (request, operands + 1);
	davit_create_request_set_origin (request, cli->words);
	return g_steal_pointer (&request);
}

/* Whether it is the image that was not found, and not, say, a container whose network to join. */
static gboolean
image_is_missing (DavitCli *cli, const DavitArguments *arguments)
{
	const char *name = davit_arguments_operands (arguments)[0];
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitImage) image = NULL;

	if (davit_arguments_switch (arguments, "rootfs"))
		return FALSE;
	image = davit_image_store_resolve (cli->engine->images, name, &error);
	return image == NULL && davit_error_matches (error, DAVIT_ERROR_NOT_FOUND);
}

static gboolean
container_create (DavitCli *cli, DavitArguments *arguments, gboolean start_follows,
		  DavitContainer **ret_container, GError **error)
{
	DavitEngine *engine = davit_cli_engine (cli, error);
	g_autoptr (DavitCreateRequest) request = NULL;

	if (engine == NULL)
		return FALSE;
	request = request_new (cli, arguments, error);
	if (request != NULL && start_follows)
		davit_create_request_set_start_follows (request);
	return request != NULL && davit_container_create (engine, request, ret_container, error);
}

gboolean
davit_create_from_arguments (DavitCli *cli, DavitArguments *arguments, gboolean start_follows,
			     DavitContainer **ret_container, GError **error)
{
	const char *name = davit_arguments_operands (arguments)[0];
	g_autoptr (GError) local = NULL;
	gboolean loaded;

	/* Looking for the image first would read it twice in every run. */
	if (container_create (cli, arguments, start_follows, ret_container, &local))
		return TRUE;
	if (!davit_error_matches (local, DAVIT_ERROR_NOT_FOUND) ||
	    !image_is_missing (cli, arguments)) {
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	if (!davit_image_default_load (cli, name, &loaded, error))
		return FALSE;
	if (loaded)
		return container_create (cli, arguments, start_follows, ret_container, error);
	if (g_file_test (name, G_FILE_TEST_IS_REGULAR))
		return davit_error_set (
			error, DAVIT_ERROR_NOT_FOUND,
			"image \"%s\" not found; to run the file of that name write "
			"\"./%s\"",
			name, name);
	return davit_error_set (error, DAVIT_ERROR_NOT_FOUND,
				"image \"%s\" not found; import or load it first", name);
}
