/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * An external runtime that does all that it should not: what we say about it, that we don't wait
 * for it for ever, and that nothing is left. Real ones are in tests/root/oci.sh.
 */

#include "test-oci-support.h"

#include "base/error.h"
#include "base/fd.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CONFIG_WITH(process, mounts)                                                               \
	"{\"ociVersion\":\"1.0.2\",\"process\":{" process "},\"root\":{\"path\":\"rootfs\"},"      \
	"\"mounts\":[" mounts "],\"linux\":{}}"

/* One that fails at create, and how. */
static const struct {
	const char *name;
	Fake fake;
	int code;
	const char *text;
} failures[] = {
	{"log",
	 {.create = "echo '{\"level\":\"info\",\"msg\":\"well\"}' >> \"$log\"\n"
		    "printf '%s\\n' '{\"level\":\"error\",\"msg\":\"no such\\ndevice\"}' >> "
		    "\"$log\"\n"
		    "echo '{\"level\":\"warning\",\"msg\":\"bye\"}' >> \"$log\"\nexit 3"},
	 DAVIT_ERROR_HELPER,
	 "\"@/fake create\" failed: no such device"},
	{"several",
	 {.create = "for n in 1 2 3 4; do echo '{\"level\":\"error\",\"msg\":\"m'$n'\"}'; done > "
		    "\"$log\"; exit 1"},
	 DAVIT_ERROR_HELPER,
	 "\"@/fake create\" failed: m2 / m3 / m4"},
	{"exists",
	 {.create = "echo '{\"level\":\"error\",\"msg\":\"container x already exists\"}' > "
		    "\"$log\"; exit 1"},
	 DAVIT_ERROR_EXISTS,
	 "\"@/fake create\" failed: container x already exists"},
	{"mute",
	 {.create = "exit 3"},
	 DAVIT_ERROR_HELPER,
	 "\"@/fake create\" ended with status 3 and did not say why"},
	{"garbage",
	 {.create = "head -c 300000 /dev/urandom > \"$log\"; printf '\\n[[[\\n{}\\n' >> \"$log\"\n"
		    "exit 3"},
	 DAVIT_ERROR_HELPER,
	 "\"@/fake create\" ended with status 3 and did not say why"},
	{"far",
	 {.create = "yes '{\"level\":\"info\",\"msg\":\"x\"}' | head -c 9000000 > \"$log\"\n"
		    "printf '\\n{\"level\":\"fatal\",\"msg\":\"at the end\"}\\n' >> \"$log\"\n"
		    "exit 1"},
	 DAVIT_ERROR_HELPER,
	 "\"@/fake create\" failed: at the end"},
	{"log-is-fifo",
	 {.create = "mkfifo \"$log\"; exit 1"},
	 DAVIT_ERROR_HELPER,
	 "\"@/fake create\" ended with status 1 and did not say why"},
	{"log-is-link",
	 {.create = "echo '{\"level\":\"error\",\"msg\":\"secret\"}' > \"$top/other\"\n"
		    "ln -s \"$top/other\" \"$log\"; exit 1"},
	 DAVIT_ERROR_HELPER,
	 "\"@/fake create\" ended with status 1 and did not say why"},
	{"killed",
	 {.create = "kill -KILL $$"},
	 DAVIT_ERROR_HELPER,
	 "program \"@/fake\" was killed by signal 9 (SIGKILL)"},
	{"hanging",
	 {.create = "exec sleep 1000", .option = "runtime.oci.timeout=500ms"},
	 DAVIT_ERROR_TIMEOUT,
	 "program \"@/fake\" did not end within 500 ms and was killed"},
	{"nothing",
	 {.create = ":"},
	 DAVIT_ERROR_HELPER,
	 "the runtime succeeded and yet made no process: open \"pid\": No such file or directory"},
	{"pid-of-init",
	 {.create = "echo 1 > \"$pid_file\""},
	 DAVIT_ERROR_HELPER,
	 "the runtime gave the process 1, which it did not make"},
	{"pid-nonsense",
	 {.create = "echo '12 cats' > \"$pid_file\""},
	 DAVIT_ERROR_HELPER,
	 "the runtime gave \"12 cats\" where the number of a process was expected"},
	{"pid-zero",
	 {.create = "echo 0 > \"$pid_file\""},
	 DAVIT_ERROR_HELPER,
	 "the runtime gave \"0\" where the number of a process was expected"},
	{"no-terminal",
	 {.config = CONFIG_WITH ("\"args\":[\"true\"],\"cwd\":\"/\",\"terminal\":true",
				 "{\"destination\":\"/data\"}")},
	 DAVIT_ERROR_HELPER,
	 "the runtime gave no terminal: nobody came to the socket"},
	{"program-absent",
	 {.config =
		  CONFIG_WITH ("\"args\":[\"nosuch\"],\"cwd\":\"/\",\"env\":[\"PATH=/bin\"]", "")},
	 DAVIT_ERROR_NO_PROGRAM,
	 "program \"nosuch\": not found in PATH"},
	{"program-is-directory",
	 {.config = CONFIG_WITH ("\"args\":[\"/\"],\"cwd\":\"/\"", "{\"destination\":\"/etc/x\"}")},
	 DAVIT_ERROR_NOT_EXECUTABLE,
	 "program \"/\": Is a directory"},
	{"time-namespace",
	 {.config =
		  "{\"process\":{},\"root\":{\"path\":\"/x\"},\"linux\":{\"namespaces\":[{\"type\":"
		  "\"time\"}]}}"},
	 DAVIT_ERROR_UNSUPPORTED,
	 "a time namespace can't be had from an external runtime; use the runtime native for it"},
	{"bundle-damaged",
	 {.config = "{\"process\":{},"},
	 DAVIT_ERROR_CORRUPT,
	 "config.json: line 1, column 15: a key in quotation marks is expected here"},
};

static void
test_failure (gconstpointer data)
{
	gsize number = GPOINTER_TO_SIZE (data);
	World *world = test_world_new (&failures[number].fake);
	g_autoptr (GError) error = NULL;

	g_assert_false (test_create (world, &error));
	test_assert_error (world, &error, failures[number].code, failures[number].text);
	g_assert_cmpuint (davit_result_length (world->result), ==, 0);
	test_world_free (world);
}

/* What it printed beside its container: it is not read, and the process is not held up by it. */
static void
test_talkative (void)
{
	const Fake fake = {
		.create = "head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2\n"
			  "sleep 1000 > /dev/null 2>&1 &\necho $! > \"$pid_file\"",
		.other = "head -c 2000000 /dev/zero",
	};
	World *world = test_world_new (&fake);
	DavitRuntimeContainer container = test_container (world);
	g_autoptr (GError) error = NULL;

	test_create_good (world);
	g_assert_false (davit_runtime_kill (world->runtime, &container, SIGUSR1, FALSE, &error));
	test_assert_error (world, &error, DAVIT_ERROR_HELPER,
			   "program \"@/fake\" printed more than 1048576 bytes and was killed");
	test_world_free (world);
}

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
test_life (void)
{
	const Fake fake = {
		.other = "[ \"$verb\" != state ] || echo '{\"status\":\"created\"}'\n"
			 "[ \"$verb\" != kill ] || kill -$last $(cat \"$top/container/pid\")",
	};
	World *world = test_world_new (&fake);
	DavitRuntimeContainer container = test_container (world);
	g_autoptr (GError) error = NULL;
	g_autofree char *calls = NULL;
	int status = 0;

	test_create_good (world);
	assert_status (world, "created");
	g_assert_false (test_create (world, &error));
	test_assert_error (world, &error, DAVIT_ERROR_EXISTS,
			   "container \"" TEST_ID "\" exists already; delete it first");
	g_assert_true (davit_runtime_start (world->runtime, &container, &error));
	assert_status (world, "running");
	g_assert_false (davit_runtime_start (world->runtime, &container, &error));
	test_assert_error (world, &error, DAVIT_ERROR_STATE,
			   "container \"" TEST_ID "\" has been started already");
	g_assert_false (davit_runtime_delete (world->runtime, &container, FALSE, &error));
	test_assert_error (world, &error, DAVIT_ERROR_STATE,
			   "container \"" TEST_ID "\" runs; stop it first, or force it");
	g_assert_true (davit_runtime_kill (world->runtime, &container, SIGTERM, FALSE, &error));
	g_assert_no_error (error);
	test_reap (&world->pidfd, &status);
	g_assert_cmpint (status, ==, SIGTERM);
	assert_status (world, "stopped");
	g_assert_false (davit_runtime_kill (world->runtime, &container, SIGTERM, FALSE, &error));
	test_assert_error (world, &error, DAVIT_ERROR_STATE,
			   "container \"" TEST_ID "\" does not run");
	g_assert_true (davit_runtime_delete (world->runtime, &container, FALSE, &error));
	calls = test_calls (world);
	g_assert_cmpstr (calls, ==, "create state start kill delete ");
	g_assert_false (davit_runtime_state (world->runtime, &container, NULL, &error));
	test_assert_error (world, &error, DAVIT_ERROR_NOT_FOUND,
			   "there is no container \"" TEST_ID "\"");
	test_world_free (world);
}

/* What it gets, and that the engine's own file stays as it is. */
static void
test_bundle (void)
{
	const Fake fake = {
		.create = "cp \"$bundle/config.json\" \"$top/seen\"\n"
			  "stat -c '%a' \"$state\" > \"$top/mode\"\n"
			  "sleep 1000 > /dev/null 2>&1 &\necho $! > \"$pid_file\"",
	};
	World *world = test_world_new (&fake);
	g_autofree char *seen_path = g_build_filename (world->directory, "seen", NULL);
	g_autofree char *mode_path = g_build_filename (world->directory, "mode", NULL);
	g_autofree char *seen = NULL;
	g_autofree char *mode = NULL;
	g_autofree char *expected = g_strdup_printf (
		"{\"ociVersion\":\"1.0.0\",\"root\":{\"readonly\":true,\"path\":\"%s/bundle/"
		"rootfs\"},\"linux\":{\"namespaces\":[{\"type\":\"pid\"}],\"cgroupsPath\":"
		"\"/davit-" TEST_ID "\"},\"annotations\":{},"
		"\"process\":{\"args\":[\"true\"],\"cwd\":\"/\"},"
		"\"mounts\":[{\"destination\":\"/data\"}]}",
		world->directory);

	test_create_good (world);
	g_assert_true (g_file_get_contents (seen_path, &seen, NULL, NULL));
	g_assert_cmpstr (seen, ==, expected);
	g_assert_true (g_file_get_contents (mode_path, &mode, NULL, NULL));
	g_assert_cmpstr (mode, ==, "700\n");
	test_world_free (world);
}

static void
test_start_fails (void)
{
	const Fake fake = {
		.start = "echo '{\"level\":\"error\",\"msg\":\"container not running\"}' > "
			 "\"$log\"; exit 1",
	};
	World *world = test_world_new (&fake);
	DavitRuntimeContainer container = test_container (world);
	g_autoptr (GError) error = NULL;

	test_create_good (world);
	g_assert_false (davit_runtime_start (world->runtime, &container, &error));
	test_assert_error (world, &error, DAVIT_ERROR_STATE,
			   "\"@/fake start\" failed: container not running");
	test_world_free (world);
}

/* One that can't delete keeps nothing for ever: with force all goes without it. */
static void
test_delete_alone (void)
{
	static const Fake fakes[] = {
		{.delete_ = "echo '{\"level\":\"error\",\"msg\":\"no\"}' > \"$log\"; exit 1"},
		{.delete_ = "exec sleep 1000", .option = "runtime.oci.timeout=300ms"},
	};
	static const char *const texts[] = {
		"\"@/fake delete\" failed: no",
		"program \"@/fake\" did not end within 300 ms and was killed",
	};
	static const int codes[] = {DAVIT_ERROR_HELPER, DAVIT_ERROR_TIMEOUT};

	for (gsize i = 0; i < G_N_ELEMENTS (fakes); i++) {
		World *world = test_world_new (&fakes[i]);
		DavitRuntimeContainer container = test_container (world);
		g_autoptr (GError) error = NULL;

		test_create_good (world);
		g_assert_false (davit_runtime_delete (world->runtime, &container, FALSE, &error));
		test_assert_error (world, &error, codes[i], texts[i]);
		test_world_free (world);
	}
}

/* It is gone when the container is to be deleted. */
static void
test_gone (void)
{
	const Fake fake = {0};
	World *world = test_world_new (&fake);
	DavitRuntimeContainer container = test_container (world);
	g_autofree char *path = g_build_filename (world->directory, "fake", NULL);
	g_autoptr (GError) error = NULL;

	test_create_good (world);
	g_assert_cmpint (unlink (path), ==, 0);
	g_assert_false (davit_runtime_start (world->runtime, &container, &error));
	test_assert_error (
		world, &error, DAVIT_ERROR_UNAVAILABLE,
		"the program \"@/fake\" of the runtime \"fake\" is not there or can't be "
		"run; the option runtimes of [runtime.oci] names it");
	test_world_free (world);
}

static void
test_exec_status (void)
{
	const Fake fake = {0};
	World *world = test_world_new (&fake);
	int before = -1, pidfd = -1, status = 0;
	g_autoptr (GError) error = NULL;

	test_create_good (world);
	/* It is one only for as long as it takes. */
	g_assert_cmpint (prctl (PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), ==, 0);
	g_assert_true (test_exec (world, "{\"args\":[\"/x\"],\"env\":[]}", &pidfd, &error));
	g_assert_no_error (error);
	g_assert_cmpint (prctl (PR_GET_CHILD_SUBREAPER, &before, 0, 0, 0), ==, 0);
	g_assert_cmpint (before, ==, 0);
	test_reap (&pidfd, &status);
	g_assert_cmpint (status, ==, 7);
	test_world_free (world);
}

static void
test_exec_fails (void)
{
	const Fake fake = {
		.exec = "echo '{\"level\":\"error\",\"msg\":\"oh\"}' > \"$log\"; exit 1",
	};
	World *world = test_world_new (&fake);
	g_autoptr (GError) error = NULL;
	int pidfd = -1;

	test_create_good (world);
	g_assert_false (test_exec (world, "{\"args\":[\"/x\"]}", &pidfd, &error));
	test_assert_error (world, &error, DAVIT_ERROR_HELPER, "\"@/fake exec\" failed: oh");
	g_assert_false (
		test_exec (world, "{\"args\":[\"/nosuch\"],\"cwd\":\"/\"}", &pidfd, &error));
	test_assert_error (world, &error, DAVIT_ERROR_NO_PROGRAM,
			   "program \"/nosuch\": No such file or directory");
	g_assert_false (test_exec (world, "[]", &pidfd, &error));
	test_assert_error (world, &error, DAVIT_ERROR_CONFIG, "process: must be an object");
	g_assert_cmpint (pidfd, ==, -1);
	test_world_free (world);
}

static void
test_update (void)
{
	const Fake fake = {.other = "cp \"$resources\" \"$top/seen\""};
	World *world = test_world_new (&fake);
	DavitRuntimeContainer container = test_container (world);
	g_autofree char *path = g_build_filename (world->directory, "seen", NULL);
	g_autofree char *seen = NULL;
	g_autoptr (GError) error = NULL;

	test_create_good (world);
	g_assert_true (davit_runtime_update (world->runtime, &container, "{\"pids\":{\"limit\":7}}",
					     &error));
	g_assert_no_error (error);
	g_assert_true (g_file_get_contents (path, &seen, NULL, NULL));
	g_assert_cmpstr (seen, ==, "{\"pids\":{\"limit\":7}}");
	g_assert_false (davit_runtime_update (world->runtime, &container, "7", &error));
	test_assert_error (world, &error, DAVIT_ERROR_CONFIG, "resources: must be an object");
	test_world_free (world);
}

static void
assert_choice (World *world, const char *name, const char *expected, int code, const char *text)
{
	g_autoptr (GError) error = NULL;
	DavitRuntime *runtime = davit_drivers_runtime (world->drivers, name, &error);
	g_autofree char *choice = NULL;
	g_autofree char *message = NULL;
	g_auto (GStrv) parts = NULL;

	g_assert_no_error (error);
	choice = davit_runtime_choice (runtime, &error);
	g_assert_cmpstr (choice, ==, expected);
	if (text == NULL) {
		g_assert_no_error (error);
		return;
	}
	parts = g_strsplit (error->message, world->directory, -1);
	message = g_strjoinv ("@", parts);
	g_assert_cmpstr (message, ==, text);
	g_assert_cmpint (error->code, ==, code);
}

static void
test_choose (void)
{
	const Fake fake = {0};
	World *world = test_world_new (&fake);
	g_autofree char *path = g_strdup_printf ("oci:%s/fake", world->directory);

	/* By itself the first that is there; by name only that one. */
	assert_choice (world, "oci", "oci:fake", 0, NULL);
	assert_choice (world, "oci:fake", "oci:fake", 0, NULL);
	assert_choice (world, path, path, 0, NULL);
	assert_choice (world, "oci:absent-runtime", NULL, DAVIT_ERROR_UNAVAILABLE,
		       "runtime/oci:absent-runtime: the runtime \"absent-runtime\" is not "
		       "installed: there is no such program in PATH");
	assert_choice (world, "oci:Fake", NULL, DAVIT_ERROR_NOT_FOUND,
		       "runtime/oci:Fake: no runtime is called \"Fake\"; the option runtimes of "
		       "[runtime.oci] names: absent-runtime, fake; any other is asked for by its "
		       "absolute path");
	assert_choice (world, "oci:/nosuch/fake", NULL, DAVIT_ERROR_UNAVAILABLE,
		       "runtime/oci:/nosuch/fake: the runtime \"/nosuch/fake\" is not there or "
		       "can't be run");
	test_world_free (world);
}

static void
test_choose_none (void)
{
	const Fake fake = {.option = "runtime.oci.runtimes=absent-runtime"};
	const Fake wrong = {.option = "runtime.oci.runtimes=../x"};
	World *world = test_world_new (&fake);

	assert_choice (world, "oci", NULL, DAVIT_ERROR_UNAVAILABLE,
		       "runtime/oci: there is no external runtime; the option runtimes of "
		       "[runtime.oci] names: absent-runtime (not there)");
	test_world_free (world);
	world = test_world_new (&wrong);
	assert_choice (world, "oci", NULL, DAVIT_ERROR_CONFIG,
		       "runtime/oci: the option runtimes of [runtime.oci]: \"../x\" must be NAME "
		       "or NAME=/PATH, where NAME is of letters, digits and \"_.-\"");
	test_world_free (world);
}

static void
test_probe (void)
{
	const Fake fake = {.version = "fake version 2.7\\nand more"};
	const Fake none = {.option = "runtime.oci.runtimes=absent-runtime"};
	World *world = test_world_new (&fake);
	g_autoptr (GError) error = NULL;

	g_assert_true (davit_runtime_probe (world->runtime, &error));
	g_assert_no_error (error);
	test_world_free (world);
	world = test_world_new (&none);
	g_assert_false (davit_runtime_probe (world->runtime, &error));
	test_assert_error (world, &error, DAVIT_ERROR_UNAVAILABLE,
			   "can't work here: one of the external runtimes: absent-runtime (not "
			   "there) is missing; "
			   "install crun or runc, or name another one in the option runtimes of "
			   "[runtime.oci]");
	test_world_free (world);
}

static void
test_features (void)
{
	static const Fake fakes[] = {
		{.other = "echo '{\"ociVersionMin\":\"1.0.0\"}'"},
		{.other = "echo unknown command >&2; exit 1"},
		{.other = "echo good morning"},
	};
	static const char *const texts[] = {
		NULL,
		"the runtime \"@/fake\" has no features document: unknown command",
		"\"@/fake features\" printed something else than a document",
	};
	static const int codes[] = {0, DAVIT_ERROR_UNSUPPORTED, DAVIT_ERROR_HELPER};

	for (gsize i = 0; i < G_N_ELEMENTS (fakes); i++) {
		World *world = test_world_new (&fakes[i]);
		g_autoptr (GError) error = NULL;

		g_assert_true (davit_runtime_features (world->runtime, world->result, &error) ==
			       (texts[i] == NULL));
		if (texts[i] != NULL)
			test_assert_error (world, &error, codes[i], texts[i]);
		else
			g_assert_cmpstr (davit_result_string (world->result, "features"), ==,
					 "{\"ociVersionMin\":\"1.0.0\"}\n");
		test_world_free (world);
	}
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	if (geteuid () != 0)
		return 77;
	for (gsize i = 0; i < G_N_ELEMENTS (failures); i++) {
		g_autofree char *path = g_strconcat ("/oci/failure/", failures[i].name, NULL);

		g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_failure);
	}
	g_test_add_func ("/oci/talkative", test_talkative);
	g_test_add_func ("/oci/life", test_life);
	g_test_add_func ("/oci/bundle", test_bundle);
	g_test_add_func ("/oci/start-fails", test_start_fails);
	g_test_add_func ("/oci/delete-alone", test_delete_alone);
	g_test_add_func ("/oci/gone", test_gone);
	g_test_add_func ("/oci/exec-status", test_exec_status);
	g_test_add_func ("/oci/exec-fails", test_exec_fails);
	g_test_add_func ("/oci/update", test_update);
	g_test_add_func ("/oci/features", test_features);
	g_test_add_func ("/oci/choose", test_choose);
	g_test_add_func ("/oci/choose-none", test_choose_none);
	g_test_add_func ("/oci/probe", test_probe);
	return g_test_run ();
}
