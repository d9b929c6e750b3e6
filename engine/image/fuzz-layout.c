/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of OCI layouts (libFuzzer): the input is index.json, a manifest and a configuration with
 * "\v" between them. No fuzzer guesses a digest: "%M" and "%C" stand for those of the manifest and
 * the configuration, "%m" and "%c" for their sizes. What is loaded has a whole name or none, and an
 * id that is a digest; of what is refused nothing stays.
 */

#include "base/digest.h"
#include "base/fd.h"
#include "base/path.h"
#include "config/config.h"
#include "driver/drivers.h"
#include "image/image-store.h"
#include "image/reference.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

/* The texts of a layout, with what stands for others filled in. */
typedef struct {
	char *index;
	char *manifest;
	char *config;
} Layout;

static void
layout_clear (Layout *layout)
{
	g_free (layout->index);
	g_free (layout->manifest);
	g_free (layout->config);
}

static char *
filled (const char *text, char digest_letter, char size_letter, const char *blob)
{
	g_autoptr (GString) result = g_string_new (text);
	g_autofree char *digest = davit_digest_of (blob, strlen (blob));
	g_autofree char *size = g_strdup_printf ("%" G_GSIZE_FORMAT, strlen (blob));
	const char for_digest[] = {'%', digest_letter, '\0'};
	const char for_size[] = {'%', size_letter, '\0'};

	g_string_replace (result, for_digest, digest, 4);
	g_string_replace (result, for_size, size, 4);
	return g_string_free (g_steal_pointer (&result), FALSE);
}

static void
layout_fill (Layout *layout, const guint8 *bytes, gsize size)
{
	g_autofree char *text = g_strndup ((const char *) bytes, size);
	g_auto (GStrv) parts = g_strsplit (text, "\v", 3);
	guint n = g_strv_length (parts);

	layout->config = g_strdup (n > 2 ? parts[2] : "");
	layout->manifest = filled (n > 1 ? parts[1] : "", 'C', 'c', layout->config);
	layout->index = filled (n > 0 ? parts[0] : "", 'M', 'm', layout->manifest);
}

static void
text_write (int top, const char *name, const char *text)
{
	if (!davit_path_replace_file (top, name, text, strlen (text), 0600, FALSE, NULL))
		__builtin_trap ();
}

static void
blob_write (int blobs, const char *text)
{
	g_autofree char *digest = davit_digest_of (text, strlen (text));

	text_write (blobs, davit_digest_hex (digest), text);
}

static void
layout_write (int top, const Layout *layout)
{
	davit_autofd blobs = -1;

	if (mkdirat (top, "layout", 0700) < 0 || mkdirat (top, "layout/blobs", 0700) < 0 ||
	    mkdirat (top, "layout/blobs/sha256", 0700) < 0)
		__builtin_trap ();
	blobs = openat (top, "layout/blobs/sha256", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	blob_write (blobs, layout->manifest);
	blob_write (blobs, layout->config);
	davit_fd_close (&blobs);
	blobs = openat (top, "layout", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	text_write (blobs, "oci-layout", "{\"imageLayoutVersion\": \"1.0.0\"}");
	text_write (blobs, "index.json", layout->index);
}

static void
images_check (const GPtrArray *images)
{
	if (images->len == 0)
		__builtin_trap ();
	for (guint i = 0; i < images->len; i++) {
		const DavitImage *image = g_ptr_array_index (images, i);

		if (!davit_digest_is_valid (image->id))
			__builtin_trap ();
		for (char **name = image->names; *name != NULL; name++) {
			g_autofree char *whole = davit_reference_give (*name, "none", NULL);

			if (g_strcmp0 (whole, *name) != 0)
				__builtin_trap ();
		}
	}
}

static gboolean
is_empty (int top, const char *name)
{
	davit_autofd fd = openat (top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr (GPtrArray) names = NULL;

	return fd < 0 || (davit_path_list (fd, &names, NULL) && names->len == 0);
}

static void
load_try (int top, const char *path)
{
	g_autofree char *root = g_build_filename (path, "root", NULL);
	g_autofree char *run = g_build_filename (path, "run", NULL);
	g_autofree char *layout = g_build_filename (path, "layout", NULL);
	DavitPaths *paths = davit_paths_new ();
	DavitConfig *config;
	DavitDrivers *drivers;
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GError) error = NULL;
	DavitImageLoad request = {.path = layout, .fd = -1};

	davit_paths_set (&paths->root, root);
	davit_paths_set (&paths->runroot, run);
	davit_paths_set (&paths->sysconfdir, path);
	davit_paths_set (&paths->datadir, path);
	config = davit_config_load (paths, NULL, NULL);
	drivers = davit_drivers_new (paths, config, NULL);
	{
		g_autoptr (DavitImageStore) store = davit_image_store_new (paths, drivers);
		gboolean loaded = davit_image_store_load (store, &request, &images, &error);

		if (loaded == (error != NULL))
			__builtin_trap ();
		if (loaded)
			images_check (images);
		else if (!is_empty (top, "root/images") || !is_empty (top, "root/content/sha256"))
			__builtin_trap ();
	}
	if (!is_empty (top, "root/content/stage"))
		__builtin_trap ();
	davit_drivers_free (drivers);
	davit_config_free (config);
	davit_paths_free (paths);
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	/* What is loaded is synced to the disk, if it is on one. */
	const char *place = access ("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir ();
	g_autofree char *path = g_strdup_printf ("%s/davit-fuzz-layout-%d", place, (int) getpid ());
	static const char *const parts[] = {"layout", "root", "run"};
	Layout layout = {0};
	davit_autofd top = -1;

	if (!davit_path_open_private (path, 0700, &top, NULL))
		__builtin_trap ();
	layout_fill (&layout, bytes, size);
	layout_write (top, &layout);
	load_try (top, path);
	layout_clear (&layout);
	for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
		davit_path_remove_tree (top, parts[i], NULL);
	rmdir (path);
	return 0;
}
