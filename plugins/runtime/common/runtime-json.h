/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the readers of config.json's parts share. Errors name the field by its place. */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/* Sets an error "PATH: TEXT" about a value. Returns FALSE. */
gboolean runtime_json_fail (GError **error, const DavitHost *host, const DavitJson *value,
			    DavitErrorCode code, const char *format, ...) G_GNUC_PRINTF (5, 6);

/* A member that must be there. */
gboolean runtime_json_require (const DavitHost *host, const DavitJson *object, const char *key,
			       const DavitJson **ret, GError **error);
gboolean runtime_json_require_string (const DavitHost *host, const DavitJson *object,
				      const char *key, const char **ret, GError **error);

/* FALSE with UNSUPPORTED if a member is there and says anything (is not null, {} or [] or ""). */
gboolean runtime_json_refuse_member (const DavitHost *host, const DavitJson *object,
				     const char *key, const char *reason, GError **error);

/* An array of strings that are absolute paths. NULL-terminated, g_free the vector. */
gboolean runtime_json_paths (const DavitHost *host, const DavitJson *object, const char *key,
			     const char ***ret, GError **error);

/* An id of a user or group: the highest number means "leave it" to the kernel, and is refused. */
#define RUNTIME_ID_MAX ((gint64) 4294967294)

G_END_DECLS
