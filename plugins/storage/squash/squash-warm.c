/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads the first files of a layer in a process that nobody waits for. */

#include "squash-warm.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOTE "first"
#define NOTE_LIMIT 4096
#define FILES_LIMIT 8
#define STACK_SIZE ((gsize) 64 * 1024)
#define BLOCK_SIZE ((gsize) 32 * 1024)

typedef struct {
	int mount_fd;
	char *const *paths;
	char *stack; /* of the second child */
} Warm;

gboolean
squash_warm_is_first (const char *name)
{
	return strcmp (name, "libc.so.6") == 0 || g_str_has_prefix (name, "ld-linux") ||
	       g_str_has_prefix (name, "ld-musl-");
}

gboolean
squash_warm_note (int stage_fd, const GPtrArray *paths, GError **error)
{
	g_autoptr (GString) text = g_string_new (NULL);
	store_autofd fd = -1;

	for (guint i = 0; i < paths->len && i < FILES_LIMIT; i++) {
		const char *path = (const char *) g_ptr_array_index (paths, i);

		if (strchr (path, '\n') == NULL && text->len + strlen (path) < NOTE_LIMIT)
			g_string_append_printf (text, "%s\n", path);
	}
	if (text->len == 0)
		return TRUE;
	fd = openat (stage_fd, NOTE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0444);
	if (fd < 0 || write (fd, text->str, text->len) != (gssize) text->len)
		return store_error_errno (error, errno, "write \"%s\"", NOTE);
	return TRUE;
}

/* With memory of its own: the engine goes on. */
static int
reader_run (void *data)
{
	const Warm *warm = (const Warm *) data;
	char block[BLOCK_SIZE];

	for (guint i = 0; warm->paths[i] != NULL; i++) {
		int fd = openat (warm->mount_fd, warm->paths[i],
				 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

		while (fd >= 0 && read (fd, block, BLOCK_SIZE) > 0)
			continue;
		if (fd >= 0)
			close (fd);
	}
	return 0;
}

/* Ends at once, so that the reader is nobody's child. */
static int
between_run (void *data)
{
	Warm *warm = (Warm *) data;

	return clone (reader_run, warm->stack + STACK_SIZE, SIGCHLD, warm) < 0;
}

static void
warm_run (Warm *warm)
{
	char *stacks = mmap (NULL, 2 * STACK_SIZE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	sigset_t every;
	sigset_t before;
	pid_t pid;

	if (stacks == MAP_FAILED)
		return;
	warm->stack = stacks + STACK_SIZE;
	/* A handler of the engine must not run in a child. */
	sigfillset (&every);
	sigprocmask (SIG_BLOCK, &every, &before);
	/* No exit signal: nobody's waitpid (-1) sees it. */
	pid = clone (between_run, stacks + STACK_SIZE, CLONE_VM | CLONE_VFORK, warm);
	while (pid > 0 && waitpid (pid, NULL, __WCLONE) < 0 && errno == EINTR)
		continue;
	sigprocmask (SIG_SETMASK, &before, NULL);
	munmap (stacks, 2 * STACK_SIZE);
}

void
squash_warm_start (Store *store, const char *chain_id, int mount_fd)
{
	g_autofree char *name = g_build_filename (chain_id, NOTE, NULL);
	g_auto (GStrv) paths = NULL;
	store_autofd fd = openat (store->layers_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char text[NOTE_LIMIT + 1];
	gssize length = fd >= 0 ? read (fd, text, NOTE_LIMIT) : -1;
	Warm warm = {.mount_fd = mount_fd};

	if (length <= 0)
		return;
	text[length] = '\0';
	paths = g_strsplit (text, "\n", FILES_LIMIT + 1);
	warm.paths = paths;
	warm_run (&warm);
}
