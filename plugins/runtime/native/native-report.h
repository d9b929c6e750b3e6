/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a child between clone and exec says to its parent: over a socket of packets, in a struct of
 * fixed size, since nothing in such a child may allocate. The parent makes sentences of it.
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* Also the index of a table in native-report.c: keep both in the same order. */
typedef enum {
	NATIVE_STEP_NONE = 0,
	NATIVE_STEP_CGROUP,
	NATIVE_STEP_CGROUP_NAMESPACE,
	NATIVE_STEP_JOIN,
	NATIVE_STEP_USER_NAMESPACE,
	NATIVE_STEP_TIME_NAMESPACE,
	NATIVE_STEP_TIME_OFFSETS,
	NATIVE_STEP_CLONE,
	NATIVE_STEP_CLONE_PROGRAM,
	NATIVE_STEP_FORGET,
	NATIVE_STEP_SESSION,
	NATIVE_STEP_KEYRING,
	NATIVE_STEP_OOM_SCORE,
	NATIVE_STEP_HOSTNAME,
	NATIVE_STEP_DOMAINNAME,
	NATIVE_STEP_SYSCTL,
	NATIVE_STEP_PRIVATE,
	NATIVE_STEP_ROOT,
	NATIVE_STEP_MOUNT_SOURCE,
	NATIVE_STEP_MOUNT_OPEN,
	NATIVE_STEP_MOUNT_OPTION,
	NATIVE_STEP_MOUNT_CREATE,
	NATIVE_STEP_MOUNT_ATTRIBUTES,
	NATIVE_STEP_MOUNT_TARGET,
	NATIVE_STEP_MOUNT_TARGET_LINK,
	NATIVE_STEP_MOUNT_TARGET_PROC,
	NATIVE_STEP_MOUNT_MOVE,
	NATIVE_STEP_COPY_UP,
	NATIVE_STEP_DEVICE,
	NATIVE_STEP_DEVICE_TAKEN,
	NATIVE_STEP_DEVICE_SOURCE,
	NATIVE_STEP_DEVICE_LINK,
	NATIVE_STEP_MASK,
	NATIVE_STEP_MASK_VERIFY,
	NATIVE_STEP_READ_ONLY,
	NATIVE_STEP_READ_ONLY_VERIFY,
	NATIVE_STEP_PIVOT,
	NATIVE_STEP_TERMINAL,
	NATIVE_STEP_TERMINAL_DEVPTS,
	NATIVE_STEP_CONSOLE,
	NATIVE_STEP_DESCRIPTORS,
	NATIVE_STEP_RLIMITS,
	NATIVE_STEP_CAPABILITIES,
	NATIVE_STEP_GROUPS,
	NATIVE_STEP_USER,
	NATIVE_STEP_NO_NEW_PRIVILEGES,
	NATIVE_STEP_PERSONALITY,
	NATIVE_STEP_CWD,
	NATIVE_STEP_CWD_OUTSIDE,
	NATIVE_STEP_SECCOMP,
	NATIVE_STEP_WAIT,
	NATIVE_STEP_PROGRAM_SEARCH,
	NATIVE_STEP_PROGRAM,
	NATIVE_STEP_PROGRAM_MAGIC,
	NATIVE_STEP_PROGRAM_INTERPRETER,
	NATIVE_STEP_COUNT,
} NativeStep;

typedef enum {
	NATIVE_REPORT_FAILED = 1,
	NATIVE_REPORT_TERMINAL, /* a descriptor comes with it */
	NATIVE_REPORT_PROCESS,	/* the same: a pidfd; number is the pid */
	NATIVE_REPORT_ENTERED,	/* it is in its user namespace, and waits for GO */
	NATIVE_REPORT_CONTEXT,	/* a descriptor comes with it: of a mount to be made */
	NATIVE_REPORT_READY,	/* everything is made; the child waits for start */
	NATIVE_REPORT_ACCEPTED, /* the child goes on towards execve */
	NATIVE_REPORT_GO,	/* from the parent: what only it could do is done */
	NATIVE_REPORT_EXECUTING /* execve comes next: silence from here on is success */
} NativeReportKind;

#define NATIVE_REPORT_TEXT 256

typedef struct {
	guint32 kind;
	guint32 step;
	gint32 number;			 /* errno, or 0 */
	char object[NATIVE_REPORT_TEXT]; /* what the step was done to */
	char detail[NATIVE_REPORT_TEXT]; /* the kernel's own words, or empty */
} NativeReport;

/* Run anywhere; async-signal-safe. */

/* Fills in what failed; the first failure stays. Always FALSE. object may be NULL. */
gboolean native_report_fail (NativeReport *report, NativeStep step, int number, const char *object);

/* fd -1: none goes with it. FALSE: the other side is gone. */
gboolean native_report_send (int socket, const NativeReport *report, int fd);
gboolean native_report_say (int socket, NativeReportKind kind);

/* Waits for GO. FALSE: the other side is gone. */
gboolean native_report_wait (int socket);

/* Run in the parent. */

/*
 * Waits for a message. ret_fd: a descriptor that came with it, or -1. kind 0 in ret: the other side
 * is gone. What comes is cut to a whole, terminated struct.
 */
gboolean native_report_receive (int socket, NativeReport *ret, int *ret_fd, GError **error);

/*
 * The same, with the number of the process that said it, as the kernel knows it: 0 if
 * native_report_identify was not called before.
 */
gboolean native_report_receive_from (int socket, NativeReport *ret, int *ret_fd, pid_t *ret_sender,
				     GError **error);

/* What is said to this end from now on comes with who said it. */
gboolean native_report_identify (int socket, GError **error);

/* Makes the error of a failed step. Always FALSE. */
gboolean native_report_to_error (const NativeReport *report, GError **error);

G_END_DECLS
