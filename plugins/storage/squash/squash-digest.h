/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The SHA-256 of a file that a layer is. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* 64 hex digits; NULL and an error. Free with g_free. */
char *squash_digest (int fd, GError **error);

G_END_DECLS
