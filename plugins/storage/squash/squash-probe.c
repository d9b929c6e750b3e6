/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the driver needs: a program that packs, one of two ways to mount, and overlayfs. */

#include "squash.h"

#include "overlay-store.h"
#include "squash-fuse.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

static gboolean
file_system_is_known (const char *name)
{
	store_autofd fd = fsopen (name, FSOPEN_CLOEXEC);

	return fd >= 0;
}

static gboolean
can_open (const char *path)
{
	store_autofd fd = open (path, O_RDWR | O_CLOEXEC);

	return fd >= 0;
}

static gboolean
has_program (const char *name)
{
	g_autofree char *path = g_find_program_in_path (name);

	return path != NULL;
}

gboolean
squash_probe (gpointer instance, DavitProbe *probe, GError **error)
{
	const Store *store = (const Store *) instance;
	const DavitHost *host = store->host;
	const char *way = host->option_string (host, SQUASH_OPTION_MOUNT);
	gboolean kernel = !host->facts->rootless && file_system_is_known ("squashfs") &&
			  can_open ("/dev/loop-control");
	gboolean fuse = has_program (SQUASH_FUSE_PROGRAM) && can_open ("/dev/fuse") &&
			file_system_is_known ("fuse");

	host->probe_add (probe, "program mksquashfs", has_program ("mksquashfs"),
			 "install squashfs-tools 4.5 or newer");
	if (g_strcmp0 (way, "kernel") == 0)
		host->probe_add (probe, "squashfs of the kernel, and loop devices", kernel,
				 "load the modules \"squashfs\" and \"loop\", and run as root; or "
				 "set the option \"mount\" to \"auto\"");
	else if (g_strcmp0 (way, "fuse") == 0)
		host->probe_add (probe, "squashfuse, and FUSE of the kernel", fuse,
				 "install squashfuse, and load the module \"fuse\"");
	else
		host->probe_add (probe, "squashfs of the kernel with loop devices, or squashfuse",
				 kernel || fuse,
				 "install squashfuse and load the module \"fuse\", or as root load "
				 "the modules \"squashfs\" and \"loop\"");
	return overlay_probe (instance, probe, error);
}
