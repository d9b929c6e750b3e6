/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * It needs a kernel that says which pages were written since (soft-dirty bits). Without them CRIU
 * stops with a failed assertion in the middle: it is asked before.
 */

#include "criu-memory.h"

#include "criu-fd.h"
#include "criu-images.h"
#include "criu-log.h"
#include "criu-namespaces.h"
#include "criu-options.h"
#include "criu-program.h"

#define LOG_FILE "pre-dump.log"

gboolean
criu_memory_check (const DavitHost *host, const char *program, GError **error)
{
	g_auto (CriuResponse) features = {0};

	if (!criu_program_features (host, program, &features, error))
		return FALSE;
	return features.memory_tracking ||
	       criu_error_set (
		       error, DAVIT_ERROR_UNAVAILABLE,
		       "the kernel can't tell which memory has changed since, which writing "
		       "it ahead needs; it needs CONFIG_MEM_SOFT_DIRTY");
}

static char *
directory_path (int dirfd, GError **error)
{
	g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", dirfd);

	return g_file_read_link (link, error);
}

/* CRIU keeps it as a relative link: it must stand beside, and then both can be moved together. */
gboolean
criu_memory_put_parent (int images_dirfd, int parent_dirfd, GByteArray *options, GError **error)
{
	g_autofree char *images = NULL;
	g_autofree char *parent = NULL;
	g_autofree char *images_directory = NULL;
	g_autofree char *parent_directory = NULL;
	g_autofree char *name = NULL;
	g_autofree char *relative = NULL;

	if (parent_dirfd < 0)
		return TRUE;
	images = directory_path (images_dirfd, error);
	parent = images != NULL ? directory_path (parent_dirfd, error) : NULL;
	if (parent == NULL)
		return FALSE;
	images_directory = g_path_get_dirname (images);
	parent_directory = g_path_get_dirname (parent);
	if (!g_str_equal (images_directory, parent_directory))
		return criu_error_set (error, DAVIT_ERROR_UNSUPPORTED,
				       "images \"%s\": those that were written ahead, \"%s\", must "
				       "stand beside them",
				       images, parent);
	name = g_path_get_basename (parent);
	relative = g_build_filename ("..", name, NULL);
	criu_protobuf_put_string (options, CRIU_OPT_PARENT_IMG, relative);
	return TRUE;
}

/* Of the flags none counts: only memory is looked at. */
static GByteArray *
options_make (const CriuSettings *settings, const DavitDumpRequest *request, GError **error)
{
	g_autoptr (GByteArray) options = criu_options_new (settings, 0, request->images_dirfd,
							   request->work_dirfd, LOG_FILE);

	criu_protobuf_put_number (options, CRIU_OPT_PID, request->pid);
	criu_protobuf_put_number (options, CRIU_OPT_TRACK_MEM, TRUE);
	if (!criu_memory_put_parent (request->images_dirfd, request->parent_dirfd, options, error))
		return NULL;
	return g_steal_pointer (&options);
}

static gboolean
memory_ask (CriuWorker *worker, const DavitHost *host, const DavitDumpRequest *request,
	    const GByteArray *options, GError **error)
{
	g_autoptr (GByteArray) message =
		criu_message_request (CRIU_REQUEST_SINGLE_PRE_DUMP, options);
	g_auto (CriuResponse) response = {0};

	if (!criu_worker_ask (worker, message, NULL, NULL, &response, error))
		return FALSE;
	criu_worker_end (worker);
	if (response.success)
		return criu_images_sync (request->images_dirfd, error);
	return criu_log_explain (host, request->work_dirfd, LOG_FILE, "pre-dump", response.message,
				 response.number, error);
}

gboolean
criu_pre_dump (const DavitHost *host, const DavitDumpRequest *request, DavitResult *result,
	       GError **error)
{
	g_autofree char *program = criu_program_find (host, error);
	g_auto (CriuSettings) settings = {0};
	g_autoptr (CriuConfig) config = NULL;
	g_auto (CriuNamespaces) namespaces = {0};
	g_auto (CriuPlace) place = {.fd = -1};
	g_auto (CriuWorker) worker = CRIU_WORKER_INIT;
	g_autoptr (GByteArray) options = NULL;
	CriuSpawn spawn = {0};

	if (program == NULL || !criu_memory_check (host, program, error) ||
	    !criu_settings_read (host, request->options, request->timeout_msec, &settings, error))
		return FALSE;
	options = options_make (&settings, request, error);
	if (options == NULL)
		return FALSE;
	config = criu_config_read (host, request->bundle_dirfd, error);
	if (config == NULL ||
	    !criu_namespaces_of_process (config, request->pid, &namespaces, error) ||
	    !criu_program_place (host, program, &place, error))
		return FALSE;
	criu_namespaces_use (&namespaces, &spawn);
	criu_place_use (&place, &spawn);
	return criu_worker_start (&worker, program, &spawn, NULL, 0, settings.timeout_msec,
				  error) &&
	       memory_ask (&worker, host, request, options, error);
}
