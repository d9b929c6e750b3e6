/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit __complete, davit __generate: for shells and for the build, not for people. */

#include "base/error.h"
#include "cli/cli.h"
#include "cli/cmd.h"
#include "cli/complete.h"
#include "cli/generate.h"

#include <string.h>

gboolean
davit_complete_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	g_autoptr (GString) output = g_string_new (NULL);

	davit_complete_words (cli, davit_arguments_operands (arguments), output);
	return davit_cli_print (output->str, error);
}

gboolean
davit_generate_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	static const char *const shells[] = {"bash", "zsh", "fish", NULL};
	const char *const *operands = davit_arguments_operands (arguments);

	if (strcmp (operands[0], "man") == 0)
		return davit_generate_manual (operands[1], error);
	if (g_strv_contains (shells, operands[0]))
		return davit_generate_completion (operands[0], operands[1], error);
	return davit_error_set (error, DAVIT_ERROR_USAGE,
				"\"__generate\": can make man, bash, zsh and fish, not \"%s\"",
				operands[0]);
}
