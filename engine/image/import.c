/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A root file system becomes an image of one layer.
 *
 * What comes in is read once: the worker copies it into the stage and hashes it on the way. It is
 * unpacked from that copy without being hashed again, and the disk is waited for at the end, after
 * the layer is committed and before the blobs and the name appear.
 */

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "base/trace.h"
#include "image/compose.h"
#include "image/image-parse.h"
#include "image/reference.h"
#include "image/store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
	DavitImageStore *store;
	const DavitImageImport *request;
	const char *source; /* for texts */
	char *name;	    /* the full one, or NULL */
	DavitChanges *changes;
	DavitStage *stage;
	DavitArchiveSummary layer;
	gint64 created;
} Import;

static void
import_clear (Import *import)
{
	g_clear_pointer (&import->name, g_free);
	g_clear_pointer (&import->changes, davit_changes_free);
	g_clear_pointer (&import->stage, davit_stage_free);
	davit_archive_summary_clear (&import->layer);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Import, import_clear)

/* It goes into a document that others read. */
static gboolean
platform_check (const char *what, const char *text, GError **error)
{
	gsize length = text == NULL ? 0 : strlen (text);

	if (text == NULL || (length > 0 && length <= 64 &&
			     strspn (text, "abcdefghijklmnopqrstuvwxyz0123456789_/.-") == length))
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_USAGE, "%s \"%s\": must be a word like \"%s\"",
				what, text, strcmp (what, "os") == 0 ? "linux" : "amd64");
}

static gboolean
request_check (Import *import, GError **error)
{
	const DavitImageImport *request = import->request;

	import->changes = davit_changes_parse (request->changes, error);
	if (import->changes == NULL || !platform_check ("os", request->os, error) ||
	    !platform_check ("architecture", request->architecture, error))
		return FALSE;
	if (request->message != NULL && !g_utf8_validate (request->message, -1, NULL))
		return davit_error_set (error, DAVIT_ERROR_USAGE, "the message is not UTF-8");
	if (request->name != NULL)
		import->name = davit_reference_give (request->name, "localhost", error);
	return request->name == NULL || import->name != NULL;
}

static gboolean
input_open (const Import *import, int *ret_fd, gboolean *ret_directory, GError **error)
{
	const char *path = import->request->path;
	struct stat status;
	davit_autofd fd = -1;

	if (path == NULL)
		fd = fcntl (import->request->fd, F_DUPFD_CLOEXEC, 3);
	else if (!davit_fd_open_input (path, &fd, error))
		return FALSE;
	if (fd < 0 || fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "open \"%s\"", import->source);
	*ret_directory = S_ISDIR (status.st_mode);
	*ret_fd = davit_fd_steal (&fd);
	return TRUE;
}

/* Reads the input into a new file of the stage; layer says what it is. */
static gboolean
layer_read (Import *import, char **ret_name, GError **error)
{
	g_auto (DavitStoreStep) step = {0};
	davit_autofd input = -1;
	davit_autofd copy = -1;
	gboolean directory = FALSE, ok;

	if (!input_open (import, &input, &directory, error) ||
	    !davit_stage_create (import->stage, ret_name, &copy, error))
		return FALSE;
	davit_store_step_begin (&step, import->store, "Reading %s", import->source);
	if (directory) {
		DavitArchivePack pack = {
			.source_dirfd = input,
			.output_fd = copy,
			.compression = DAVIT_COMPRESSION_NONE,
			.whiteouts = DAVIT_WHITEOUTS_APPLY,
		};

		ok = davit_archive_pack (&step.worker, &pack, &import->layer, error);
	} else {
		DavitArchiveScan scan = {.input_fd = input, .copy_fd = copy};

		ok = davit_archive_scan (&step.worker, &scan, &import->layer, error);
	}
	if (!ok)
		return davit_error_prefix (error, "\"%s\"", import->source);
	davit_store_step_end (&step);
	return TRUE;
}

/*
 * No media type says xz or bzip2: the layer is kept without compression. The worker decompresses
 * members of an archive that it writes, so it writes one of this file alone and extracts it.
 */
static gboolean
layer_expand (Import *import, char **name, GError **error)
{
	g_autoptr (GPtrArray) members = g_ptr_array_new ();
	g_autoptr (GPtrArray) files = NULL;
	g_auto (DavitStoreStep) step = {0};
	g_autofree char *archive = NULL;
	davit_autofd input = -1;
	davit_autofd output = -1;
	davit_autofd dirfd = -1;
	DavitArchiveMember member = {.name = "layer", .decompress = TRUE};
	const DavitArchiveFile *file;

	davit_store_step_begin (&step, import->store, "Decompressing %s", import->source);
	g_ptr_array_add (members, &member);
	if (!davit_stage_open_file (import->stage, *name, &input, error) ||
	    !davit_stage_create (import->stage, &archive, &output, error) ||
	    !davit_stage_make_directory (import->stage, "expanded", &dirfd, error))
		return FALSE;
	member.fd = input;
	if (!davit_archive_write (&step.worker, members, output, error))
		return davit_error_prefix (error, "\"%s\"", import->source);
	if (lseek (output, 0, SEEK_SET) < 0)
		return davit_error_errno (error, errno, "\"%s\"", import->source);
	if (!davit_archive_extract (&step.worker, output, dirfd, &files, error))
		return davit_error_prefix (error, "\"%s\"", import->source);
	file = files->len == 1 ? g_ptr_array_index (files, 0) : NULL;
	if (file == NULL || strcmp (file->digest, import->layer.diff_id) != 0)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"\"%s\": changed while it was read", import->source);
	davit_store_step_end (&step);
	g_free (*name);
	*name = g_build_filename ("expanded", file->stored, NULL);
	import->layer.size = import->layer.diff_size;
	import->layer.compression = DAVIT_COMPRESSION_NONE;
	g_free (import->layer.digest);
	import->layer.digest = g_strdup (import->layer.diff_id);
	return TRUE;
}

static gboolean
layer_stage (Import *import, GError **error)
{
	g_autofree char *name = NULL;

	if (!layer_read (import, &name, error))
		return FALSE;
	if ((import->layer.compression == DAVIT_COMPRESSION_XZ ||
	     import->layer.compression == DAVIT_COMPRESSION_BZIP2) &&
	    !layer_expand (import, &name, error))
		return FALSE;
	davit_stage_add (import->stage, name, import->layer.digest);
	return TRUE;
}

static char *
config_make (const Import *import, gsize *ret_length)
{
	const DavitImageImport *request = import->request;
	const char *architecture = NULL, *variant = NULL;
	g_auto (GStrv) parts = NULL;
	DavitComposeConfig config = {
		.changes = import->changes,
		.os = request->os == NULL ? "linux" : request->os,
		.diff_id = import->layer.diff_id,
		.created_by = "davit import",
		.comment = request->message,
		.created = import->created,
	};

	davit_compose_host (&architecture, &variant);
	if (request->architecture != NULL) {
		parts = g_strsplit (request->architecture, "/", 2);
		architecture = parts[0];
		variant = parts[1];
	}
	config.architecture = architecture;
	config.variant = variant;
	return davit_compose_config (&config, ret_length);
}

static char *
manifest_make (const Import *import, const char *config_digest, gsize config_length,
	       gsize *ret_length)
{
	g_autoptr (GArray) layers = g_array_new (FALSE, FALSE, sizeof (DavitComposeBlob));
	DavitComposeBlob config = {DAVIT_MEDIA_CONFIG, config_digest, config_length};
	DavitComposeBlob layer = {DAVIT_MEDIA_LAYER, import->layer.digest, import->layer.size};

	if (import->layer.compression == DAVIT_COMPRESSION_GZIP)
		layer.media_type = DAVIT_MEDIA_LAYER_GZIP;
	else if (import->layer.compression == DAVIT_COMPRESSION_ZSTD)
		layer.media_type = DAVIT_MEDIA_LAYER_ZSTD;
	g_array_append_val (layers, layer);
	return davit_compose_manifest (&config, layers, ret_length);
}

/* Writes the documents and reads them back as everybody will. */
static DavitImage *
documents_stage (Import *import, GError **error)
{
	const char *names[] = {import->name, NULL};
	DavitImageParse parse = {.names = names};
	g_autofree char *config = config_make (import, &parse.config_length);
	g_autofree char *config_digest = NULL;
	g_autofree char *manifest = NULL;
	g_autofree char *manifest_digest = NULL;

	if (parse.config_length > DAVIT_IMAGE_CONFIG_LIMIT) {
		davit_error_set (error, DAVIT_ERROR_USAGE, "the changes are more than %d bytes",
				 DAVIT_IMAGE_CONFIG_LIMIT);
		return NULL;
	}
	if (!davit_stage_add_text (import->stage, config, parse.config_length, &config_digest,
				   error))
		return NULL;
	manifest =
		manifest_make (import, config_digest, parse.config_length, &parse.manifest_length);
	if (!davit_stage_add_text (import->stage, manifest, parse.manifest_length, &manifest_digest,
				   error))
		return NULL;
	parse.config = config;
	parse.manifest = manifest;
	parse.manifest_digest = manifest_digest;
	return davit_image_parse (&parse, error);
}

static DavitImage *
import_run (Import *import, GError **error)
{
	DavitStoreUnpack unpack = {.storage = import->request->storage, .trusted = TRUE};
	g_autoptr (GPtrArray) images = g_ptr_array_new ();
	g_autoptr (DavitImage) image = NULL;

	import->stage = davit_stage_new (import->store->content_fd, error);
	if (import->stage == NULL || !layer_stage (import, error))
		return NULL;
	image = documents_stage (import, error);
	if (image == NULL)
		return NULL;
	unpack.image = image;
	unpack.stage = import->stage;
	g_ptr_array_add (images, image);
	if (!davit_store_unpack (import->store, &unpack, error) ||
	    !davit_store_publish (import->store, import->stage, images, error))
		return NULL;
	/* A layer without a name may have been taken for garbage in between. */
	if (import->request->storage != NULL &&
	    !davit_image_store_unpack (import->store, image, import->request->storage, error))
		return NULL;
	return g_steal_pointer (&image);
}

gboolean
davit_image_store_import (DavitImageStore *store, const DavitImageImport *request,
			  DavitImage **ret_image, GError **error)
{
	g_auto (Import) import = {
		.store = store,
		.request = request,
		.source = request->path == NULL ? "standard input" : request->path,
		.created = davit_text_now (),
	};
	DavitImage *image;

	davit_trace_scope ("image", "import");
	if (!request_check (&import, error) || !davit_store_open (store, error))
		return FALSE;
	image = import_run (&import, error);
	if (image == NULL)
		return FALSE;
	*ret_image = image;
	return TRUE;
}
