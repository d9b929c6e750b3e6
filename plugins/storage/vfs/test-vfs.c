/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The storage "vfs", through the loader as the engine uses it. */

#include "../common/test-storage.h"

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_scenarios_add ("vfs");
	test_contents_add ("vfs");
	return g_test_run ();
}
