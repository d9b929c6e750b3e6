/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A new proc shows the pid namespace in which its opener is. Since Linux 6.18 another one can be
 * named (pidns); that needs nobody inside.
 *
 * Before that somebody must be in there, where others see it, and what they see they may be able to
 * read, write and drive (CAP_SYS_PTRACE). So it is somebody who has nothing: no memory but a few
 * numbers, no program, an empty root, no descriptor but a socket, the container's groups, a filter
 * that allows five system calls, and CAP_SYS_ADMIN in a user namespace of its own only, which owns
 * all its other namespaces. That is what fsopen asks for, and
 * all that it does: no rule about the right to mount the thing applies before it is configured,
 * which is done outside, by who has the right. Who drives it can send us something else instead;
 * that is looked for when it is mounted.
 *
 * Rejected: the final process mounting its own proc, since it would need CAP_SYS_ADMIN where it is
 * seen; and taking a proc from the root of a process inside, which may have been mounted over.
 */

#include "native-pids.h"

#include "native-bare.h"
#include "native-rootfs.h"
#include "native-syscall.h"
#include "native-userns.h"
#include "runtime-error.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Who may trace it may also stop it. */
#define TIMEOUT_MSEC 10000

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCHITECTURE AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define ARCHITECTURE AUDIT_ARCH_S390X
#elif defined(__i386__)
#define ARCHITECTURE AUDIT_ARCH_I386
#elif defined(__arm__)
#define ARCHITECTURE AUDIT_ARCH_ARM
#elif defined(__loongarch__)
#define ARCHITECTURE AUDIT_ARCH_LOONGARCH64
#else
#error "the architecture's AUDIT_ARCH_... is missing here"
#endif

#define OWN_NAMESPACES                                                                             \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

/* In memory of native_bare_add. */
typedef struct {
	int socket;
	NativeReport report;
} Opener;

typedef struct {
	const NativePids *pids;
	NativeBare bare;
	Opener *opener;
} Outside;

/* Inside, and seen. */
static int
opener_run (gpointer data)
{
	Opener *opener = (Opener *) data;
	int context = -1;

	/* Stopped by somebody it would be left there for ever. */
	if (prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0)
		context = fsopen ("proc", FSOPEN_CLOEXEC);
	if (context < 0)
		native_report_fail (&opener->report, NATIVE_STEP_MOUNT_CREATE, errno, "/proc");
	else
		opener->report.kind = NATIVE_REPORT_CONTEXT;
	native_report_send (opener->socket, &opener->report, context);
	_exit (0);
}

static gboolean
take_empty_root (NativeReport *report)
{
	NativeRootfs rootfs = {.propagation = MS_PRIVATE, .read_only = TRUE};
	int context = fsopen ("tmpfs", FSOPEN_CLOEXEC);

	rootfs.fd = -1;
	if (context >= 0 && fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		rootfs.fd = fsmount (context, FSMOUNT_CLOEXEC,
				     MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					     MOUNT_ATTR_NOEXEC);
	if (rootfs.fd < 0)
		return native_report_fail (report, NATIVE_STEP_ROOT, errno, NULL);
	return native_rootfs_attach (&rootfs, report) && native_rootfs_pivot (&rootfs, report);
}

static gboolean
keep_one_capability (NativeReport *report)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{.effective = 1U << CAP_SYS_ADMIN, .permitted = 1U << CAP_SYS_ADMIN},
	};

	if (syscall (SYS_capset, &header, data) == 0)
		return TRUE;
	return native_report_fail (report, NATIVE_STEP_CAPABILITIES, errno, NULL);
}

static gboolean
close_all_but (int *socket, NativeReport *report)
{
	if (dup3 (*socket, 0, O_CLOEXEC) < 0 || close_range (1, ~0U, 0) < 0)
		return native_report_fail (report, NATIVE_STEP_DESCRIPTORS, errno, NULL);
	*socket = 0;
	return TRUE;
}

/*
 * Who drives the process would else have one without a filter. It is loaded before that one is
 * made, and so allows what makes it, too: it can multiply, as far as the container's groups let it.
 */
static gboolean
load_filter (NativeReport *report)
{
#define GET(field)                                                                                 \
	BPF_STMT (BPF_LD | BPF_W | BPF_ABS, (guint32) G_STRUCT_OFFSET (struct seccomp_data, field))
#define ALLOW(number)                                                                              \
	BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (guint32) (number), 0, 1),                            \
		BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	struct sock_filter filter[] = {
		GET (arch),
		BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
		BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		GET (nr),
		ALLOW (SYS_prctl),
		ALLOW (SYS_fsopen),
		ALLOW (SYS_sendmsg),
		ALLOW (SYS_exit_group),
		ALLOW (SYS_waitid),
		ALLOW (SYS_clone),
		BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
#undef ALLOW
#undef GET
	struct sock_fprog program = {.len = G_N_ELEMENTS (filter), .filter = filter};

	if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
		return TRUE;
	return native_report_fail (report, NATIVE_STEP_SECCOMP, errno, NULL);
}

static gboolean
outside_give_up (const Outside *outside, NativeReport *report)
{
	int status = native_cgroup_enter_self (outside->pids->cgroup);

	if (status < 0)
		return native_report_fail (report, NATIVE_STEP_CGROUP, status, NULL);
	if (!native_namespaces_join (outside->pids->namespaces, CLONE_NEWUSER | CLONE_NEWPID,
				     report))
		return FALSE;
	/* Who is not mapped in it can't make another one below it. */
	if ((outside->pids->namespaces->joined_flags & CLONE_NEWUSER) &&
	    !native_userns_become_root (report))
		return FALSE;
	prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
	native_self_leave (&outside->pids->child->self);
	status = native_bare_forget (&outside->bare, outside->pids->child->proc_fd);
	if (status < 0)
		return native_report_fail (report, NATIVE_STEP_FORGET, status, NULL);
	if (syscall (SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return native_report_fail (report, NATIVE_STEP_KEYRING, errno, NULL);
	if (unshare (OWN_NAMESPACES) < 0)
		return native_report_fail (report, NATIVE_STEP_CLONE, errno, NULL);
	return take_empty_root (report) && keep_one_capability (report) &&
	       close_all_but (&outside->opener->socket, report) && load_filter (report);
}

static void
outside_run (gpointer data)
{
	const Outside *outside = (const Outside *) data;
	Opener *opener = outside->opener;
	siginfo_t information;
	int none = -1;
	pid_t pid = -1;

	if (outside_give_up (outside, &opener->report)) {
		pid = native_bare_clone (&outside->bare, SIGCHLD, opener_run, opener, &none);
		if (pid < 0)
			native_bare_explain (&opener->report, errno);
	}
	if (pid < 0)
		native_report_send (opener->socket, &opener->report, -1);
	else
		waitid (P_PID, (id_t) pid, &information, WEXITED);
	_exit (0);
}

static gboolean
hear_context (int socket, int *ret_context, GError **error)
{
	struct pollfd poll_fd = {.fd = socket, .events = POLLIN};
	NativeReport report;
	int fd = -1;
	int ready;

	do
		ready = poll (&poll_fd, 1, TIMEOUT_MSEC);
	while (ready < 0 && errno == EINTR);
	if (ready == 0)
		return runtime_error_say (error, DAVIT_ERROR_TIMEOUT,
					  "mount \"/proc\": the pid namespace that is joined does "
					  "not let a process run for 10 seconds");
	if (!native_report_receive (socket, &report, &fd, error))
		return FALSE;
	if (report.kind == NATIVE_REPORT_CONTEXT && fd >= 0) {
		*ret_context = fd;
		return TRUE;
	}
	if (fd >= 0)
		close (fd);
	if (report.kind == NATIVE_REPORT_FAILED)
		return native_report_to_error (&report, error);
	return runtime_error_say (error, DAVIT_ERROR_FAILED,
				  "mount \"/proc\": the process that opens it in the pid namespace "
				  "was killed");
}

gboolean
native_pids_open_proc_inside (const NativePids *pids, int *ret_context, GError **error)
{
	Outside outside = {.pids = pids};
	NativeClone request = {
		.namespaces = pids->namespaces,
		.cgroup = pids->cgroup,
		.run = outside_run,
		.data = &outside,
	};
	gboolean opened = FALSE;
	int sockets[2];
	int pidfd = -1;
	pid_t pid;

	if (!native_bare_init (&outside.bare, native_bare_room (sizeof (Opener)), error))
		return FALSE;
	outside.opener = native_bare_add (&outside.bare, NULL, sizeof (Opener));
	if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0) {
		outside.opener->socket = sockets[1];
		opened = native_clone_process (&request, &pid, &pidfd, error);
		close (sockets[1]);
		opened = opened && hear_context (sockets[0], ret_context, error);
		close (sockets[0]);
		if (pidfd >= 0)
			native_clone_discard (pid, &pidfd);
	} else {
		runtime_error_set (error, errno, "make a socket");
	}
	native_bare_clear (&outside.bare);
	return opened;
}

gboolean
native_pids_open_proc (const NativePids *pids, int *ret_context, GError **error)
{
	int context = fsopen ("proc", FSOPEN_CLOEXEC);
	int pids_fd = native_namespaces_fd (pids->namespaces, CLONE_NEWPID);

	if (context >= 0 && fsconfig (context, FSCONFIG_SET_FD, "pidns", NULL, pids_fd) == 0) {
		*ret_context = context;
		return TRUE;
	}
	/* Unknown, or not for us, who have no mount namespace to mount in. */
	if (context >= 0)
		close (context);
	return native_pids_open_proc_inside (pids, ret_context, error);
}
