/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The network namespace is the engine's, whatever config.json says. Seen from inside, CRIU neither
 * dumps it (40 to 60 ms) nor locks it as a whole, but each connection; and it comes into any other
 * one. The same holds for a namespace that is joined. The control group's is made anew.
 *
 * Not all can be done so: processes in the pid namespace of the host or of another container would
 * need their numbers again, which others may have by then.
 */

#include "criu-namespaces.h"

#include "criu-fd.h"
#include "criu-streams.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESTORED_BY_CRIU (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWTIME)

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* TRUE if the process is in the same one as we are. */
static gboolean
is_ours (const char *path, const char *file)
{
	g_autofree char *own = g_strconcat ("/proc/self/ns/", file, NULL);
	struct stat a;
	struct stat b;

	return stat (path, &a) == 0 && stat (own, &b) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

static gboolean
namespace_add (CriuNamespaces *namespaces, const CriuNamespaceKind *kind, const char *path,
	       GError **error)
{
	int fd = open (path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return criu_error_errno (error, errno, "%s namespace \"%s\"", kind->name, path);
	namespaces->entries[namespaces->count++] = (CriuSpawnNamespace){fd, kind->flag, kind->name};
	return TRUE;
}

static gboolean
refuse (const CriuNamespaceKind *kind, const char *whose, GError **error)
{
	return criu_error_set (error, DAVIT_ERROR_UNSUPPORTED,
			       "the container is in the %s namespace of %s, which can't be "
			       "restored; give it one of its own",
			       kind->name, whose);
}

gboolean
criu_namespaces_of_process (const CriuConfig *config, guint32 pid, CriuNamespaces *ret,
			    GError **error)
{
	for (gsize i = 0; i < CRIU_N_NAMESPACE_KINDS; i++) {
		const CriuNamespaceKind *kind = &criu_namespace_kinds[i];
		g_autofree char *path = g_strdup_printf ("/proc/%u/ns/%s", pid, kind->file);

		if (is_ours (path, kind->file)) {
			if (kind->flag == CLONE_NEWPID || kind->flag == CLONE_NEWNS)
				return refuse (kind, "the host", error);
			continue;
		}
		if (kind->flag != CLONE_NEWNET && kind->flag != CLONE_NEWCGROUP &&
		    !(config->joined_namespaces & kind->flag))
			continue;
		if (kind->flag & RESTORED_BY_CRIU)
			return refuse (kind, "another container", error);
		if (!namespace_add (ret, kind, path, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
network_add (CriuNamespaces *namespaces, const CriuNamespaceKind *kind, int fd, GError **error)
{
	int copy = fcntl (fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return criu_error_errno (error, errno, "%s namespace", kind->name);
	namespaces->entries[namespaces->count++] =
		(CriuSpawnNamespace){copy, kind->flag, kind->name};
	return TRUE;
}

gboolean
criu_namespaces_of_config (const CriuConfig *config, const DavitExternal *externals,
			   CriuNamespaces *ret, GError **error)
{
	int network = criu_streams_external_fd (externals, "namespace", "network");

	ret->new_cgroup = (config->own_namespaces & CLONE_NEWCGROUP) != 0;
	for (gsize i = 0; i < CRIU_N_NAMESPACE_KINDS; i++) {
		const CriuNamespaceKind *kind = &criu_namespace_kinds[i];

		if (kind->flag == CLONE_NEWNET && network >= 0) {
			if (!network_add (ret, kind, network, error))
				return FALSE;
			continue;
		}
		if (!(config->joined_namespaces & kind->flag))
			continue;
		if (kind->flag & RESTORED_BY_CRIU)
			return refuse (kind, "another container", error);
		if (!namespace_add (ret, kind, config->joined_paths[i], error))
			return FALSE;
	}
	return TRUE;
}

int
criu_namespaces_network (const CriuNamespaces *namespaces)
{
	for (gsize i = 0; i < namespaces->count; i++) {
		if (namespaces->entries[i].type == CLONE_NEWNET)
			return namespaces->entries[i].fd;
	}
	return -1;
}

void
criu_namespaces_clear (CriuNamespaces *namespaces)
{
	for (gsize i = 0; i < namespaces->count; i++)
		close (namespaces->entries[i].fd);
	namespaces->count = 0;
}

void
criu_namespaces_use (const CriuNamespaces *namespaces, CriuSpawn *spawn)
{
	spawn->namespaces = namespaces->entries;
	spawn->n_namespaces = namespaces->count;
	spawn->new_cgroup_namespace = namespaces->new_cgroup;
}
