/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* process.capabilities of the specification: five sets, and the system calls that set them. */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

typedef struct {
	guint64 bounding;
	guint64 effective;
	guint64 permitted;
	guint64 inheritable;
	guint64 ambient;
	guint64 known; /* those that the running kernel has */
} NativeCapabilities;

/*
 * Runs in the parent. capabilities: process.capabilities; NULL: none at all, in every set. Names
 * are taken with and without CAP_; an unknown one is CONFIG. One that the kernel is too old for is
 * UNAVAILABLE. Effective must lie within permitted; ambient within permitted and inheritable.
 */
gboolean native_capabilities_parse (const DavitHost *host, const DavitJson *capabilities,
				    NativeCapabilities *ret, GError **error);

/*
 * Run in the child, 0 or -errno. In this order, since each needs what the next takes away:
 *
 *     drop_bounding, PR_SET_KEEPCAPS if the user changes, setgroups, setresgid, setresuid, apply
 *
 * apply also lifts the ambient set, which the change of user empties.
 */
int native_capabilities_drop_bounding (const NativeCapabilities *capabilities);
int native_capabilities_apply (const NativeCapabilities *capabilities);

/* The name of a capability with CAP_, for the features document; NULL behind the last. */
const char *native_capabilities_name (guint number);

G_END_DECLS
