/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A dump: what is to come from outside later is found out first, then CRIU is asked. */

#include "criu-dump.h"

#include "criu-fd.h"
#include "criu-images.h"
#include "criu-lock.h"
#include "criu-log.h"
#include "criu-memory.h"
#include "criu-mounts.h"
#include "criu-namespaces.h"
#include "criu-options.h"
#include "criu-processes.h"
#include "criu-program.h"
#include "criu-statistics.h"
#include "criu-streams.h"
#include "criu-worker.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define LOG_FILE "dump.log"

typedef struct {
	const DavitHost *host;
	const DavitDumpRequest *request;
	CriuSettings settings;
	char *program;
	CriuConfig *config;
	CriuRecord *record;
	CriuNamespaces namespaces;
	CriuPlace place;
	CriuWorker worker;
	gboolean complete; /* all is on disk */
} Dump;

static void
dump_clear (Dump *dump)
{
	criu_worker_kill (&dump->worker);
	criu_place_clear (&dump->place);
	criu_namespaces_clear (&dump->namespaces);
	criu_record_free (dump->record);
	criu_config_free (dump->config);
	g_free (dump->program);
	criu_settings_clear (&dump->settings);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Dump, dump_clear)

static gboolean
dump_prepare (Dump *dump, GError **error)
{
	const DavitDumpRequest *request = dump->request;

	if (!criu_settings_read (dump->host, request->options, request->timeout_msec,
				 &dump->settings, error))
		return FALSE;
	dump->program = criu_program_find (dump->host, error);
	if (dump->program == NULL)
		return FALSE;
	if (request->parent_dirfd >= 0 && !criu_memory_check (dump->host, dump->program, error))
		return FALSE;
	dump->config = criu_config_read (dump->host, request->bundle_dirfd, error);
	if (dump->config == NULL)
		return FALSE;
	dump->record = criu_record_new ();
	criu_streams_find (request, dump->record);
	return criu_processes_check (request, error) &&
	       criu_namespaces_of_process (dump->config, request->pid, &dump->namespaces, error) &&
	       criu_mounts_find (dump->config, request->pid, dump->record, error) &&
	       criu_program_place (dump->host, dump->program, &dump->place, error);
}

static GByteArray *
dump_options (const Dump *dump)
{
	const DavitDumpRequest *request = dump->request;
	GByteArray *options =
		criu_options_new (&dump->settings, request->flags, request->images_dirfd,
				  request->work_dirfd, LOG_FILE);

	criu_protobuf_put_number (options, CRIU_OPT_PID, request->pid);
	criu_protobuf_put_number (options, CRIU_OPT_LEAVE_RUNNING,
				  (request->flags & DAVIT_CHECKPOINT_LEAVE_RUNNING) != 0);
	criu_protobuf_put_number (options, CRIU_OPT_NOTIFY_SCRIPTS, TRUE);
	for (guint i = 0; i < dump->record->mounts->len; i++) {
		g_autofree char *external = criu_mounts_external_dump (dump->record, i);

		criu_protobuf_put_string (options, CRIU_OPT_EXTERNAL, external);
	}
	criu_streams_put_external (dump->record, options);
	criu_protobuf_put_number (options, CRIU_OPT_TRACK_MEM, request->parent_dirfd >= 0);
	return options;
}

static gboolean
dump_frozen (Dump *dump, GError **error)
{
	const DavitDumpRequest *request = dump->request;

	if (!criu_record_write (dump->host, dump->record, request->images_dirfd, error))
		return FALSE;
	criu_images_write_back (request->images_dirfd);
	if (request->frozen != NULL && !request->frozen (request->frozen_data, error))
		return FALSE;
	dump->complete = criu_images_sync (request->images_dirfd, error);
	return dump->complete;
}

static gboolean
dump_notified (gpointer data, const CriuResponse *notification, int fd, GError **error)
{
	Dump *dump = (Dump *) data;

	criu_fd_close (&fd);
	if (g_strcmp0 (notification->script, "post-dump") != 0)
		return TRUE;
	return dump_frozen (dump, error);
}

/* Where it was made, for who reads it later. */
static gboolean
dump_describe (Dump *dump, GError **error)
{
	struct utsname name;

	dump->record->criu_version = criu_program_greet (&dump->worker, error);
	if (dump->record->criu_version == NULL)
		return FALSE;
	if (uname (&name) < 0)
		return criu_error_errno (error, errno, "ask for the kernel's version");
	dump->record->kernel = g_strdup (name.release);
	dump->record->machine = g_strdup (name.machine);
	dump->record->flags = dump->request->flags;
	return TRUE;
}

static gboolean
dump_ask (Dump *dump, GError **error)
{
	g_autoptr (GByteArray) options = dump_options (dump);
	g_autoptr (GByteArray) request = NULL;
	g_auto (CriuResponse) response = {0};
	CriuSpawn spawn = {0};

	if (!criu_memory_put_parent (dump->request->images_dirfd, dump->request->parent_dirfd,
				     options, error))
		return FALSE;
	request = criu_message_request (CRIU_REQUEST_DUMP, options);
	criu_namespaces_use (&dump->namespaces, &spawn);
	criu_place_use (&dump->place, &spawn);
	if (!criu_worker_start (&dump->worker, dump->program, &spawn, NULL, 0,
				dump->settings.timeout_msec, error))
		return FALSE;
	if (!dump_describe (dump, error) ||
	    !criu_worker_ask (&dump->worker, request, dump_notified, dump, &response, error))
		return FALSE;
	if (response.success && response.type == CRIU_REQUEST_DUMP && dump->complete)
		return TRUE;
	return criu_log_explain (dump->host, dump->request->work_dirfd, LOG_FILE, "checkpoint",
				 response.message, response.number, error);
}

/* Not in the host's network, where others may be at it. */
static void
dump_unlock (const Dump *dump)
{
	int netns_fd = criu_namespaces_network (&dump->namespaces);
	int lock = dump->settings.network_lock;

	if ((dump->request->flags & DAVIT_CHECKPOINT_TCP_ESTABLISHED) && netns_fd >= 0 &&
	    (lock == 0 || lock == CRIU_LOCK_NFTABLES))
		criu_lock_remove (dump->host, netns_fd);
}

gboolean
criu_dump (const DavitHost *host, const DavitDumpRequest *request, DavitResult *result,
	   GError **error)
{
	g_auto (Dump) dump = {
		.host = host,
		.request = request,
		.place = {.fd = -1},
		.worker = CRIU_WORKER_INIT,
	};

	if (!dump_prepare (&dump, error))
		return FALSE;
	if (!dump_ask (&dump, error)) {
		criu_worker_end (&dump.worker);
		dump_unlock (&dump);
		return FALSE;
	}
	criu_worker_end (&dump.worker);
	criu_place_keep_kernel (&dump.place);
	criu_statistics_add (host, request->work_dirfd, FALSE,
			     (request->flags & DAVIT_CHECKPOINT_STATISTICS) != 0, result);
	if (!(request->flags & DAVIT_CHECKPOINT_KEEP_LOG))
		unlinkat (request->work_dirfd, LOG_FILE, 0);
	return TRUE;
}
