/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* driver.h, built with the headers of 1.0, of which 1.0/ is a copy. */

#include "driver.h"

static const DavitNetworkOps old_ops = FROZEN_OPS;

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_NETWORK, "old", "1.0", "a driver of ABI 1.0", "LGPL-2.1-or-later",
		     frozen_options, old_ops);
