/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is done with a container that is there. As davit/runtime.h says. */

#pragma once

#include "runtime-record.h"

#include <davit/runtime.h>

G_BEGIN_DECLS

/**
 * OciHeld: the record and the first process, held; pidfd -1: it has ended.
 */
typedef struct {
	RuntimeRecord record;
	int pidfd;
} OciHeld;

#define OCI_HELD_INIT                                                                              \
	{                                                                                          \
		.pidfd = -1                                                                        \
	}

/* NOT_FOUND; STATE if it does not run. */
gboolean oci_control_hold (const DavitHost *host, const DavitRuntimeContainer *container,
			   OciHeld *held, GError **error);
void oci_held_clear (OciHeld *held);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OciHeld, oci_held_clear)

/* It waits for no start any more. */
void oci_control_mark_started (const DavitRuntimeContainer *container);

gboolean oci_control_start (const DavitHost *host, const DavitRuntimeContainer *container,
			    GError **error);
gboolean oci_control_kill (const DavitHost *host, const DavitRuntimeContainer *container,
			   int signal, gboolean all, GError **error);
gboolean oci_control_state (const DavitHost *host, const DavitRuntimeContainer *container,
			    DavitResult *result, GError **error);
gboolean oci_control_pause (const DavitHost *host, const DavitRuntimeContainer *container,
			    GError **error);
gboolean oci_control_resume (const DavitHost *host, const DavitRuntimeContainer *container,
			     GError **error);
gboolean oci_control_update (const DavitHost *host, const DavitRuntimeContainer *container,
			     const char *resources, GError **error);
gboolean oci_control_stats (const DavitHost *host, const DavitRuntimeContainer *container,
			    DavitResult *result, GError **error);
gboolean oci_control_processes (const DavitHost *host, const DavitRuntimeContainer *container,
				DavitResult *result, GError **error);

G_END_DECLS
