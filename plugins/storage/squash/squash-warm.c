/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads the first files of a layer in a process that nobody waits for. */

#include "squash-warm.h"

#include "store-child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define NOTE "first"
#define NOTE_LIMIT 4096
#define FILES_LIMIT 8
#define BLOCK_SIZE ((gsize) 32 * 1024)

/* A file that calls itself the C library may be as long as it likes: nobody waits for the end. */
#define READ_LIMIT ((gsize) 16 * 1024 * 1024)

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

/*
 * With memory of its own: the engine goes on. And without what the engine has open: who waits for
 * the end of its output, or for a lock, must not wait for this.
 */
static int
reader_run (void *data)
{
	const Warm *warm = (const Warm *) data;
	guint mount = (guint) warm->mount_fd;
	gsize rest = READ_LIMIT;
	char block[BLOCK_SIZE];

	if (mount > 0)
		close_range (0, mount - 1, 0);
	close_range (mount + 1, ~0u, 0);
	for (guint i = 0; warm->paths[i] != NULL; i++) {
		int fd = openat (warm->mount_fd, warm->paths[i],
				 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		gssize got = 1;

		while (fd >= 0 && got > 0 && rest >= BLOCK_SIZE) {
			got = read (fd, block, BLOCK_SIZE);
			rest -= BLOCK_SIZE;
		}
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

	return clone (reader_run, warm->stack + STORE_CHILD_STACK, SIGCHLD, warm) < 0;
}

static void
warm_run (Warm *warm)
{
	warm->stack = store_child_stack_new (NULL);
	if (warm->stack == NULL)
		return;
	store_child_run (between_run, warm, NULL);
	store_child_stack_free (warm->stack);
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
