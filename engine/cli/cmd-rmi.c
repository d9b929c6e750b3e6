/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit rmi, davit tag, davit image exists */

#include "base/error.h"
#include "cli/cli.h"
#include "cli/cmd.h"
#include "cli/images.h"
#include "container/container.h"

const char davit_rmi_manual[] =
	"Takes a name away; the image goes with its last name. An image that a container was made "
	"from stays. The exit status is 1 if an image does not exist, 2 if one is in use, and 125 "
	"after any other failure. All the others are removed nevertheless.\n"
	"$ davit rmi localhost/web:old\n";

const DavitFlag davit_rmi_flags[] = {
	{.name = "all", .letter = 'a', .type = DAVIT_FLAG_SWITCH, .help = "all images"},
	{.name = "force",
	 .letter = 'f',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "by id, also if it has several names"},
	{.name = "ignore",
	 .letter = 'i',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "an image that does not exist is no error"},
	{.name = NULL},
};

typedef struct {
	gboolean force;
	gboolean ignore;
	char **used_ids;
} Removal;

static void
removal_clear (Removal *removal)
{
	g_strfreev (removal->used_ids);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Removal, removal_clear)

static gboolean
lines_print (const GPtrArray *lines, GError **error)
{
	for (guint i = 0; i < lines->len; i++) {
		if (!davit_cli_print_line (g_ptr_array_index (lines, i), error))
			return FALSE;
	}
	return TRUE;
}

static void
image_remove (DavitCli *cli, const Removal *removal, const char *reference, gboolean force)
{
	g_autoptr (GPtrArray) lines = NULL;
	g_autoptr (GError) error = NULL;
	DavitImageRemove request = {
		.reference = reference,
		.force = force,
		.used_ids = (const char *const *) removal->used_ids,
	};

	if (davit_image_store_remove (cli->engine->images, &request, &lines, &error) &&
	    lines_print (lines, &error))
		return;
	if (!removal->ignore || !davit_error_matches (error, DAVIT_ERROR_NOT_FOUND))
		davit_cli_fail (cli, &error);
}

static gboolean
all_remove (DavitCli *cli, const Removal *removal, GError **error)
{
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GPtrArray) damaged = NULL;

	if (!davit_image_store_list (cli->engine->images, &images, &damaged, error))
		return FALSE;
	for (guint i = 0; i < images->len; i++)
		image_remove (cli, removal, ((DavitImage *) g_ptr_array_index (images, i))->id,
			      TRUE);
	return TRUE;
}

static gboolean
layers_used (char ***ret_chain_ids, gpointer data, GError **error)
{
	g_auto (GStrv) ids = NULL;

	return davit_container_used_images ((DavitEngine *) data, &ids, ret_chain_ids, error);
}

gboolean
davit_rmi_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	const char *const *names = davit_arguments_operands (arguments);
	gboolean all = davit_arguments_switch (arguments, "all");
	g_auto (Removal) removal = {
		.force = davit_arguments_switch (arguments, "force"),
		.ignore = davit_arguments_switch (arguments, "ignore"),
	};
	g_auto (GStrv) chain_ids = NULL;
	g_autoptr (GPtrArray) lines = NULL;

	if (all == (names[0] != NULL))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"rmi\" needs IMAGE... or --all; see davit rmi --help");
	if (davit_cli_engine (cli, error) == NULL ||
	    !davit_container_used_images (cli->engine, &removal.used_ids, &chain_ids, error))
		return FALSE;
	if (all && !all_remove (cli, &removal, error))
		return FALSE;
	for (; *names != NULL; names++)
		image_remove (cli, &removal, *names, removal.force);
	if (!davit_image_store_collect (cli->engine->images, layers_used, cli->engine, &lines,
					error))
		return FALSE;
	davit_images_tell_kept (cli, lines);
	return TRUE;
}

gboolean
davit_tag_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	const char *const *names = davit_arguments_operands (arguments);

	if (davit_cli_engine (cli, error) == NULL)
		return FALSE;
	for (const char *const *name = names + 1; *name != NULL; name++) {
		if (!davit_image_store_tag (cli->engine->images, names[0], *name, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
davit_image_exists_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	g_autoptr (DavitImage) image = NULL;
	g_autoptr (GError) local = NULL;

	if (davit_cli_engine (cli, error) == NULL)
		return FALSE;
	image = davit_image_store_resolve (cli->engine->images,
					   davit_arguments_operands (arguments)[0], &local);
	if (image != NULL)
		return TRUE;
	if (!davit_error_matches (local, DAVIT_ERROR_NOT_FOUND)) {
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	cli->status = 1;
	return TRUE;
}
