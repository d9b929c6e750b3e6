/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The order of steps, each with its reason:
 *
 *   maps of the user namespace     without them no file can be made
 *   v1 groups                      before the cgroup namespace, whose root they are
 *   joined namespaces, new cgroup and time namespace
 *   names, session, keyring
 *   root file system, mounts, devices
 *   terminal                       needs the container's devpts
 *   sysctl                         through the host's procfs, as long as it is there
 *   read-only and masked paths     after everything that writes there
 *   pivot_root                     the host is gone
 *   descriptors, privileges, directory
 *   ready, wait, program
 */

#include "native-init.h"

#include "native-final.h"
#include "native-paths.h"
#include "native-resolve.h"
#include "native-terminal.h"
#include "native-time.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean
native_init_wait_for_parent (int socket, NativeReport *report)
{
	/* The parent is gone, or will not have us: then nobody knows of us. */
	if (native_report_wait (socket))
		return TRUE;
	return native_report_fail (report, NATIVE_STEP_WAIT, EPIPE, NULL);
}

gboolean
native_init_leave_host (const NativeInit *init, NativeReport *report)
{
	prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
	native_self_leave (init->self);
	if (!native_namespaces_have (&init->spec->namespaces, CLONE_NEWUSER))
		return TRUE;
	return native_userns_become_root (report);
}

static gboolean
init_enter_user_namespace (NativeInit *init, NativeReport *report)
{
	const NativeNamespaces *namespaces = &init->spec->namespaces;

	if ((namespaces->new_flags & CLONE_NEWUSER) &&
	    !native_init_wait_for_parent (init->socket, report))
		return FALSE;
	return native_init_leave_host (init, report);
}

static gboolean
init_enter_namespaces (NativeInit *init, NativeReport *report)
{
	const NativeSpec *spec = init->spec;
	int status = native_cgroup_enter_self (init->cgroup);

	if (status < 0)
		return native_report_fail (report, NATIVE_STEP_CGROUP, status, NULL);
	/* The user namespace was entered by the process in between; pid comes last, if it comes. */
	if (!native_namespaces_join (&spec->namespaces,
				     ~(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS), report))
		return FALSE;
	if ((spec->namespaces.new_flags & CLONE_NEWCGROUP) && unshare (CLONE_NEWCGROUP) < 0)
		return native_report_fail (report, NATIVE_STEP_CGROUP_NAMESPACE, errno, NULL);
	if (spec->namespaces.new_flags & CLONE_NEWTIME)
		return native_time_enter (spec->time_offsets, init->proc_fd, report);
	return TRUE;
}

static gboolean
init_set_names (const NativeSpec *spec, NativeReport *report)
{
	if (spec->hostname != NULL && sethostname (spec->hostname, strlen (spec->hostname)) < 0)
		return native_report_fail (report, NATIVE_STEP_HOSTNAME, errno, spec->hostname);
	if (spec->domainname != NULL &&
	    setdomainname (spec->domainname, strlen (spec->domainname)) < 0)
		return native_report_fail (report, NATIVE_STEP_DOMAINNAME, errno, spec->domainname);
	return TRUE;
}

static gboolean
mount_bind (const NativeMount *mount, int root_fd, NativeReport *report)
{
	return native_mount_set_attributes (mount, mount->tree_fd, report) &&
	       native_mount_attach (mount, root_fd, mount->tree_fd, report);
}

/* A new file system; the container's /dev is filled before anybody can see it. */
static gboolean
mount_file_system (const NativeMount *mount, NativeDevices *devices, int root_fd,
		   NativeReport *report)
{
	int tree = native_mount_make (mount, report);
	gboolean done;

	if (tree < 0)
		return FALSE;
	done = (!mount->is_dev || native_devices_fill (devices, tree, report)) &&
	       (!mount->options.copy_up || native_mount_copy_up (mount, root_fd, tree, report)) &&
	       native_mount_attach (mount, root_fd, tree, report) &&
	       native_mount_set_attributes (mount, tree, report);
	close (tree);
	return done;
}

static gboolean
init_mount_all (NativeInit *init, NativeReport *report)
{
	NativeSpec *spec = init->spec;
	gboolean done = TRUE;

	for (guint i = 0; done && i < spec->mounts.n_entries; i++) {
		NativeMount *mount = spec->mounts.entries[i];

		switch (mount->kind) {
		case NATIVE_MOUNT_BIND:
			done = native_mount_open_late (mount, report) &&
			       mount_bind (mount, spec->rootfs.fd, report);
			break;
		case NATIVE_MOUNT_CGROUP:
			done = native_mount_cgroup_attach (mount, spec->rootfs.fd, report);
			break;
		case NATIVE_MOUNT_FILE_SYSTEM:
		default:
			done = mount_file_system (mount, &spec->devices, spec->rootfs.fd, report);
			break;
		}
	}
	return done && native_devices_finish (&spec->devices, spec->rootfs.fd, report);
}

/* Sends the master away, and puts the slave where the others are. */
static gboolean
init_open_terminal (NativeInit *init, int *ret_slave, NativeReport *report)
{
	const NativeSpec *spec = init->spec;
	NativeReport message = {.kind = NATIVE_REPORT_TERMINAL};
	int master = -1;
	gboolean sent;

	if (!spec->process.terminal)
		return TRUE;
	if (!native_terminal_open (spec->rootfs.fd, &spec->process, &master, ret_slave, report))
		return FALSE;
	sent = native_report_send (init->socket, &message, master);
	close (master);
	for (int i = 0; i < 3; i++)
		init->stdio[i] = *ret_slave;
	if (!sent)
		return native_report_fail (report, NATIVE_STEP_TERMINAL, EPIPE, NULL);
	return !spec->devices.own_dev ||
	       native_terminal_bind_console (spec->rootfs.fd, *ret_slave, report);
}

/* As other runtimes do, the working directory is made if the image lacks it. */
static void
init_make_directory (const NativeSpec *spec)
{
	int fd =
		native_resolve_directory (spec->rootfs.fd, spec->process.cwd, NATIVE_RESOLVE_LINKS);

	/* If that failed, entering it fails too, and says why. */
	if (fd >= 0)
		close (fd);
}

static gboolean
init_make_root (NativeInit *init, int *ret_slave, NativeReport *report)
{
	NativeSpec *spec = init->spec;

	if (!native_rootfs_attach (&spec->rootfs, report) || !init_mount_all (init, report) ||
	    !init_open_terminal (init, ret_slave, report) ||
	    !native_sysctl_apply (&spec->sysctls, init->proc_fd, report) ||
	    !native_paths_read_only (spec->read_only_paths, spec->rootfs.fd, report) ||
	    !native_paths_mask (spec->masked_paths, spec->rootfs.fd, report))
		return FALSE;
	init_make_directory (spec);
	return native_rootfs_pivot (&spec->rootfs, report);
}

gboolean
native_init_make (NativeInit *init, int *ret_slave, NativeReport *report)
{
	return init_enter_namespaces (init, report) && init_set_names (init->spec, report) &&
	       init_make_root (init, ret_slave, report);
}

static gboolean
init_set_up (NativeInit *init, NativeFinal *final, NativeReport *report)
{
	int slave = -1;

	umask (0);
	if (!init_enter_user_namespace (init, report) || !native_init_make (init, &slave, report) ||
	    !native_final_detach (report) || !native_final_lead (slave, report))
		return FALSE;
	memcpy (final->stdio, init->stdio, sizeof final->stdio);
	return native_final_prepare (final) && native_final_enter (final);
}

/*
 * start connects; what it reads says how it went. Its end of the connection closes by itself when
 * the program is executed. The listener is open until then: that somebody listens is what tells a
 * created container from a running one.
 */
static int
init_wait_for_start (int listener, NativeReport *report)
{
	int connection;

	do
		connection = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
	while (connection < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (connection < 0)
		native_report_fail (report, NATIVE_STEP_WAIT, errno, NULL);
	else
		native_report_say (connection, NATIVE_REPORT_ACCEPTED);
	return connection;
}

/* 126 and 127 as a shell has it: whoever waits for the process learns it from the status too. */
static int
exit_status (const NativeReport *report)
{
	switch (report->step) {
	case NATIVE_STEP_PROGRAM:
	case NATIVE_STEP_PROGRAM_MAGIC:
		return 126;
	case NATIVE_STEP_PROGRAM_SEARCH:
	case NATIVE_STEP_PROGRAM_INTERPRETER:
		return 127;
	default:
		return 125;
	}
}

void
native_init_fail (int socket, const NativeReport *report)
{
	native_report_send (socket, report, -1);
	_exit (exit_status (report));
}

void
native_init_finish (NativeFinal *final, int socket, int listener)
{
	gboolean restricted;
	int connection;

	if (!native_report_say (socket, NATIVE_REPORT_READY))
		_exit (125);
	close (socket);
	/* Now that nobody waits for it; whoever starts is told if it failed. */
	restricted = native_final_restrict (final);
	connection = init_wait_for_start (listener, final->report);
	if (connection >= 0 && restricted)
		native_final_execute (final, connection);
	native_init_fail (connection, final->report);
}

void
native_init_run (gpointer data)
{
	NativeInit *init = (NativeInit *) data;
	NativeReport report = {0};
	NativeFinal final = {
		.process = &init->spec->process,
		.seccomp = init->seccomp,
		.has_personality = init->spec->has_personality,
		.personality = init->spec->personality,
		.pass_fds = init->pass_fds,
		.n_pass_fds = init->n_pass_fds,
		.scratch = init->scratch,
		.keep = {&init->socket, &init->listener},
		.report = &report,
	};
	gboolean mapped = (init->spec->namespaces.new_flags & CLONE_NEWUSER) != 0;

	if (!init_set_up (init, &final, &report) ||
	    (!mapped && !native_init_wait_for_parent (init->socket, &report)))
		native_init_fail (init->socket, &report);
	native_init_finish (&final, init->socket, init->listener);
}
