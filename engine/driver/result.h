/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The engine's side of DavitResult: what a plugin filled in through the host. */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

DavitResult *davit_result_new (void);
void davit_result_free (DavitResult *result); /* closes what was not taken */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitResult, davit_result_free)

/* Without a result nothing is kept; a descriptor is closed. */
void davit_result_add_string (DavitResult *result, const char *key, const char *value);
void davit_result_add_integer (DavitResult *result, const char *key, gint64 value);
void davit_result_add_fd (DavitResult *result, const char *key, int fd);

/* The first value or NULL; all values (NULL-terminated, never NULL, g_free the vector only). */
const char *davit_result_string (const DavitResult *result, const char *key);
const char **davit_result_strings (const DavitResult *result, const char *key);
gboolean davit_result_integer (const DavitResult *result, const char *key, gint64 *ret);
/* Every integer with that key; ret_count of them. g_free it. */
gint64 *davit_result_integers (const DavitResult *result, const char *key, guint *ret_count);
/* The descriptor, which stays the result's. -1 if there is none. */
int davit_result_fd (const DavitResult *result, const char *key);
/* Takes the descriptor out: the caller closes it. -1 if there is none. */
int davit_result_steal_fd (DavitResult *result, const char *key);

/* How many values there are; drops all but the first ones (an operation that failed adds none). */
guint davit_result_length (const DavitResult *result);
void davit_result_truncate (DavitResult *result, guint length);

G_END_DECLS
