/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs external programs: gives them their descriptors, and waits for them with a deadline. */

#include "base/spawn.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/spawn-private.h"
#include "base/spawn-run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Linux 6.3; the headers may be older. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

void
davit_spawn_init (DavitSpawn *spawn, const char *const *argv)
{
	*spawn = (DavitSpawn){
		.argv = argv,
		.stdin_fd = -1,
		.stdout_fd = -1,
		.stderr_fd = -1,
		.cwd_dirfd = -1,
		.netns_fd = -1,
		.userns_fd = -1,
		.mount_fd = -1,
		.cancel_fd = -1,
	};
}

/*
 * The text in a file without a name. A pipe would have to be filled while the program runs, and a
 * program that reads nothing would block or kill us.
 */
static gboolean
input_open (const char *text, int *ret_fd, GError **error)
{
	davit_autofd fd = memfd_create ("davit-input", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create ("davit-input", MFD_CLOEXEC);
	if (fd < 0)
		return davit_error_errno (error, errno, "input of a program");
	if (!davit_fd_write (fd, text, strlen (text), "input of a program", error))
		return FALSE;
	if (lseek (fd, 0, SEEK_SET) < 0)
		return davit_error_errno (error, errno, "input of a program");
	*ret_fd = davit_fd_steal (&fd);
	return TRUE;
}

static gboolean
null_open (int *ret_fd, GError **error)
{
	int fd = open ("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return davit_error_errno (error, errno, "open \"/dev/null\"");
	*ret_fd = fd;
	return TRUE;
}

/* Opens what the program gets as its standard input, if the caller did not give it. */
static gboolean
stdin_open (const DavitSpawn *spawn, int *ret_fd, GError **error)
{
	if (spawn->stdin_fd >= 0)
		return TRUE;
	if (spawn->input != NULL)
		return input_open (spawn->input, ret_fd, error);
	return null_open (ret_fd, error);
}

/* std: what becomes 0, 1 and 2. */
static gboolean
spawn_start (const DavitSpawn *spawn, const int std[3], gboolean dies_with_parent, pid_t *ret_pid,
	     int *ret_pidfd, GError **error)
{
	g_autofree int *sources = g_new (int, 3 + spawn->n_pass_fds + 1);
	g_autofree char *path = NULL;
	davit_autofd view = -1;
	g_auto (GStrv) environment = NULL;
	DavitSpawnChild child = {
		.argv = spawn->argv,
		.envp = spawn->envp,
		.sources = sources,
		.n_sources = (int) (3 + spawn->n_pass_fds),
		.cwd_dirfd = spawn->cwd_dirfd,
		.netns_fd = spawn->netns_fd,
		.userns_fd = spawn->userns_fd,
		.mount_path = spawn->mount_path,
		.mount_fd = spawn->mount_fd,
		.program_at = -1,
		.dies_with_parent = dies_with_parent,
	};

	if (!davit_spawn_find_program (spawn->argv[0], &path, error))
		return FALSE;
	child.path = path;
	if (child.envp == NULL) {
		environment = davit_spawn_environment ();
		child.envp = (const char *const *) environment;
	}
	memcpy (sources, std, 3 * sizeof (int));
	if (spawn->n_pass_fds > 0)
		memcpy (sources + 3, spawn->pass_fds, spawn->n_pass_fds * sizeof (int));
	if (spawn->read_only)
		view = davit_spawn_view_program (path);
	if (view >= 0) {
		child.program_at = child.n_sources;
		sources[child.n_sources++] = view;
	}
	return davit_spawn_child_start (&child, ret_pid, ret_pidfd, error);
}

gboolean
davit_spawn_start (const DavitSpawn *spawn, int *ret_pidfd, GError **error)
{
	davit_autofd input = -1;
	davit_autofd null = -1;
	int std[3];
	pid_t pid;

	if (!stdin_open (spawn, &input, error) || !null_open (&null, error))
		return FALSE;
	std[0] = spawn->stdin_fd >= 0 ? spawn->stdin_fd : input;
	std[1] = spawn->stdout_fd >= 0 ? spawn->stdout_fd : null;
	std[2] = spawn->stderr_fd >= 0 ? spawn->stderr_fd : null;
	return spawn_start (spawn, std, FALSE, &pid, ret_pidfd, error);
}

gboolean
davit_spawn_wait (int pidfd, int *ret_status, GError **error)
{
	siginfo_t info = {0};
	int result;

	do {
		result = waitid (P_PIDFD, (id_t) pidfd, &info, WEXITED);
	} while (result < 0 && errno == EINTR);
	if (result < 0)
		return davit_error_errno (error, errno, "wait for a program");
	*ret_status = info.si_code == CLD_EXITED ? W_EXITCODE (info.si_status, 0)
						 : W_EXITCODE (0, info.si_status);
	return TRUE;
}

/* A pipe of which we read one end, without blocking. */
static gboolean
capture_open (int *ret_read, int *ret_write, GError **error)
{
	int ends[2];

	if (pipe2 (ends, O_CLOEXEC) < 0)
		return davit_error_errno (error, errno, "output of a program");
	*ret_read = ends[0];
	*ret_write = ends[1];
	if (fcntl (ends[0], F_SETFL, O_NONBLOCK) < 0)
		return davit_error_errno (error, errno, "output of a program");
	return TRUE;
}

static gboolean
run_start (DavitSpawnRun *run, GError **error)
{
	const DavitSpawn *spawn = run->spawn;
	davit_autofd input = -1;
	davit_autofd out = -1;
	davit_autofd err = -1;
	int std[3];

	if (!stdin_open (spawn, &input, error) ||
	    (spawn->stdout_fd < 0 && !capture_open (&run->out_fd, &out, error)) ||
	    (spawn->stderr_fd < 0 && !capture_open (&run->err_fd, &err, error)))
		return FALSE;
	std[0] = spawn->stdin_fd >= 0 ? spawn->stdin_fd : input;
	std[1] = spawn->stdout_fd >= 0 ? spawn->stdout_fd : out;
	std[2] = spawn->stderr_fd >= 0 ? spawn->stderr_fd : err;
	return spawn_start (spawn, std, TRUE, &run->pid, &run->pidfd, error);
}

gboolean
davit_spawn_run (const DavitSpawn *spawn, char **ret_output, gsize *ret_length, GError **error)
{
	g_auto (DavitSpawnRun) run = {0};

	davit_spawn_run_init (&run, spawn);
	if (!run_start (&run, error) || !davit_spawn_run_finish (&run, error))
		return FALSE;
	if (ret_length != NULL)
		*ret_length = run.output->len;
	if (ret_output != NULL)
		*ret_output = g_string_free (g_steal_pointer (&run.output), FALSE);
	return TRUE;
}
