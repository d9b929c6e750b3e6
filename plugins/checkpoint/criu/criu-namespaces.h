/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The namespaces that CRIU works in. Those that are not in the images it is itself in, at dump and
 * at restore: it does not see them as foreign then.
 */

#pragma once

#include "criu-config.h"
#include "criu-spawn.h"

#include <davit/checkpoint.h>

G_BEGIN_DECLS

typedef struct {
	CriuSpawnNamespace entries[CRIU_N_NAMESPACE_KINDS];
	gsize count;
	gboolean new_cgroup;
} CriuNamespaces;

/* At dump: those of the process; refuses what can't be restored. */
gboolean criu_namespaces_of_process (const CriuConfig *config, guint32 pid, CriuNamespaces *ret,
				     GError **error);

/* At restore: the network of the externals, and what today's config joins. */
gboolean criu_namespaces_of_config (const CriuConfig *config, const DavitExternal *externals,
				    CriuNamespaces *ret, GError **error);

/* The descriptor of the network; -1: it is ours, too. */
int criu_namespaces_network (const CriuNamespaces *namespaces);

void criu_namespaces_clear (CriuNamespaces *namespaces);
void criu_namespaces_use (const CriuNamespaces *namespaces, CriuSpawn *spawn);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CriuNamespaces, criu_namespaces_clear)

G_END_DECLS
