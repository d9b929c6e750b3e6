/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Loading the default image. */

#include "cli/image-default.h"

#include "base/error.h"

#include <string.h>

static gboolean
name_is_default (const char *name)
{
	static const char *const names[] = {"hello", "hello:latest", "localhost/hello",
					    "localhost/hello:latest", NULL};

	return g_strv_contains (names, name);
}

gboolean
davit_image_default_load (DavitCli *cli, const char *name, gboolean *ret_loaded, GError **error)
{
	DavitEngine *engine = davit_cli_engine (cli, error);
	g_autofree char *path = NULL;
	g_autoptr (DavitImage) image = NULL;
	g_autoptr (GPtrArray) images = NULL;
	DavitImageLoad request = {.fd = -1, .name = "hello"};

	*ret_loaded = FALSE;
	if (engine == NULL)
		return FALSE;
	if (!name_is_default (name))
		return TRUE;
	image = davit_image_store_resolve (engine->images, name, NULL);
	path = g_build_filename (engine->paths->datadir, "images", "hello", NULL);
	/* A distribution may leave it out; then the image is simply not there. */
	if (image != NULL || !g_file_test (path, G_FILE_TEST_IS_DIR))
		return TRUE;
	request.path = path;
	if (!davit_image_store_load (engine->images, &request, &images, error))
		return davit_error_prefix (error, "load the default image");
	*ret_loaded = TRUE;
	return TRUE;
}
