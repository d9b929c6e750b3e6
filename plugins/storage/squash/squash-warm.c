/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads the first files of layers, and keeps their mounts, in a process that nobody waits for. */

#include "squash-warm.h"

#include "store-child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define NOTE "first"
#define NOTE_LIMIT 4096
#define FILES_LIMIT 16
/* Longer than that nobody waits for a disk to be free. */
#define KEEP_LIMIT_MSEC 3600000
#define BLOCK_SIZE ((gsize) 32 * 1024)

/* A file that calls itself the C library may be as long as it likes: nobody waits for the end. */
#define READ_LIMIT ((gsize) 16 * 1024 * 1024)

/**
 * Fresh: a mount that nobody had.
 */
typedef struct {
	int fd;
	char **paths; /* of the files to read, or empty */
} Fresh;

typedef struct {
	GPtrArray *mounts; /* Fresh, in the order of their descriptors */
	int keep_msec;
	char *stack; /* of the second child */
} Warm;

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

static void
fresh_free (gpointer data)
{
	Fresh *fresh = (Fresh *) data;

	store_fd_close (&fresh->fd);
	g_strfreev (fresh->paths);
	g_free (fresh);
}

/* What the engine has open goes: who waits for its output, or a lock, must not wait for us. */
static void
reader_close (const GPtrArray *mounts)
{
	guint from = 0;

	for (guint i = 0; i < mounts->len; i++) {
		guint fd = (guint) ((const Fresh *) mounts->pdata[i])->fd;

		if (fd > from)
			close_range (from, fd - 1, 0);
		from = fd + 1;
	}
	close_range (from, ~0u, 0);
}

static void
reader_read (const Fresh *fresh)
{
	gsize rest = READ_LIMIT;
	char block[BLOCK_SIZE];

	for (guint i = 0; fresh->paths[i] != NULL; i++) {
		int fd = openat (fresh->fd, fresh->paths[i],
				 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		gssize got = 1;

		while (fd >= 0 && got > 0 && rest >= BLOCK_SIZE) {
			got = read (fd, block, BLOCK_SIZE);
			rest -= BLOCK_SIZE;
		}
		if (fd >= 0)
			close (fd);
	}
}

/* With memory of its own: the engine goes on. */
static int
reader_run (void *data)
{
	const Warm *warm = (const Warm *) data;
	sigset_t none;

	reader_close (warm->mounts);
	for (int i = 1; i < NSIG; i++)
		signal (i, SIG_DFL);
	sigemptyset (&none);
	sigprocmask (SIG_SETMASK, &none, NULL);
	/* No signal of the terminal is meant for it, and no directory is kept by it. */
	setsid ();
	if (chdir ("/") < 0)
		return 1;
	for (guint i = 0; i < warm->mounts->len; i++)
		reader_read ((const Fresh *) warm->mounts->pdata[i]);
	poll (NULL, 0, warm->keep_msec);
	return 0;
}

/* Ends at once, so that the reader is nobody's child. */
static int
between_run (void *data)
{
	Warm *warm = (Warm *) data;

	return clone (reader_run, warm->stack + STORE_CHILD_STACK, SIGCHLD, warm) < 0;
}

static char **
note_read (const Store *store, const char *chain_id)
{
	g_autofree char *name = g_build_filename (chain_id, NOTE, NULL);
	store_autofd fd = openat (store->layers_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char text[NOTE_LIMIT + 1];
	gssize length = fd >= 0 ? read (fd, text, NOTE_LIMIT) : -1;

	text[MAX (length, 0)] = '\0';
	return g_strsplit (text, "\n", FILES_LIMIT + 1);
}

void
squash_warm_add (Store *store, const char *chain_id, int mount_fd)
{
	Fresh *fresh;
	int fd = fcntl (mount_fd, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return;
	if (store->fresh == NULL)
		store->fresh = g_ptr_array_new_with_free_func (fresh_free);
	fresh = g_new0 (Fresh, 1);
	fresh->fd = fd;
	fresh->paths = note_read (store, chain_id);
	g_ptr_array_add (store->fresh, fresh);
}

void
squash_warm_drop (Store *store)
{
	g_clear_pointer (&store->fresh, g_ptr_array_unref);
}

static int
fresh_compare (gconstpointer first, gconstpointer second)
{
	return (*(const Fresh *const *) first)->fd - (*(const Fresh *const *) second)->fd;
}

/* Of what is not to be kept only that which is to be read. */
static void
fresh_choose (GPtrArray *mounts, gboolean keep)
{
	for (guint i = mounts->len; !keep && i > 0; i--) {
		if (((const Fresh *) mounts->pdata[i - 1])->paths[0] == NULL)
			g_ptr_array_remove_index (mounts, i - 1);
	}
	g_ptr_array_sort (mounts, fresh_compare);
}

void
squash_warm_start (Store *store)
{
	gint64 keep = store->host->option_integer (store->host, SQUASH_OPTION_KEEP);
	Warm warm = {
		.mounts = store->fresh,
		.keep_msec = (int) CLAMP (keep, 0, KEEP_LIMIT_MSEC),
	};

	if (store->fresh == NULL)
		return;
	fresh_choose (store->fresh, keep > 0);
	if (store->fresh->len == 0)
		return;
	warm.stack = store_child_stack_new (NULL);
	if (warm.stack != NULL) {
		store_child_run (between_run, &warm, NULL);
		store_child_stack_free (warm.stack);
	}
	squash_warm_drop (store);
}
