/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit system check, davit system reset */

#include "base/error.h"
#include "base/path.h"
#include "cli/cli.h"
#include "cli/cmd.h"
#include "cli/images.h"
#include "container/container.h"

#include <fcntl.h>
#include <unistd.h>

const char davit_system_check_manual[] =
	"Prints a line for everything that is damaged or left over: in containers, their runs, "
	"names, cgroups and storage, and in images. With --repair it finishes or undoes what was "
	"left half done, and prints behind \"left:\" what is there still. The exit status is 0 if "
	"nothing was found, or all of it was repaired, and "
	"1 otherwise.\n";

const DavitFlag davit_system_check_flags[] = {
	{.name = "repair",
	 .letter = 'r',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "mend what can be mended"},
	{.name = NULL},
};

const DavitFlag davit_system_reset_flags[] = {
	{.name = "force", .letter = 'f', .type = DAVIT_FLAG_SWITCH, .help = "don't ask"},
	{.name = NULL},
};

static gboolean
findings_print (const GPtrArray *findings, const char *prefix, GError **error)
{
	for (guint i = 0; i < findings->len; i++) {
		g_autofree char *line =
			g_strconcat (prefix, (const char *) g_ptr_array_index (findings, i), NULL);

		if (!davit_cli_print_line (line, error))
			return FALSE;
	}
	return TRUE;
}

/* Prints what it finds, behind prefix; ret_count is how much. */
static gboolean
check_all (DavitEngine *engine, gboolean repair, const char *prefix, guint *ret_count,
	   GError **error)
{
	g_autoptr (GPtrArray) containers = NULL;
	g_autoptr (GPtrArray) images = NULL;

	if (!davit_container_check (engine, repair, &containers, error) ||
	    !davit_image_store_check (engine->images, repair, &images, error))
		return FALSE;
	*ret_count = containers->len + images->len;
	return findings_print (containers, prefix, error) && findings_print (images, prefix, error);
}

gboolean
davit_system_check_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	gboolean repair = davit_arguments_switch (arguments, "repair");
	guint found = 0, left = 0;

	if (davit_cli_engine (cli, error) == NULL ||
	    !check_all (cli->engine, repair, "", &found, error))
		return FALSE;
	left = found;
	/* A second look tells whether the repair has helped, and with what it has not. */
	if (repair && found > 0 && !check_all (cli->engine, FALSE, "left: ", &left, error))
		return FALSE;
	if (left > 0)
		cli->status = 1;
	return TRUE;
}

static void
containers_remove (DavitCli *cli, const GPtrArray *containers)
{
	for (guint i = 0; i < containers->len; i++) {
		g_autoptr (GError) error = NULL;

		if (!davit_container_remove (g_ptr_array_index (containers, i), TRUE, 0, &error))
			davit_cli_fail (cli, &error);
	}
}

static void
images_remove (DavitCli *cli, const GPtrArray *images)
{
	for (guint i = 0; i < images->len; i++) {
		g_autoptr (GError) error = NULL;
		g_autoptr (GPtrArray) lines = NULL;
		DavitImageRemove request = {
			.reference = ((DavitImage *) g_ptr_array_index (images, i))->id,
			.force = TRUE,
		};

		if (!davit_image_store_remove (cli->engine->images, &request, &lines, &error))
			davit_cli_fail (cli, &error);
	}
}

/*
 * What no record leads to. Only names that are davit's: --root may have been given a directory
 * that holds more. A mount below stays: davit_path_remove_tree crosses none.
 */
static gboolean
rest_remove (DavitEngine *engine, GError **error)
{
	static const char *const root_names[] = {"containers", "names",	  "images",
						 "content",    "storage", "cache"};

	if (!davit_paths_open_root (engine->paths, error) ||
	    !davit_paths_open_runroot (engine->paths, error))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS (root_names); i++) {
		if (!davit_path_remove_tree (engine->paths->root_fd, root_names[i], error))
			return FALSE;
	}
	return davit_path_remove_tree (engine->paths->runroot_fd, "containers", error);
}

static gboolean
reset_confirm (DavitCli *cli, GError **error)
{
	g_autofree char *question = g_strdup_printf ("Remove all containers and images below %s?",
						     cli->engine->paths->root);

	if (!isatty (STDIN_FILENO))
		return davit_error_set (
			error, DAVIT_ERROR_USAGE,
			"\"system reset\": there is no terminal to ask on; give --force");
	return davit_cli_confirm (question) ||
	       davit_error_set (error, DAVIT_ERROR_CANCELLED,
				"\"system reset\": nothing was removed");
}

gboolean
davit_system_reset_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	g_autoptr (GPtrArray) containers = NULL;
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GPtrArray) damaged = NULL;
	g_autoptr (GPtrArray) lines = NULL;
	g_autoptr (GError) local = NULL;

	if (davit_cli_engine (cli, error) == NULL)
		return FALSE;
	if (!davit_arguments_switch (arguments, "force") && !reset_confirm (cli, error))
		return FALSE;
	containers = davit_container_list (cli->engine, error);
	if (containers == NULL)
		return FALSE;
	containers_remove (cli, containers);
	/* A container that could not be removed still needs its layers. */
	if (cli->status != 0)
		return davit_error_set (
			error, DAVIT_ERROR_FAILED,
			"\"system reset\": images were left, since containers could not "
			"be removed");
	if (!davit_image_store_list (cli->engine->images, &images, &damaged, error))
		return FALSE;
	images_remove (cli, images);
	/* Layers that a driver keeps in its own way are its to remove; then goes what is left. */
	if (!davit_image_store_collect (cli->engine->images, NULL, NULL, &lines, &local))
		davit_cli_fail (cli, &local);
	else
		davit_images_tell_kept (cli, lines);
	return rest_remove (cli->engine, error);
}
