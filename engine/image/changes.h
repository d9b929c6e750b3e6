/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lines of a Dockerfile that change the configuration of an image, as "import --change" takes. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DavitChanges: what an image is to be configured with. NULL: not set.
 */
typedef struct {
	char **cmd;
	char **entrypoint;
	GPtrArray *env;	    /* "KEY=VALUE", in order; a key comes once */
	GPtrArray *labels;  /* the same */
	GPtrArray *ports;   /* "80/tcp" */
	GPtrArray *volumes; /* absolute paths */
	char *stop_signal;
	char *user;
	char *working_dir;
} DavitChanges;

/* lines may be NULL. USAGE names the line and what is wrong with it. */
DavitChanges *davit_changes_parse (const char *const *lines, GError **error);
void davit_changes_free (DavitChanges *changes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitChanges, davit_changes_free)

G_END_DECLS
