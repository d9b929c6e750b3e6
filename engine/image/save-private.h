/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the forms of archives share when images are saved. */

#pragma once

#include "image/image-parse.h"
#include "image/store-private.h"

G_BEGIN_DECLS

/**
 * DavitSaveMember: one file to write; it owns what it has.
 */
typedef struct {
	char *name;
	char *text;	 /* or NULL: the blob */
	char *digest;	 /* of the blob */
	guint64 size;	 /* of the blob */
	gboolean layer;	 /* it is one: large, and a tar */
	gboolean expand; /* write it without its compression */
} DavitSaveMember;

void davit_save_member_free (DavitSaveMember *member);

/*
 * The members (DavitSaveMember) of an archive that holds images, with names for them. An image has
 * only those names under which it was asked for.
 */
void davit_save_docker_members (const GPtrArray *images, GPtrArray *members);
void davit_save_oci_members (const GPtrArray *images, GPtrArray *members);

/* save-directory.c: writes members into a directory, which is made if missing and must be empty. */
gboolean davit_save_directory (DavitImageStore *store, const GPtrArray *members, const char *path,
			       GError **error);

G_END_DECLS
