/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Containers that are dumped and restored by the real program. */

#include "test-criu-support.h"

#define COUNTER                                                                                    \
	"i=0; echo ready; while read line; do i=$((i + 1)); echo $line $i $$; done; echo end"

static void
test_counter (World *world, gconstpointer data)
{
	const Parts parts = {.script = COUNTER};

	world_start (world, &parts);
	world_expect (world, "ready");
	world_say (world, "a\n");
	world_expect (world, "a 1 1");
	world_cycle (world, 0);
	world_say (world, "b\n");
	world_expect (world, "b 2 1");
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	world_add ("/criu/counter", test_counter);
	return world_run ();
}
