/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Becoming the monitor: what it is told, what it inherits, and nothing else. */

#include "monitor/launch.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define N_STANDARD 3

void
davit_monitor_launch_init (DavitMonitorLaunch *launch)
{
	*launch = (DavitMonitorLaunch){
		.run_dirfd = -1,
		.pidfd = -1,
		.terminal_fd = -1,
		.stdin_fd = -1,
		.stdout_fd = -1,
		.stderr_fd = -1,
		.mounts_fd = -1,
		.log_dirfd = -1,
		.client_fd = -1,
		.ready_fd = -1,
		.log_max_files = 1,
		.stop_signal = SIGTERM,
		.stop_timeout_msec = 10000,
	};
}

struct _DavitMonitorCommand {
	char *program;
	GPtrArray *words;
	GArray *fds; /* copies that the monitor inherits */
	char **environment;
	int saved[N_STANDARD]; /* what 0 to 2 were */
};

/*
 * Descriptors 0 to 2 will be /dev/null: one of these numbers is passed under another. The copy is
 * noted with its number; nothing else is executed in this process, so that it may be inheritable.
 */
static gboolean
descriptor_add (DavitMonitorCommand *command, const char *key, int fd, GError **error)
{
	int copy;

	if (fd < 0)
		return TRUE;
	copy = fcntl (fd, F_DUPFD, N_STANDARD);
	if (copy < 0)
		return davit_error_errno (error, errno, "descriptor for the monitor");
	g_array_append_val (command->fds, copy);
	g_ptr_array_add (command->words, g_strdup_printf ("%s=%d", key, copy));
	return TRUE;
}

static void
number_add (DavitMonitorCommand *command, const char *key, guint64 number)
{
	if (number != 0)
		g_ptr_array_add (command->words,
				 g_strdup_printf ("%s=%" G_GUINT64_FORMAT, key, number));
}

static gboolean
oom_add (DavitMonitorCommand *command, const char *path, GError **error)
{
	davit_autofd fd = -1;

	if (path == NULL)
		return TRUE;
	fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return davit_error_errno (error, errno, "open \"%s\"", path);
	return descriptor_add (command, "oom", fd, error);
}

static gboolean
networks_add (DavitMonitorCommand *command, const DavitMonitorLaunch *launch, GError **error)
{
	for (guint i = 0; i < launch->n_networks; i++) {
		if (!descriptor_add (command, "hold", launch->hold_fds[i], error) ||
		    !descriptor_add (command, "helper", launch->helper_fds[i], error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
command_fill (DavitMonitorCommand *command, const DavitMonitorLaunch *launch, GError **error)
{
	/* The id comes first: it is what people look for in the output of ps. */
	g_ptr_array_add (command->words, g_strdup ("davit-monitor"));
	g_ptr_array_add (command->words, g_strdup_printf ("id=%s", launch->id));
	if (!descriptor_add (command, "run", launch->run_dirfd, error) ||
	    !descriptor_add (command, "pidfd", launch->pidfd, error) ||
	    !descriptor_add (command, "terminal", launch->terminal_fd, error) ||
	    !descriptor_add (command, "stdin", launch->stdin_fd, error) ||
	    !descriptor_add (command, "stdout", launch->stdout_fd, error) ||
	    !descriptor_add (command, "stderr", launch->stderr_fd, error) ||
	    !descriptor_add (command, "mounts", launch->mounts_fd, error) ||
	    !descriptor_add (command, "log", launch->log_dirfd, error) ||
	    !descriptor_add (command, "client", launch->client_fd, error) ||
	    !descriptor_add (command, "ready", launch->ready_fd, error) ||
	    !networks_add (command, launch, error) || !oom_add (command, launch->oom_path, error))
		return FALSE;
	number_add (command, "pid", (guint64) launch->pid);
	number_add (command, "log-size", launch->log_max_size);
	number_add (command, "log-files", launch->log_max_files);
	number_add (command, "stdin-open", launch->stdin_open ? 1 : 0);
	number_add (command, "timeout", launch->timeout_msec);
	number_add (command, "stop-signal", (guint64) launch->stop_signal);
	number_add (command, "stop-timeout", launch->stop_timeout_msec);
	if (launch->log_dirfd >= 0)
		g_ptr_array_add (command->words, g_strdup_printf ("log-name=%s", launch->log_name));
	g_ptr_array_add (command->words, g_strdup ("--"));
	for (const char *const *word = launch->on_exit; word != NULL && *word != NULL; word++)
		g_ptr_array_add (command->words, g_strdup (*word));
	g_ptr_array_add (command->words, NULL);
	return TRUE;
}

/*
 * What davit needs to find its files when on_exit runs it. The rest of the caller's environment
 * would lie in the memory of each monitor, secrets and all, for as long as the container runs.
 */
static char **
environment_choose (void)
{
	static const char *const prefixes[] = {"PATH=", "HOME=",  "USER=",
					       "LANG=", "DAVIT_", "XDG_"};
	g_autoptr (GStrvBuilder) chosen = g_strv_builder_new ();
	g_auto (GStrv) all = g_get_environ ();

	for (char **variable = all; *variable != NULL; variable++) {
		for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++) {
			if (g_str_has_prefix (*variable, prefixes[i]))
				g_strv_builder_add (chosen, *variable);
		}
	}
	return g_strv_builder_end (chosen);
}

/* Puts /dev/null where 0 to 2 were, and keeps those for the case that execve fails. */
static gboolean
standard_replace (int saved[N_STANDARD], GError **error)
{
	davit_autofd null_fd = open ("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (null_fd < 0)
		return davit_error_errno (error, errno, "open \"/dev/null\"");
	for (int fd = 0; fd < N_STANDARD; fd++) {
		saved[fd] = fcntl (fd, F_DUPFD_CLOEXEC, N_STANDARD);
		/* If null_fd has this very number, dup2 would leave it close-on-exec. */
		if ((null_fd == fd ? fcntl (fd, F_SETFD, 0) : dup2 (null_fd, fd)) < 0)
			return davit_error_errno (error, errno, "descriptor %d", fd);
	}
	if (null_fd < N_STANDARD)
		davit_fd_steal (&null_fd);
	return TRUE;
}

static void
standard_restore (int saved[N_STANDARD])
{
	for (int fd = 0; fd < N_STANDARD; fd++) {
		if (saved[fd] < 0)
			continue;
		dup2 (saved[fd], fd);
		davit_fd_close (&saved[fd]);
	}
}

DavitMonitorCommand *
davit_monitor_prepare (const DavitMonitorLaunch *launch, GError **error)
{
	DavitMonitorCommand *command = g_new0 (DavitMonitorCommand, 1);

	command->program = g_strdup (launch->program);
	command->words = g_ptr_array_new_with_free_func (g_free);
	command->fds = g_array_new (FALSE, FALSE, sizeof (int));
	command->environment = environment_choose ();
	for (int fd = 0; fd < N_STANDARD; fd++)
		command->saved[fd] = -1;
	if (command_fill (command, launch, error) && standard_replace (command->saved, error))
		return command;
	davit_monitor_command_free (command, TRUE);
	return NULL;
}

int
davit_monitor_execute (const DavitMonitorCommand *command)
{
	execve (command->program, (char **) command->words->pdata, command->environment);
	return errno;
}

gboolean
davit_monitor_execute_failed (const char *program, int number, GError **error)
{
	if (number == ENOENT)
		return davit_error_set (
			error, DAVIT_ERROR_UNAVAILABLE,
			"execute the monitor \"%s\": %s; is davit installed completely?", program,
			g_strerror (number));
	return davit_error_errno (error, number, "execute the monitor \"%s\"", program);
}

void
davit_monitor_command_free (DavitMonitorCommand *command, gboolean close_fds)
{
	if (command == NULL)
		return;
	for (guint i = 0; close_fds && i < command->fds->len; i++)
		close (g_array_index (command->fds, int, i));
	if (close_fds)
		standard_restore (command->saved);
	g_free (command->program);
	g_ptr_array_unref (command->words);
	g_array_unref (command->fds);
	g_strfreev (command->environment);
	g_free (command);
}
