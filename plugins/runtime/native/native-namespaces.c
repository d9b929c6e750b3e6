/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Namespaces that are joined are opened before anything is made, and asked what they are: a path
 * is only a path, and setns with the wrong kind would fail when it is too late to say why.
 */

#include "native-namespaces.h"

#include "runtime-error.h"
#include "runtime-json.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/*
 * The user namespace first: it gives the right to enter those that it owns. The mount namespace
 * last but for pid, since it takes away the paths of the host.
 */
static const NativeNamespaceKind kinds[NATIVE_N_NAMESPACES] = {
	{CLONE_NEWUSER, "user", "user"},  {CLONE_NEWCGROUP, "cgroup", "cgroup"},
	{CLONE_NEWIPC, "ipc", "ipc"},	  {CLONE_NEWUTS, "uts", "uts"},
	{CLONE_NEWNET, "network", "net"}, {CLONE_NEWTIME, "time", "time"},
	{CLONE_NEWPID, "pid", "pid"},	  {CLONE_NEWNS, "mount", "mnt"},
};

const NativeNamespaceKind *
native_namespaces_kind (guint index)
{
	return &kinds[index];
}

void
native_namespaces_init (NativeNamespaces *namespaces)
{
	memset (namespaces, 0, sizeof *namespaces);
	for (guint i = 0; i < NATIVE_N_NAMESPACES; i++)
		namespaces->fds[i] = -1;
}

void
native_namespaces_clear (NativeNamespaces *namespaces)
{
	for (guint i = 0; i < NATIVE_N_NAMESPACES; i++) {
		if (namespaces->fds[i] >= 0)
			close (namespaces->fds[i]);
		namespaces->fds[i] = -1;
	}
}

static gboolean
namespaces_find_kind (const DavitHost *host, const DavitJson *entry, guint *ret_index,
		      GError **error)
{
	const char *type = NULL;

	if (!runtime_json_require_string (host, entry, "type", &type, error))
		return FALSE;
	for (guint i = 0; i < NATIVE_N_NAMESPACES; i++) {
		if (!g_str_equal (type, kinds[i].type))
			continue;
		*ret_index = i;
		return TRUE;
	}
	return runtime_json_fail (error, host, host->json->member (entry, "type"),
				  DAVIT_ERROR_CONFIG,
				  "\"%s\" is no namespace; there are: cgroup, ipc, mount, network, "
				  "pid, time, user, uts",
				  type);
}

/* A path that leads to our own: the container stays where it is, in the host's. */
static gboolean
namespace_is_own (int fd, guint index)
{
	g_autofree char *path = g_strconcat ("/proc/self/ns/", kinds[index].file, NULL);
	struct stat theirs;
	struct stat own;

	return fstat (fd, &theirs) == 0 && stat (path, &own) == 0 && theirs.st_dev == own.st_dev &&
	       theirs.st_ino == own.st_ino;
}

static gboolean
namespaces_open (const DavitHost *host, const DavitJson *entry, const char *path, guint index,
		 NativeNamespaces *namespaces, GError **error)
{
	const DavitJson *value = host->json->member (entry, "path");
	int fd;

	if (path[0] != '/')
		return runtime_json_fail (error, host, value, DAVIT_ERROR_CONFIG,
					  "\"%s\" is no absolute path", path);
	/* A FIFO must not block us; the type is asked for below. */
	fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return runtime_json_fail (error, host, value, runtime_error_code (errno),
					  "\"%s\": %s", path, g_strerror (errno));
	namespaces->fds[index] = fd;
	if (ioctl (fd, NS_GET_NSTYPE) != kinds[index].flag)
		return runtime_json_fail (error, host, value, DAVIT_ERROR_CONFIG,
					  "\"%s\" is no %s namespace", path, kinds[index].type);
	if (!namespace_is_own (fd, index))
		namespaces->joined_flags |= kinds[index].flag;
	return TRUE;
}

static gboolean
namespaces_add (const DavitHost *host, const DavitJson *entry, NativeNamespaces *namespaces,
		GError **error)
{
	const char *path = NULL;
	guint index = 0;

	if (host->json->type (entry) != DAVIT_JSON_OBJECT)
		return runtime_json_fail (error, host, entry, DAVIT_ERROR_CONFIG,
					  "must be an object");
	if (!namespaces_find_kind (host, entry, &index, error) ||
	    !host->json->get_string (entry, "path", &path, error))
		return FALSE;
	if (native_namespaces_have (namespaces, kinds[index].flag) || namespaces->fds[index] >= 0)
		return runtime_json_fail (error, host, entry, DAVIT_ERROR_CONFIG,
					  "namespace \"%s\" comes twice", kinds[index].type);
	if (path != NULL && *path != '\0')
		return namespaces_open (host, entry, path, index, namespaces, error);
	namespaces->new_flags |= kinds[index].flag;
	return TRUE;
}

gboolean
native_namespaces_parse (const DavitHost *host, const DavitJson *linux_object,
			 NativeNamespaces *namespaces, GError **error)
{
	const DavitJson *array = NULL;

	if (!host->json->get_array (linux_object, "namespaces", &array, error))
		return FALSE;
	for (guint i = 0; array != NULL && i < host->json->length (array); i++)
		if (!namespaces_add (host, host->json->element (array, i), namespaces, error))
			return FALSE;
	/* Without one every mount of the container would be one of the host, and stay there. */
	if (!native_namespaces_have (namespaces, CLONE_NEWNS))
		return runtime_json_fail (error, host, array != NULL ? array : linux_object,
					  array != NULL ? DAVIT_ERROR_UNSUPPORTED
							: DAVIT_ERROR_CONFIG,
					  "a container needs a mount namespace of its own");
	return TRUE;
}

int
native_namespaces_fd (const NativeNamespaces *namespaces, int flag)
{
	for (guint i = 0; i < NATIVE_N_NAMESPACES; i++)
		if (kinds[i].flag == flag && (namespaces->joined_flags & flag))
			return namespaces->fds[i];
	return -1;
}

gboolean
native_namespaces_join (const NativeNamespaces *namespaces, int flags, NativeReport *report)
{
	for (guint i = 0; i < NATIVE_N_NAMESPACES; i++) {
		if (!(namespaces->joined_flags & flags & kinds[i].flag))
			continue;
		if (setns (namespaces->fds[i], kinds[i].flag) < 0)
			return native_report_fail (report, NATIVE_STEP_JOIN, errno, kinds[i].type);
	}
	return TRUE;
}
