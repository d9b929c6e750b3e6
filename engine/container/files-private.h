/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Between the files that write the files of /etc. */

#pragma once

#include "container/files.h"

G_BEGIN_DECLS

/* Of a text file of the host or the container. */
#define DAVIT_FILES_LIMIT (1024 * 1024)

/**
 * DavitFiles: what is made, and where.
 */
typedef struct {
	const DavitFilesRequest *request;
	const DavitRecord *record;
	const DavitJson *json; /* of the record */
	int dirfd;	       /* run_dir/files */
	GPtrArray *binds;      /* "SOURCE:DESTINATION" */
} DavitFiles;

/* Writes a file and adds its bind. */
gboolean davit_files_add (DavitFiles *files, const char *name, const char *destination,
			  const char *text, gsize length, GError **error);
/* The same for a file of the container whose network is shared: it stays one file. */
gboolean davit_files_share (DavitFiles *files, const char *name, const char *destination,
			    gboolean *ret_shared, GError **error);
/* Whether a mount of the user's lies there or, if it is of the host, above. */
gboolean davit_files_is_covered (const DavitFiles *files, const char *destination);
/* A file of the host; an empty text if there is none. */
gboolean davit_files_read_host (const char *path, char **ret_text, gsize *ret_length,
				GError **error);

gboolean davit_files_make_resolv_conf (DavitFiles *files, GError **error);
gboolean davit_files_make_hosts (DavitFiles *files, const char *hostname, GError **error);
gboolean davit_files_make_passwd (DavitFiles *files, GError **error);

G_END_DECLS
