/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit create */

#include "cli/cmd.h"
#include "cli/create.h"

const char davit_create_manual[] =
	"Takes the options of davit-run(1), apart from those that connect to the container. Prints "
	"the id of the new container.\n"
	"$ davit create --name web localhost/web\n"
	"$ davit start web\n";

gboolean
davit_create_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	g_autoptr (DavitContainer) container = NULL;

	return davit_create_from_arguments (cli, arguments, FALSE, &container, error) &&
	       davit_cli_print_line (container->id, error);
}
