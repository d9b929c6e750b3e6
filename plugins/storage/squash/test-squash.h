/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tests of the driver squash share. */

#pragma once

#include "test-storage.h"

/* Makes layer number n with "file" in it. */
void test_squash_layer (TestStore *store, guint number);

/* Of the file of a layer, relative to the state directory; free with g_free. */
char *test_squash_path (guint number);
int test_squash_file (TestStore *store, guint number, int flags);

/* The loop devices that show files of this store. */
guint test_squash_loops (TestStore *store);
/* Those of them whose blocks are of so many bytes. */
guint test_squash_loops_of (TestStore *store, const char *block);

/* The programs that serve files of this store; the last one's number to *ret_pid, may be NULL. */
guint test_squash_servers (TestStore *store, pid_t *ret_pid);

/* They end by themselves, a moment after the last user: waits for that. */
void test_squash_servers_end (TestStore *store);

/* Puts a shell script into the way of a program, for as long as PATH is as it is then. */
void test_squash_program (TestStore *store, const char *name, const char *script);
