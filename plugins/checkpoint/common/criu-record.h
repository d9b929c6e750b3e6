/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The file "davit.json" beside CRIU's images: what a restore must know that CRIU does not, namely
 * what is to come from outside. It is hostile when it is read: it names things by what config.json
 * has of them, and never says where on the host they are.
 */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

#define CRIU_RECORD_FILE "davit.json"

typedef enum {
	CRIU_MOUNT_BIND,   /* of config.json, or mounted below one */
	CRIU_MOUNT_MASK,   /* an empty directory over a masked path */
	CRIU_MOUNT_NULL,   /* /dev/null over a masked path */
	CRIU_MOUNT_DEVICE, /* a device of the host's */
	CRIU_MOUNT_CGROUP, /* a control group of the container */
	CRIU_MOUNT_GROUPS, /* the directory that those stand in */
	CRIU_MOUNT_SYSFS,  /* of the container's network, which another user namespace has */
	CRIU_N_MOUNT_KINDS,
} CriuMountKind;

typedef struct {
	CriuMountKind kind;
	char *path;  /* where it is mounted in the container */
	char *name;  /* bind: the destination in config.json; mask, null: the masked path; device:
			the device's; cgroup: of the hierarchy, or "" */
	char *below; /* bind: which part of that, relative; or "" */
} CriuMount;

typedef struct {
	char *key;  /* "0", "1" or "2" */
	char *type; /* "pipe", "file" or "terminal" */
	char *id;   /* CRIU's word for it, or "" */
} CriuStream;

typedef struct {
	char *criu_version;
	char *kernel;
	char *machine;
	guint32 flags;
	GPtrArray *mounts;  /* of CriuMount */
	GPtrArray *streams; /* of CriuStream */
} CriuRecord;

CriuRecord *criu_record_new (void);
void criu_record_free (CriuRecord *record);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CriuRecord, criu_record_free)

void criu_record_add_mount (CriuRecord *record, CriuMountKind kind, const char *path,
			    const char *name, const char *below);
void criu_record_add_stream (CriuRecord *record, const char *key, const char *type, const char *id);

gboolean criu_record_write (const DavitHost *host, const CriuRecord *record, int images_dirfd,
			    GError **error);

/* NULL and CORRUPT if it is damaged or from a version that is not known. */
CriuRecord *criu_record_read (const DavitHost *host, int images_dirfd, GError **error);
CriuRecord *criu_record_parse (const DavitJsonOps *json, const char *text, gsize length,
			       GError **error);

/* The text of it, as it is written. */
char *criu_record_text (const CriuRecord *record);

G_END_DECLS
