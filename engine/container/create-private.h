/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Between the files that make a container: what is found out before its record is written. */

#pragma once

#include "container/container.h"
#include "container/create-request-private.h"
#include "container/engine.h"

G_BEGIN_DECLS

/**
 * DavitCreation: everything about a container that is to be. Nothing is made while it is filled.
 */
typedef struct {
	DavitEngine *engine;
	const DavitCreateRequest *request;
	char id[65];
	char *name; /* claimed already when the record is written */
	gint64 created;
	DavitImage *image; /* NULL with rootfs */
	char *rootfs;	   /* NULL with an image */
	DavitStorage *storage;
	char *network;	     /* plugin, or NULL with a namespace that is shared */
	GPtrArray *networks; /* DavitRecordNetwork; or NULL as that */
	char *runtime;	     /* NAME, or NAME:VARIANT */
	const char *checkpoint;
	DavitNamespace pid;
	DavitNamespace ipc;
	DavitNamespace uts;
	DavitNamespace network_namespace;
	DavitNamespace cgroup;
	DavitNamespace time;
	char **entrypoint;
	char **command;
	char **env;
	char *init;
	GPtrArray *capabilities; /* static texts */
	DavitJson *seccomp;	 /* content of a profile that is a file */
	const char *seccomp_profile;
	GArray *rlimits;	  /* DavitRequestRlimit */
	const char *record_text;  /* of a container that was another once; or NULL: what is above */
	const char *const *moved; /* files of moved_dirfd that become its own, if they are there */
	int moved_dirfd;
} DavitCreation;

void davit_creation_init (DavitCreation *creation, DavitEngine *engine,
			  const DavitCreateRequest *request);
void davit_creation_clear (DavitCreation *creation);

/* Looks for image, plugins and other containers, and merges what the three sources say. */
gboolean davit_creation_resolve (DavitCreation *creation, GError **error);

/* Makes it, with image and storage that were found. */
gboolean davit_creation_make (DavitCreation *creation, DavitContainer **ret_container,
			      GError **error);

/* One step each of that. */
gboolean davit_creation_resolve_image (DavitCreation *creation, GError **error);
gboolean davit_creation_resolve_plugins (DavitCreation *creation, GError **error);
gboolean davit_creation_resolve_networks (DavitCreation *creation, GError **error);
gboolean davit_creation_resolve_namespaces (DavitCreation *creation, GError **error);
gboolean davit_creation_resolve_env (DavitCreation *creation, GError **error);
gboolean davit_creation_resolve_security (DavitCreation *creation, GError **error);

/* The text of record.json. */
char *davit_creation_record (const DavitCreation *creation, gsize *ret_length);
/* The parts of it that limit and confine. */
void davit_creation_record_limits (const DavitCreation *creation, DavitJsonWriter *writer);
void davit_creation_record_security (const DavitCreation *creation, DavitJsonWriter *writer);
/* The parts of it that connect. */
void davit_creation_record_network (const DavitCreation *creation, DavitJsonWriter *writer);

/* "brave_hopper": a new one at each call. Free with g_free. */
char *davit_creation_random_name (void);

/* NULL-terminated. */
const char *const *davit_creation_default_capabilities (void);

/* The capabilities that the caller can give away, as bits by number. */
guint64 davit_creation_capabilities_available (void);

/* A seccomp profile of the user's. CONFIG says where it is wrong. */
DavitJson *davit_creation_read_profile (const char *path, GError **error);

/* "KEY=VALUE" pairs as an object. */
void davit_creation_write_pairs (DavitJsonWriter *writer, const char *key, const GPtrArray *pairs);
/* Strings of an array that does not end with NULL; nothing if it is empty. */
void davit_creation_write_strings (DavitJsonWriter *writer, const char *key,
				   const GPtrArray *strings);

G_END_DECLS
