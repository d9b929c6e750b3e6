/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The storage "overlay" with real mounts, through the loader as the engine uses it. */

#include "../common/test-storage.h"

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_scenarios_add ("overlay");
	test_contents_add ("overlay");
	return g_test_run ();
}
