/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Resource limits: the document is checked, and a process really has the limits. */

#include "native-rlimits.h"

#include "base/error.h"
#include "base/json.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const DavitHost host = {.size = sizeof (DavitHost), .json = &davit_json_ops};

static gboolean
parse (const char *text, NativeRlimits *ret, GError **error)
{
	g_autoptr (DavitJson) root = davit_json_parse (text, -1, NULL);

	g_assert_nonnull (root);
	return native_rlimits_parse (&host, davit_json_member (root, "r"), ret, error);
}

static void
wrong (const char *text, DavitErrorCode code, const char *wanted)
{
	g_autoptr (GError) error = NULL;
	NativeRlimits rlimits = {0};

	g_assert_false (parse (text, &rlimits, &error));
	g_assert_error (error, DAVIT_ERROR, (int) code);
	g_assert_cmpstr (error->message, ==, wanted);
}

static void
test_wrong (void)
{
	wrong ("{\"r\":[{\"type\":\"RLIMIT_X\",\"soft\":1,\"hard\":1}]}", DAVIT_ERROR_CONFIG,
	       "r[0].type: unknown limit \"RLIMIT_X\"");
	wrong ("{\"r\":[{\"type\":\"RLIMIT_CORE\",\"soft\":2,\"hard\":1}]}", DAVIT_ERROR_CONFIG,
	       "r[0]: soft limit 2 of \"RLIMIT_CORE\" is above the hard one, 1");
	wrong ("{\"r\":[{\"type\":\"RLIMIT_CORE\",\"soft\":2}]}", DAVIT_ERROR_CONFIG,
	       "r[0]: limit \"RLIMIT_CORE\" needs soft and hard");
	wrong ("{\"r\":[{\"type\":\"RLIMIT_CORE\",\"soft\":-1,\"hard\":1}]}", DAVIT_ERROR_CONFIG,
	       "r[0].soft: must be an integer from 0 to 18446744073709551615");
	wrong ("{\"r\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1,\"hard\":18446744073709551616}]}",
	       DAVIT_ERROR_CONFIG, "r[0].hard: must be an integer from 0 to 18446744073709551615");
	wrong ("{\"r\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1.5,\"hard\":2}]}", DAVIT_ERROR_CONFIG,
	       "r[0].soft: must be an integer from 0 to 18446744073709551615");
	wrong ("{\"r\":[{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":0},"
	       "{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":0}]}",
	       DAVIT_ERROR_CONFIG, "r[1]: limit \"RLIMIT_CORE\" comes twice");
	wrong ("{\"r\":[7]}", DAVIT_ERROR_CONFIG, "r[0]: must be an object");
}

/* Runs in a child, since a lowered limit can't be raised again without the capability. */
static void
test_permission (void)
{
	int status = 0;
	pid_t pid = fork ();

	g_assert_cmpint (pid, >=, 0);
	if (pid == 0) {
		struct rlimit low = {100, 100};
		g_autoptr (GError) error = NULL;
		NativeRlimits rlimits = {0};

		if (setrlimit (RLIMIT_NOFILE, &low) < 0 || setresuid (65534, 65534, 65534) < 0)
			_exit (1);
		wrong ("{\"r\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":10,\"hard\":101}]}",
		       DAVIT_ERROR_PERMISSION,
		       "r[0]: hard limit 101 of \"RLIMIT_NOFILE\" is above the caller's own 100 "
		       "and "
		       "CAP_SYS_RESOURCE is missing; ask for less");
		if (!parse ("{\"r\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":10,\"hard\":100}]}",
			    &rlimits, &error))
			_exit (2);
		_exit (0);
	}
	g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
	g_assert_cmpint (status, ==, 0);
}

static gboolean
limit_is (int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit limit = {0};

	getrlimit ((__rlimit_resource_t) resource, &limit);
	return limit.rlim_cur == soft && limit.rlim_max == hard;
}

static void
test_apply (void)
{
	struct rlimit stack = {0};
	g_autofree char *text = NULL;
	g_autoptr (GError) error = NULL;
	NativeRlimits rlimits = {0};
	int status = 0;
	pid_t pid;

	getrlimit (RLIMIT_STACK, &stack);
	text = g_strdup_printf ("{\"r\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":50,\"hard\":60},"
				"{\"type\":\"RLIMIT_STACK\",\"soft\":1048576,"
				"\"hard\":%" G_GUINT64_FORMAT "}]}",
				(guint64) stack.rlim_max);
	parse (text, &rlimits, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (rlimits.n_entries, ==, 2);
	pid = fork ();
	g_assert_cmpint (pid, >=, 0);
	if (pid == 0) {
		if (native_rlimits_apply (&rlimits) < 0)
			_exit (1);
		_exit (limit_is (RLIMIT_NOFILE, 50, 60) &&
				       limit_is (RLIMIT_STACK, 1048576, stack.rlim_max)
			       ? 0
			       : 2);
	}
	g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
	g_assert_cmpint (status, ==, 0);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/rlimits/wrong", test_wrong);
	g_test_add_func ("/rlimits/permission", test_permission);
	g_test_add_func ("/rlimits/apply", test_apply);
	return g_test_run ();
}
