/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The one place that lists the operations of each kind. */

#include "driver/kinds.h"

#include "base/error.h"
#include "driver/drivers.h"

#include <string.h>

#define REQUIRED(type, member)                                                                     \
	{                                                                                          \
#member, G_STRUCT_OFFSET(type, member), TRUE                                       \
	}
#define OPTIONAL(type, member)                                                                     \
	{                                                                                          \
#member, G_STRUCT_OFFSET(type, member), FALSE                                      \
	}

/* A slot that is added to a table must be added to its list: the compiler counts them. */
#define ASSERT_COMPLETE(list, type)                                                                \
	G_STATIC_ASSERT ((G_N_ELEMENTS (list) - 1) * sizeof (gpointer) == sizeof (type))

#define ASSERT_COMMON(type)                                                                        \
	G_STATIC_ASSERT (G_STRUCT_OFFSET (type, open) == G_STRUCT_OFFSET (DavitCommonOps, open));  \
	G_STATIC_ASSERT (G_STRUCT_OFFSET (type, close) ==                                          \
			 G_STRUCT_OFFSET (DavitCommonOps, close));                                 \
	G_STATIC_ASSERT (G_STRUCT_OFFSET (type, probe) == G_STRUCT_OFFSET (DavitCommonOps, probe))

ASSERT_COMMON (DavitStorageOps);
ASSERT_COMMON (DavitNetworkOps);
ASSERT_COMMON (DavitRuntimeOps);
ASSERT_COMMON (DavitCheckpointOps);

static const DavitOperation storage_operations[] = {
	REQUIRED (DavitStorageOps, open),	    REQUIRED (DavitStorageOps, close),
	REQUIRED (DavitStorageOps, probe),	    REQUIRED (DavitStorageOps, layer_begin),
	REQUIRED (DavitStorageOps, layer_commit),   REQUIRED (DavitStorageOps, layer_abort),
	REQUIRED (DavitStorageOps, layer_exists),   REQUIRED (DavitStorageOps, layer_remove),
	REQUIRED (DavitStorageOps, rootfs_create),  REQUIRED (DavitStorageOps, rootfs_mount),
	REQUIRED (DavitStorageOps, rootfs_unmount), REQUIRED (DavitStorageOps, rootfs_remove),
	OPTIONAL (DavitStorageOps, changes),	    OPTIONAL (DavitStorageOps, usage),
	OPTIONAL (DavitStorageOps, verify),	    OPTIONAL (DavitStorageOps, prune),
	OPTIONAL (DavitStorageOps, layer_open),	    OPTIONAL (DavitStorageOps, layer_list),
	OPTIONAL (DavitStorageOps, layer_adopt),    {0},
};
ASSERT_COMPLETE (storage_operations, DavitStorageOps);

static const DavitOperation network_operations[] = {
	REQUIRED (DavitNetworkOps, open),	    REQUIRED (DavitNetworkOps, close),
	REQUIRED (DavitNetworkOps, probe),	    REQUIRED (DavitNetworkOps, attach),
	REQUIRED (DavitNetworkOps, detach),	    OPTIONAL (DavitNetworkOps, check),
	OPTIONAL (DavitNetworkOps, refresh),	    OPTIONAL (DavitNetworkOps, gc),
	OPTIONAL (DavitNetworkOps, port_add),	    OPTIONAL (DavitNetworkOps, port_remove),
	OPTIONAL (DavitNetworkOps, network_create), OPTIONAL (DavitNetworkOps, network_list),
	OPTIONAL (DavitNetworkOps, network_remove), {0},
};
ASSERT_COMPLETE (network_operations, DavitNetworkOps);

static const DavitOperation runtime_operations[] = {
	REQUIRED (DavitRuntimeOps, open),
	REQUIRED (DavitRuntimeOps, close),
	REQUIRED (DavitRuntimeOps, probe),
	REQUIRED (DavitRuntimeOps, create),
	REQUIRED (DavitRuntimeOps, start),
	REQUIRED (DavitRuntimeOps, kill),
	{"delete", G_STRUCT_OFFSET (DavitRuntimeOps, delete_), TRUE},
	REQUIRED (DavitRuntimeOps, state),
	OPTIONAL (DavitRuntimeOps, exec),
	OPTIONAL (DavitRuntimeOps, pause),
	OPTIONAL (DavitRuntimeOps, resume),
	OPTIONAL (DavitRuntimeOps, update),
	OPTIONAL (DavitRuntimeOps, stats),
	OPTIONAL (DavitRuntimeOps, features),
	OPTIONAL (DavitRuntimeOps, resize),
	OPTIONAL (DavitRuntimeOps, checkpoint),
	OPTIONAL (DavitRuntimeOps, restore),
	OPTIONAL (DavitRuntimeOps, processes),
	OPTIONAL (DavitRuntimeOps, prepare),
	OPTIONAL (DavitRuntimeOps, adopt),
	OPTIONAL (DavitRuntimeOps, shares_memory),
	OPTIONAL (DavitRuntimeOps, choose),
	{0},
};
ASSERT_COMPLETE (runtime_operations, DavitRuntimeOps);

static const DavitOperation checkpoint_operations[] = {
	REQUIRED (DavitCheckpointOps, open),	   REQUIRED (DavitCheckpointOps, close),
	REQUIRED (DavitCheckpointOps, probe),	   REQUIRED (DavitCheckpointOps, dump),
	REQUIRED (DavitCheckpointOps, restore),	   OPTIONAL (DavitCheckpointOps, pre_dump),
	OPTIONAL (DavitCheckpointOps, lazy_serve), OPTIONAL (DavitCheckpointOps, verify),
	OPTIONAL (DavitCheckpointOps, features),   {0},
};
ASSERT_COMPLETE (checkpoint_operations, DavitCheckpointOps);

static const DavitKindInfo kinds[] = {
	{DAVIT_KIND_STORAGE, "storage", sizeof (DavitStorageOps), storage_operations},
	{DAVIT_KIND_NETWORK, "network", sizeof (DavitNetworkOps), network_operations},
	{DAVIT_KIND_RUNTIME, "runtime", sizeof (DavitRuntimeOps), runtime_operations},
	{DAVIT_KIND_CHECKPOINT, "checkpoint", sizeof (DavitCheckpointOps), checkpoint_operations},
};

const DavitKindInfo *
davit_kind_info (DavitKind kind)
{
	for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
		if (kinds[i].kind == kind)
			return &kinds[i];
	}
	return NULL;
}

gboolean
davit_kind_has_operation (const DavitOps *ops, const DavitOperation *operation)
{
	gpointer slot = NULL;

	memcpy (&slot, (const char *) ops + operation->offset, sizeof slot);
	return slot != NULL;
}

const char *
davit_drivers_kind_name (DavitKind kind)
{
	const DavitKindInfo *info = davit_kind_info (kind);

	return info != NULL ? info->name : "unknown";
}

gboolean
davit_drivers_parse_kind (const char *text, DavitKind *ret_kind, GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
		if (g_str_equal (kinds[i].name, text)) {
			*ret_kind = kinds[i].kind;
			return TRUE;
		}
	}
	return davit_error_set (
		error, DAVIT_ERROR_USAGE,
		"unknown kind of plugin \"%s\"; kinds are storage, network, runtime "
		"and checkpoint",
		text);
}
