/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of system calls: which of them a kill or an error is worth trying at. */

#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof (array) / sizeof *(array))

#define CALL(name, classes)                                                                        \
	{                                                                                          \
		SYS_##name, #name, classes                                                         \
	}

#define DISK (CALL_IO | CALL_SPACE)
#define NAMES (CALL_CHANGE | CALL_IO | CALL_SPACE | CALL_MEMORY)
#define UNDO (CALL_CHANGE | CALL_IO | CALL_MEMORY)
#define NEW (CALL_MEMORY | CALL_DESCRIPTOR)
#define MOUNT (CALL_CHANGE | CALL_MEMORY | CALL_SPACE)
#define PROCESS (CALL_CHANGE | CALL_MEMORY)
#define WAITS (CALL_CHANGE | CALL_WAIT)
#define STREAM (CALL_WAIT | CALL_STREAM)

static const struct {
	long number;
	const char *name;
	unsigned classes;
} calls[] = {
	CALL (openat, CALL_CREATES | CALL_IO | NEW),
	CALL (openat2, CALL_CREATES | CALL_IO | NEW),
	CALL (read, CALL_IO | STREAM | CALL_READ),
	CALL (pread64, CALL_IO | STREAM | CALL_READ),
	CALL (readv, CALL_IO | STREAM),
	CALL (write, CALL_CHANGE | DISK | STREAM | CALL_WRITE),
	CALL (pwrite64, CALL_CHANGE | DISK | STREAM | CALL_WRITE),
	CALL (writev, CALL_CHANGE | DISK | STREAM),
	CALL (copy_file_range, CALL_CHANGE | DISK | CALL_MEMORY),
	CALL (sendfile, CALL_CHANGE | DISK | CALL_MEMORY),
	CALL (close, CALL_IO | CALL_RUNS),
	CALL (getdents64, CALL_IO | CALL_MEMORY),
	CALL (fstat, CALL_IO),
	CALL (newfstatat, CALL_IO | CALL_MEMORY),
	CALL (statx, CALL_IO | CALL_MEMORY),
	CALL (faccessat, CALL_IO | CALL_MEMORY),
	CALL (readlinkat, CALL_IO | CALL_MEMORY),
	CALL (lseek, 0),
	CALL (mkdirat, NAMES),
	CALL (mknodat, NAMES),
	CALL (symlinkat, NAMES),
	CALL (linkat, NAMES),
	CALL (renameat, NAMES),
	CALL (renameat2, NAMES),
	CALL (unlinkat, UNDO),
	CALL (fchmod, UNDO),
	CALL (fchmodat, UNDO),
	CALL (fchown, NAMES),
	CALL (fchownat, NAMES),
	CALL (utimensat, UNDO),
	CALL (setxattr, NAMES),
	CALL (lsetxattr, NAMES),
	CALL (fsetxattr, NAMES),
	CALL (truncate, NAMES),
	CALL (ftruncate, NAMES),
	CALL (fallocate, NAMES),
	CALL (fsync, CALL_CHANGE | DISK),
	CALL (fdatasync, CALL_CHANGE | DISK),
	CALL (syncfs, CALL_CHANGE | DISK),
	CALL (flock, WAITS),
	CALL (fcntl, 0),
	CALL (ioctl, CALL_CHANGE | CALL_MEMORY),
	CALL (dup, CALL_DESCRIPTOR),
	CALL (dup3, 0),
	CALL (pipe2, NEW),
	CALL (eventfd2, NEW),
	CALL (epoll_create1, NEW),
	CALL (epoll_ctl, CALL_MEMORY),
	CALL (timerfd_create, NEW),
	CALL (signalfd4, NEW),
	CALL (inotify_init1, NEW),
	CALL (inotify_add_watch, CALL_MEMORY | CALL_SPACE),
	CALL (memfd_create, NEW),
	CALL (pidfd_open, NEW),
	CALL (socket, NEW),
	CALL (socketpair, NEW),
	CALL (bind, NAMES),
	CALL (listen, CALL_CHANGE),
	CALL (connect, CALL_CHANGE | CALL_MEMORY),
	CALL (accept4, WAITS | NEW),
	CALL (sendmsg, WAITS | CALL_MEMORY),
	CALL (sendto, WAITS | CALL_MEMORY),
	CALL (recvmsg, WAITS | CALL_MEMORY),
	CALL (recvfrom, WAITS | CALL_MEMORY),
	CALL (ppoll, WAITS | CALL_MEMORY),
	CALL (pselect6, WAITS | CALL_MEMORY),
	CALL (epoll_pwait, WAITS),
	CALL (waitid, WAITS),
	CALL (wait4, WAITS),
	CALL (kill, CALL_CHANGE),
	CALL (tgkill, CALL_CHANGE),
	CALL (pidfd_send_signal, CALL_CHANGE),
	CALL (clone, PROCESS),
	CALL (clone3, PROCESS),
	CALL (execve, PROCESS | CALL_IO),
	CALL (execveat, PROCESS | CALL_IO),
	CALL (exit_group, CALL_CHANGE),
	CALL (unshare, PROCESS | CALL_SPACE),
	CALL (setns, PROCESS),
	CALL (setsid, CALL_CHANGE),
	CALL (prctl, 0),
	CALL (mmap, CALL_MEMORY),
	CALL (mprotect, CALL_MEMORY),
	CALL (munmap, 0),
	/* Tells by the break that it did not move it, and not by an error. */
	CALL (brk, 0),
	CALL (mount, MOUNT | CALL_IO),
	CALL (umount2, CALL_CHANGE | CALL_MEMORY),
	CALL (pivot_root, MOUNT),
	CALL (chroot, CALL_MEMORY),
	CALL (fsopen, NEW),
	CALL (fsconfig, CALL_MEMORY | CALL_IO),
	CALL (fsmount, MOUNT | NEW),
	CALL (move_mount, MOUNT),
	CALL (open_tree, MOUNT | NEW),
	CALL (mount_setattr, MOUNT),
	CALL (fstatfs, CALL_IO | CALL_MEMORY),
	CALL (statfs, CALL_IO | CALL_MEMORY),
	CALL (name_to_handle_at, 0),
	CALL (seccomp, CALL_MEMORY),
	CALL (bpf, CALL_CHANGE | NEW),
	CALL (sethostname, 0),
	CALL (getrandom, CALL_WAIT),
#if defined(__x86_64__)
	CALL (open, CALL_IO | NEW),
	CALL (stat, CALL_IO | CALL_MEMORY),
	CALL (lstat, CALL_IO | CALL_MEMORY),
	CALL (access, CALL_IO | CALL_MEMORY),
	CALL (readlink, CALL_IO | CALL_MEMORY),
	CALL (mkdir, NAMES),
	CALL (rmdir, UNDO),
	CALL (mknod, NAMES),
	CALL (symlink, NAMES),
	CALL (link, NAMES),
	CALL (rename, NAMES),
	CALL (unlink, UNDO),
	CALL (chmod, UNDO),
	CALL (chown, NAMES),
	CALL (fork, PROCESS),
	CALL (vfork, PROCESS),
	CALL (pipe, NEW),
	CALL (dup2, 0),
	CALL (poll, WAITS | CALL_MEMORY),
	CALL (select, WAITS | CALL_MEMORY),
	CALL (epoll_wait, WAITS),
#endif
};

static const struct {
	const char *word;
	unsigned classes;
} words[CALL_WORDS] = {
	{"change", CALL_CHANGE},
	{"space", CALL_SPACE},
	{"io", CALL_IO},
	{"memory", CALL_MEMORY},
	{"descriptor", CALL_DESCRIPTOR},
	{"wait", CALL_WAIT},
	{"all", ~0U},
};

static const struct {
	const char *word;
	int number;
	unsigned classes;
} errors[] = {
	{"ENOSPC", ENOSPC, CALL_SPACE},	 {"EIO", EIO, CALL_IO},
	{"ENOMEM", ENOMEM, CALL_MEMORY}, {"EMFILE", EMFILE, CALL_DESCRIPTOR},
	{"EINTR", EINTR, CALL_WAIT},
};

const char *
call_name (long number)
{
	for (size_t i = 0; i < COUNT (calls); i++) {
		if (calls[i].number == number)
			return calls[i].name;
	}
	return NULL;
}

long
call_number (const char *name)
{
	for (size_t i = 0; i < COUNT (calls); i++) {
		if (strcmp (calls[i].name, name) == 0)
			return calls[i].number;
	}
	return -1;
}

static int
asks_for_new_file (pid_t pid, long number, const unsigned long long arguments[6])
{
	unsigned long long flags = arguments[2];

	/* struct open_how begins with them. */
	if (number == SYS_openat2) {
		errno = 0;
		flags = (unsigned long long) ptrace (PTRACE_PEEKDATA, pid, (void *) arguments[2],
						     NULL);
		if (errno != 0)
			return 0;
	}
	return (flags & (O_CREAT | O_TRUNC)) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

/* What is read from or written to it goes on until it is done; a pipe has no disk that may fail. */
static int
is_file (pid_t pid, int fd)
{
	char path[64];
	struct stat status;

	snprintf (path, sizeof path, "/proc/%d/fd/%d", (int) pid, fd);
	return stat (path, &status) < 0 || S_ISREG (status.st_mode) || S_ISDIR (status.st_mode);
}

/* One that is told not to wait. */
static int
is_immediate (long number, const unsigned long long arguments[6])
{
	return (number == SYS_waitid && (arguments[3] & WNOHANG)) ||
	       (number == SYS_wait4 && (arguments[2] & WNOHANG)) ||
	       (number == SYS_flock && (arguments[1] & LOCK_NB));
}

unsigned
call_classes (pid_t pid, long number, const unsigned long long arguments[6])
{
	for (size_t i = 0; i < COUNT (calls); i++) {
		unsigned classes = calls[i].classes;

		if (calls[i].number != number)
			continue;
		if ((classes & CALL_CREATES) && asks_for_new_file (pid, number, arguments))
			classes |= CALL_CHANGE | CALL_SPACE;
		if (classes & CALL_STREAM)
			classes &= ~(unsigned) (is_file (pid, (int) arguments[0])
							? CALL_WAIT
							: CALL_IO | CALL_SPACE);
		if (is_immediate (number, arguments))
			classes &= ~(unsigned) CALL_WAIT;
		return classes;
	}
	return 0;
}

unsigned
call_class_parse (const char *word)
{
	for (size_t i = 0; i < COUNT (words); i++) {
		if (strcmp (words[i].word, word) == 0)
			return words[i].classes;
	}
	return 0;
}

unsigned
call_word (size_t index, const char **ret_word)
{
	if (ret_word != NULL)
		*ret_word = words[index].word;
	return words[index].classes;
}

int
call_error_parse (const char *word, unsigned *ret_classes)
{
	for (size_t i = 0; i < COUNT (errors); i++) {
		if (strcmp (errors[i].word, word) != 0)
			continue;
		*ret_classes = errors[i].classes;
		return errors[i].number;
	}
	return 0;
}
