/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Waits for a program: pipes, deadline, cancellation, and words for how it ended. */

#include "base/spawn-run.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMEOUT_MSEC 30000
#define OUTPUT_LIMIT ((gsize) 1024 * 1024)
#define COMPLAINT_LIMIT ((gsize) 4096)
#define COMPLAINT_LINES 4
/* What may still be read once the program has ended, if another process holds its pipe. */
#define DRAIN_LIMIT ((gsize) 1024 * 1024)

void
davit_spawn_run_init (DavitSpawnRun *run, const DavitSpawn *spawn)
{
	guint timeout = spawn->timeout_msec != 0 ? spawn->timeout_msec : TIMEOUT_MSEC;

	run->spawn = spawn;
	run->pidfd = -1;
	run->out_fd = -1;
	run->err_fd = -1;
	run->output = g_string_new (NULL);
	run->complaint = g_string_new (NULL);
	run->deadline = g_get_monotonic_time () + (gint64) timeout * 1000;
}

void
davit_spawn_run_clear (DavitSpawnRun *run)
{
	davit_fd_close (&run->pidfd);
	davit_fd_close (&run->out_fd);
	davit_fd_close (&run->err_fd);
	if (run->output != NULL)
		g_string_free (run->output, TRUE);
	if (run->complaint != NULL)
		g_string_free (run->complaint, TRUE);
}

/* Appends what there is to read. 0: nothing now or never; *fd is -1 then if it was the end. */
static gsize
capture_read (int *fd, GString *text)
{
	char buffer[16384];
	gssize got;

	if (*fd < 0)
		return 0;
	do {
		got = read (*fd, buffer, sizeof buffer);
	} while (got < 0 && errno == EINTR);
	if (got > 0) {
		g_string_append_len (text, buffer, got);
		return (gsize) got;
	}
	if (got == 0 || errno != EAGAIN)
		davit_fd_close (fd);
	return 0;
}

static gboolean
run_read_output (DavitSpawnRun *run, gsize *ret_got, GError **error)
{
	gsize limit = run->spawn->output_limit != 0 ? run->spawn->output_limit : OUTPUT_LIMIT;

	*ret_got = capture_read (&run->out_fd, run->output);
	if (run->output->len > limit)
		return davit_error_set (error, DAVIT_ERROR_HELPER,
					"program \"%s\" printed more than %" G_GSIZE_FORMAT
					" bytes and was killed",
					run->spawn->argv[0], limit);
	return TRUE;
}

static gsize
run_read_complaint (DavitSpawnRun *run)
{
	gsize got = capture_read (&run->err_fd, run->complaint);

	if (run->complaint->len > COMPLAINT_LIMIT)
		g_string_erase (run->complaint, 0,
				(gssize) (run->complaint->len - COMPLAINT_LIMIT));
	return got;
}

/*
 * Reads what is in the pipes after the end. Their own end is not waited for: a daemon that the
 * program left behind may hold them for ever.
 */
static gboolean
run_drain (DavitSpawnRun *run, GError **error)
{
	gsize got = 0;
	gsize total = 0;

	do {
		if (!run_read_output (run, &got, error))
			return FALSE;
	} while (got > 0);
	do {
		got = run_read_complaint (run);
		total += got;
	} while (got > 0 && total < DRAIN_LIMIT);
	return TRUE;
}

static gboolean
run_timed_out (const DavitSpawnRun *run, GError **error)
{
	guint timeout = run->spawn->timeout_msec != 0 ? run->spawn->timeout_msec : TIMEOUT_MSEC;

	return davit_error_set (error, DAVIT_ERROR_TIMEOUT,
				"program \"%s\" did not end within %u ms and was killed",
				run->spawn->argv[0], timeout);
}

/* Reads and waits until the program has ended. FALSE: it must be killed. */
static gboolean
run_loop (DavitSpawnRun *run, GError **error)
{
	for (;;) {
		struct pollfd wait[] = {
			{.fd = run->pidfd, .events = POLLIN},
			{.fd = run->out_fd, .events = POLLIN},
			{.fd = run->err_fd, .events = POLLIN},
			{.fd = run->spawn->cancel_fd, .events = POLLIN},
		};
		gint64 left = run->deadline - g_get_monotonic_time ();
		gsize got;

		/* Not by poll's answer 0: there is none while the program prints. */
		if (left <= 0)
			return run_timed_out (run, error);
		if (poll (wait, G_N_ELEMENTS (wait), (int) MIN ((left + 999) / 1000, G_MAXINT)) <
			    0 &&
		    errno != EINTR)
			return davit_error_errno (error, errno, "wait for program \"%s\"",
						  run->spawn->argv[0]);
		if (wait[0].revents != 0)
			return run_drain (run, error);
		if (wait[3].revents != 0)
			return davit_error_set (error, DAVIT_ERROR_CANCELLED,
						"program \"%s\" was cancelled",
						run->spawn->argv[0]);
		if (wait[1].revents != 0 && !run_read_output (run, &got, error))
			return FALSE;
		if (wait[2].revents != 0)
			run_read_complaint (run);
	}
}

/* The last lines of standard error in one line, escaped: they come from outside. */
static char *
complaint_text (const GString *complaint)
{
	g_auto (GStrv) lines = g_strsplit (complaint->str, "\n", -1);
	g_autoptr (GPtrArray) last = g_ptr_array_new_with_free_func (g_free);

	for (guint i = g_strv_length (lines); i > 0 && last->len < COMPLAINT_LINES; i--) {
		const char *line = g_strstrip (lines[i - 1]);

		if (line[0] != '\0')
			g_ptr_array_insert (last, 0, davit_log_escape (line));
	}
	if (last->len == 0)
		return NULL;
	g_ptr_array_add (last, NULL);
	return g_strjoinv (" / ", (char **) last->pdata);
}

static gboolean
run_check_status (const DavitSpawnRun *run, int status, GError **error)
{
	g_autofree char *complaint = NULL;
	g_autofree char *how = NULL;

	if (WIFEXITED (status) && run->spawn->ret_status != NULL) {
		*run->spawn->ret_status = WEXITSTATUS (status);
		if (run->spawn->ret_complaint != NULL)
			*run->spawn->ret_complaint = complaint_text (run->complaint);
		return TRUE;
	}
	if (WIFEXITED (status) && WEXITSTATUS (status) == 0)
		return TRUE;
	if (WIFEXITED (status)) {
		how = g_strdup_printf ("ended with status %d", WEXITSTATUS (status));
	} else {
		how = g_strdup_printf ("was killed by signal %d (%s)", WTERMSIG (status),
				       davit_text_signal_name (WTERMSIG (status)));
	}
	complaint = complaint_text (run->complaint);
	return davit_error_set (error, DAVIT_ERROR_HELPER, "program \"%s\" %s%s%s",
				run->spawn->argv[0], how, complaint != NULL ? ": " : "",
				complaint != NULL ? complaint : "");
}

gboolean
davit_spawn_run_finish (DavitSpawnRun *run, GError **error)
{
	gboolean ended = run_loop (run, error);
	int status = 0;

	/* The whole group, and before the wait: after it the number might be another one's. */
	if (!ended)
		kill (-run->pid, SIGKILL);
	if (!davit_spawn_wait (run->pidfd, &status, ended ? error : NULL))
		return FALSE;
	return ended && run_check_status (run, status, error);
}
