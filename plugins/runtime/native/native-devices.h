/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The devices of the container: those that every one has, and linux.devices. */

#pragma once

#include "native-report.h"

#include <davit/host.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct {
	char *path;  /* absolute, without "." and ".." */
	mode_t mode; /* with the type */
	dev_t number;
	uid_t uid;
	gid_t gid;
	gboolean given; /* by config.json, not by the table of those that every container has */
} NativeDevice;

typedef struct {
	GArray *entries;  /* NativeDevice */
	gboolean bind;	  /* bind the host's instead of making them: a user namespace may not */
	gboolean own_dev; /* /dev is ours to fill */
} NativeDevices;

gboolean native_devices_parse (const DavitHost *host, const DavitJson *linux_object,
			       NativeDevices *ret, GError **error);
void native_devices_clear (NativeDevices *devices);

/* Run in the child. */

/* Fills the container's /dev before it is attached: nodes, unless they must be bound, and links. */
gboolean native_devices_fill (NativeDevices *devices, int dev_fd, NativeReport *report);

/* The rest, when everything is mounted: nodes that must be bound, and those outside of /dev. */
gboolean native_devices_finish (NativeDevices *devices, int root_fd, NativeReport *report);

G_END_DECLS
