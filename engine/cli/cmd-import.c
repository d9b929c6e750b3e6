/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit import, davit load */

#include "base/error.h"
#include "cli/cmd.h"
#include "cli/progress.h"

#include <string.h>
#include <unistd.h>

const char davit_import_manual[] =
	"Takes a tar archive (compressed with gzip, zstd, xz or bzip2, or not), a directory, or "
	"with - an archive from standard input. The image has one layer. Prints its id.\n"
	"$ debootstrap --variant=minbase bookworm /srv/debian\n"
	"$ davit import --change 'CMD [\"bash\"]' /srv/debian debian\n"
	"$ docker export web | davit import - localhost/web\n";

const DavitFlag davit_import_flags[] = {
	{.name = "arch",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "ARCHITECTURE",
	 .help = "processor of the image",
	 .fallback = "the host's"},
	{.name = "change",
	 .letter = 'c',
	 .type = DAVIT_FLAG_LIST,
	 .argument = "LINE",
	 .help = "a line of a Dockerfile: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, "
		 "VOLUME or WORKDIR"},
	{.name = "message",
	 .letter = 'm',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "TEXT",
	 .help = "a comment in its history"},
	{.name = "os",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "OS",
	 .help = "system of the image",
	 .fallback = "linux"},
	{.name = "quiet", .letter = 'q', .type = DAVIT_FLAG_SWITCH, .help = "no progress"},
	{.name = NULL},
};

const DavitFlag davit_load_flags[] = {
	{.name = "input",
	 .letter = 'i',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "FILE|DIRECTORY",
	 .complete = "file",
	 .help = "read from here",
	 .fallback = "standard input"},
	{.name = "quiet", .letter = 'q', .type = DAVIT_FLAG_SWITCH, .help = "no progress"},
	{.name = NULL},
};

static gboolean
input_check (const char *verb, const char *instead, GError **error)
{
	if (!isatty (STDIN_FILENO))
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_USAGE,
				"\"%s\": standard input is a terminal; %s", verb, instead);
}

gboolean
davit_import_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	const char *const *operands = davit_arguments_operands (arguments);
	gboolean from_stdin = strcmp (operands[0], "-") == 0;
	DavitImageImport request = {
		.path = from_stdin ? NULL : operands[0],
		.fd = from_stdin ? STDIN_FILENO : -1,
		.name = operands[1],
		.changes = davit_arguments_list (arguments, "change"),
		.message = davit_arguments_text (arguments, "message"),
		.architecture = davit_arguments_text (arguments, "arch"),
		.os = davit_arguments_text (arguments, "os"),
	};
	g_autoptr (DavitImage) image = NULL;
	DavitProgress progress;

	if (g_str_has_prefix (operands[0], "http://") || g_str_has_prefix (operands[0], "https://"))
		return davit_error_set (
			error, DAVIT_ERROR_UNSUPPORTED,
			"\"import\": can't fetch \"%s\"; download it first, or pipe it "
			"into davit import -",
			operands[0]);
	if (from_stdin && !input_check ("import", "give a file or a directory", error))
		return FALSE;
	if (davit_cli_engine (cli, error) == NULL)
		return FALSE;
	davit_progress_connect (&progress, cli->engine,
				davit_arguments_switch (arguments, "quiet"));
	request.storage = davit_engine_storage (cli->engine, error);
	return request.storage != NULL &&
	       davit_image_store_import (cli->engine->images, &request, &image, error) &&
	       davit_cli_print_line (image->id, error);
}

static gboolean
loaded_print (const DavitImage *image, GError **error)
{
	if (image->names[0] == NULL) {
		g_autofree char *line = g_strconcat ("Loaded image: ", image->id, NULL);

		return davit_cli_print_line (line, error);
	}
	for (char **name = image->names; *name != NULL; name++) {
		g_autofree char *line = g_strconcat ("Loaded image: ", *name, NULL);

		if (!davit_cli_print_line (line, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
davit_load_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	const char *path = davit_arguments_text (arguments, "input");
	DavitImageLoad request = {.path = path, .fd = path == NULL ? STDIN_FILENO : -1};
	g_autoptr (GPtrArray) images = NULL;
	DavitProgress progress;

	if (path == NULL && !input_check ("load", "give --input FILE", error))
		return FALSE;
	if (davit_cli_engine (cli, error) == NULL)
		return FALSE;
	davit_progress_connect (&progress, cli->engine,
				davit_arguments_switch (arguments, "quiet"));
	request.storage = davit_engine_storage (cli->engine, error);
	if (request.storage == NULL ||
	    !davit_image_store_load (cli->engine->images, &request, &images, error))
		return FALSE;
	for (guint i = 0; i < images->len; i++) {
		if (!loaded_print (g_ptr_array_index (images, i), error))
			return FALSE;
	}
	return TRUE;
}
