/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Checkpoints by an external runtime that has none, or fails in the middle: what is said, what is
 * called, and that nothing is left. Real ones are in tests/root/oci.sh.
 */

#include "test-oci-support.h"

#include "base/error.h"

#include <string.h>
#include <unistd.h>

#define CONFIG_START                                                                               \
	"{\"process\":{\"args\":[\"true\"],\"cwd\":\"/\"},\"root\":{\"path\":\"rootfs\"},"         \
	"\"mounts\":[{\"destination\":\"/data\"}],\"linux\":{\"namespaces\":["

static void
assert_status (World *world, const char *expected)
{
	DavitRuntimeContainer container = test_container (world);
	g_autoptr (DavitResult) state = davit_result_new ();
	g_autoptr (GError) error = NULL;

	davit_runtime_state (world->runtime, &container, state, &error);
	g_assert_no_error (error);
	g_assert_cmpstr (davit_result_string (state, "status"), ==, expected);
}

static void
run_good (World *world)
{
	DavitRuntimeContainer container = test_container (world);
	g_autoptr (GError) error = NULL;

	test_create_good (world);
	davit_runtime_start (world->runtime, &container, &error);
	g_assert_no_error (error);
}

static gboolean
frozen_count (gpointer data, GError **error)
{
	guint *count = data;

	(*count)++;
	return *count < 3 || davit_error_set (error, DAVIT_ERROR_NO_SPACE, "no space");
}

/* Paused, taken, and only then dumped; what fails in between fails all. */
static void
test_checkpoint_order (void)
{
	static const Fake fake = {
		.checkpoint = "touch \"$images/x\"; echo \"$id\" > \"$work/dump.log\"",
	};
	World *world = test_world_new (&fake);
	g_autofree char *image = g_build_filename (world->directory, "images", "x", NULL);
	g_autofree char *calls = NULL;
	g_autoptr (GError) error = NULL;
	guint count = 0;

	run_good (world);
	g_assert_true (davit_runtime_can_checkpoint (world->runtime));
	for (guint i = 0; i < 2; i++) {
		test_checkpoint (world, DAVIT_CHECKPOINT_LEAVE_RUNNING, frozen_count, &count,
				 &error);
		g_assert_no_error (error);
		g_assert_cmpuint (count, ==, i + 1);
		g_assert_cmpint (unlink (image), ==, 0);
	}
	g_assert_false (test_checkpoint (world, 0, frozen_count, &count, &error));
	test_assert_error (world, &error, DAVIT_ERROR_NO_SPACE, "no space");
	g_assert_cmpint (unlink (image), ==, -1);
	calls = test_calls (world);
	g_assert_true (g_str_has_suffix (calls, " help pause "));
	test_world_free (world);
}

/* Nobody is paused for what can't be. */
static void
test_checkpoint_refused (void)
{
	static const struct {
		Fake fake;
		guint32 flags;
		int code;
		const char *text;
	} cases[] = {
		{{.help = "echo 'unknown command checkpoint' >&2; exit 1"},
		 0,
		 DAVIT_ERROR_UNSUPPORTED,
		 "the runtime \"@/fake\" can't make or restore checkpoints: it has no verb "
		 "\"checkpoint\" (\"unknown command checkpoint\"); it may be built without CRIU"},
		{{.help = "echo good morning"},
		 0,
		 DAVIT_ERROR_UNSUPPORTED,
		 "the runtime \"@/fake\" can't make or restore checkpoints: it has no verb "
		 "\"checkpoint\"; it may be built without CRIU"},
		{{.help = "echo --image-path --file-locks-too"},
		 DAVIT_CHECKPOINT_FILE_LOCKS,
		 DAVIT_ERROR_UNSUPPORTED,
		 "\"@/fake checkpoint\" has no option \"--file-locks\""},
		{{.option = "runtime.oci.criu=/nosuch/criu"},
		 0,
		 DAVIT_ERROR_UNAVAILABLE,
		 "the option criu of [runtime.oci]: \"/nosuch/criu\" is not there or can't be run"},
		{{.option = "runtime.oci.criu=/bin/true"},
		 0,
		 DAVIT_ERROR_UNSUPPORTED,
		 "the option criu of [runtime.oci]: the runtime \"@/fake\" takes CRIU from PATH, "
		 "so "
		 "that a file must be called \"criu\", and not \"true\""},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
		World *world = test_world_new (&cases[i].fake);
		g_autofree char *calls = NULL;
		g_autoptr (GError) error = NULL;

		run_good (world);
		g_assert_false (test_checkpoint (world, cases[i].flags, NULL, NULL, &error));
		test_assert_error (world, &error, cases[i].code, cases[i].text);
		calls = test_calls (world);
		g_assert_null (strstr (calls, "pause"));
		g_assert_null (strstr (calls, "checkpoint"));
		test_world_free (world);
	}
}

#define FAILS_AS(message) "echo '{\"level\":\"error\",\"msg\":\"" message "\"}' > \"$log\"; exit 1"

/* The words are the runtime's, until CRIU's log has better ones. */
static void
test_checkpoint_fails (void)
{
	static const struct {
		const char *script;
		int code;
		const char *text;
	} cases[] = {
		{FAILS_AS ("no CRIU"), DAVIT_ERROR_HELPER, "\"@/fake checkpoint\" failed: no CRIU"},
		{"echo '(00.1) Error (criu/x.c:1): Connected TCP socket, consider using' > "
		 "\"$work/dump.log\"; " FAILS_AS ("criu failed"),
		 DAVIT_ERROR_UNSUPPORTED,
		 "checkpoint: a TCP connection is open: \"Connected TCP socket, consider using\"; "
		 "keep it with tcp-established, or close it by hand before"},
		{"echo '(00.1) Error (criu/x.c:1): strange' > \"$work/dump.log\"; " FAILS_AS (
			 "criu failed"),
		 DAVIT_ERROR_HELPER,
		 "\"@/fake checkpoint\" failed: criu failed; checkpoint: CRIU fails with "
		 "\"strange\"; "
		 "its log \"dump.log\" may tell more"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
		const Fake fake = {.checkpoint = cases[i].script};
		World *world = test_world_new (&fake);
		g_autoptr (GError) error = NULL;

		run_good (world);
		g_assert_false (test_checkpoint (world, 0, NULL, NULL, &error));
		test_assert_error (world, &error, cases[i].code, cases[i].text);
		test_world_free (world);
	}
}

/* How the runtime is told where CRIU is. */
static void
test_checkpoint_program (void)
{
	static const Fake fakes[] = {
		{.help = "echo --image-path --criu", .checkpoint = "echo $criu > \"$top/seen\""},
		{.checkpoint = "echo $PATH > \"$top/seen\""},
	};
	static const char *const prefixes[] = {"/criu\n", ":/usr/local/sbin"};

	for (gsize i = 0; i < G_N_ELEMENTS (fakes); i++) {
		g_autofree char *directory = g_dir_make_tmp ("davit-test-oci-XXXXXX", NULL);
		g_autofree char *program = g_build_filename (directory, "criu", NULL);
		g_autofree char *option = g_strconcat ("runtime.oci.criu=", program, NULL);
		g_autofree char *expected = g_strconcat (directory, prefixes[i], NULL);
		g_autofree char *seen_path = NULL;
		g_autofree char *seen = NULL;
		g_autoptr (GError) error = NULL;
		Fake fake = fakes[i];
		World *world;

		g_assert_cmpint (symlink ("/bin/true", program), ==, 0);
		fake.option = option;
		world = test_world_new (&fake);
		seen_path = g_build_filename (world->directory, "seen", NULL);
		run_good (world);
		test_checkpoint (world, 0, NULL, NULL, &error);
		g_assert_no_error (error);
		g_assert_true (g_file_get_contents (seen_path, &seen, NULL, NULL));
		g_assert_true (g_str_has_prefix (seen, expected));
		test_world_free (world);
		g_assert_cmpint (unlink (program), ==, 0);
		g_assert_cmpint (rmdir (directory), ==, 0);
	}
}

static void
test_restore_runs (void)
{
	static const Fake fake = {0};
	World *world = test_world_new (&fake);
	g_autofree char *calls = NULL;
	g_autoptr (GError) error = NULL;

	test_restore (world, 0, &error);
	g_assert_no_error (error);
	assert_status (world, "running");
	calls = test_calls (world);
	g_assert_cmpstr (calls, ==, "help restore ");
	test_world_free (world);
}

/* Whatever it did before it failed: delete finds it. */
static void
test_restore_fails (void)
{
	static const Fake fakes[] = {
		{.restore = "echo '(00.1) Error (criu/x.c:1): File /x has bad size 3' > "
			    "\"$work/restore.log\"; " FAILS_AS ("criu failed")},
		{.restore = ":"},
		{.help = "echo 'unknown command' >&2; exit 1"},
	};
	static const char *const texts[] = {
		"restore: an open file has changed since the checkpoint: \"File /x has bad size "
		"3\"; "
		"restore with the files of that time",
		"the runtime succeeded and yet made no process: open \"pid\": No such file or "
		"directory",
		"the runtime \"@/fake\" can't make or restore checkpoints: it has no verb "
		"\"restore\" (\"unknown command\"); it may be built without CRIU",
	};
	static const int codes[] = {DAVIT_ERROR_CORRUPT, DAVIT_ERROR_HELPER,
				    DAVIT_ERROR_UNSUPPORTED};

	for (gsize i = 0; i < G_N_ELEMENTS (fakes); i++) {
		World *world = test_world_new (&fakes[i]);
		g_autoptr (GError) error = NULL;

		g_assert_false (test_restore (world, 0, &error));
		test_assert_error (world, &error, codes[i], texts[i]);
		g_assert_cmpuint (davit_result_length (world->result), ==, 0);
		test_world_free (world);
	}
}

/* A namespace that is held by a descriptor is found again when who held it has ended. */
static void
test_namespace_link (void)
{
	g_autofree char *config =
		g_strdup_printf (CONFIG_START "{\"type\":\"network\",\"path\":\"/proc/%d/fd/0\"},"
					      "{\"type\":\"ipc\",\"path\":\"/run/x\"}]}}",
				 (int) getpid ());
	const Fake fake = {
		.config = config,
		.create = "cp \"$bundle/config.json\" \"$top/seen\"\n"
			  "readlink \"$top/container/namespace-network\" > \"$top/link\"\n"
			  "sleep 1000 > /dev/null 2>&1 &\necho $! > \"$pid_file\"",
	};
	World *world = test_world_new (&fake);
	g_autofree char *seen_path = g_build_filename (world->directory, "seen", NULL);
	g_autofree char *link_path = g_build_filename (world->directory, "link", NULL);
	g_autofree char *link = g_strdup_printf ("/proc/%d/fd/0\n", (int) getpid ());
	g_autofree char *expected = g_strdup_printf ("\"namespaces\":[{\"type\":\"network\","
						     "\"path\":\"%s/container/namespace-network\"},"
						     "{\"type\":\"ipc\",\"path\":\"/run/x\"}]",
						     world->directory);
	g_autofree char *seen = NULL;
	g_autofree char *target = NULL;
	g_autofree char *pid = NULL;
	gint64 number = 0;

	test_create_good (world);
	g_assert_true (g_file_get_contents (seen_path, &seen, NULL, NULL));
	g_assert_nonnull (strstr (seen, expected));
	g_assert_true (g_file_get_contents (link_path, &target, NULL, NULL));
	g_assert_cmpstr (target, ==, link);
	g_free (target);
	g_free (link_path);
	link_path = g_build_filename (world->directory, "container", "namespace-network", NULL);
	target = g_file_read_link (link_path, NULL);
	g_assert_true (davit_result_integer (world->result, "pid", &number));
	pid = g_strdup_printf ("/proc/%d/ns/net", (int) number);
	g_assert_cmpstr (target, ==, pid);
	test_world_free (world);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	if (geteuid () != 0)
		return 77;
	g_test_add_func ("/oci/checkpoint-order", test_checkpoint_order);
	g_test_add_func ("/oci/checkpoint-refused", test_checkpoint_refused);
	g_test_add_func ("/oci/checkpoint-fails", test_checkpoint_fails);
	g_test_add_func ("/oci/checkpoint-program", test_checkpoint_program);
	g_test_add_func ("/oci/restore-runs", test_restore_runs);
	g_test_add_func ("/oci/restore-fails", test_restore_fails);
	g_test_add_func ("/oci/namespace-link", test_namespace_link);
	return g_test_run ();
}
