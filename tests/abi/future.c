/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * driver.h, as a later 1.x builds it: descriptor, option table and operations have members that
 * this davit does not know, and they hold what would crash if it used it.
 */

#include "driver.h"

typedef struct {
	DavitNetworkOps known;
	void (*later[4]) (void);
} FutureOps;

typedef struct {
	DavitPlugin known;
	const void *later[4];
} FuturePlugin;

static const FutureOps future_ops = {
	.known = FROZEN_OPS,
	.later = {(void (*) (void)) 1, (void (*) (void)) 2, NULL, (void (*) (void)) 4},
};

DAVIT_PLUGIN_EXPORT const FuturePlugin davit_plugin;
const FuturePlugin davit_plugin = {
	.known =
		{
			.magic = DAVIT_PLUGIN_MAGIC,
			.abi_major = DAVIT_ABI_MAJOR,
			.abi_minor = DAVIT_ABI_MINOR + 7,
			.size = sizeof davit_plugin,
			.kind = DAVIT_KIND_NETWORK,
			.name = "future",
			.version = "1.7",
			.summary = "a driver of a later ABI",
			.license = "LGPL-2.1-or-later",
			.options = frozen_options,
			.ops_size = sizeof future_ops,
			/* A flag of which nobody has heard. */
			.flags = 1u << 30,
			.ops = &future_ops,
		},
	.later = {(const void *) 1, NULL, (const void *) 3, NULL},
};
