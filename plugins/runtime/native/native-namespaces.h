/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* linux.namespaces: which are new, which are joined, which stay the host's. */

#pragma once

#include "native-report.h"

#include <davit/host.h>

G_BEGIN_DECLS

/* All eight, in the order in which they are joined. */
#define NATIVE_N_NAMESPACES 8

typedef struct {
	int flag;	  /* CLONE_NEW... */
	const char *type; /* as config.json says it */
	const char *file; /* below /proc/PID/ns */
} NativeNamespaceKind;

const NativeNamespaceKind *native_namespaces_kind (guint index);

typedef struct {
	int new_flags;		      /* CLONE_NEW...: those to make */
	int joined_flags;	      /* those to join */
	int fds[NATIVE_N_NAMESPACES]; /* of the joined ones, or -1 */
} NativeNamespaces;

void native_namespaces_init (NativeNamespaces *namespaces);
void native_namespaces_clear (NativeNamespaces *namespaces);

/* Reads linux.namespaces and opens those to join, checked for their type. */
gboolean native_namespaces_parse (const DavitHost *host, const DavitJson *linux_object,
				  NativeNamespaces *namespaces, GError **error);

/* Is in the container's namespace of this kind something else than the host's? */
static inline gboolean
native_namespaces_have (const NativeNamespaces *namespaces, int flag)
{
	return ((namespaces->new_flags | namespaces->joined_flags) & flag) != 0;
}

/* The descriptor of a kind that is joined; -1: it is not. */
int native_namespaces_fd (const NativeNamespaces *namespaces, int flag);

/* Runs in the child: joins those of flags. */
gboolean native_namespaces_join (const NativeNamespaces *namespaces, int flags,
				 NativeReport *report);

G_END_DECLS
