/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the loader must know of each kind: its word, and its operations, in one table a kind. */

#pragma once

#include <davit/checkpoint.h>
#include <davit/network.h>
#include <davit/runtime.h>
#include <davit/storage.h>

G_BEGIN_DECLS

/**
 * DavitOperation: one slot of the table of a kind. A zeroed one ends the list.
 */
typedef struct {
	const char *name;
	gsize offset;
	gboolean required;
} DavitOperation;

typedef struct {
	DavitKind kind;
	const char *name;
	gsize ops_size;
	const DavitOperation *operations;
} DavitKindInfo;

/**
 * DavitCommonOps: how every table begins.
 */
typedef struct {
	gboolean (*open) (const DavitHost *host, gpointer *ret_instance, GError **error);
	void (*close) (gpointer instance);
	gboolean (*probe) (gpointer instance, DavitProbe *probe, GError **error);
} DavitCommonOps;

/**
 * DavitOps: room for the table of any kind.
 */
typedef union {
	DavitCommonOps common;
	DavitStorageOps storage;
	DavitNetworkOps network;
	DavitRuntimeOps runtime;
	DavitCheckpointOps checkpoint;
} DavitOps;

/* NULL for a number that is no kind. */
const DavitKindInfo *davit_kind_info (DavitKind kind);

gboolean davit_kind_has_operation (const DavitOps *ops, const DavitOperation *operation);

G_END_DECLS
