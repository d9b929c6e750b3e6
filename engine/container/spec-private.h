/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Between the files that write a specification. */

#pragma once

#include "container/spec.h"

#include <sys/stat.h>

G_BEGIN_DECLS

/* What one of a container's files may be large. */
#define DAVIT_SPEC_FILE_LIMIT (10 * 1024 * 1024)

/* The program that --init puts in front, as the container sees it. */
#define DAVIT_SPEC_INIT "/run/davit-init"

/**
 * DavitSpecBuild: one document that is written.
 */
typedef struct {
	const DavitSpecRequest *request;
	const DavitRecord *record;
	const DavitJson *json; /* of the record */
	DavitJsonWriter *writer;
} DavitSpecBuild;

gboolean davit_spec_write_mounts (const DavitSpecBuild *build, GError **error);
gboolean davit_spec_write_linux (const DavitSpecBuild *build, GError **error);

/* linux.devices, and the rules of linux.resources.devices. */
gboolean davit_spec_write_devices (const DavitSpecBuild *build, GError **error);
gboolean davit_spec_write_device_rules (const DavitSpecBuild *build, GError **error);

/* linux.maskedPaths and linux.readonlyPaths. */
gboolean davit_spec_write_paths (const DavitSpecBuild *build, GError **error);

/* linux.seccomp. */
gboolean davit_spec_write_seccomp (const DavitSpecBuild *build, GError **error);

/**
 * DavitSeccompFacts: what conditions in a profile ask for.
 */
typedef struct {
	const char *const *capabilities; /* NULL-terminated */
	const char *architecture;	 /* as profiles call it: "amd64" */
	guint kernel_major;
	guint kernel_minor;
} DavitSeccompFacts;

/*
 * Of a profile in docker's form: the object linux.seccomp under key. name is for errors, which are
 * CONFIG.
 */
gboolean davit_spec_evaluate_seccomp (const DavitJson *profile, const char *name,
				      const DavitSeccompFacts *facts, DavitJsonWriter *writer,
				      const char *key, GError **error);

/*
 * The same of the default profile, as text, from the cache below root: key is for g_free and stands
 * for the file and the facts; read gives NULL if it is not there or not as it was written.
 */
char *davit_seccomp_cache_key (const struct stat *profile, const DavitSeccompFacts *facts);
char *davit_seccomp_cache_read (const DavitEngine *engine, const char *key);
void davit_seccomp_cache_write (const DavitEngine *engine, const char *key, const char *text);

/* The architecture of the running engine, as profiles call it. */
const char *davit_spec_architecture (void);

/* The bounding set of the record, without what the caller can't give. g_free the vector. */
gboolean davit_spec_capabilities (const DavitRecord *record, const char ***ret, GError **error);
void davit_spec_write_capabilities (const char *const *capabilities, gboolean root,
				    DavitJsonWriter *writer);

/* All that the caller can give. */
void davit_spec_write_all_capabilities (gboolean root, DavitJsonWriter *writer);

/* A process object; key NULL: the document itself. user is resolved. */
gboolean davit_spec_write_process (const DavitSpecProcess *process, const char *key,
				   DavitJsonWriter *writer, GError **error);

/* A table of name:value:... lines, read inside a root; an empty one if there is no such file. */
gboolean davit_spec_read_table (int rootfs_fd, const char *path, char **ret_text, GError **error);
/* The next line that has at least n_fields; splits it in place. FALSE at the end. */
gboolean davit_spec_next_entry (char **text, char **fields, guint n_fields);
/* Decimal digits only, up to 2^32-2. */
gboolean davit_spec_parse_id (const char *text, guint32 *ret);

/* The name of the UTS namespace that is joined; NULL: not known. Free with g_free. */
char *davit_spec_hostname (DavitEngine *engine, const DavitRecord *record);

G_END_DECLS
