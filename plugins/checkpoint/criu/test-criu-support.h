/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Containers of the runtime "native" that are dumped and restored, as the engine does it. */

#pragma once

#include "../../runtime/native/test-native-support.h"

#include "driver/checkpoint-driver.h"

G_BEGIN_DECLS

typedef struct {
	Fixture native;
	DavitConfig *config;
	DavitDrivers *drivers;
	DavitCheckpoint *checkpoint;
	int images_fd;
	int work_fd;
	int netns_fd;	  /* of the container, after a dump */
	int input;	  /* write end of the process's standard input, or -1 */
	int stdio[3];	  /* what the process has; kept for a dump */
	int terminal;	  /* the master, or -1 */
	gboolean overlay; /* the root file system is one, with the native one as lower layer */
	char **cgroups;	  /* made by the test for a restore */
	const char *options[4];
	gboolean (*frozen) (gpointer data, GError **error);
	DavitResult *result; /* of the last operation */
} World;

/* g_test_run, if there is a CRIU to test with: DAVIT_TEST_CRIU names it. */
int world_run (void);

/* A test with a world of its own. */
void world_add (const char *name, void (*function) (World *, gconstpointer));

/* overrides: "checkpoint.criu.KEY=VALUE", NULL-terminated. */
void world_configure (World *world, const char *const *overrides);

/* Starts a container whose process has pipes; parts as in test-native-support.h. */
void world_start (World *world, const Parts *parts);

/* Reads one line of its output. */
char *world_line (World *world);
/* Waits for a line that says so. */
void world_expect (World *world, const char *line);
/* Writes to its standard input. */
void world_say (World *world, const char *text);

gboolean world_dump (World *world, guint32 flags, GError **error);
gboolean world_restore (World *world, guint32 flags, GError **error);
/* Both, which must succeed; the first container is gone in between. */
void world_cycle (World *world, guint32 flags);
void world_dump_fails (World *world, guint32 flags, DavitErrorCode code, const char *text);
void world_restore_fails (World *world, guint32 flags, DavitErrorCode code, const char *text);

/* The process is there and answers; ends it. */
void world_stop (World *world);

/* To be called as frozen: kills CRIU in the middle. */
gboolean world_kill_criu (gpointer data, GError **error);

/* TRUE if an image of that name is there. */
gboolean world_has_image (const World *world, const char *name);

G_END_DECLS
