/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is special about the driver squash. */

#include "test-storage.h"

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_scenarios_add ("squash");
	test_contents_add ("squash");
	return g_test_run ();
}
