/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tests of whole lives share: connected streams, and looking at what is left. */

#pragma once

#include "container/test-container-support.h"

G_BEGIN_DECLS

#define TEST_WAIT_MSEC 20000

/* Traps SIGTERM and says so, or ignores it. */
#define TEST_POLITE                                                                                \
	"[\"sh\", \"-c\", \"trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.1; done\"]"
#define TEST_STUBBORN "[\"sh\", \"-c\", \"trap '' TERM; echo up; while :; do sleep 0.1; done\"]"
#define TEST_SLEEPER "[\"sleep\", \"1000\"]"

/**
 * TestOutput: what a container writes while we are connected.
 */
typedef struct {
	int out;
	int err;
	DavitContainerStart start;
} TestOutput;

void test_output_init (TestOutput *output);
void test_assert_text (int fd, const char *expected);
void test_output_clear (TestOutput *output);
gboolean test_exists_below (int dirfd, const char *name);
gboolean test_rootfs_exists (TestEngine *test, const char *id);
void test_assert_gone (TestEngine *test, const char *id, const char *name);
void test_assert_state (TestEngine *test, const char *name, DavitStatus status, int exit_status);
void test_wait_gone (int dirfd, const char *name);
void test_start_detached (TestEngine *test, const char *name);
void test_wait_up (TestEngine *test, const char *name);
int test_wait_status (TestEngine *test, const char *name);
void test_assert_clean (TestEngine *test);

/* As test_engine_add; at the end it waits for every monitor, which may still be cleaning up. */
void test_life_add (const char *path, void (*function) (TestEngine *, gconstpointer));

/* What the monitor runs: the options of an engine, "cleanup" and an id. */
int test_life_cleanup_main (int argc, char **argv);

G_END_DECLS
