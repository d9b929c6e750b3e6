/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Integers of 64 bits without sign: the specification has them, JSON readers mostly not. */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/* Decimal digits only, no overflow. */
gboolean runtime_number_from_text (const char *text, guint64 *ret);

/*
 * The member of an object, which may be absent: then *ret stays as it is and ret_found, which may
 * be NULL, is FALSE. CONFIG names the place.
 */
gboolean runtime_number_unsigned (const DavitHost *host, const DavitJson *object, const char *key,
				  guint64 maximum, guint64 *ret, gboolean *ret_found,
				  GError **error);

/* The same with a sign; also says whether it is there. */
gboolean runtime_number_signed (const DavitHost *host, const DavitJson *object, const char *key,
				gint64 minimum, gint64 maximum, gint64 *ret, gboolean *ret_found,
				GError **error);

G_END_DECLS
