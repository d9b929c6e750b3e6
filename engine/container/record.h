/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * containers/<id>/record.json: what was asked for. Written once by create, never changed. It holds
 * the answers and not the questions: everything that configuration, image and command line say has
 * been merged, so that a change of the configuration does not change a container that exists. What
 * only the moment of the start can tell (addresses, descriptors, users of the image) is added then.
 *
 * {
 *   "version": 1,
 *   "id", "name", "created" (nanoseconds since 1970),
 *   "image" (as named), "imageId", "imageNames", "layers": [chain ids], "rootfs": {"path", ...},
 *   "storage", "network", "runtime", "checkpoint": names of the plugins,
 *   "args": [...], "entrypoint": [...], "env": [...], "user", "workdir", "labels": {...},
 *   ...
 * }
 *
 * record.c documents every further member, beside the code that reads it.
 */

#pragma once

#include "base/json.h"
#include "monitor/protocol.h"

G_BEGIN_DECLS

#define DAVIT_RECORD_VERSION 2

/* At most so much is read. */
#define DAVIT_RECORD_LIMIT (4 * 1024 * 1024)

typedef enum {
	DAVIT_NAMESPACE_PRIVATE = 1, /* one of its own */
	DAVIT_NAMESPACE_HOST,
	DAVIT_NAMESPACE_CONTAINER, /* of another container: id */
	DAVIT_NAMESPACE_PATH,	   /* of a file: path */
	DAVIT_NAMESPACE_NONE,	   /* ipc: private and without /dev/shm */
	DAVIT_NAMESPACE_SHAREABLE, /* ipc: private, others may join */
} DavitNamespaceMode;

/**
 * DavitNamespace: how one namespace is chosen.
 */
typedef struct {
	DavitNamespaceMode mode;
	char *target; /* id of the container, or path */
} DavitNamespace;

/* Connections of one container, at most. */
#define DAVIT_RECORD_NETWORKS DAVIT_PROTOCOL_NETWORK_LIMIT

/**
 * DavitRecordNetwork: one network that a container is to be connected to.
 */
typedef struct {
	char *network;	 /* of the driver; NULL: its default one */
	char *interface; /* wanted name, such as "eth0" */
	char *address;	 /* wanted, or NULL */
	char *address6;
	char *mac_address;
	char **aliases; /* never NULL, as the next */
	char **options; /* "key=value" for the driver */
} DavitRecordNetwork;

/**
 * DavitRecord: the members that the life of a container needs again and again, typed and checked.
 * What only the spec needs is read from json where the spec is built. Vectors are NULL-terminated
 * and never NULL; strings are NULL if absent.
 */
typedef struct {
	DavitJson *json; /* the whole document */
	char *id;
	char *name;
	gint64 created;
	char *image;
	char *image_id;
	char **layers;	     /* chain ids, lowest first */
	char *rootfs;	     /* --rootfs: an absolute path instead of image and layers; or NULL */
	char *storage;	     /* plugins */
	guint64 tmpfs_upper; /* bytes that it may write, to memory; 0: to the disk */
	char *network;	     /* a plugin, with network.mode PRIVATE */
	GPtrArray *networks; /* DavitRecordNetwork: at least one with that mode, else none */
	char *runtime;
	char *checkpoint;
	char **args; /* entry point and command */
	char **env;
	char *user;
	char *workdir;
	char **labels; /* "key=value" */
	gboolean terminal;
	gboolean stdin_open;
	gboolean auto_remove;
	gboolean read_only;
	gboolean privileged;
	int stop_signal;
	gint64 stop_timeout_msec;
	gint64 timeout_msec; /* 0: none */
	char *log_driver;    /* "k8s-file" or "none" */
	guint64 log_max_size;
	guint log_max_files;
	char *pidfile;
	char *cidfile;
	DavitNamespace pid_namespace;
	DavitNamespace ipc_namespace;
	DavitNamespace uts_namespace;
	DavitNamespace network_namespace;
	DavitNamespace cgroup_namespace;
	DavitNamespace time_namespace;
	DavitNamespace user_namespace;
} DavitRecord;

void davit_record_free (DavitRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitRecord, davit_record_free)

/* The word of a mode in the document: "private", "host", "container", ... */
const char *davit_record_namespace_word (DavitNamespaceMode mode);

DavitRecordNetwork *davit_record_network_new (const char *network, const char *interface);
void davit_record_network_free (gpointer network);
void davit_record_write_networks (const GPtrArray *networks, DavitJsonWriter *writer);
/* How messages and inspect call it: its name, or that of the driver. */
const char *davit_record_network_title (const DavitRecord *record, guint index);
/* What an interface can be called besides "lo". */
gboolean davit_record_is_interface_name (const char *text);

/* For davit_record_parse. */
gboolean davit_record_read_networks (DavitRecord *record, GError **error);

/* Reads record.json. CORRUPT: damaged; CONFIG: written by a newer davit (says so). */
DavitRecord *davit_record_read (int container_dirfd, GError **error);

/* From a text, as davit_record_read checks it. */
DavitRecord *davit_record_parse (const char *text, gsize length, GError **error);

G_END_DECLS
