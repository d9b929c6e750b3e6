/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A container for the checks of runtimes and of checkpoint drivers: bundle, streams, process. */

#pragma once

#include "check/check-private.h"
#include "driver/runtime-driver.h"

G_BEGIN_DECLS

#define DAVIT_CHECK_PAYLOAD "/payload"
/* How long something may take that a working runtime does in milliseconds. */
#define DAVIT_CHECK_PATIENCE_MSEC 10000

/**
 * DavitCheckVessel: cleared by davit_check_vessel_clear, which also deletes the container.
 */
typedef struct {
	DavitRuntime *runtime;
	char *id;
	int dirfd; /* the runtime's own for this container */
	int bundle_fd;
	int pidfd; /* of the first process; or -1 */
	gint64 pid;
	int stdio[3]; /* the container's ends */
	int input;    /* ours */
	int output;
	int complaints;
	gboolean made;	   /* create was called */
	gboolean detached; /* the root file system is given as a mount */
	char **cgroups;
} DavitCheckVessel;

/* What clear may be called on. */
#define DAVIT_CHECK_VESSEL_INIT                                                                    \
	{                                                                                          \
		.dirfd = -1, .bundle_fd = -1, .pidfd = -1, .stdio = {-1, -1, -1}, .input = -1,     \
		.output = -1, .complaints = -1                                                     \
	}

DavitRuntime *davit_check_runtime (const DavitCheck *check);

/* Makes the bundle, with a program that is called with those words, and pipes. */
gboolean davit_check_vessel_make (DavitCheck *check, DavitRuntime *runtime,
				  const char *const *words, DavitCheckVessel *vessel,
				  GError **error);
/* Writes its config.json anew. namespaces: their types, separated by spaces. */
gboolean davit_check_vessel_configure (DavitCheckVessel *vessel, const char *const *words,
				       const char *namespaces, GError **error);
void davit_check_vessel_clear (DavitCheckVessel *vessel);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DavitCheckVessel, davit_check_vessel_clear)

DavitRuntimeContainer davit_check_vessel_handle (const DavitCheckVessel *vessel);
DavitRuntimeCreate davit_check_vessel_request (const DavitCheckVessel *vessel);
/* The root file system as a mount that is attached nowhere; the caller closes it. */
gboolean davit_check_vessel_mount (const DavitCheckVessel *vessel, int *ret_fd, GError **error);
/* New streams. */
gboolean davit_check_vessel_pipes (DavitCheckVessel *vessel, GError **error);
/* Closes the container's ends of the pipes, as the engine does once it is created. */
void davit_check_vessel_let_go (DavitCheckVessel *vessel);

gboolean davit_check_vessel_create (DavitCheckVessel *vessel, GError **error);
gboolean davit_check_vessel_start (DavitCheckVessel *vessel, GError **error);
gboolean davit_check_vessel_delete (DavitCheckVessel *vessel, gboolean force, GError **error);
/* Fails unless state says this. */
gboolean davit_check_vessel_is (DavitCheckVessel *vessel, const char *status, GError **error);

/* Waits for a process of ours and fails unless it ended so: a status, or 128 + a signal. */
gboolean davit_check_process_end (int pidfd, int expected, GError **error);
/* The next line; fails if there is none in time. Free with g_free. */
gboolean davit_check_line_get (int fd, char **ret_line, GError **error);
gboolean davit_check_line_is (int fd, const char *expected, GError **error);
/* Fails if a line comes within some milliseconds. */
gboolean davit_check_silent (int fd, const char *when, GError **error);

extern const DavitCheckCase davit_check_runtime_cases[];
extern const DavitCheckCase davit_check_runtime_bench[];
extern const DavitCheckCase davit_check_checkpoint_bench[];
extern const DavitCheckCase davit_check_runtime_optional_cases[];
extern const DavitCheckCase davit_check_checkpoint_cases[];

G_END_DECLS
