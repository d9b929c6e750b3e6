/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The box that a check runs in: a child that is born into new namespaces and is init there, with
 * the check as its only child. When the box ends, by itself or by its time limit, the kernel takes
 * away every process, mount and interface that the plugin made in it.
 *
 * The check is not init itself: init is safe from its own signals, and a plugin that calls abort
 * would not be seen to crash as it would in the engine.
 */

#include "check/check-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "driver/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BOX_TEXT_LIMIT ((gsize) 1024 * 1024)

typedef struct {
	const DavitCheckRequest *request;
	const DavitCheckCase *test;
	const char *directory;
	uid_t uid; /* outside */
	gid_t gid;
} Box;

void
davit_check_line (int fd, const char *word, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid (text, -1);
	g_autofree char *line = NULL;

	g_strdelimit (valid, "\n\r", ' ');
	line = g_strconcat (word, valid, "\n", NULL);
	/* If the parent has gone there is nobody to tell. */
	davit_fd_write (fd, line, strlen (line), "report", NULL);
}

static gboolean
text_write (const char *path, const char *text, GError **error)
{
	davit_autofd fd = open (path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return davit_error_errno (error, errno, "open \"%s\"", path);
	return davit_fd_write (fd, text, strlen (text), path, error);
}

/* A user is root in here: of one id, which is all that may be mapped without help. */
static gboolean
box_map_ids (const Box *box, GError **error)
{
	g_autofree char *uids = g_strdup_printf ("0 %u 1", (unsigned) box->uid);
	g_autofree char *gids = g_strdup_printf ("0 %u 1", (unsigned) box->gid);

	if (box->uid == 0)
		return TRUE;
	return text_write ("/proc/self/setgroups", "deny", error) &&
	       text_write ("/proc/self/uid_map", uids, error) &&
	       text_write ("/proc/self/gid_map", gids, error);
}

/* What stands for the host's network has a loopback interface that works. */
static gboolean
box_bring_up_loopback (GError **error)
{
	davit_autofd fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};

	if (fd < 0 || ioctl (fd, SIOCSIFFLAGS, &request) < 0)
		return davit_error_errno (error, errno, "bring up the loopback interface");
	return TRUE;
}

static gboolean
box_furnish (const Box *box, GError **error)
{
	if (!box_map_ids (box, error))
		return FALSE;
	if (mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return davit_error_errno (error, errno, "make mounts private");
	if (mount ("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return davit_error_errno (error, errno, "mount \"/proc\"");
	return box_bring_up_loopback (error);
}

/* Reaps whatever ends, until the check has. */
static int
box_wait (pid_t check)
{
	int status = 0;
	pid_t pid;

	while ((pid = waitpid (-1, &status, 0)) != check) {
		if (pid < 0 && errno != EINTR)
			return -1;
	}
	return status;
}

static void
box_run (int fd, gconstpointer data)
{
	const Box *box = (const Box *) data;
	g_autofree char *text = NULL;
	g_autoptr (GError) error = NULL;
	int status;
	pid_t pid;

	fd = davit_watch_isolate (fd);
	if (!box_furnish (box, &error)) {
		davit_check_line (fd, DAVIT_CHECK_LINE_SKIP, error->message);
		_exit (0);
	}
	pid = fork ();
	if (pid == 0)
		davit_check_child (box->request, box->test, box->directory, fd);
	if (pid < 0)
		_exit (1);
	status = box_wait (pid);
	if (WIFSIGNALED (status))
		text = g_strdup_printf ("%d", WTERMSIG (status));
	else
		text = g_strdup_printf ("%d", WEXITSTATUS (status));
	davit_check_line (fd,
			  WIFSIGNALED (status) ? DAVIT_CHECK_LINE_SIGNAL : DAVIT_CHECK_LINE_STATUS,
			  text);
	_exit (0);
}

void
davit_check_verdict_clear (DavitCheckVerdict *verdict)
{
	g_clear_pointer (&verdict->text, g_free);
	g_clear_pointer (&verdict->notes, g_ptr_array_unref);
}

static void
verdict_set (DavitCheckVerdict *verdict, DavitCheckOutcome outcome, char *text)
{
	g_free (verdict->text);
	verdict->outcome = outcome;
	verdict->text = text;
}

/* Takes one line over. Whether it is one of those that say how the check ended by itself. */
static gboolean
line_take (DavitCheckVerdict *verdict, const char *line, const char **phase)
{
	if (g_str_has_prefix (line, DAVIT_CHECK_LINE_PHASE)) {
		*phase = line + strlen (DAVIT_CHECK_LINE_PHASE);
	} else if (g_str_has_prefix (line, DAVIT_CHECK_LINE_NOTE)) {
		g_ptr_array_add (verdict->notes, g_strdup (line + strlen (DAVIT_CHECK_LINE_NOTE)));
	} else if (g_str_equal (line, DAVIT_CHECK_LINE_PASS)) {
		verdict_set (verdict, DAVIT_CHECK_PASSED, NULL);
		return TRUE;
	} else if (g_str_has_prefix (line, DAVIT_CHECK_LINE_SKIP)) {
		verdict_set (verdict, DAVIT_CHECK_SKIPPED,
			     g_strdup (line + strlen (DAVIT_CHECK_LINE_SKIP)));
		return TRUE;
	} else if (g_str_has_prefix (line, DAVIT_CHECK_LINE_FAIL)) {
		verdict_set (verdict, DAVIT_CHECK_FAILED,
			     g_strdup (line + strlen (DAVIT_CHECK_LINE_FAIL)));
		return TRUE;
	}
	return FALSE;
}

/* How a check ended that did not come to its own end. */
static char *
death_describe (const DavitWatch *watch, const char *const *lines, const char *phase, guint timeout)
{
	if (watch->late)
		return g_strdup_printf ("did not answer within %g s while %s", timeout / 1000.0,
					phase);
	for (; *lines != NULL; lines++) {
		if (g_str_has_prefix (*lines, DAVIT_CHECK_LINE_SIGNAL)) {
			int number =
				(int) g_ascii_strtoll (*lines + strlen (DAVIT_CHECK_LINE_SIGNAL),
						       NULL, 10);

			return g_strdup_printf ("crashed with signal %d (%s) while %s", number,
						davit_text_signal_name (number), phase);
		}
		if (g_str_has_prefix (*lines, DAVIT_CHECK_LINE_STATUS))
			return g_strdup_printf ("ended the process with status %s while %s",
						*lines + strlen (DAVIT_CHECK_LINE_STATUS), phase);
	}
	return g_strdup_printf ("ended the process and all others of the check while %s", phase);
}

static void
verdict_read (DavitCheckVerdict *verdict, const DavitWatch *watch, guint timeout)
{
	g_auto (GStrv) lines = g_strsplit (watch->text->str, "\n", -1);
	const char *phase = "starting";
	gboolean complete = FALSE;

	/* The piece behind the last line break is not a whole line. */
	for (guint i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++)
		complete |= line_take (verdict, lines[i], &phase);
	if (!complete || watch->late)
		verdict_set (verdict, DAVIT_CHECK_FAILED,
			     death_describe (watch, (const char *const *) lines, phase, timeout));
}

void
davit_check_box_run (const DavitCheckRequest *request, const DavitCheckCase *test,
		     const char *directory, DavitCheckVerdict *verdict)
{
	const Box box = {request, test, directory, geteuid (), getegid ()};
	guint64 namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC;
	g_autoptr (GString) text = g_string_new (NULL);
	DavitWatch watch = {.pidfd = -1, .fd = -1, .text = text, .limit = BOX_TEXT_LIMIT};
	g_autoptr (GError) error = NULL;
	siginfo_t info = {0};
	gboolean started;

	if (box.uid != 0)
		namespaces |= CLONE_NEWUSER;
	verdict->notes = g_ptr_array_new_with_free_func (g_free);
	started = davit_watch_start (&watch, namespaces, box_run, &box, &error);
	if (started)
		davit_watch_wait (&watch, request->timeout_msec);
	davit_watch_end (&watch, &info);
	if (started)
		verdict_read (verdict, &watch, request->timeout_msec);
	else
		verdict_set (verdict, DAVIT_CHECK_SKIPPED,
			     g_strdup_printf ("no namespaces for it: %s", error->message));
}
