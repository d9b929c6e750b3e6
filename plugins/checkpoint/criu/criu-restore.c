/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A restore: CRIU is put where the processes are to live, makes them, and leaves us the first one
 * when it ends. Until it has said that all of them run, they are killed if anything fails.
 */

#include "criu-dump.h"

#include "criu-cgroup.h"
#include "criu-fd.h"
#include "criu-images.h"
#include "criu-log.h"
#include "criu-mounts.h"
#include "criu-namespaces.h"
#include "criu-options.h"
#include "criu-orphans.h"
#include "criu-program.h"
#include "criu-statistics.h"
#include "criu-streams.h"
#include "criu-worker.h"

#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define LOG_FILE "restore.log"

typedef struct {
	const DavitHost *host;
	const DavitRestoreRequest *request;
	CriuSettings settings;
	char *program;
	CriuConfig *config;
	CriuRecord *record;
	CriuNamespaces namespaces;
	CriuPlace place;
	GArray *cgroup_fds;
	CriuWorker worker;
	gint32 pid; /* of the first process, or 0 */
	int terminal_fd;
} Restore;

static void
restore_clear (Restore *restore)
{
	criu_worker_kill (&restore->worker);
	criu_cgroup_close (restore->cgroup_fds);
	criu_place_clear (&restore->place);
	criu_namespaces_clear (&restore->namespaces);
	criu_record_free (restore->record);
	criu_config_free (restore->config);
	g_free (restore->program);
	criu_settings_clear (&restore->settings);
	criu_fd_close (&restore->terminal_fd);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Restore, restore_clear)

/* Memory and registers are of no use to another kind of processor. */
static gboolean
machine_check (const CriuRecord *record, GError **error)
{
	struct utsname name;
	g_autofree char *machine = criu_text_escape (record->machine, G_MAXSSIZE);

	if (uname (&name) < 0 || g_str_equal (record->machine, name.machine))
		return TRUE;
	return criu_error_set (
		error, DAVIT_ERROR_UNAVAILABLE,
		"the checkpoint was made on a machine of the kind \"%s\", and this is "
		"\"%s\"",
		machine, name.machine);
}

static gboolean
restore_prepare (Restore *restore, GError **error)
{
	const DavitRestoreRequest *request = restore->request;
	const DavitHost *host = restore->host;

	if (!criu_settings_read (host, request->options, request->timeout_msec, &restore->settings,
				 error))
		return FALSE;
	restore->program = criu_program_find (host, error);
	if (restore->program == NULL)
		return FALSE;
	restore->config = criu_config_read (host, request->bundle_dirfd, error);
	if (restore->config == NULL)
		return FALSE;
	restore->record = criu_images_check (host, request->images_dirfd, error);
	if (restore->record == NULL || !machine_check (restore->record, error))
		return FALSE;
	restore->cgroup_fds = criu_cgroup_open (request->cgroups, error);
	return restore->cgroup_fds != NULL &&
	       criu_namespaces_of_config (restore->config, request->externals, &restore->namespaces,
					  error) &&
	       criu_program_place (host, restore->program, &restore->place, error) &&
	       criu_place_add_root (&restore->place, request->rootfs_mount_fd, error) &&
	       criu_mounts_place (restore->config, restore->record, request->cgroups,
				  &restore->place, error);
}

static void
restore_put_externals (const Restore *restore, GByteArray *options)
{
	for (guint i = 0; i < restore->record->mounts->len; i++) {
		g_autofree char *external =
			criu_mounts_external_restore (i, criu_place_source (&restore->place, i));

		criu_protobuf_put_string (options, CRIU_OPT_EXTERNAL, external);
	}
}

static GByteArray *
restore_options (const Restore *restore)
{
	const DavitRestoreRequest *request = restore->request;
	GByteArray *options =
		criu_options_new (&restore->settings, request->flags, request->images_dirfd,
				  request->work_dirfd, LOG_FILE);

	criu_protobuf_put_string (options, CRIU_OPT_ROOT, CRIU_PLACE_ROOT);
	criu_protobuf_put_number (options, CRIU_OPT_NOTIFY_SCRIPTS, TRUE);
	/* The numbers of devices may differ from the host where it was dumped. */
	criu_protobuf_put_number (options, CRIU_OPT_EVASIVE_DEVICES, TRUE);
	restore_put_externals (restore, options);
	return options;
}

static gboolean
restore_notified (gpointer data, const CriuResponse *notification, int fd, GError **error)
{
	Restore *restore = (Restore *) data;

	if (g_strcmp0 (notification->script, "orphan-pts-master") == 0 && fd >= 0) {
		criu_fd_close (&restore->terminal_fd);
		restore->terminal_fd = fd;
		return TRUE;
	}
	criu_fd_close (&fd);
	if (notification->script_pid > 0)
		restore->pid = notification->script_pid;
	return TRUE;
}

static gboolean
restore_answer (Restore *restore, const CriuResponse *response, GError **error)
{
	if (!response->success || response->type != CRIU_REQUEST_RESTORE ||
	    response->restored_pid <= 1)
		return criu_log_explain (restore->host, restore->request->work_dirfd, LOG_FILE,
					 "restore", response->message, response->number, error);
	restore->pid = response->restored_pid;
	if ((restore->request->flags & DAVIT_CHECKPOINT_TERMINAL) && restore->terminal_fd < 0)
		return criu_error_set (error, DAVIT_ERROR_CORRUPT,
				       "the images have no terminal, although the container had "
				       "one");
	return TRUE;
}

static gboolean
restore_greet (Restore *restore, GError **error)
{
	g_autofree char *version = criu_program_greet (&restore->worker, error);

	return version != NULL;
}

static gboolean
restore_ask (Restore *restore, GError **error)
{
	g_autoptr (GByteArray) options = restore_options (restore);
	g_autoptr (GByteArray) request = NULL;
	g_auto (CriuResponse) response = {0};
	CriuSpawn spawn = {
		.cgroup_fds = (const int *) (gpointer) restore->cgroup_fds->data,
		.n_cgroup_fds = restore->cgroup_fds->len,
	};
	int fds[3];
	gsize count = criu_streams_put_inherited (restore->record, restore->request->externals,
						  CRIU_WORKER_FIRST_FD, fds, options);

	request = criu_message_request (CRIU_REQUEST_RESTORE, options);
	criu_namespaces_use (&restore->namespaces, &spawn);
	criu_place_use (&restore->place, &spawn);
	return criu_worker_start (&restore->worker, restore->program, &spawn, fds, count,
				  restore->settings.timeout_msec, error) &&
	       restore_greet (restore, error) &&
	       criu_worker_ask (&restore->worker, request, restore_notified, restore, &response,
				error) &&
	       restore_answer (restore, &response, error);
}

static gboolean
restore_finish (Restore *restore, int *ret_pidfd, DavitResult *result, GError **error)
{
	const DavitHost *host = restore->host;
	int pidfd;

	criu_worker_end (&restore->worker);
	pidfd = (int) syscall (SYS_pidfd_open, restore->pid, 0);
	if (pidfd < 0)
		return criu_error_errno (error, errno, "process %d, which was restored",
					 restore->pid);
	host->result_integer (result, "pid", restore->pid);
	if (restore->terminal_fd >= 0)
		host->result_fd (result, "terminal", criu_fd_steal (&restore->terminal_fd));
	*ret_pidfd = pidfd;
	return TRUE;
}

/*
 * With a user namespace of its own the first process opens images before and after it has become
 * root there: as their owner, and then by their group.
 */
static gboolean
images_give (const Restore *restore, guint32 gid, GError **error)
{
	if (!(restore->config->own_namespaces & CLONE_NEWUSER))
		return TRUE;
	return criu_images_give (restore->request->images_dirfd, gid, error);
}

gboolean
criu_restore (const DavitHost *host, const DavitRestoreRequest *request, int *ret_pidfd,
	      DavitResult *result, GError **error)
{
	g_auto (Restore) restore = {
		.host = host,
		.request = request,
		.place = {.fd = -1},
		.worker = CRIU_WORKER_INIT,
		.terminal_fd = -1,
	};
	CriuOrphans orphans = {0};

	if (!restore_prepare (&restore, error))
		return FALSE;
	if (!criu_orphans_begin (&orphans, error))
		return FALSE;
	if (!images_give (&restore, restore.config->root_gid, error) ||
	    !restore_ask (&restore, error) || !images_give (&restore, host->facts->gid, error) ||
	    !restore_finish (&restore, ret_pidfd, result, error)) {
		criu_worker_kill (&restore.worker);
		criu_cgroup_kill (request->cgroups);
		criu_orphans_end (&orphans, 0);
		images_give (&restore, host->facts->gid, NULL);
		return FALSE;
	}
	criu_orphans_end (&orphans, restore.pid);
	criu_place_keep_kernel (&restore.place);
	criu_statistics_add (host, request->work_dirfd, TRUE,
			     (request->flags & DAVIT_CHECKPOINT_STATISTICS) != 0, result);
	if (!(request->flags & DAVIT_CHECKPOINT_KEEP_LOG))
		unlinkat (request->work_dirfd, LOG_FILE, 0);
	return TRUE;
}
