/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The conformance kit behind "davit plugin check": whether one plugin file keeps to the contract of
 * its kind. Each check is a process with a time limit, in namespaces of its own, with directories
 * of its own below a scratch directory; whatever the plugin does there, it is one line of the
 * result.
 */

#pragma once

#include "config/config.h"

G_BEGIN_DECLS

typedef enum {
	DAVIT_CHECK_PASSED = 0,
	DAVIT_CHECK_FAILED,
	DAVIT_CHECK_SKIPPED,
} DavitCheckOutcome;

/**
 * DavitCheckPoint: what became of one check. Belongs to the caller of DavitCheckFunc.
 */
typedef struct {
	const char *name; /* "storage: whiteouts" */
	DavitCheckOutcome outcome;
	const char *text;	  /* why it failed or was skipped; or NULL */
	const char *const *notes; /* what else it has to say; NULL-terminated */
} DavitCheckPoint;

typedef void (*DavitCheckFunc) (const DavitCheckPoint *point, gpointer data);

/**
 * DavitCheckRequest: what to check, and how.
 */
typedef struct {
	const char *path;		/* of the plugin */
	const DavitPaths *paths;	/* where programs, data and other plugins are */
	const DavitConfig *config;	/* whose group of the plugin is used */
	const char *const *plugin_path; /* for the plugins of other kinds that a check needs */
	const char *variant;		/* it is asked for as NAME:VARIANT; or NULL */
	const char *scratch;		/* an absolute path; everything is made below */
	const char *only;		/* checks whose name holds this; NULL: all */
	guint timeout_msec;		/* of one check */
	guint uid;			/* of the caller; 0: the checks that need root are made */
	gboolean bench;			/* measure the operations instead */
} DavitCheckRequest;

/*
 * Runs the checks in their order and tells of each. When the file can't be trusted or does not load
 * the rest is left out. ret_passed: whether none failed. An error means that the checks themselves
 * could not be made.
 */
gboolean davit_check_run (const DavitCheckRequest *request, DavitCheckFunc told, gpointer data,
			  gboolean *ret_passed, GError **error);

G_END_DECLS
