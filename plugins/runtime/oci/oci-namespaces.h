/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Namespaces that the container joins and that have a path only as long as somebody holds them: as
 * a descriptor of the engine, which ends before the container does. A runtime remembers the path,
 * and looks there again when it makes a checkpoint.
 */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/* The link below the container's directory that stands for an entry's path; NULL: none does. */
const char *oci_namespace_link (const DavitHost *host, const DavitJson *entry);

/* Makes the links, which lead to where the entries say. */
gboolean oci_namespaces_link (const DavitHost *host, int dirfd, const DavitJson *namespaces,
			      GError **error);

/* From now on they lead to the namespaces of this process. Repeatable. */
void oci_namespaces_settle (int dirfd, int pid);

G_END_DECLS
