/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A container for checks: check-vessel.h. */

#include "check/check-vessel.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM_LIMIT ((gsize) 64 * 1024 * 1024)
#define SILENCE_MSEC 100

DavitRuntime *
davit_check_runtime (const DavitCheck *check)
{
	/* A runtime is a driver and nothing else: driver.h. */
	return (DavitRuntime *) check->driver;
}

DavitRuntimeContainer
davit_check_vessel_handle (const DavitCheckVessel *vessel)
{
	return (DavitRuntimeContainer){sizeof (DavitRuntimeContainer), vessel->id, vessel->dirfd};
}

DavitRuntimeCreate
davit_check_vessel_request (const DavitCheckVessel *vessel)
{
	return (DavitRuntimeCreate){
		.size = sizeof (DavitRuntimeCreate),
		.container = davit_check_vessel_handle (vessel),
		.bundle_dirfd = vessel->bundle_fd,
		.rootfs_mount_fd = -1,
		.stdio = {vessel->stdio[0], vessel->stdio[1], vessel->stdio[2]},
	};
}

void
davit_check_vessel_let_go (DavitCheckVessel *vessel)
{
	for (guint i = 0; i < 3; i++)
		davit_fd_close (&vessel->stdio[i]);
}

static void
capabilities_write (DavitJsonWriter *writer)
{
	static const char *const sets[] = {"bounding", "effective", "permitted"};
	static const char *const names[] = {"CAP_KILL", "CAP_SYS_CHROOT", NULL};

	davit_json_writer_begin_object (writer, "capabilities");
	for (guint i = 0; i < G_N_ELEMENTS (sets); i++)
		davit_json_writer_strings (writer, sets[i], names);
	davit_json_writer_end_object (writer);
}

static void
process_write (DavitJsonWriter *writer, const char *const *words)
{
	davit_json_writer_begin_object (writer, "process");
	davit_json_writer_begin_object (writer, "user");
	davit_json_writer_integer (writer, "uid", 0);
	davit_json_writer_integer (writer, "gid", 0);
	davit_json_writer_end_object (writer);
	davit_json_writer_strings (writer, "args", words);
	davit_json_writer_strings (writer, "env", (const char *const[]){"PATH=/", NULL});
	davit_json_writer_string (writer, "cwd", "/");
	capabilities_write (writer);
	davit_json_writer_end_object (writer);
}

static void
mount_write (DavitJsonWriter *writer, const char *destination, const char *type)
{
	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "destination", destination);
	davit_json_writer_string (writer, "type", type);
	davit_json_writer_string (writer, "source", type);
	davit_json_writer_end_object (writer);
}

/* The least that every runtime works with. */
static void
mounts_write (DavitJsonWriter *writer)
{
	davit_json_writer_begin_array (writer, "mounts");
	mount_write (writer, "/proc", "proc");
	mount_write (writer, "/dev", "tmpfs");
	davit_json_writer_end_array (writer);
}

gboolean
davit_check_vessel_configure (DavitCheckVessel *vessel, const char *const *words,
			      const char *namespaces, GError **error)
{
	g_auto (GStrv) types = g_strsplit (namespaces, " ", -1);
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);
	g_autofree char *text = NULL;
	gsize length = 0;

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "ociVersion", "1.0.2");
	process_write (writer, words);
	davit_json_writer_begin_object (writer, "root");
	davit_json_writer_string (writer, "path", "rootfs");
	davit_json_writer_end_object (writer);
	mounts_write (writer);
	davit_json_writer_begin_object (writer, "linux");
	davit_json_writer_begin_array (writer, "namespaces");
	for (char **type = types; *type != NULL; type++) {
		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_string (writer, "type", *type);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_array (writer);
	davit_json_writer_end_object (writer);
	davit_json_writer_end_object (writer);
	text = davit_json_writer_finish (writer, &length);
	return davit_path_replace_file (vessel->bundle_fd, "config.json", text, length, 0644, FALSE,
					error);
}

/* The program that the containers run is their whole root file system. */
static gboolean
rootfs_fill (const DavitCheck *check, int bundle_fd, GError **error)
{
	g_autofree char *path =
		g_build_filename (check->paths->libexecdir, "davit-check-payload", NULL);
	davit_autofd from = open (path, O_RDONLY | O_CLOEXEC);
	davit_autofd proc = -1;
	davit_autofd dev = -1;
	davit_autofd rootfs = -1;
	g_autofree char *program = NULL;
	gsize length = 0;

	if (from < 0)
		return davit_error_errno (error, errno, "program \"%s\"", path);
	return davit_fd_read (from, PROGRAM_LIMIT, path, &program, &length, error) &&
	       davit_path_open_subdirectory (bundle_fd, "rootfs", 0755, &rootfs, error) &&
	       davit_path_open_subdirectory (rootfs, "proc", 0755, &proc, error) &&
	       davit_path_open_subdirectory (rootfs, "dev", 0755, &dev, error) &&
	       davit_path_replace_file (rootfs, "payload", program, length, 0755, FALSE, error);
}

static gboolean
pipe_make (int *ret_read, int *ret_write, GError **error)
{
	int ends[2];

	if (pipe2 (ends, O_CLOEXEC) < 0)
		return davit_error_errno (error, errno, "pipe");
	*ret_read = ends[0];
	*ret_write = ends[1];
	return TRUE;
}

gboolean
davit_check_vessel_pipes (DavitCheckVessel *vessel, GError **error)
{
	davit_check_vessel_let_go (vessel);
	davit_fd_close (&vessel->input);
	davit_fd_close (&vessel->output);
	davit_fd_close (&vessel->complaints);
	return pipe_make (&vessel->stdio[0], &vessel->input, error) &&
	       pipe_make (&vessel->output, &vessel->stdio[1], error) &&
	       pipe_make (&vessel->complaints, &vessel->stdio[2], error);
}

gboolean
davit_check_vessel_mount (const DavitCheckVessel *vessel, int *ret_fd, GError **error)
{
	*ret_fd = open_tree (vessel->bundle_fd, "rootfs", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return *ret_fd >= 0 || davit_error_errno (error, errno, "make a detached mount");
}

gboolean
davit_check_vessel_make (DavitCheck *check, DavitRuntime *runtime, const char *const *words,
			 DavitCheckVessel *vessel, GError **error)
{
	const char *name = strrchr (check->directory, '/') + 1;
	g_autofree char *bundle = g_strdup_printf ("bundle-%u", check->vessels);
	g_autofree char *own = g_strdup_printf ("container-%u", check->vessels);

	*vessel = (DavitCheckVessel) DAVIT_CHECK_VESSEL_INIT;
	vessel->runtime = runtime;
	/* Its cgroups are the host's: no other check may have the name. */
	vessel->id = g_strdup_printf ("%s-%u", name, check->vessels++);
	return davit_path_open_subdirectory (check->dirfd, bundle, 0755, &vessel->bundle_fd,
					     error) &&
	       davit_path_open_subdirectory (check->dirfd, own, 0700, &vessel->dirfd, error) &&
	       rootfs_fill (check, vessel->bundle_fd, error) &&
	       davit_check_vessel_configure (vessel, words, "pid network ipc uts mount", error) &&
	       davit_check_vessel_pipes (vessel, error);
}

/* Not an error that matters: the check has said what it has to say. */
void
davit_check_vessel_clear (DavitCheckVessel *vessel)
{
	if (vessel->made)
		davit_check_vessel_delete (vessel, TRUE, NULL);
	davit_check_vessel_let_go (vessel);
	davit_fd_close (&vessel->dirfd);
	davit_fd_close (&vessel->bundle_fd);
	davit_fd_close (&vessel->pidfd);
	davit_fd_close (&vessel->input);
	davit_fd_close (&vessel->output);
	davit_fd_close (&vessel->complaints);
	g_clear_pointer (&vessel->id, g_free);
	g_clear_pointer (&vessel->cgroups, g_strfreev);
}

gboolean
davit_check_vessel_create (DavitCheckVessel *vessel, GError **error)
{
	DavitRuntimeCreate request = davit_check_vessel_request (vessel);
	g_autoptr (DavitResult) result = davit_result_new ();
	davit_autofd mount_fd = -1;

	if (vessel->detached && !davit_check_vessel_mount (vessel, &mount_fd, error))
		return FALSE;
	request.rootfs_mount_fd = mount_fd;
	vessel->made = TRUE;
	if (!davit_runtime_create (vessel->runtime, &request, &vessel->pidfd, result, error))
		return FALSE;
	davit_result_integer (result, "pid", &vessel->pid);
	/* A checkpoint driver is told of them as long as the container has them. */
	if (!vessel->detached)
		davit_check_vessel_let_go (vessel);
	return TRUE;
}

gboolean
davit_check_vessel_start (DavitCheckVessel *vessel, GError **error)
{
	const DavitRuntimeContainer container = davit_check_vessel_handle (vessel);

	return davit_runtime_start (vessel->runtime, &container, error);
}

gboolean
davit_check_vessel_delete (DavitCheckVessel *vessel, gboolean force, GError **error)
{
	const DavitRuntimeContainer container = davit_check_vessel_handle (vessel);

	return davit_runtime_delete (vessel->runtime, &container, force, error);
}

gboolean
davit_check_vessel_is (DavitCheckVessel *vessel, const char *status, GError **error)
{
	const DavitRuntimeContainer container = davit_check_vessel_handle (vessel);
	g_autoptr (DavitResult) result = davit_result_new ();
	gboolean stopped = strcmp (status, "stopped") == 0;
	const char *told;
	gint64 pid = -1;

	if (!davit_runtime_state (vessel->runtime, &container, result, error))
		return FALSE;
	told = davit_result_string (result, "status");
	if (told == NULL || strcmp (told, status) != 0)
		return davit_check_fail (error, "state tells \"%s\", and the container is %s",
					 told != NULL ? told : "nothing", status);
	if (!davit_result_integer (result, "pid", &pid) || (pid == 0) != stopped)
		return davit_check_fail (error,
					 "state tells of process %" G_GINT64_FORMAT
					 ", and the container is %s",
					 pid, status);
	g_strfreev (vessel->cgroups);
	{
		g_autofree const char **cgroups = davit_result_strings (result, "cgroup");

		vessel->cgroups = g_strdupv ((char **) cgroups);
	}
	return TRUE;
}

gboolean
davit_check_process_end (int pidfd, int expected, GError **error)
{
	siginfo_t info = {0};
	int status;

	if (!davit_fd_wait (pidfd, DAVIT_CHECK_PATIENCE_MSEC, error))
		return davit_error_prefix (error, "a process that is to end");
	if (waitid (P_PIDFD, (id_t) pidfd, &info, WEXITED | __WALL) < 0)
		return davit_error_errno (error, errno,
					  "wait for a process, which must be a child "
					  "of the caller");
	status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	return status == expected ||
	       davit_check_fail (error, "a process ended with status %d and not with %d", status,
				 expected);
}

gboolean
davit_check_line_get (int fd, char **ret_line, GError **error)
{
	g_autoptr (GString) line = g_string_new (NULL);
	char byte = '\0';

	while (byte != '\n') {
		gssize length;

		if (!davit_fd_wait (fd, DAVIT_CHECK_PATIENCE_MSEC, error))
			return davit_error_prefix (error, "what the program writes");
		length = read (fd, &byte, 1);
		if (length <= 0)
			return davit_check_fail (error, "the program's output ends with \"%s\"",
						 line->str);
		if (byte != '\n')
			g_string_append_c (line, byte);
	}
	*ret_line = g_string_free (g_steal_pointer (&line), FALSE);
	return TRUE;
}

gboolean
davit_check_line_is (int fd, const char *expected, GError **error)
{
	g_autofree char *line = NULL;

	if (!davit_check_line_get (fd, &line, error))
		return FALSE;
	return strcmp (line, expected) == 0 ||
	       davit_check_fail (error, "the program must write \"%s\" and wrote \"%.60s\"",
				 expected, line);
}

gboolean
davit_check_silent (int fd, const char *when, GError **error)
{
	struct pollfd wanted = {.fd = fd, .events = POLLIN};

	return poll (&wanted, 1, SILENCE_MSEC) == 0 ||
	       davit_check_fail (error, "the program runs %s", when);
}
