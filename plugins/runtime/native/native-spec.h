/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * config.json as a plan: everything read, checked and opened before anything is made. What can't be
 * honoured is refused with the place of the field.
 */

#pragma once

#include "native-devices.h"
#include "native-mounts.h"
#include "native-namespaces.h"
#include "native-process.h"
#include "native-rootfs.h"
#include "native-sysctl.h"
#include "native-userns.h"

G_BEGIN_DECLS

#define NATIVE_CONFIG_FILE "config.json"
#define NATIVE_SPEC_LIMIT ((gsize) 16 * 1024 * 1024)

typedef struct {
	const DavitHost *host;
	char *text; /* config.json */
	gsize length;
	DavitJson *document;
	NativeProcess process;
	NativeNamespaces namespaces;
	NativeUserns userns;
	NativeRootfs rootfs;
	NativeMounts mounts;
	NativeDevices devices;
	NativeSysctls sysctls;
	const char **masked_paths;
	const char **read_only_paths;
	const char *hostname;
	const char *domainname;
	char *time_offsets; /* as the kernel reads them, or NULL */
	gboolean has_personality;
	gulong personality;
	const char *cgroups_path;
	const DavitJson *resources;
	const DavitJson *seccomp;
} NativeSpec;

typedef struct {
	const DavitHost *host;
	int bundle_dirfd;
	int rootfs_mount_fd;
} NativeSpecRequest;

/* On failure, too, spec is to be cleared. */
gboolean native_spec_read (const NativeSpecRequest *request, NativeSpec *spec, GError **error);
void native_spec_clear (NativeSpec *spec);

/* Into the container's own directory. */
gboolean native_spec_save (int dirfd, const char *text, gsize length, GError **error);

/* The parts of a saved config.json that a further process needs: seccomp and personality. */
gboolean native_spec_read_saved (const DavitHost *host, int dirfd, const char *name,
				 NativeSpec *spec, GError **error);

G_END_DECLS
