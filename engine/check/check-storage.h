/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the checks of storage plugins share: layers and containers in one line each. */

#pragma once

#include "check/check-private.h"
#include "driver/storage-driver.h"

G_BEGIN_DECLS

#define DAVIT_CHECK_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* The opened plugin as a storage. */
DavitStorage *davit_check_storage (const DavitCheck *check);

/* "%064x" of the number; a static text for each number. */
const char *davit_check_chain_id (guint number);

/* Begins a layer on top of the one before; number 0 has no parent. The caller closes it. */
gboolean davit_check_layer_begin (DavitCheck *check, guint number, int *ret_dirfd,
				  DavitWhiteouts *ret_whiteouts, GError **error);
gboolean davit_check_layer_commit (DavitCheck *check, guint number, GError **error);
/* Fails unless the layer is there, or is not there. */
gboolean davit_check_layer_there (DavitCheck *check, guint number, gboolean there, GError **error);
/* A committed layer with one file. */
gboolean davit_check_layer_make (DavitCheck *check, guint number, const char *name,
				 const char *text, GError **error);

/* The request for a container on layers 0 to n_layers - 1. Lives as long as the process. */
DavitRootfsRequest davit_check_rootfs (const char *id, guint n_layers);
/* Creates and mounts; the caller closes it. */
gboolean davit_check_mount (DavitCheck *check, const DavitRootfsRequest *request, int *ret_fd,
			    GError **error);

/* Files of the checks' own. what: whose tree it is, for the text. */
gboolean davit_check_write (int dirfd, const char *path, const char *text, GError **error);
gboolean davit_check_content (int dirfd, const char *path, const char *expected, GError **error);
gboolean davit_check_absent (int dirfd, const char *path, GError **error);

extern const DavitCheckCase davit_check_storage_life_cases[];
extern const DavitCheckCase davit_check_storage_tree_cases[];
extern const DavitCheckCase davit_check_storage_optional_cases[];
extern const DavitCheckCase davit_check_storage_stress_cases[];
extern const DavitCheckCase davit_check_storage_bench[];

G_END_DECLS
