/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-squash.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define END_MSEC 20000

void
test_squash_layer (TestStore *store, guint number)
{
	davit_autofd fd = test_layer_begin (store, number, NULL);

	test_write (fd, "file", "content");
	test_layer_commit (store, number);
}

char *
test_squash_path (guint number)
{
	return g_build_filename ("layers", test_chain_id (number), "layer.sqfs", NULL);
}

int
test_squash_file (TestStore *store, guint number, int flags)
{
	g_autofree char *path = test_squash_path (number);
	int fd = openat (store->state_fd, path, flags | O_CLOEXEC);

	g_assert_cmpint (fd, >=, 0);
	return fd;
}

guint
test_squash_loops (TestStore *store)
{
	return test_squash_loops_of (store, NULL);
}

guint
test_squash_loops_of (TestStore *store, const char *block)
{
	g_autoptr (GPtrArray) names = NULL;
	davit_autofd fd = open ("/sys/block", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	guint count = 0;

	g_assert_true (davit_path_list (fd, &names, NULL));
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) g_ptr_array_index (names, i);
		g_autofree char *path =
			g_build_filename ("/sys/block", name, "loop/backing_file", NULL);
		g_autofree char *size =
			g_build_filename ("/sys/block", name, "queue/logical_block_size", NULL);
		g_autofree char *text = NULL;
		g_autofree char *number = NULL;

		if (g_file_get_contents (path, &text, NULL, NULL) &&
		    g_file_get_contents (size, &number, NULL, NULL) &&
		    g_str_has_prefix (text, store->directory) &&
		    (block == NULL || strcmp (g_strchomp (number), block) == 0))
			count++;
	}
	return count;
}

guint
test_squash_servers (TestStore *store, pid_t *ret_pid)
{
	g_autoptr (GPtrArray) names = NULL;
	davit_autofd fd = open ("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	guint count = 0;

	g_assert_true (davit_path_list (fd, &names, NULL));
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) g_ptr_array_index (names, i);
		g_autofree char *link = g_build_filename (name, "fd/4", NULL);
		g_autofree char *comm = g_build_filename ("/proc", name, "comm", NULL);
		g_autofree char *text = NULL;
		char target[PATH_MAX] = "";

		if (!g_ascii_isdigit (name[0]) ||
		    readlinkat (fd, link, target, sizeof target - 1) <= 0 ||
		    !g_str_has_prefix (target, store->directory) ||
		    !g_file_get_contents (comm, &text, NULL, NULL) ||
		    strcmp (text, "squashfuse_ll\n") != 0)
			continue;
		count++;
		if (ret_pid != NULL)
			*ret_pid = (pid_t) g_ascii_strtoll (name, NULL, 10);
	}
	return count;
}

void
test_squash_servers_end (TestStore *store)
{
	pid_t pid = 0;

	while (test_squash_servers (store, &pid) > 0) {
		davit_autofd process = (int) syscall (SYS_pidfd_open, pid, 0);
		struct pollfd poll_fd = {.fd = process, .events = POLLIN};

		/* Without one it has ended in between. */
		if (process >= 0)
			g_assert_cmpint (poll (&poll_fd, 1, END_MSEC), ==, 1);
	}
}

void
test_squash_program (TestStore *store, const char *name, const char *script)
{
	g_autofree char *directory = g_build_filename (store->directory, "bin", NULL);
	g_autofree char *path = g_build_filename (directory, name, NULL);
	g_autofree char *text = g_strdup_printf ("#!/bin/sh\n%s\n", script);
	g_autofree char *list = g_strconcat (directory, ":/usr/bin:/bin", NULL);

	/* Programs that serve are nobody in particular. */
	g_assert_cmpint (chmod (store->directory, 0711), ==, 0);
	g_assert_true (mkdir (directory, 0755) == 0 || errno == EEXIST);
	g_assert_true (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT,
						 0755, NULL));
	g_setenv ("PATH", list, TRUE);
}
