/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What of the process is not a plugin's to change, at one moment. */

#pragma once

#include <glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/**
 * DavitCheckState: cheap enough to be taken around every operation.
 */
typedef struct {
	struct stat directory; /* the working one */
	char *umask;
	char *blocked; /* signals */
	char *ignored;
	char *threads;
	char *environment;
	gint64 printed; /* bytes */
} DavitCheckState;

typedef enum {
	DAVIT_CHECK_STATE_DIRECTORY = 1 << 0,
	DAVIT_CHECK_STATE_UMASK = 1 << 1,
	DAVIT_CHECK_STATE_SIGNALS = 1 << 2,
	DAVIT_CHECK_STATE_THREADS = 1 << 3,
	DAVIT_CHECK_STATE_ENVIRONMENT = 1 << 4,
	DAVIT_CHECK_STATE_OUTPUT = 1 << 5,
	DAVIT_CHECK_STATE_ALL = (1 << 6) - 1,
} DavitCheckStateParts;

/* output_fd: the file that standard output and error are. */
void davit_check_state_take (DavitCheckState *state, int output_fd);
void davit_check_state_clear (DavitCheckState *state);

/*
 * The first of parts that differs, in words that follow a name ("changed the working directory"),
 * or NULL. Free with g_free.
 */
char *davit_check_state_compare (const DavitCheckState *before, const DavitCheckState *after,
				 guint parts, int output_fd);

/* Open descriptors with what they are, sorted, one a line. Free with g_free. */
char *davit_check_state_descriptors (void);

/* The first line of one that the other lacks, or NULL. Free with g_free. */
char *davit_check_state_more (const char *before, const char *after);

G_END_DECLS
