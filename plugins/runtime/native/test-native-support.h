/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tests of this plugin share: a root file system of busybox, config.json, containers. */

#pragma once

#include "driver/runtime-driver.h"

G_BEGIN_DECLS

typedef struct {
	char *directory;
	char *rootfs;
	DavitPaths *paths;
	DavitConfig *config;
	DavitDrivers *drivers;
	DavitRuntime *runtime;
	int bundle_dirfd;
	int dirfd; /* of the container */
	char *id;
	int pidfd; /* of the first process, or -1 */
	gint64 pid;
	int output; /* read end of its standard output and error, or -1 */
} Fixture;

/* Parts of config.json, as JSON text; NULL: what an engine would write. */
typedef struct {
	const char *script; /* run by the shell */
	const char *args;   /* "[...]" instead of the shell */
	const char *user;   /* "{...}" */
	const char *env;    /* "[...]" */
	const char *cwd;
	const char *capabilities; /* "{...}" */
	const char *process;	  /* more members of process, with a comma in front */
	const char *namespaces;	  /* "[...]" */
	const char *mounts;	  /* more mounts, with a comma in front */
	const char *all_mounts;	  /* "[...]" instead of the usual ones */
	const char *linux_more;	  /* more members of linux, with a comma in front */
	const char *more;	  /* more members of the document, with a comma in front */
	const char *root;	  /* "{...}" */
} Parts;

void fixture_set_up (Fixture *fixture, gconstpointer data);
void fixture_tear_down (Fixture *fixture, gconstpointer data);
void fixture_add (const char *name, void (*function) (Fixture *, gconstpointer));

/* A file, directory (ends with "/") or symbolic link (target not NULL) in the root file system. */
void fixture_put (Fixture *fixture, const char *path, const char *contents, guint mode);
void fixture_link (Fixture *fixture, const char *path, const char *target);
void fixture_remove (Fixture *fixture, const char *path);
void fixture_configure (Fixture *fixture, const Parts *parts);

/* create, with config.json as it is. */
gboolean fixture_create (Fixture *fixture, GError **error);
gboolean fixture_start (Fixture *fixture, GError **error);
gboolean fixture_delete (Fixture *fixture, gboolean force, GError **error);
/* Waits for the first process: its exit status, or 128 + signal. */
int fixture_wait (Fixture *fixture);
/* All that was written to the output; waits for its end. */
char *fixture_read (Fixture *fixture);
char *fixture_status (Fixture *fixture);
DavitRuntimeContainer fixture_container (const Fixture *fixture);

/* All of it: the output of a container that must end with 0. */
char *fixture_run (Fixture *fixture, const Parts *parts);
/* create must fail so, and leave nothing behind that delete does not take. */
void fixture_refuse (Fixture *fixture, const Parts *parts, DavitErrorCode code, const char *text);
/* start must fail so. */
void fixture_refuse_start (Fixture *fixture, const Parts *parts, DavitErrorCode code,
			   const char *text, int status);

/* exec in the running container: output, with exit status. process: JSON, or NULL with script. */
char *fixture_exec (Fixture *fixture, const char *process, int *ret_status);
/* A process object that runs a script. */
char *fixture_process (const char *script, const char *more);

/* A line of text that has this word as its n-th (from 0), or NULL. */
char *find_line (const char *text, guint column, const char *word);
void assert_contains (const char *text, const char *part);
void assert_lacks (const char *text, const char *part);

G_END_DECLS
