/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Versions of the CNI specification, in their order. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
	CNI_VERSION_0_1_0, /* one IPv4 and one IPv6 address, no interfaces, no chains */
	CNI_VERSION_0_2_0,
	CNI_VERSION_0_3_0, /* lists of interfaces and addresses; chains with prevResult */
	CNI_VERSION_0_3_1,
	CNI_VERSION_0_4_0, /* CHECK, and prevResult at DEL */
	CNI_VERSION_1_0_0, /* addresses don't say "version" any more */
	CNI_VERSION_1_1_0, /* GC, STATUS, cniVersions */
} CniVersion;

gboolean cni_version_parse (const char *text, CniVersion *ret_version);
const char *cni_version_name (CniVersion version);

G_END_DECLS
