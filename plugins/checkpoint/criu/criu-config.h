/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What of the bundle's config.json counts for a checkpoint: mounts from outside and namespaces. */

#pragma once

#include <davit/host.h>

#include <sys/types.h>

G_BEGIN_DECLS

/* Kinds of namespaces, in the order in which they are entered. */
typedef struct {
	const char *name; /* in config.json */
	const char *file; /* in /proc/PID/ns */
	int flag;
} CriuNamespaceKind;

#define CRIU_N_NAMESPACE_KINDS 8
extern const CriuNamespaceKind criu_namespace_kinds[CRIU_N_NAMESPACE_KINDS];

typedef struct {
	const char *destination;
	const char *source; /* of a bind mount, as config.json has it; NULL: it is none */
	const char *type;
	gboolean recursive;
} CriuConfigMount;

typedef struct {
	const DavitHost *host;
	DavitJson *root;
	GArray *mounts;	     /* of CriuConfigMount */
	const char **masked; /* paths; or NULL */
	GPtrArray *devices;  /* paths of devices, the usual ones too */
	guint32 root_gid;    /* on the host, of the container's group 0 */
	int own_namespaces;  /* CLONE_NEW... */
	int joined_namespaces;
	const char *joined_paths[CRIU_N_NAMESPACE_KINDS]; /* by the index of criu_namespace_kinds */
} CriuConfig;

CriuConfig *criu_config_read (const DavitHost *host, int bundle_dirfd, GError **error);
void criu_config_free (CriuConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CriuConfig, criu_config_free)

/* The bind mount with that destination, or NULL. */
const CriuConfigMount *criu_config_bind (const CriuConfig *config, const char *destination);
/* The destination of the mount of control groups, or NULL. */
const char *criu_config_cgroup (const CriuConfig *config);
gboolean criu_config_masks (const CriuConfig *config, const char *path);
gboolean criu_config_has_device (const CriuConfig *config, const char *path);

G_END_DECLS
