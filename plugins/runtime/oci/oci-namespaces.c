/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The path that the runtime gets is a link of ours, and the link is turned over when the first
 * process is there: it has the same namespace, for as long as the container lives.
 */

#include "oci-namespaces.h"

#include "runtime-error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEMPORARY "namespace-new"

/* A namespace of mounts or times that is held in this way is nothing that the engine makes. */
static const struct {
	const char *type;
	const char *link;
	const char *file; /* below /proc/PID/ns */
} kinds[] = {
	{"network", "namespace-network", "net"},  {"ipc", "namespace-ipc", "ipc"},
	{"uts", "namespace-uts", "uts"},	  {"user", "namespace-user", "user"},
	{"cgroup", "namespace-cgroup", "cgroup"}, {"pid", "namespace-pid", "pid"},
};

/* /proc/NUMBER/fd/... */
static gboolean
is_descriptor (const char *path)
{
	const char *number = path + strlen ("/proc/");

	return g_str_has_prefix (path, "/proc/") && g_ascii_isdigit (number[0]) &&
	       g_str_has_prefix (number + strspn (number, "0123456789"), "/fd/");
}

const char *
oci_namespace_link (const DavitHost *host, const DavitJson *entry)
{
	const char *type = host->json->string (host->json->member (entry, "type"));
	const char *path = host->json->string (host->json->member (entry, "path"));

	for (gsize i = 0; path != NULL && is_descriptor (path) && i < G_N_ELEMENTS (kinds); i++) {
		if (g_strcmp0 (type, kinds[i].type) == 0)
			return kinds[i].link;
	}
	return NULL;
}

gboolean
oci_namespaces_link (const DavitHost *host, int dirfd, const DavitJson *namespaces, GError **error)
{
	for (guint i = 0; i < host->json->length (namespaces); i++) {
		const DavitJson *entry = host->json->element (namespaces, i);
		const char *path = host->json->string (host->json->member (entry, "path"));
		const char *link = oci_namespace_link (host, entry);

		if (link != NULL && symlinkat (path, dirfd, link) < 0)
			return runtime_error_set (error, errno, "make \"%s\"", link);
	}
	return TRUE;
}

void
oci_namespaces_settle (int dirfd, int pid)
{
	for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
		g_autofree char *target = g_strdup_printf ("/proc/%d/ns/%s", pid, kinds[i].file);

		if (faccessat (dirfd, kinds[i].link, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		unlinkat (dirfd, TEMPORARY, 0);
		/* One that could not be turned over is missed by a checkpoint, which says so. */
		if (symlinkat (target, dirfd, TEMPORARY) < 0 ||
		    renameat (dirfd, TEMPORARY, dirfd, kinds[i].link) < 0)
			g_debug ("%s: %s", kinds[i].link, g_strerror (errno));
	}
}
