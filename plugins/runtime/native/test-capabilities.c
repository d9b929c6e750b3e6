/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Capabilities: the document is checked, and a process really has what was asked for. */

#include "native-capabilities.h"

#include "base/error.h"
#include "base/json.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIT(number) (G_GUINT64_CONSTANT (1) << (number))

static const DavitHost host = {.size = sizeof (DavitHost), .json = &davit_json_ops};

static void
wrong (const char *text, DavitErrorCode code, const char *wanted)
{
	g_autoptr (DavitJson) root = davit_json_parse (text, -1, NULL);
	g_autoptr (GError) error = NULL;
	NativeCapabilities capabilities = {.known = 77};

	g_assert_nonnull (root);
	g_assert_false (native_capabilities_parse (&host, root, &capabilities, &error));
	g_assert_error (error, DAVIT_ERROR, (int) code);
	g_assert_cmpstr (error->message, ==, wanted);
	g_assert_cmpuint (capabilities.known, ==, 77);
}

static NativeCapabilities
parse (const char *text)
{
	g_autoptr (DavitJson) root = text == NULL ? NULL : davit_json_parse (text, -1, NULL);
	g_autoptr (GError) error = NULL;
	NativeCapabilities capabilities = {0};

	native_capabilities_parse (&host, root, &capabilities, &error);
	g_assert_no_error (error);
	return capabilities;
}

static void
test_parse (void)
{
	NativeCapabilities none = parse (NULL);
	NativeCapabilities some =
		parse ("{\"bounding\":[\"CAP_CHOWN\",\"kill\",\"Cap_Checkpoint_Restore\"],"
		       "\"permitted\":[\"CAP_KILL\",\"CAP_CHOWN\"],\"effective\":[\"CAP_KILL\"],"
		       "\"inheritable\":[\"CAP_CHOWN\"],\"ambient\":[\"CAP_CHOWN\"]}");

	g_assert_cmpuint (none.bounding | none.effective | none.permitted | none.inheritable |
				  none.ambient,
			  ==, 0);
	g_assert_cmpuint (none.known & BIT (CAP_CHOWN), !=, 0);
	g_assert_cmpuint (some.bounding, ==,
			  BIT (CAP_CHOWN) | BIT (CAP_KILL) | BIT (CAP_CHECKPOINT_RESTORE));
	g_assert_cmpuint (some.permitted, ==, BIT (CAP_CHOWN) | BIT (CAP_KILL));
	g_assert_cmpuint (some.effective, ==, BIT (CAP_KILL));
	g_assert_cmpuint (some.inheritable, ==, BIT (CAP_CHOWN));
	g_assert_cmpuint (some.ambient, ==, BIT (CAP_CHOWN));
}

static void
test_wrong (void)
{
	wrong ("{\"bounding\":[\"CAP_KILL\",\"CAP_FLY\"]}", DAVIT_ERROR_CONFIG,
	       "process.capabilities.bounding[1]: unknown capability \"CAP_FLY\"");
	wrong ("{\"bounding\":[\"\"]}", DAVIT_ERROR_CONFIG,
	       "process.capabilities.bounding[0]: unknown capability \"\"");
	wrong ("{\"bounding\":\"CAP_KILL\"}", DAVIT_ERROR_CONFIG, "bounding: must be an array");
	wrong ("{\"effective\":[\"CAP_KILL\"]}", DAVIT_ERROR_CONFIG,
	       "process.capabilities.effective: \"CAP_KILL\" is not in permitted, so that it can't "
	       "be set");
	wrong ("{\"ambient\":[\"CAP_KILL\"],\"permitted\":[\"CAP_KILL\"]}", DAVIT_ERROR_CONFIG,
	       "process.capabilities.ambient: \"CAP_KILL\" is not in inheritable, so that it can't "
	       "be set");
}

/* Every name of the table is read as its number. */
static void
test_names (void)
{
	guint number = 0;

	for (; native_capabilities_name (number) != NULL; number++) {
		g_autofree char *text = g_strdup_printf ("{\"bounding\":[\"%s\"]}",
							 native_capabilities_name (number));

		g_assert_cmpuint (parse (text).bounding, ==, BIT (number));
	}
	g_assert_cmpuint (number, ==, CAP_LAST_CAP + 1);
	g_assert_cmpstr (native_capabilities_name (CAP_SYS_ADMIN), ==, "CAP_SYS_ADMIN");
}

static gboolean
sets_are (const NativeCapabilities *wanted)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {0};

	if (syscall (SYS_capget, &header, data) < 0)
		return FALSE;
	for (guint i = 0; i <= CAP_LAST_CAP; i++) {
		if (prctl (PR_CAPBSET_READ, i) != (int) (wanted->bounding >> i & 1) ||
		    prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) !=
			    (int) (wanted->ambient >> i & 1))
			return FALSE;
	}
	return (data[0].effective | (guint64) data[1].effective << 32) == wanted->effective &&
	       (data[0].permitted | (guint64) data[1].permitted << 32) == wanted->permitted &&
	       (data[0].inheritable | (guint64) data[1].inheritable << 32) == wanted->inheritable;
}

static int
child_apply (const NativeCapabilities *wanted)
{
	int status = 0;
	pid_t pid = fork ();

	g_assert_cmpint (pid, >=, 0);
	if (pid == 0) {
		int result = native_capabilities_drop_bounding (wanted);

		if (result == 0)
			result = native_capabilities_apply (wanted);
		if (result < 0)
			_exit (-result);
		_exit (sets_are (wanted) ? 0 : 255);
	}
	g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
	g_assert_true (WIFEXITED (status));
	return WEXITSTATUS (status);
}

static void
test_apply (void)
{
	NativeCapabilities none = parse (NULL);
	NativeCapabilities some =
		parse ("{\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\"],"
		       "\"permitted\":[\"CAP_KILL\",\"CAP_CHOWN\"],\"effective\":[\"CAP_KILL\"],"
		       "\"inheritable\":[\"CAP_CHOWN\"],\"ambient\":[\"CAP_CHOWN\"]}");

	if (geteuid () != 0) {
		g_test_skip ("needs root");
		return;
	}
	g_assert_cmpint (child_apply (&none), ==, 0);
	g_assert_cmpint (child_apply (&some), ==, 0);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/capabilities/parse", test_parse);
	g_test_add_func ("/capabilities/wrong", test_wrong);
	g_test_add_func ("/capabilities/names", test_names);
	g_test_add_func ("/capabilities/apply", test_apply);
	return g_test_run ();
}
