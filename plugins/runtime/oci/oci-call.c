/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * All that differs between two calls is the verb: where the runtime keeps its state, and where it
 * logs, is the same for each container. Its log is read only when it failed, and is a file because
 * a pipe would have to be passed on, and the container would get it.
 *
 * crun executes itself a second time, from a read-only mount that it makes, unless it stands on one
 * already: CVE-2019-5736. To give it one saves as much as half of what most calls take. Others may
 * need to know where they lie.
 */

#include "oci-call.h"

#include "oci-files.h"
#include "oci-log.h"
#include "oci-program.h"
#include "oci-words.h"
#include "runtime-error.h"

#include <string.h>
#include <unistd.h>

#define OUTPUT_LIMIT ((gsize) 1024 * 1024)

typedef struct {
	const OciCall *call;
	char *state;
	char *log_name;
	char *log;
	GPtrArray *argv;
	int status;
	char *complaint;
	char *output;
} Running;

static void
running_clear (Running *running)
{
	if (running->log_name != NULL)
		unlinkat (running->call->container->dirfd, running->log_name, 0);
	g_free (running->state);
	g_free (running->log_name);
	g_free (running->log);
	g_free (running->complaint);
	g_free (running->output);
	if (running->argv != NULL)
		g_ptr_array_unref (running->argv);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Running, running_clear)

static gboolean
argv_make (Running *running, GError **error)
{
	const OciCall *call = running->call;
	int dirfd = call->container->dirfd;
	const char *const global[] = {"--root", NULL, "--log", NULL, "--log-format", "json", NULL};
	GPtrArray *argv = g_ptr_array_new ();

	running->argv = argv;
	running->log_name = oci_files_name (call->verb, "log");
	running->state = oci_files_path (dirfd, OCI_FILE_STATE, error);
	running->log = oci_files_path (dirfd, running->log_name, error);
	if (running->state == NULL || running->log == NULL)
		return FALSE;
	g_ptr_array_add (argv, (gpointer) call->program);
	for (guint i = 0; i + 1 < G_N_ELEMENTS (global); i++)
		g_ptr_array_add (argv, (gpointer) global[i]);
	argv->pdata[2] = running->state;
	argv->pdata[4] = running->log;
	if (call->criu != NULL) {
		g_ptr_array_add (argv, (gpointer) "--criu");
		g_ptr_array_add (argv, (gpointer) call->criu);
	}
	g_ptr_array_add (argv, (gpointer) call->verb);
	for (guint i = 0; call->arguments != NULL && i < call->arguments->len; i++)
		g_ptr_array_add (argv, call->arguments->pdata[i]);
	g_ptr_array_add (argv, (gpointer) call->container->id);
	if (call->last != NULL)
		g_ptr_array_add (argv, (gpointer) call->last);
	g_ptr_array_add (argv, NULL);
	return TRUE;
}

static gboolean
program_run (Running *running, GError **error)
{
	const OciCall *call = running->call;
	const DavitHost *host = call->host;
	gint64 timeout = call->timeout_msec > 0 ? call->timeout_msec
						: host->option_integer (host, "timeout");
	const DavitHelper helper = {
		.size = sizeof helper,
		.argv = (const char *const *) running->argv->pdata,
		.envp = call->envp,
		.netns_fd = -1,
		.cwd_dirfd = -1,
		.pass_fds = call->pass_fds,
		.n_pass_fds = call->n_pass_fds,
		.timeout_msec = (guint32) MIN (timeout, G_MAXINT32),
		.output_limit = OUTPUT_LIMIT,
		.ret_status = &running->status,
		.ret_complaint = &running->complaint,
		.stdio = call->stdio,
		.mount_path = call->mount_path,
		.mount_fd = call->mount_fd,
		.read_only = oci_program_is_crun (call->program),
	};

	return host->run_helper (host, &helper, &running->output, error);
}

/*
 * Only what all of them say in the same way, and what changes what is done next; anything else is a
 * failed program with its words.
 */
static DavitErrorCode
code_of (const char *said)
{
	static const struct {
		const char *words;
		DavitErrorCode code;
	} known[] = {
		{"container does not exist", DAVIT_ERROR_NOT_FOUND},
		{"/status`: No such file", DAVIT_ERROR_NOT_FOUND},
		{"already exists", DAVIT_ERROR_EXISTS},
		{"not running", DAVIT_ERROR_STATE},
		{"not paused", DAVIT_ERROR_STATE},
		{"stopped container", DAVIT_ERROR_STATE},
		{"stopped state", DAVIT_ERROR_STATE},
		{"process already finished", DAVIT_ERROR_STATE},
		{"No such process", DAVIT_ERROR_STATE},
	};

	for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
		if (strstr (said, known[i].words) != NULL)
			return known[i].code;
	}
	return DAVIT_ERROR_HELPER;
}

static gboolean
program_failed (const Running *running, GError **error)
{
	const OciCall *call = running->call;
	g_autofree char *said =
		oci_log_read (call->host, call->container->dirfd, running->log_name);

	/* One that does not log as it was told prints the same, in one form or another. */
	if (said == NULL && running->complaint != NULL)
		said = oci_log_find (call->host, running->complaint);
	if (said == NULL && running->complaint != NULL)
		said = oci_words_plain (running->complaint, -1);
	if (said == NULL)
		return runtime_error_say (error, DAVIT_ERROR_HELPER,
					  "\"%s %s\" ended with status %d and did not say why",
					  call->program, call->verb, running->status);
	return runtime_error_say (error, code_of (said), "\"%s %s\" failed: %s", call->program,
				  call->verb, said);
}

gboolean
oci_call (const OciCall *call, GError **error)
{
	g_auto (Running) running = {.call = call};
	const DavitHost *host = call->host;
	gboolean ran;

	if (!argv_make (&running, error))
		return FALSE;
	host->trace_begin (host, call->verb);
	ran = program_run (&running, error);
	host->trace_end (host);
	if (!ran)
		return FALSE;
	if (running.status != 0)
		return program_failed (&running, error);
	if (call->ret_output != NULL)
		*call->ret_output = g_steal_pointer (&running.output);
	return TRUE;
}
