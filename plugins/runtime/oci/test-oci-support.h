/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runtimes that are no runtimes: shell scripts that do what a test says. */

#pragma once

#include "config/config.h"
#include "driver/runtime-driver.h"

G_BEGIN_DECLS

#define TEST_ID "test-oci-container"

/**
 * World: an engine with one external runtime, called fake.
 */
typedef struct {
	char *directory;
	int dirfd; /* the container's */
	int bundle_dirfd;
	DavitPaths *paths;
	DavitConfig *config;
	DavitDrivers *drivers;
	DavitRuntime *runtime;
	DavitResult *result;
	int pidfd;
} World;

/*
 * create, start, ...: what the fake does for these verbs, in the language of sh, where $pid_file,
 * $bundle, $socket, $process, $log, $state and $id have the arguments. NULL: like a good one.
 */
typedef struct {
	const char *create;
	const char *start;
	const char *delete_;
	const char *exec;
	const char *checkpoint;
	const char *restore;
	const char *help;    /* of any verb, which stands in $help, or of all */
	const char *other;   /* any other verb, which stands in $verb; NULL: succeeds */
	const char *version; /* what it prints for --version */
	const char *option;  /* a setting, such as "runtime.oci.timeout=300ms" */
	const char *config;  /* of the bundle; NULL: a usual one */
} Fake;

World *test_world_new (const Fake *fake);
/* Deletes the container and checks that nothing at all is left. */
void test_world_free (World *world);

DavitRuntimeContainer test_container (const World *world);
gboolean test_create (World *world, GError **error);
void test_create_good (World *world);
/*
 * With an images directory and a work directory below the world's; frozen as in DavitDumpRequest,
 * and data its.
 */
gboolean test_checkpoint (World *world, guint32 flags,
			  gboolean (*frozen) (gpointer data, GError **error), gpointer data,
			  GError **error);
gboolean test_restore (World *world, guint32 flags, GError **error);
gboolean test_exec (World *world, const char *process, int *ret_pidfd, GError **error);

/* The words of a failure, in which @ is the directory. */
void test_assert_error (const World *world, GError **error, int code, const char *text);

/* The verbs that the fake was called with, in order, each with a space behind it. */
char *test_calls (const World *world);

/* A process that was adopted has ended; nobody else reaps it. */
void test_reap (int *pidfd, int *ret_status);

G_END_DECLS
