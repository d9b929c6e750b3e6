/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the parts of user.h have in common. */

#pragma once

#include "base/user.h"

G_BEGIN_DECLS

/* user-namespace.c: makes one, and is in it. */
gboolean davit_user_namespace_make (GError **error);

/* user-registry.c */
/* ret_joined is FALSE if nobody is in one. directory_fd is that of the entries, and locked. */
gboolean davit_user_registry_join (int directory_fd, gboolean *ret_joined, GError **error);
gboolean davit_user_registry_add (int directory_fd, GError **error);
void davit_user_registry_remove (int directory_fd);

G_END_DECLS
