/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit image convert */

#include "base/error.h"
#include "cli/cmd.h"
#include "cli/progress.h"

const char davit_image_convert_manual[] =
	"Makes the layers of an image in another storage plugin than the configured one, so that "
	"davit run --storage PLUGIN finds them there and starts at once. Without it they are made "
	"when the image is first run so. What is there already is verified and stays. Layers are "
	"made "
	"of the blobs of the image; where one is gone, of the layer that another storage plugin "
	"has. "
	"Prints the id of the image.\n"
	"$ davit image convert debian --storage squash\n"
	"$ davit run --rm --storage squash debian true\n";

const DavitFlag davit_image_convert_flags[] = {
	{.name = "storage",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "NAME",
	 .complete = "plugin-storage",
	 .help = "the storage plugin to make them in; must be given"},
	{.name = "quiet", .letter = 'q', .type = DAVIT_FLAG_SWITCH, .help = "no progress"},
	{.name = NULL},
};

gboolean
davit_image_convert_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	const char *reference = davit_arguments_operands (arguments)[0];
	const char *name = davit_arguments_text (arguments, "storage");
	g_autoptr (DavitImage) image = NULL;
	DavitStorage *storage;
	DavitProgress progress;

	if (name == NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"image convert\" needs --storage NAME; davit plugin list "
					"shows which there are");
	if (davit_cli_engine (cli, error) == NULL)
		return FALSE;
	davit_progress_connect (&progress, cli->engine,
				davit_arguments_switch (arguments, "quiet"));
	image = davit_image_store_resolve (cli->engine->images, reference, error);
	if (image == NULL)
		return FALSE;
	storage = davit_drivers_storage (cli->engine->drivers, name, error);
	return storage != NULL &&
	       davit_image_store_convert (cli->engine->images, image, storage, error) &&
	       davit_cli_print_line (image->id, error);
}
