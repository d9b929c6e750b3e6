/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Real monitors over real processes, for the tests of this layer. */

#pragma once

#include "monitor/launch.h"

G_BEGIN_DECLS

/**
 * TestMonitor: a run directory, which holds the log too, and the monitor that serves there.
 */
typedef struct {
	char *directory;
	int dirfd;
	pid_t pid; /* of the monitor */
	pid_t container_pid;
	int client_fd; /* the first client's end, or -1 */
} TestMonitor;

/**
 * TestContainer: what runs in it. launch: what the monitor is told besides descriptors.
 */
typedef struct {
	const char *script; /* for sh */
	gboolean terminal;
	gboolean input;	 /* has a standard input */
	gboolean client; /* is started with a client */
	gboolean no_log;
	DavitMonitorLaunch launch;
} TestContainer;

void test_container_init (TestContainer *container, const char *script);

/* A temporary directory, and later all that became of it. */
void test_monitor_init (TestMonitor *monitor);
void test_monitor_start (TestMonitor *monitor, const TestContainer *container);
/* Waits for the monitor, and for on_exit; returns its exit status. */
int test_monitor_join (TestMonitor *monitor);
void test_monitor_clear (TestMonitor *monitor);

/* The contents of a file in the run directory, or NULL. Free with g_free. */
char *test_monitor_read (const TestMonitor *monitor, const char *name);
/* What the container wrote, taken from the text of a log: "o:" or "e:" before each record. */
char *test_log_texts (const char *log);
/* Reads until text has come, and fails the test after ten seconds. Free with g_free. */
char *test_read_until (int fd, const char *text);
/* A pseudo terminal. */
void test_terminal_open (int *ret_master, int *ret_slave);
/* Waits until the file is there. */
void test_wait_for_file (const TestMonitor *monitor, const char *name);

G_END_DECLS
