/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit version, davit help */

#include "base/json.h"
#include "cli/cli.h"
#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/document.h"
#include "cli/help.h"
#include "image/compose.h"

#include <davit/plugin.h>

#include "davit-commit.h"
#include "davit-config.h"

const DavitFlag davit_format_flags[] = {
	{.name = "format",
	 .letter = 'f',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "FORMAT",
	 .help = "a Go template, or json"},
	{.name = NULL},
};

static void
version_write (DavitJsonWriter *writer, const char *key)
{
	const char *architecture, *variant;
	g_autofree char *platform = NULL;
	g_autofree char *abi = g_strdup_printf ("%d.%d", DAVIT_ABI_MAJOR, DAVIT_ABI_MINOR);

	davit_compose_host (&architecture, &variant);
	platform = g_strconcat ("linux/", architecture, NULL);
	davit_json_writer_begin_object (writer, key);
	davit_json_writer_string (writer, "Version", DAVIT_VERSION);
	davit_json_writer_string (writer, "PluginAbi", abi);
	davit_json_writer_string (writer, "GitCommit", DAVIT_COMMIT);
	davit_json_writer_string (writer, "OsArch", platform);
	davit_json_writer_end_object (writer);
}

/* There is no server; scripts that ask for its version get the engine's, which is this program. */
static char *
version_document (gboolean whole)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (TRUE);

	davit_json_writer_begin_object (writer, NULL);
	version_write (writer, "Client");
	if (whole) {
		version_write (writer, "Server");
		/* podman's, which old scripts ask for. */
		davit_json_writer_string (writer, "Version", DAVIT_VERSION);
	}
	davit_json_writer_end_object (writer);
	return davit_json_writer_finish (writer, NULL);
}

gboolean
davit_version_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	const char *format = davit_arguments_text (arguments, "format");
	g_autofree char *document = version_document (format != NULL);

	return davit_document_print (document, format, FALSE, error);
}

gboolean
davit_help_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	const char *const *words = davit_arguments_operands (arguments);
	const DavitVerbAlias *alias;
	const DavitVerb *verb;
	g_autofree char *text = NULL;
	guint used;

	if (words[0] == NULL) {
		text = davit_help_overview ();
		return davit_cli_print (text, error);
	}
	verb = davit_commands_resolve (words, &alias, &used, error);
	if (verb == NULL)
		return FALSE;
	text = davit_help_verb (verb);
	return davit_cli_print (text, error);
}
