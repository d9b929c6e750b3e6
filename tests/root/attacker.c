/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What attacks.sh runs inside of containers: it tries what must not work, and prints what did.
 *
 *     attacker calls             each forbidden system call, with what it answers
 *     attacker swap A B          exchanges two names for ever
 *     attacker watch FILE WORD   looks at each process that comes into the pid namespace, for ever:
 *                                for the host's FILE, and for WORD of the engine's environment
 *     attacker descriptors       what is open here, and where it leads to
 *     attacker identity          the effective user
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof (array) / sizeof *(array))

typedef struct {
	const char *name;
	long number;
	unsigned long arguments[6];
} Call;

static const char nothing[64];

/* Harmless where one is allowed: most of them then answer EFAULT, EINVAL or EBADF. */
static const Call calls[] = {
	{"unshare_user", SYS_unshare, {CLONE_NEWUSER}},
	{"unshare_mount", SYS_unshare, {CLONE_NEWNS}},
	{"unshare_net", SYS_unshare, {CLONE_NEWNET}},
	{"clone3", SYS_clone3, {0, 0}},
	{"setns", SYS_setns, {999, 0}},
	{"mount", SYS_mount, {0, 0, 0, 0, 0}},
	{"umount2", SYS_umount2, {0, 0}},
	{"pivot_root", SYS_pivot_root, {0, 0}},
	{"fsopen", SYS_fsopen, {0, 0}},
	{"fsconfig", SYS_fsconfig, {999, 0, 0, 0, 0}},
	{"fsmount", SYS_fsmount, {999, 0, 0}},
	{"fspick", SYS_fspick, {999, 0, 0}},
	{"open_tree", SYS_open_tree, {999, 0, 0}},
	{"move_mount", SYS_move_mount, {999, 0, 999, 0, 0}},
	{"mount_setattr", SYS_mount_setattr, {999, 0, 0, 0, 0}},
	{"io_uring_setup", SYS_io_uring_setup, {1, 0}},
	{"io_uring_enter", SYS_io_uring_enter, {999, 0, 0, 0, 0, 0}},
	{"io_uring_register", SYS_io_uring_register, {999, 0, 0, 0}},
	{"keyctl", SYS_keyctl, {KEYCTL_GET_KEYRING_ID, (unsigned long) KEY_SPEC_SESSION_KEYRING}},
	{"add_key", SYS_add_key, {0, 0, 0, 0, 0}},
	{"request_key", SYS_request_key, {0, 0, 0, 0}},
	{"personality_readexec", SYS_personality, {0x0400000}},
	{"bpf", SYS_bpf, {0, 0, 0}},
	{"userfaultfd", SYS_userfaultfd, {0x10000}},
	{"perf_event_open", SYS_perf_event_open, {0, 0, 0, 0, 0}},
	{"process_vm_readv", SYS_process_vm_readv, {1, 0, 0, 0, 0, 0}},
	{"process_vm_writev", SYS_process_vm_writev, {1, 0, 0, 0, 0, 0}},
	{"kcmp", SYS_kcmp, {1, 1, 0, 0, 0}},
	{"pidfd_getfd", SYS_pidfd_getfd, {999, 0, 0}},
	{"open_by_handle_at", SYS_open_by_handle_at, {999, 0, 0}},
	{"fanotify_init", SYS_fanotify_init, {0, 0}},
	{"kexec_load", SYS_kexec_load, {0, 1, 0, 0}},
	{"init_module", SYS_init_module, {0, 0, 0}},
	{"finit_module", SYS_finit_module, {999, 0, 0}},
	{"delete_module", SYS_delete_module, {0, 0}},
	{"reboot", SYS_reboot, {0, 0, 0, 0}},
	{"swapon", SYS_swapon, {0, 0}},
	{"acct", SYS_acct, {(unsigned long) nothing}},
	{"syslog", SYS_syslog, {10, 0, 0}},
	{"settimeofday", SYS_settimeofday, {1, 0}},
	{"quotactl", SYS_quotactl, {0, 0, 0, 0}},
	{"vhangup", SYS_vhangup, {0}},
	{"ioctl_TIOCSTI", SYS_ioctl, {999, 0x5412, 0}},
	{"ioctl_TIOCSTI_high", SYS_ioctl, {999, 0x5412UL | (1UL << 32), 0}},
	{"ioctl_TIOCLINUX", SYS_ioctl, {999, 0x541c, 0}},
	{"socket_alg", SYS_socket, {38, SOCK_SEQPACKET, 0}},
	{"socket_vsock", SYS_socket, {40, SOCK_STREAM, 0}},
	{"socket_key", SYS_socket, {15, SOCK_RAW, 2}},
	{"socket_rds", SYS_socket, {21, SOCK_SEQPACKET, 0}},
	{"socket_tipc", SYS_socket, {30, SOCK_SEQPACKET, 0}},
	{"socket_packet", SYS_socket, {17, SOCK_RAW, 0}},
#if defined(__x86_64__)
	{"iopl", SYS_iopl, {3}},
	{"ioperm", SYS_ioperm, {0, 1, 1}},
	{"modify_ldt", SYS_modify_ldt, {0, 0, 0}},
	{"x32_getpid", 0x40000000L | SYS_getpid, {0}},
#endif
};

static void
call_print (const char *name, long result)
{
	if (result >= 0)
		printf ("%s allowed\n", name);
	else
		printf ("%s %s\n", name, strerrorname_np ((int) -result));
}

/* In a child: an answer may be the end of the process, and a success another namespace. */
static long
in_child (long (*run) (const void *data), const void *data)
{
	int status = 0;
	pid_t pid = fork ();

	if (pid == 0)
		_exit ((int) -run (data) & 0xff);
	waitpid (pid, &status, 0);
	if (WIFSIGNALED (status))
		return -ESRCH;
	return -WEXITSTATUS (status);
}

static long
call_run (const void *data)
{
	const Call *call = (const Call *) data;
	const unsigned long *with = call->arguments;

	return syscall (call->number, with[0], with[1], with[2], with[3], with[4], with[5]) < 0
		       ? -errno
		       : 0;
}

#if defined(__x86_64__)
static long
call_int80 (const void *data)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(*(const long *) data), "b"(CLONE_NEWUSER), "c"(0L), "d"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int) result < 0 ? (int) result : 0;
}
#endif

static int
try_calls (void)
{
	char stack[4096];
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, size, tls;
	} arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	const Call clone3_user = {"", SYS_clone3, {(unsigned long) &arguments, sizeof arguments}};
	const Call clone_user = {"",
				 SYS_clone,
				 {CLONE_NEWUSER | SIGCHLD, (unsigned long) (stack + sizeof stack)}};

	for (size_t i = 0; i < COUNT (calls); i++)
		call_print (calls[i].name, in_child (call_run, &calls[i]));
	(void) stack;
	call_print ("clone_user", in_child (call_run, &clone_user));
	call_print ("clone3_user", in_child (call_run, &clone3_user));
#if defined(__x86_64__)
	call_print ("int80_unshare_user", in_child (call_int80, &(long){310}));
	call_print ("int80_keyctl", in_child (call_int80, &(long){288}));
#endif
	return 0;
}

static int
swap (const char *first, const char *second)
{
	while (renameat2 (AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE) == 0)
		continue;
	return 1;
}

static int
print_descriptors (void)
{
	DIR *directory = opendir ("/proc/self/fd");
	const struct dirent *entry;

	if (directory == NULL)
		return 1;
	while ((entry = readdir (directory)) != NULL) {
		char target[PATH_MAX] = "";

		if (entry->d_name[0] == '.' ||
		    strtol (entry->d_name, NULL, 10) == dirfd (directory))
			continue;
		if (readlinkat (dirfd (directory), entry->d_name, target, sizeof target - 1) < 0)
			return 1;
		printf ("%s %s\n", entry->d_name, target);
	}
	closedir (directory);
	return 0;
}

/* The permitted capabilities of a process, or 0. */
static unsigned long long
capabilities_of (const char *who)
{
	unsigned long long permitted = 0;
	char path[64], line[256];
	FILE *file;

	snprintf (path, sizeof path, "/proc/%s/status", who);
	file = fopen (path, "re");
	while (file != NULL && fgets (line, sizeof line, file) != NULL)
		if (sscanf (line, "CapPrm: %llx", &permitted) == 1)
			break;
	if (file != NULL)
		fclose (file);
	return permitted;
}

static void
look_at_host (int pid, const char *canary)
{
	char path[PATH_MAX], target[PATH_MAX] = "";

	snprintf (path, sizeof path, "/proc/%d/root%s", pid, canary);
	if (access (path, F_OK) == 0)
		printf ("root of the host\n");
	snprintf (path, sizeof path, "/proc/%d/cwd%s", pid, canary);
	if (access (path, F_OK) == 0)
		printf ("directory of the host\n");
	for (int fd = 0; fd < 12; fd++) {
		snprintf (path, sizeof path, "/proc/%d/fd/%d%s", pid, fd, canary);
		if (access (path, F_OK) == 0)
			printf ("descriptor of the host\n");
	}
	snprintf (path, sizeof path, "/proc/%d/exe", pid);
	if (readlink (path, target, sizeof target - 1) > 0 && strstr (target, "/davit") != NULL &&
	    open (path, O_RDONLY | O_CLOEXEC) >= 0)
		printf ("program of the host\n");
}

/* Whether word lies in a part of the memory that is open as fd. */
static int
part_has (int fd, unsigned long start, unsigned long end, const char *word)
{
	static char buffer[1024 * 1024];

	while (start < end) {
		size_t length = end - start < sizeof buffer ? end - start : sizeof buffer;
		ssize_t got = pread (fd, buffer, length, (off_t) start);

		if (got <= 0)
			return 0;
		if (memmem (buffer, (size_t) got, word, strlen (word)) != NULL)
			return 1;
		start += (unsigned long) got;
	}
	return 0;
}

static int
memory_has (int pid, int fd, const char *word)
{
	unsigned long start, end;
	char path[64], line[512], permissions[8];
	int found = 0;
	FILE *maps;

	snprintf (path, sizeof path, "/proc/%d/maps", pid);
	maps = fopen (path, "re");
	while (maps != NULL && !found && fgets (line, sizeof line, maps) != NULL)
		if (sscanf (line, "%lx-%lx %7s", &start, &end, permissions) == 3 &&
		    permissions[1] == 'w')
			found = part_has (fd, start, end, word);
	if (maps != NULL)
		fclose (maps);
	return found;
}

/* Capabilities over a user namespace of its own are none over us. */
static int
is_in_our_user_namespace (int pid)
{
	struct stat ours, theirs;
	char path[64];

	snprintf (path, sizeof path, "/proc/%d/ns/user", pid);
	return stat ("/proc/self/ns/user", &ours) == 0 && stat (path, &theirs) == 0 &&
	       ours.st_ino == theirs.st_ino;
}

/* Its memory is ours to write, and it may more than we; or ours to read. */
static void
look_at_memory (int pid, unsigned long long own, const char *word)
{
	char path[64], name[16];
	int fd;

	snprintf (path, sizeof path, "/proc/%d/mem", pid);
	snprintf (name, sizeof name, "%d", pid);
	fd = open (path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if ((capabilities_of (name) & ~own) && is_in_our_user_namespace (pid))
		printf ("memory of a process with more capabilities\n");
	if (memory_has (pid, fd, word))
		printf ("memory of the engine\n");
	close (fd);
}

/* Until it is killed. */
static void
watch (const char *canary, const char *word)
{
	unsigned long long own = capabilities_of ("self");
	int last = getpid ();

	printf ("watching\n");
	for (;;) {
		for (int pid = last + 1; pid <= last + 4; pid++) {
			char path[64];

			look_at_host (pid, canary);
			look_at_memory (pid, own, word);
			snprintf (path, sizeof path, "/proc/%d/stat", pid);
			/* Once gone it does not come back. */
			if (access (path, F_OK) == 0 && pid > last + 2)
				last = pid - 2;
		}
	}
}

int
main (int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	setvbuf (stdout, NULL, _IOLBF, 0);
	if (strcmp (what, "calls") == 0)
		return try_calls ();
	if (strcmp (what, "descriptors") == 0)
		return print_descriptors ();
	if (strcmp (what, "swap") == 0 && argc == 4)
		return swap (argv[2], argv[3]);
	if (strcmp (what, "watch") == 0 && argc == 4)
		watch (argv[2], argv[3]);
	if (strcmp (what, "look") == 0 && argc == 4) {
		look_at_host ((int) strtol (argv[2], NULL, 10), argv[3]);
		return 0;
	}
	if (strcmp (what, "identity") == 0)
		return printf ("%u\n", (unsigned) geteuid ()) < 0;
	fprintf (stderr, "attacker: calls, swap, watch, look, descriptors or identity\n");
	return 2;
}
