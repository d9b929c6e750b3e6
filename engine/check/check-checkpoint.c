/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A counter is dumped, and counts on where it was when it is restored; and what must not be left
 * when that fails. The container is made by the runtime plugin that the configuration chooses.
 */

#include "check/check-vessel.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "driver/checkpoint-driver.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BENCH_ROUNDS 10

static const char *const counter[] = {DAVIT_CHECK_PAYLOAD, "count", NULL};

/**
 * Voyage: a container that is dumped and restored.
 */
typedef struct {
	DavitCheckpoint *checkpoint;
	DavitDrivers *drivers;
	DavitCheckVessel vessel;
	int images_fd;
	int work_fd;
	int parent_fd;
	int netns_fd;
	guint32 flags;
	const char *const *options;
	gboolean (*frozen) (gpointer data, GError **error);
	guint frozen_calls;
} Voyage;

#define VOYAGE_INIT                                                                                \
	{                                                                                          \
		.vessel = DAVIT_CHECK_VESSEL_INIT, .images_fd = -1, .work_fd = -1,                 \
		.parent_fd = -1, .netns_fd = -1                                                    \
	}

static void
voyage_clear (Voyage *voyage)
{
	davit_check_vessel_clear (&voyage->vessel);
	davit_fd_close (&voyage->images_fd);
	davit_fd_close (&voyage->work_fd);
	davit_fd_close (&voyage->parent_fd);
	davit_fd_close (&voyage->netns_fd);
	g_clear_pointer (&voyage->drivers, davit_drivers_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Voyage, voyage_clear)

/* An empty directory for images. */
static gboolean
images_renew (DavitCheck *check, Voyage *voyage, const char *name, GError **error)
{
	davit_fd_close (&voyage->images_fd);
	return davit_path_open_subdirectory (check->dirfd, name, 0700, &voyage->images_fd, error);
}

/* The counter runs, and has written its first number. */
static gboolean
voyage_begin (DavitCheck *check, Voyage *voyage, GError **error)
{
	const char *name = davit_config_string (check->request->config, "runtime");
	DavitRuntime *runtime;
	g_autofree char *namespace = NULL;

	/* A checkpoint is a driver and nothing else: driver.h. */
	voyage->checkpoint = (DavitCheckpoint *) check->driver;
	voyage->drivers = davit_drivers_new (check->paths, check->request->config,
					     check->request->plugin_path);
	davit_check_phase (check, "making a container to dump");
	runtime = davit_drivers_runtime (voyage->drivers, name, error);
	if (runtime == NULL ||
	    !davit_check_vessel_make (check, runtime, counter, &voyage->vessel, error) ||
	    !davit_path_open_subdirectory (check->dirfd, "work", 0700, &voyage->work_fd, error) ||
	    !images_renew (check, voyage, "images", error))
		return FALSE;
	voyage->vessel.detached = TRUE;
	if (!davit_check_vessel_create (&voyage->vessel, error) ||
	    !davit_check_vessel_start (&voyage->vessel, error) ||
	    !davit_check_line_is (voyage->vessel.output, "1", error) ||
	    !davit_check_vessel_is (&voyage->vessel, "running", error))
		return davit_error_prefix (error, "a container to dump");
	namespace = g_strdup_printf ("/proc/%d/ns/net", (int) voyage->vessel.pid);
	voyage->netns_fd = open (namespace, O_RDONLY | O_CLOEXEC);
	return voyage->netns_fd >= 0 || davit_error_errno (error, errno, "open \"%s\"", namespace);
}

static void
externals_fill (const Voyage *voyage, gboolean restore, DavitExternal *externals)
{
	static const char *const keys[] = {"0", "1", "2"};

	for (guint i = 0; i < 3; i++)
		externals[i] = (DavitExternal){"pipe", keys[i], voyage->vessel.stdio[i]};
	externals[3] = (DavitExternal){"namespace", "network", restore ? voyage->netns_fd : -1};
	externals[4] = (DavitExternal){NULL, NULL, -1};
}

static gboolean
frozen_called (gpointer data, GError **error)
{
	Voyage *voyage = (Voyage *) data;

	voyage->frozen_calls++;
	return voyage->frozen == NULL || voyage->frozen (data, error);
}

typedef gboolean (*Dump) (DavitCheckpoint *checkpoint, const DavitDumpRequest *request,
			  DavitResult *result, GError **error);

static gboolean
voyage_dump_by (Voyage *voyage, Dump dump, GError **error)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	DavitExternal externals[5];
	const DavitDumpRequest request = {
		.size = sizeof request,
		.id = voyage->vessel.id,
		.pidfd = voyage->vessel.pidfd,
		.pid = (guint32) voyage->vessel.pid,
		.bundle_dirfd = voyage->vessel.bundle_fd,
		.images_dirfd = voyage->images_fd,
		.work_dirfd = voyage->work_fd,
		.parent_dirfd = voyage->parent_fd,
		.cgroups = (const char *const *) voyage->vessel.cgroups,
		.flags = voyage->flags,
		.externals = externals,
		.options = voyage->options,
		.frozen = dump == davit_checkpoint_dump ? frozen_called : NULL,
		.frozen_data = voyage,
	};

	externals_fill (voyage, FALSE, externals);
	return dump (voyage->checkpoint, &request, result, error);
}

static gboolean
voyage_dump (Voyage *voyage, GError **error)
{
	return voyage_dump_by (voyage, davit_checkpoint_dump, error);
}

/* With streams of its own, as in another run of the engine. */
static gboolean
voyage_restore (Voyage *voyage, GError **error)
{
	DavitCheckVessel *vessel = &voyage->vessel;
	g_autoptr (DavitResult) result = davit_result_new ();
	DavitExternal externals[5];
	davit_autofd rootfs = -1;
	DavitRestoreRequest request = {
		.size = sizeof request,
		.id = vessel->id,
		.bundle_dirfd = vessel->bundle_fd,
		.images_dirfd = voyage->images_fd,
		.work_dirfd = voyage->work_fd,
		.cgroups = (const char *const *) vessel->cgroups,
		.flags = voyage->flags & ~(guint32) DAVIT_CHECKPOINT_LEAVE_RUNNING,
		.externals = externals,
		.options = voyage->options,
	};

	if (!davit_check_vessel_pipes (vessel, error) ||
	    !davit_check_vessel_mount (vessel, &rootfs, error))
		return FALSE;
	request.rootfs_mount_fd = rootfs;
	externals_fill (voyage, TRUE, externals);
	davit_fd_close (&vessel->pidfd);
	if (!davit_checkpoint_restore (voyage->checkpoint, &request, &vessel->pidfd, result, error))
		return FALSE;
	davit_result_integer (result, "pid", &vessel->pid);
	davit_check_vessel_let_go (vessel);
	return TRUE;
}

/* number: the last one that was read; then that was written. Nobody writes any more. */
static gboolean
last_number (DavitCheckVessel *vessel, guint64 *number, GError **error)
{
	g_autofree char *text = NULL;
	g_auto (GStrv) lines = NULL;
	gsize length = 0;
	guint count;

	davit_check_vessel_let_go (vessel);
	if (!davit_fd_read (vessel->output, 1024 * 1024, "what the counter wrote", &text, &length,
			    error))
		return FALSE;
	lines = g_strsplit (text, "\n", -1);
	count = g_strv_length (lines);
	if (count > 1)
		*number = g_ascii_strtoull (lines[count - 2], NULL, 10);
	return TRUE;
}

/* Two numbers more. */
static gboolean
counts_on (DavitCheckVessel *vessel, guint64 *number, GError **error)
{
	for (guint i = 0; i < 2; i++) {
		g_autofree char *expected = g_strdup_printf ("%" G_GUINT64_FORMAT, ++*number);

		if (!davit_check_line_is (vessel->output, expected, error))
			return FALSE;
	}
	return TRUE;
}

/* Kills it; it must be our child. */
static gboolean
voyage_end (Voyage *voyage, GError **error)
{
	if (kill ((pid_t) voyage->vessel.pid, SIGKILL) < 0)
		return davit_error_errno (error, errno, "kill process %d",
					  (int) voyage->vessel.pid);
	return davit_check_process_end (voyage->vessel.pidfd, 128 + SIGKILL, error);
}

static gboolean
dumped (DavitCheck *check, Voyage *voyage, guint64 *ret_last, GError **error)
{
	*ret_last = 1;
	return voyage_begin (check, voyage, error) && voyage_dump (voyage, error) &&
	       davit_check_process_end (voyage->vessel.pidfd, 128 + SIGKILL, error) &&
	       last_number (&voyage->vessel, ret_last, error);
}

static gboolean
checkpoint_cycle (DavitCheck *check, GError **error)
{
	g_auto (Voyage) voyage = VOYAGE_INIT;
	guint64 last = 0;

	if (!dumped (check, &voyage, &last, error))
		return FALSE;
	if (voyage.frozen_calls != 1)
		return davit_check_fail (error, "dump called \"frozen\" %u times",
					 voyage.frozen_calls);
	return voyage_restore (&voyage, error) && counts_on (&voyage.vessel, &last, error) &&
	       voyage_end (&voyage, error);
}

/* What was restored can be dumped again. */
static gboolean
checkpoint_again (DavitCheck *check, GError **error)
{
	g_auto (Voyage) voyage = VOYAGE_INIT;
	guint64 last = 0;

	return dumped (check, &voyage, &last, error) && voyage_restore (&voyage, error) &&
	       counts_on (&voyage.vessel, &last, error) &&
	       images_renew (check, &voyage, "images-2", error) && voyage_dump (&voyage, error) &&
	       davit_check_process_end (voyage.vessel.pidfd, 128 + SIGKILL, error) &&
	       last_number (&voyage.vessel, &last, error) && voyage_restore (&voyage, error) &&
	       counts_on (&voyage.vessel, &last, error) && voyage_end (&voyage, error);
}

static gboolean
goes_on (Voyage *voyage, const char *when, GError **error)
{
	g_autofree char *line = NULL;

	return davit_check_line_get (voyage->vessel.output, &line, error) ||
	       davit_error_prefix (error, "%s", when);
}

static gboolean
checkpoint_leave_running (DavitCheck *check, GError **error)
{
	g_auto (Voyage) voyage = VOYAGE_INIT;
	g_autofree char *line = NULL;

	voyage.flags = DAVIT_CHECKPOINT_LEAVE_RUNNING;
	if (!voyage_begin (check, &voyage, error) || !voyage_dump (&voyage, error))
		return FALSE;
	/* More than may be in the pipe since before. */
	for (guint i = 0; i < 100; i++) {
		if (!goes_on (&voyage, "after a dump that leaves it running", error))
			return FALSE;
	}
	return voyage_end (&voyage, error) && voyage_restore (&voyage, error) &&
	       davit_check_line_get (voyage.vessel.output, &line, error) &&
	       voyage_end (&voyage, error);
}

static gboolean
frozen_fails (gpointer data, GError **error)
{
	return davit_error_set (error, DAVIT_ERROR_NO_SPACE, "the check lets it fail");
}

static gboolean
checkpoint_frozen (DavitCheck *check, GError **error)
{
	g_auto (Voyage) voyage = VOYAGE_INIT;
	g_autoptr (GError) inner = NULL;

	if (!voyage_begin (check, &voyage, error))
		return FALSE;
	voyage.frozen = frozen_fails;
	if (!davit_check_refused (voyage_dump (&voyage, &inner), &inner, DAVIT_ERROR_NO_SPACE,
				  "dump, when \"frozen\" fails", error))
		return FALSE;
	for (guint i = 0; i < 100; i++) {
		if (!goes_on (&voyage, "after a dump that failed", error))
			return FALSE;
	}
	return voyage_end (&voyage, error);
}

static gboolean
checkpoint_option (DavitCheck *check, GError **error)
{
	static const char *const options[] = {"no-such-option-of-any=1", NULL};
	g_auto (Voyage) voyage = VOYAGE_INIT;
	g_autoptr (GError) inner = NULL;

	if (!voyage_begin (check, &voyage, error))
		return FALSE;
	voyage.options = options;
	return davit_check_refused (voyage_dump (&voyage, &inner), &inner, DAVIT_ERROR_USAGE,
				    "dump with an option that it does not have", error) &&
	       goes_on (&voyage, "after a dump that was refused", error) &&
	       voyage_end (&voyage, error);
}

static gboolean
nobody_left (GError **error)
{
	if (waitpid (-1, NULL, WNOHANG | __WALL) < 0 && errno == ECHILD)
		return TRUE;
	return davit_check_fail (error, "a restore that failed leaves a process");
}

static gboolean
restore_is_refused (Voyage *voyage, const char *what, GError **error)
{
	g_autoptr (GError) inner = NULL;

	return davit_check_refused (voyage_restore (voyage, &inner), &inner, DAVIT_CHECK_ANY_ERROR,
				    what, error) &&
	       nobody_left (error);
}

static gboolean
checkpoint_no_images (DavitCheck *check, GError **error)
{
	g_auto (Voyage) voyage = VOYAGE_INIT;

	return voyage_begin (check, &voyage, error) && voyage_end (&voyage, error) &&
	       restore_is_refused (&voyage, "restore from an empty directory", error);
}

/* Half of each image, in turn; a file that does not matter may be one of them. */
static gboolean
checkpoint_cut_images (DavitCheck *check, GError **error)
{
	g_auto (Voyage) voyage = VOYAGE_INIT;
	g_autoptr (GPtrArray) names = NULL;
	guint64 last = 0;

	if (!dumped (check, &voyage, &last, error) ||
	    !davit_path_list (voyage.images_fd, &names, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) names->pdata[i];
		davit_autofd fd = openat (voyage.images_fd, name, O_RDWR | O_CLOEXEC);
		struct stat status;

		if (fd >= 0 && fstat (fd, &status) == 0 && S_ISREG (status.st_mode) &&
		    ftruncate (fd, status.st_size / 2) < 0)
			return davit_error_errno (error, errno, "cut \"%s\"", name);
	}
	return restore_is_refused (&voyage, "restore from images that are cut", error);
}

static gboolean
checkpoint_ended (DavitCheck *check, GError **error)
{
	g_auto (Voyage) voyage = VOYAGE_INIT;
	g_autoptr (GError) inner = NULL;

	return voyage_begin (check, &voyage, error) && voyage_end (&voyage, error) &&
	       davit_check_refused (voyage_dump (&voyage, &inner), &inner, DAVIT_CHECK_ANY_ERROR,
				    "dump of a process that has ended", error);
}

static gboolean
lacks (DavitCheck *check, gboolean present, const char *operation)
{
	return !present && davit_check_skip (check, "it has no operation \"%s\"", operation);
}

#define LACKS(check_, operation_)                                                                  \
	lacks ((check_), (check_)->driver->module->ops.checkpoint.operation_ != NULL, #operation_)

static gboolean
checkpoint_pre_dump (DavitCheck *check, GError **error)
{
	g_auto (Voyage) voyage = VOYAGE_INIT;
	g_autoptr (GError) inner = NULL;
	guint64 last = 2; /* as far as it is read below */

	if (LACKS (check, pre_dump))
		return TRUE;
	if (!voyage_begin (check, &voyage, error))
		return FALSE;
	if (!voyage_dump_by (&voyage, davit_checkpoint_pre_dump, &inner)) {
		if (davit_error_matches (inner, DAVIT_ERROR_UNAVAILABLE))
			return davit_check_skip (check, "%s", inner->message);
		g_propagate_error (error, g_steal_pointer (&inner));
		return FALSE;
	}
	if (!goes_on (&voyage, "after a pre-dump", error))
		return FALSE;
	voyage.parent_fd = davit_fd_steal (&voyage.images_fd);
	return images_renew (check, &voyage, "images-2", error) && voyage_dump (&voyage, error) &&
	       davit_check_process_end (voyage.vessel.pidfd, 128 + SIGKILL, error) &&
	       last_number (&voyage.vessel, &last, error) && voyage_restore (&voyage, error) &&
	       counts_on (&voyage.vessel, &last, error) && voyage_end (&voyage, error);
}

static gboolean
checkpoint_verify (DavitCheck *check, GError **error)
{
	g_auto (Voyage) voyage = VOYAGE_INIT;
	g_autoptr (GError) inner = NULL;
	guint64 last = 0;

	if (LACKS (check, verify))
		return TRUE;
	return dumped (check, &voyage, &last, error) &&
	       davit_checkpoint_verify (voyage.checkpoint, voyage.images_fd, error) &&
	       images_renew (check, &voyage, "empty", error) &&
	       davit_check_refused (davit_checkpoint_verify (voyage.checkpoint, voyage.images_fd,
							     &inner),
				    &inner, DAVIT_ERROR_CORRUPT, "verify of an empty directory",
				    error);
}

static gboolean
checkpoint_features (DavitCheck *check, GError **error)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autofree const char **features = NULL;

	if (LACKS (check, features))
		return TRUE;
	if (!davit_checkpoint_features ((DavitCheckpoint *) check->driver, result, error))
		return FALSE;
	features = davit_result_strings (result, "feature");
	for (guint i = 0; features[i] != NULL; i++)
		davit_check_note (check, "feature %s", features[i]);
	return TRUE;
}

const DavitCheckCase davit_check_checkpoint_cases[] = {
	{"checkpoint: a counter counts on", DAVIT_CHECK_NEEDS_USABLE, checkpoint_cycle, 0},
	{"checkpoint: what was restored is dumped again", DAVIT_CHECK_NEEDS_USABLE,
	 checkpoint_again, 0},
	{"checkpoint: left running", DAVIT_CHECK_NEEDS_USABLE, checkpoint_leave_running, 0},
	{"checkpoint: it runs on when \"frozen\" fails", DAVIT_CHECK_NEEDS_USABLE,
	 checkpoint_frozen, 0},
	{"checkpoint: an unknown option is refused", DAVIT_CHECK_NEEDS_USABLE, checkpoint_option,
	 0},
	{"checkpoint: no images", DAVIT_CHECK_NEEDS_USABLE, checkpoint_no_images, 0},
	{"checkpoint: images that are cut", DAVIT_CHECK_NEEDS_USABLE, checkpoint_cut_images, 0},
	{"checkpoint: a process that has ended", DAVIT_CHECK_NEEDS_USABLE, checkpoint_ended, 0},
	{"checkpoint: pre_dump", DAVIT_CHECK_NEEDS_USABLE, checkpoint_pre_dump, 0},
	{"checkpoint: verify", DAVIT_CHECK_NEEDS_USABLE, checkpoint_verify, 0},
	{"checkpoint: features", DAVIT_CHECK_NEEDS_OPEN, checkpoint_features, 0},
	{0},
};

/* Directories of its own: images go into an empty one. */
static gboolean
bench_life (DavitCheck *check, GError **error)
{
	g_auto (Voyage) voyage = VOYAGE_INIT;
	g_autofree char *name = g_strdup_printf ("images-%u", check->vessels);
	guint64 last = 0;

	return voyage_begin (check, &voyage, error) && images_renew (check, &voyage, name, error) &&
	       voyage_dump (&voyage, error) &&
	       davit_check_process_end (voyage.vessel.pidfd, 128 + SIGKILL, error) &&
	       last_number (&voyage.vessel, &last, error) && voyage_restore (&voyage, error) &&
	       voyage_end (&voyage, error);
}

static gboolean
checkpoint_bench (DavitCheck *check, GError **error)
{
	return davit_check_bench (check, bench_life, BENCH_ROUNDS, error);
}

const DavitCheckCase davit_check_checkpoint_bench[] = {
	{"checkpoint: times", DAVIT_CHECK_NEEDS_USABLE, checkpoint_bench, 0},
	{0},
};
