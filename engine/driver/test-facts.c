/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Facts about the host: the mount table of several hosts, and what this one says. */

#include "driver/facts.h"

#include "davit-config.h"

#include <sched.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOT "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
#define UNIFIED "28 22 0:25 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define TMPFS "28 22 0:25 / /sys/fs/cgroup ro,nosuid shared:4 - tmpfs tmpfs ro,mode=755\n"
#define CPU "31 28 0:28 / /sys/fs/cgroup/cpu rw shared:6 - cgroup cgroup rw,cpu\n"
#define BESIDE "30 28 0:27 / /sys/fs/cgroup/unified rw shared:5 - cgroup2 cgroup2 rw\n"
/* A mount point with such a name must not be mistaken for a type. */
#define DECOY "40 22 0:40 / /a\\040-\\040cgroup rw - tmpfs - cgroup2 rw\n"
#define NO_OPTIONAL "41 22 0:41 / /elsewhere rw - cgroup cgroup rw,memory\n"

static void
test_cgroup_mode (void)
{
	g_assert_cmpint (davit_facts_cgroup_mode (""), ==, DAVIT_CGROUP_NONE);
	g_assert_cmpint (davit_facts_cgroup_mode (ROOT DECOY), ==, DAVIT_CGROUP_NONE);
	g_assert_cmpint (davit_facts_cgroup_mode (ROOT UNIFIED), ==, DAVIT_CGROUP_V2);
	g_assert_cmpint (davit_facts_cgroup_mode (ROOT TMPFS CPU), ==, DAVIT_CGROUP_V1);
	g_assert_cmpint (davit_facts_cgroup_mode (ROOT NO_OPTIONAL), ==, DAVIT_CGROUP_V1);
	g_assert_cmpint (davit_facts_cgroup_mode (ROOT TMPFS BESIDE CPU), ==, DAVIT_CGROUP_HYBRID);
	/* One stray v1 mount does not make a v2 host another one. */
	g_assert_cmpint (davit_facts_cgroup_mode (ROOT NO_OPTIONAL UNIFIED), ==, DAVIT_CGROUP_V2);
	g_assert_cmpint (davit_facts_cgroup_mode ("28 22 cgroup - cgroup\n- cgroup2"), ==,
			 DAVIT_CGROUP_NONE);
}

static void
test_this_host (void)
{
	g_autofree char *release = NULL;
	DavitFacts facts;
	struct utsname name;

	davit_facts_read (&facts, "/a/parent");
	g_assert_cmpint (uname (&name), ==, 0);
	release = g_strdup_printf ("%u.%u", facts.kernel_major, facts.kernel_minor);
	g_assert_true (g_str_has_prefix (name.release, release));
	g_assert_cmpuint (facts.size, ==, sizeof facts);
	g_assert_cmpuint (facts.uid, ==, geteuid ());
	g_assert_cmpuint (facts.gid, ==, getegid ());
	g_assert_cmpstr (facts.engine_version, ==, DAVIT_VERSION);
	g_assert_cmpstr (facts.cgroup_parent, ==, "/a/parent");
	if (geteuid () != 0)
		g_assert_true (facts.rootless);
	else
		g_assert_cmpint (facts.rootless, ==, !davit_facts_first_user_namespace ());
}

/* Root in a user namespace, and a user without one, are both rootless. */
static void
test_rootless (void)
{
	int status = 0;
	pid_t child = fork ();

	if (child == 0) {
		DavitFacts facts;

		if (geteuid () == 0 && setresuid (65534, 65534, 65534) < 0)
			_exit (1);
		davit_facts_read (&facts, NULL);
		if (!facts.rootless)
			_exit (2);
		if (unshare (CLONE_NEWUSER) < 0)
			_exit (3);
		davit_facts_read (&facts, NULL);
		_exit (facts.rootless && !davit_facts_first_user_namespace () ? 0 : 4);
	}
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_true (WIFEXITED (status));
	g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/facts/cgroup-mode", test_cgroup_mode);
	g_test_add_func ("/facts/this-host", test_this_host);
	g_test_add_func ("/facts/rootless", test_rootless);
	return g_test_run ();
}
