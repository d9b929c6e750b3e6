/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Verbs over several containers: each is tried, errors are reported one by one, the names of those
 * that went well are printed as they were given.
 */

#pragma once

#include "cli/cli.h"
#include "container/container.h"

G_BEGIN_DECLS

typedef gboolean (*DavitEachFunc) (DavitCli *cli, DavitContainer *container, gpointer data,
				   GError **error);

/**
 * DavitEach: which containers, and what to do with them.
 */
typedef struct {
	const char *const *names;
	gboolean all;	   /* instead of names: those whose status is in statuses */
	guint statuses;	   /* bits, 1 << DavitStatus; 0: every one */
	gboolean ignore;   /* a name that is not there is no error */
	gboolean silent;   /* don't print the names */
	gboolean parallel; /* func may take long: each container in a process of its own */
	DavitEachFunc func;
	gpointer data;
} DavitEach;

/* FALSE only for an error that concerns all; those of one container are in cli->status. */
gboolean davit_each_container (DavitCli *cli, const DavitEach *each, GError **error);

G_END_DECLS
