/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Messages of children, and the one table from failed steps to sentences. The kernel's EINVAL and
 * EPERM say little: where a step has one likely reason for a number, the table knows it.
 */

#include "native-report.h"

#include "runtime-error.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
	const char *text;    /* with %s for the object, or without */
	DavitErrorCode code; /* FAILED: by errno */
	int number;	     /* the errno that hint explains; 0: any */
	const char *hint;
} StepText;

static const StepText step_texts[NATIVE_STEP_COUNT] = {
	[NATIVE_STEP_NONE] = {"set up the container", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_CGROUP] = {"enter the control groups", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_CGROUP_NAMESPACE] = {"make a cgroup namespace", DAVIT_ERROR_FAILED, EINVAL,
					  "the kernel needs CONFIG_CGROUPS"},
	[NATIVE_STEP_JOIN] = {"join the %s namespace", DAVIT_ERROR_FAILED, EPERM,
			      "the caller needs CAP_SYS_ADMIN over it"},
	[NATIVE_STEP_USER_NAMESPACE] = {"become root of the user namespace", DAVIT_ERROR_FAILED,
					EINVAL, "linux.uidMappings and gidMappings must map 0"},
	[NATIVE_STEP_TIME_NAMESPACE] = {"make a time namespace", DAVIT_ERROR_FAILED, EINVAL,
					"the kernel needs CONFIG_TIME_NS"},
	[NATIVE_STEP_TIME_OFFSETS] = {"set the clocks of the time namespace to \"%s\"",
				      DAVIT_ERROR_FAILED, ERANGE,
				      "no clock may become negative or leave the kernel's range"},
	[NATIVE_STEP_CLONE] = {"make the first process", DAVIT_ERROR_FAILED, ENOSPC,
			       "too many namespaces; see /proc/sys/user/max_*_namespaces"},
	[NATIVE_STEP_CLONE_PROGRAM] = {"make the process", DAVIT_ERROR_FAILED, EAGAIN,
				       "too many processes: see ulimit -u and the container's "
				       "limit of processes"},
	[NATIVE_STEP_FORGET] = {"leave the engine's memory behind", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_SESSION] = {"make a session", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_KEYRING] = {"make a session keyring", DAVIT_ERROR_FAILED, EDQUOT,
				 "too many keys; see /proc/sys/kernel/keys"},
	[NATIVE_STEP_OOM_SCORE] = {"set process.oomScoreAdj to %s", DAVIT_ERROR_FAILED, EACCES,
				   "lowering it needs CAP_SYS_RESOURCE"},
	[NATIVE_STEP_HOSTNAME] = {"set the host name \"%s\"", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_DOMAINNAME] = {"set the domain name \"%s\"", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_SYSCTL] = {"set linux.sysctl \"%s\"", DAVIT_ERROR_FAILED, ENOENT,
				"this kernel has no such parameter"},
	[NATIVE_STEP_PRIVATE] = {"make the mounts private", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_ROOT] = {"mount the root file system", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_MOUNT_SOURCE] = {"mount source \"%s\"", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_MOUNT_OPEN] = {"mount \"%s\": open the file system type", DAVIT_ERROR_FAILED,
				    ENODEV, "this kernel has no such file system"},
	[NATIVE_STEP_MOUNT_OPTION] = {"mount \"%s\": option refused", DAVIT_ERROR_CONFIG, 0, NULL},
	[NATIVE_STEP_MOUNT_CREATE] =
		{"mount \"%s\"", DAVIT_ERROR_FAILED, EPERM,
		 "in a user namespace sysfs, mqueue and cgroups need network, ipc "
		 "and cgroup namespaces that belong to it, and proc a host that "
		 "shows all of /proc"},
	[NATIVE_STEP_MOUNT_ATTRIBUTES] = {"mount \"%s\": set its options", DAVIT_ERROR_FAILED,
					  EPERM,
					  "a user namespace may not lift what its owner set"},
	[NATIVE_STEP_MOUNT_TARGET] = {"mount \"%s\": make the mount point", DAVIT_ERROR_FAILED,
				      EROFS,
				      "the root file system is read-only and has none there"},
	[NATIVE_STEP_MOUNT_TARGET_LINK] =
		{"mount \"%s\": the root file system has a symbolic link or a file there; it is "
		 "refused since it may lead out of the container",
		 DAVIT_ERROR_PERMISSION, 0, NULL},
	[NATIVE_STEP_MOUNT_TARGET_PROC] =
		{"mount \"%s\": it would cover a part of /proc, which is refused; only proc itself "
		 "may be mounted there",
		 DAVIT_ERROR_PERMISSION, 0, NULL},
	[NATIVE_STEP_MOUNT_MOVE] = {"mount \"%s\": attach it", DAVIT_ERROR_FAILED, ENOTDIR,
				    "a file can't be mounted on a directory, nor the reverse"},
	[NATIVE_STEP_COPY_UP] = {"mount \"%s\": copy up", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_DEVICE] =
		{"make the device \"%s\"", DAVIT_ERROR_FAILED, EPERM,
		 "the caller needs CAP_MKNOD, and linux.resources.devices must allow "
		 "\"m\""},
	[NATIVE_STEP_DEVICE_TAKEN] = {"make the device \"%s\": there is something else already",
				      DAVIT_ERROR_EXISTS, 0, NULL},
	[NATIVE_STEP_DEVICE_SOURCE] = {"device \"%s\" of the host", DAVIT_ERROR_UNAVAILABLE, ENODEV,
				       "in a user namespace it must stand at the same path on the "
				       "host, with the same numbers"},
	[NATIVE_STEP_DEVICE_LINK] = {"make the symbolic link \"%s\"", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_MASK] = {"mask the path \"%s\"", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_MASK_VERIFY] = {"mask the path \"%s\": it is not masked afterwards; something "
				     "changed it meanwhile",
				     DAVIT_ERROR_PERMISSION, 0, NULL},
	[NATIVE_STEP_READ_ONLY] = {"make the path \"%s\" read-only", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_READ_ONLY_VERIFY] =
		{"make the path \"%s\" read-only: it is writable afterwards; something changed it "
		 "meanwhile",
		 DAVIT_ERROR_PERMISSION, 0, NULL},
	[NATIVE_STEP_PIVOT] = {"change the root", DAVIT_ERROR_FAILED, EINVAL,
			       "the host's root must not be the first RAM disk (rootfs)"},
	[NATIVE_STEP_TERMINAL] = {"open a terminal", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_TERMINAL_DEVPTS] = {"open a terminal: /dev/pts is no devpts file system",
					 DAVIT_ERROR_CONFIG, 0, NULL},
	[NATIVE_STEP_CONSOLE] = {"make /dev/console", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_DESCRIPTORS] = {"arrange the file descriptors", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_RLIMITS] = {"set process.rlimits", DAVIT_ERROR_FAILED, EPERM,
				 "raising a hard limit needs CAP_SYS_RESOURCE"},
	[NATIVE_STEP_CAPABILITIES] = {"set process.capabilities", DAVIT_ERROR_FAILED, EPERM,
				      "the caller does not have them all itself, or the seccomp "
				      "filter forbids to drop them"},
	[NATIVE_STEP_GROUPS] = {"set the groups of process.user", DAVIT_ERROR_FAILED, EINVAL,
				"linux.gidMappings must map each of them"},
	[NATIVE_STEP_USER] = {"become the user of process.user", DAVIT_ERROR_FAILED, EINVAL,
			      "linux.uidMappings and gidMappings must map it"},
	[NATIVE_STEP_NO_NEW_PRIVILEGES] = {"set process.noNewPrivileges", DAVIT_ERROR_FAILED, 0,
					   NULL},
	[NATIVE_STEP_PERSONALITY] = {"set linux.personality", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_CWD] = {"working directory \"%s\"", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_CWD_OUTSIDE] = {"working directory \"%s\": lies outside of the container",
				     DAVIT_ERROR_PERMISSION, 0, NULL},
	[NATIVE_STEP_SECCOMP] = {"load the seccomp filter", DAVIT_ERROR_FAILED, EACCES,
				 "without noNewPrivileges it needs CAP_SYS_ADMIN"},
	[NATIVE_STEP_WAIT] = {"wait for the start", DAVIT_ERROR_FAILED, 0, NULL},
	[NATIVE_STEP_PROGRAM_SEARCH] = {"program \"%s\"", DAVIT_ERROR_NO_PROGRAM, 0, NULL},
	[NATIVE_STEP_PROGRAM] = {"program \"%s\"", DAVIT_ERROR_NOT_EXECUTABLE, ENOEXEC,
				 "built for another machine, or a script without #! line"},
	[NATIVE_STEP_PROGRAM_MAGIC] = {"program \"%s\": leads to a file of the host through /proc, "
				       "which is refused",
				       DAVIT_ERROR_NOT_EXECUTABLE, 0, NULL},
	[NATIVE_STEP_PROGRAM_INTERPRETER] =
		{"program \"%s\": exists, but the interpreter or dynamic linker that it names does "
		 "not",
		 DAVIT_ERROR_NO_PROGRAM, 0, NULL},
};

/* g_strlcpy is as safe, but nothing promises that it stays so. */
static void
text_copy (char *to, const char *from)
{
	gsize i = 0;

	for (; from != NULL && from[i] != '\0' && i + 1 < NATIVE_REPORT_TEXT; i++)
		to[i] = from[i];
	to[i] = '\0';
}

gboolean
native_report_fail (NativeReport *report, NativeStep step, int number, const char *object)
{
	if (report->step != NATIVE_STEP_NONE)
		return FALSE;
	report->kind = NATIVE_REPORT_FAILED;
	report->step = step;
	report->number = number < 0 ? -number : number;
	text_copy (report->object, object);
	return FALSE;
}

gboolean
native_report_send (int socket, const NativeReport *report, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE (sizeof (int))];
	} control;
	struct iovec vector = {.iov_base = (void *) report, .iov_len = sizeof *report};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	ssize_t sent;

	if (fd >= 0) {
		memset (&control, 0, sizeof control);
		message.msg_control = control.space;
		message.msg_controllen = sizeof control.space;
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN (sizeof (int));
		memcpy (CMSG_DATA (&control.header), &fd, sizeof fd);
	}
	do
		sent = sendmsg (socket, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t) sizeof *report;
}

gboolean
native_report_say (int socket, NativeReportKind kind)
{
	NativeReport report = {.kind = (guint32) kind};

	return native_report_send (socket, &report, -1);
}

gboolean
native_report_wait (int socket)
{
	NativeReport report;
	ssize_t received;

	do
		received = recv (socket, &report, sizeof report, 0);
	while (received < 0 && errno == EINTR);
	return received == (ssize_t) sizeof report && report.kind == NATIVE_REPORT_GO;
}

static pid_t
message_sender (struct msghdr *message)
{
	struct ucred sender = {0};

	for (struct cmsghdr *header = CMSG_FIRSTHDR (message); header != NULL;
	     header = CMSG_NXTHDR (message, header))
		if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS)
			memcpy (&sender, CMSG_DATA (header), sizeof sender);
	return sender.pid;
}

/* One descriptor is expected; if more came, they are closed. */
static int
message_descriptor (struct msghdr *message)
{
	int first = -1;

	for (struct cmsghdr *header = CMSG_FIRSTHDR (message); header != NULL;
	     header = CMSG_NXTHDR (message, header)) {
		gsize count = (header->cmsg_len - CMSG_LEN (0)) / sizeof (int);

		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		for (gsize i = 0; i < count; i++) {
			int fd;

			memcpy (&fd, CMSG_DATA (header) + i * sizeof fd, sizeof fd);
			if (first < 0)
				first = fd;
			else
				close (fd);
		}
	}
	return first;
}

gboolean
native_report_identify (int socket, GError **error)
{
	int on = 1;

	if (setsockopt (socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0)
		return TRUE;
	return runtime_error_set (error, errno, "make a socket");
}

gboolean
native_report_receive (int socket, NativeReport *ret, int *ret_fd, GError **error)
{
	pid_t sender;

	return native_report_receive_from (socket, ret, ret_fd, &sender, error);
}

gboolean
native_report_receive_from (int socket, NativeReport *ret, int *ret_fd, pid_t *ret_sender,
			    GError **error)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE (4 * sizeof (int)) + CMSG_SPACE (sizeof (struct ucred))];
	} control;
	struct iovec vector = {.iov_base = ret, .iov_len = sizeof *ret};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	ssize_t received;

	memset (ret, 0, sizeof *ret);
	do {
		message.msg_control = control.space;
		message.msg_controllen = sizeof control.space;
		received = recvmsg (socket, &message, MSG_CMSG_CLOEXEC);
		/*
		 * The other side ended without having read all that we said: that comes first,
		 * once, and then what it said itself.
		 */
	} while (received < 0 && (errno == EINTR || errno == ECONNRESET));
	if (received < 0)
		return runtime_error_set (error, errno, "hear from the container's process");
	*ret_fd = received > 0 ? message_descriptor (&message) : -1;
	*ret_sender = received > 0 ? message_sender (&message) : 0;
	if (received != (ssize_t) sizeof *ret)
		memset (ret, 0, sizeof *ret);
	ret->object[NATIVE_REPORT_TEXT - 1] = '\0';
	ret->detail[NATIVE_REPORT_TEXT - 1] = '\0';
	return TRUE;
}

/*
 * Objects are paths from config.json or a container, and a process that is traced by another one
 * may say anything: shown, it must not steer a terminal.
 */
static char *
text_clean (const char *text)
{
	char *valid = g_utf8_make_valid (text, -1);

	for (char *c = g_strchomp (valid); *c != '\0'; c++)
		if (g_ascii_iscntrl (*c))
			*c = '?';
	return valid;
}

static char *
report_describe (const NativeReport *report, const StepText *text)
{
	g_autofree char *object = text_clean (report->object);
	g_auto (GStrv) parts = g_strsplit (text->text, "%s", 2);

	return g_strjoinv (object, parts);
}

gboolean
native_report_to_error (const NativeReport *report, GError **error)
{
	const StepText *text =
		&step_texts[report->step < NATIVE_STEP_COUNT ? report->step : NATIVE_STEP_NONE];
	g_autofree char *what = report_describe (report, text);
	DavitErrorCode code =
		text->code != DAVIT_ERROR_FAILED ? text->code : runtime_error_code (report->number);
	gboolean explained = text->hint != NULL && text->number == report->number;
	g_autofree char *detail = text_clean (report->detail);

	return runtime_error_say (error, code, "%s%s%s%s%s%s%s", what, *detail != '\0' ? ": " : "",
				  detail, report->number != 0 ? ": " : "",
				  report->number != 0 ? g_strerror (report->number) : "",
				  explained ? "; " : "", explained ? text->hint : "");
}
