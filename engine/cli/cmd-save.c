/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit save */

#include "base/error.h"
#include "base/fd.h"
#include "cli/cmd.h"
#include "cli/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const DavitFlag davit_save_flags[] = {
	{.name = "format",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "FORMAT",
	 .choices = "docker-archive|oci-archive|oci-dir",
	 .help = "form of the archive",
	 .fallback = "docker-archive"},
	{.name = "output",
	 .letter = 'o',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "FILE|DIRECTORY",
	 .complete = "file",
	 .help = "write here",
	 .fallback = "standard output"},
	{.name = "quiet", .letter = 'q', .type = DAVIT_FLAG_SWITCH, .help = "no progress"},
	{.name = NULL},
};

static DavitImageFormat
format_parse (const char *text)
{
	if (g_strcmp0 (text, "oci-archive") == 0)
		return DAVIT_IMAGE_FORMAT_OCI_ARCHIVE;
	return g_strcmp0 (text, "oci-dir") == 0 ? DAVIT_IMAGE_FORMAT_OCI_DIRECTORY
						: DAVIT_IMAGE_FORMAT_DOCKER_ARCHIVE;
}

/* A device or a fifo is written to; a file is replaced only by a whole archive. */
static gboolean
path_is_replaced (const char *path)
{
	struct stat status;

	return stat (path, &status) != 0 || S_ISREG (status.st_mode);
}

static gboolean
save_to_file (DavitCli *cli, DavitImageSave *request, const char *path, GError **error)
{
	gboolean replaced = path_is_replaced (path);
	g_autofree char *temporary =
		replaced ? g_strdup_printf ("%s.%d.part", path, (int) getpid ()) : g_strdup (path);
	davit_autofd fd = -1;

	if (!davit_fd_open_output (temporary, replaced ? O_CREAT | O_EXCL | O_NOFOLLOW : 0, 0600,
				   &fd, error))
		return FALSE;
	request->fd = fd;
	if (!davit_image_store_save (cli->engine->images, request, error)) {
		if (replaced)
			unlink (temporary);
		return FALSE;
	}
	if (!replaced || rename (temporary, path) == 0)
		return TRUE;
	davit_error_errno (error, errno, "write \"%s\"", path);
	unlink (temporary);
	return FALSE;
}

static gboolean
output_check (const DavitImageSave *request, const char *path, GError **error)
{
	if (request->format == DAVIT_IMAGE_FORMAT_OCI_DIRECTORY && path == NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"save\": format oci-dir needs --output DIRECTORY");
	if (path == NULL && isatty (STDOUT_FILENO))
		return davit_error_set (
			error, DAVIT_ERROR_USAGE,
			"\"save\": standard output is a terminal; give --output FILE, or "
			"redirect it");
	return TRUE;
}

gboolean
davit_save_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	const char *path = davit_arguments_text (arguments, "output");
	DavitImageSave request = {
		.references = davit_arguments_operands (arguments),
		.format = format_parse (davit_arguments_text (arguments, "format")),
		.fd = STDOUT_FILENO,
	};
	DavitProgress progress;

	if (!output_check (&request, path, error) || davit_cli_engine (cli, error) == NULL)
		return FALSE;
	davit_progress_connect (&progress, cli->engine,
				davit_arguments_switch (arguments, "quiet"));
	if (request.format == DAVIT_IMAGE_FORMAT_OCI_DIRECTORY) {
		request.path = path;
		request.fd = -1;
	} else if (path != NULL) {
		return save_to_file (cli, &request, path, error);
	}
	return davit_image_store_save (cli->engine->images, &request, error);
}
