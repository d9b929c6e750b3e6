/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The features document of the specification. */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/* JSON text. Free with g_free. */
char *native_features_describe (void);

G_END_DECLS
