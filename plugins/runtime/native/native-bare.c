/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A process that is cloned and not executed has a copy of all that its maker had in memory: of the
 * engine that is the caller's environment, other containers' settings, whatever it has read. A
 * container that may trace reads it from /proc/PID/mem as soon as the process has a number in its
 * pid namespace, however soon after the process would wipe it. So it is wiped by the clone itself
 * (MADV_WIPEONFORK), and what is needed lies apart.
 *
 * What stays are the libraries, with the little that they keep in their own data, and the thread's
 * own block of the C library. Their files can't be got at: /proc/PID/map_files asks for
 * CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE.
 *
 * A small program of our own, executed from a sealed memory file, would do the same at the price of
 * an execve and of passing all the settings on once more.
 */

#include "native-bare.h"

#include "native-self.h"
#include "runtime-error.h"
#include "runtime-syscall.h"

#include <link.h>
#include <string.h>
#include <sys/mman.h>

#define STACK_SIZE ((gsize) 256 * 1024)
#define KEPT_MAX 256
/* The C library's block of the thread, with errno in it, and the like of it around. */
#define THREAD_BLOCK ((gsize) 16 * 1024)

typedef struct _NativeBareRange {
	gsize start;
	gsize end;
} Range;

static gsize
page_size (void)
{
	return (gsize) sysconf (_SC_PAGESIZE);
}

static void
range_keep (NativeBare *bare, gsize start, gsize end)
{
	gsize page = page_size ();

	if (start >= end || bare->n_kept == KEPT_MAX)
		return;
	bare->kept[bare->n_kept].start = start & ~(page - 1);
	bare->kept[bare->n_kept].end = (end + page - 1) & ~(page - 1);
	bare->n_kept++;
}

/* A library's data without a file (.bss) looks in /proc/PID/maps as any other memory does. */
static int
object_keep (struct dl_phdr_info *information, size_t size, void *data)
{
	gsize start = G_MAXSIZE;
	gsize end = 0;

	for (guint i = 0; i < information->dlpi_phnum; i++) {
		const ElfW (Phdr) *header = &information->dlpi_phdr[i];

		if (header->p_type != PT_LOAD)
			continue;
		start = MIN (start, information->dlpi_addr + header->p_vaddr);
		end = MAX (end, information->dlpi_addr + header->p_vaddr + header->p_memsz);
	}
	range_keep ((NativeBare *) data, start, end);
	return 0;
}

gboolean
native_bare_init (NativeBare *bare, gsize capacity, GError **error)
{
	gsize page = page_size ();
	gsize errno_at = (gsize) &errno;
	void *arena;

	memset (bare, 0, sizeof *bare);
	bare->capacity = native_bare_room (KEPT_MAX * sizeof (Range)) + capacity;
	bare->size = ((bare->capacity + page - 1) & ~(page - 1)) + STACK_SIZE;
	arena = mmap (NULL, bare->size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (arena == MAP_FAILED)
		return runtime_error_set (error, errno, "get memory for the first process");
	bare->arena = (guint8 *) arena;
	bare->kept = native_bare_add (bare, NULL, KEPT_MAX * sizeof (Range));
	range_keep (bare, (gsize) arena, (gsize) arena + bare->size);
	range_keep (bare, errno_at - THREAD_BLOCK, errno_at + THREAD_BLOCK);
	dl_iterate_phdr (object_keep, bare);
	return TRUE;
}

void
native_bare_clear (NativeBare *bare)
{
	if (bare->arena != NULL)
		munmap (bare->arena, bare->size);
	memset (bare, 0, sizeof *bare);
}

gsize
native_bare_room (gsize length)
{
	return (length + 15) & ~(gsize) 15;
}

gsize
native_bare_room_strings (const char *const *strings)
{
	gsize room = 0;
	gsize i = 0;

	for (; strings[i] != NULL; i++)
		room += native_bare_room (strlen (strings[i]) + 1);
	return room + native_bare_room ((i + 1) * sizeof (char *));
}

gpointer
native_bare_add (NativeBare *bare, gconstpointer data, gsize length)
{
	guint8 *at = bare->arena + bare->used;

	g_assert (native_bare_room (length) <= bare->capacity - bare->used);
	bare->used += native_bare_room (length);
	if (data != NULL)
		memcpy (at, data, length);
	return at;
}

char *
native_bare_add_string (NativeBare *bare, const char *string)
{
	return (char *) native_bare_add (bare, string, strlen (string) + 1);
}

const char **
native_bare_add_strings (NativeBare *bare, const char *const *strings)
{
	gsize length = g_strv_length ((char **) strings);
	const char **copy = native_bare_add (bare, NULL, (length + 1) * sizeof *copy);

	for (gsize i = 0; i < length; i++)
		copy[i] = native_bare_add_string (bare, strings[i]);
	return copy;
}

/* The end of what is kept at start, or start; *ret_next: where the next begins, at most end. */
static gsize
kept_end (const NativeBare *bare, gsize start, gsize end, gsize *ret_next)
{
	gsize result = start;

	*ret_next = end;
	for (guint i = 0; i < bare->n_kept; i++) {
		const Range *range = &bare->kept[i];

		if (range->start <= start && range->end > start)
			result = MAX (result, range->end);
		else if (range->start > start)
			*ret_next = MIN (*ret_next, range->start);
	}
	return result;
}

static int
range_advise (const NativeBare *bare, gsize start, gsize end, int advice)
{
	while (start < end) {
		gsize next = end;
		gsize behind = kept_end (bare, start, end, &next);

		if (behind > start) {
			start = behind;
			continue;
		}
		if (madvise (GSIZE_TO_POINTER (start), next - start, advice) < 0)
			return -errno;
		start = next;
	}
	return 0;
}

static const char *
hex_read (const char *text, gsize *ret)
{
	*ret = 0;
	for (; g_ascii_isxdigit (*text); text++)
		*ret = *ret * 16 + (gsize) g_ascii_xdigit_value (*text);
	return text;
}

static const char *
field_skip (const char *text)
{
	text += strcspn (text, " ");
	return text + strspn (text, " ");
}

/* "start-end rw-p offset dev inode path". 0 or -errno. */
static int
line_forget (const NativeBare *bare, const char *line)
{
	const char *permissions;
	const char *inode;
	gsize start;
	gsize end;

	line = hex_read (line, &start);
	if (*line != '-')
		return -EPROTO;
	permissions = field_skip (hex_read (line + 1, &end));
	if (strlen (permissions) < 4)
		return -EPROTO;
	/* Nothing that is shared is of any use there. */
	if (permissions[3] == 's')
		return range_advise (bare, start, end, MADV_DONTFORK);
	inode = field_skip (field_skip (field_skip (permissions)));
	/* [vdso], [vvar] and [vsyscall] are the kernel's. */
	if (*inode != '0' || strncmp (field_skip (inode), "[v", 2) == 0)
		return 0;
	return range_advise (bare, start, end, MADV_WIPEONFORK);
}

int
native_bare_forget (const NativeBare *bare, int proc_fd)
{
	char buffer[4096];
	char line[160];
	gsize length = 0;
	ssize_t got = 1;
	int status = 0;
	int fd;

	if (!NATIVE_SELF_CAN_LEAVE)
		return 0;
	fd = runtime_openat2 (proc_fd, "self/maps", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_NO_XDEV);
	if (fd < 0)
		return fd;
	while (status == 0 && got > 0) {
		got = read (fd, buffer, sizeof buffer);
		status = got < 0 ? -errno : 0;
		for (ssize_t i = 0; i < got && status == 0; i++) {
			/* Of a path only the beginning counts. */
			if (buffer[i] != '\n' && length < sizeof line - 1)
				line[length++] = buffer[i];
			if (buffer[i] != '\n')
				continue;
			line[length] = '\0';
			length = 0;
			status = line_forget (bare, line);
		}
	}
	close (fd);
	return status;
}

#if !NATIVE_SELF_CAN_LEAVE
/* As fork does it: a sanitizer knows only the stack that there is. */
static pid_t
clone_like_fork (int flags, int *pidfd)
{
#if defined(__s390__)
	return (pid_t) syscall (SYS_clone, NULL, flags, pidfd, NULL, NULL);
#else
	return (pid_t) syscall (SYS_clone, flags, NULL, pidfd, NULL, NULL);
#endif
}
#endif

pid_t
native_bare_clone (const NativeBare *bare, int flags, int (*run) (gpointer data), gpointer data,
		   int *ret_pidfd)
{
	pid_t pid;

#if NATIVE_SELF_CAN_LEAVE
	pid = clone (run, bare->arena + bare->size, flags, data, ret_pidfd, NULL, NULL);
#else
	pid = clone_like_fork (flags, ret_pidfd);
	if (pid == 0)
		_exit (run (data));
#endif
	/* The kernel may have written a number there before it failed. */
	if (pid < 0)
		*ret_pidfd = -1;
	return pid;
}

gboolean
native_bare_explain (NativeReport *report, int number)
{
	static const char filter[] = "the seccomp filter must allow clone";
	static const char ended[] = "the pid namespace has ended, or memory is short";

	native_report_fail (report, NATIVE_STEP_CLONE_PROGRAM, number, NULL);
	if (number == EPERM || number == ENOSYS || number == EACCES)
		memcpy (report->detail, filter, sizeof filter);
	else if (number == ENOMEM)
		memcpy (report->detail, ended, sizeof ended);
	return FALSE;
}
