/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every way to break the contract, and that each wrapper calls the operation that it says. */

#include "base/error.h"
#include "driver/checkpoint-driver.h"
#include "driver/network-driver.h"
#include "driver/runtime-driver.h"
#include "driver/storage-driver.h"
#include "driver/test-support.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define IN_USE "thing \"x\": is in use"

static void
set_mode (TestHome *home, const char *kind, const char *mode)
{
	g_autofree char *override = g_strdup_printf ("%s.acting-%s.mode=%s", kind, kind, mode);
	g_autofree char *name = g_strconcat ("acting-", kind, NULL);
	const char *overrides[] = {override, NULL};

	test_home_put (home, name, name);
	test_home_configure (home, overrides);
}

static DavitStorage *
storage (TestHome *home, const char *mode)
{
	g_autoptr (GError) error = NULL;
	DavitStorage *opened = NULL;

	set_mode (home, "storage", mode);
	opened = davit_drivers_storage (home->drivers, "acting-storage", &error);
	g_assert_no_error (error);
	return opened;
}

static DavitRuntime *
runtime (TestHome *home, const char *mode)
{
	g_autoptr (GError) error = NULL;
	DavitRuntime *opened = NULL;

	set_mode (home, "runtime", mode);
	opened = davit_drivers_runtime (home->drivers, "acting-runtime", &error);
	g_assert_no_error (error);
	return opened;
}

/* Errors that any operation can give. */
static void
test_errors (TestHome *home, gconstpointer data)
{
	static const struct {
		const char *mode;
		DavitErrorCode code;
		const char *text;
	} cases[] = {
		{"layer_abort=fail", DAVIT_ERROR_BUSY, "storage/acting-storage: " IN_USE},
		{"layer_abort=foreign", DAVIT_ERROR_FAILED,
		 "storage/acting-storage: thing \"x\": is not there"},
		{"layer_abort=bad-code", DAVIT_ERROR_FAILED,
		 "storage/acting-storage: thing \"x\": is odd"},
		{"layer_abort=silent", DAVIT_ERROR_PLUGIN_CONTRACT,
		 "storage/acting-storage: layer_abort failed without saying why"},
		{"layer_abort=empty", DAVIT_ERROR_PLUGIN_CONTRACT,
		 "storage/acting-storage: layer_abort failed without saying why"},
		{"layer_abort=both", DAVIT_ERROR_PLUGIN_CONTRACT,
		 "storage/acting-storage: layer_abort succeeded and yet set an error: " IN_USE},
	};

	for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
		DavitStorage *opened = storage (home, cases[i].mode);
		g_autoptr (GError) error = NULL;

		g_assert_false (davit_storage_layer_abort (opened, "a", &error));
		test_assert_error (home, &error, cases[i].code, cases[i].text);
		/* Nobody wants to know: that is no reason to crash. */
		g_assert_false (davit_storage_layer_abort (opened, "a", NULL));
		/* The other operations go on. */
		g_assert_true (davit_storage_layer_remove (opened, "a", &error));
		g_assert_no_error (error);
	}
}

static void
test_unsupported (TestHome *home, gconstpointer data)
{
	DavitStorage *opened = storage (home, "open=good");
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;

	g_assert_false (davit_storage_layer_list (opened, result, &error));
	test_assert_error (home, &error, DAVIT_ERROR_UNSUPPORTED,
			   "storage/acting-storage: can't do \"layer_list\"");
	g_assert_false (davit_storage_layer_adopt (opened, NULL, &error));
	test_assert_error (home, &error, DAVIT_ERROR_UNSUPPORTED,
			   "storage/acting-storage: can't do \"layer_adopt\"");
}

static void
test_layer_begin (TestHome *home, gconstpointer data)
{
	static const struct {
		const char *mode;
		const char *text;
	} cases[] = {
		{"layer_begin=nothing", "storage/acting-storage: layer_begin gave the file "
					"descriptor -1, which is not open"},
		{"layer_begin=bad-fd", "storage/acting-storage: layer_begin gave the file "
				       "descriptor 4711, which is not open"},
		{"layer_begin=bad-value", "storage/acting-storage: layer_begin gave the form of "
					  "whiteouts 9, which there is not"},
		{"layer_begin=write", "storage/acting-storage: layer_begin failed and yet gave an "
				      "output; it failed with: " IN_USE},
	};
	DavitLayerRequest request = {.size = sizeof request, .chain_id = "a"};
	DavitWhiteouts whiteouts = DAVIT_WHITEOUTS_OVERLAY;
	g_autoptr (GError) error = NULL;
	DavitStorage *opened = NULL;
	int fd = 77;

	for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
		opened = storage (home, cases[i].mode);
		g_assert_false (
			davit_storage_layer_begin (opened, &request, &fd, &whiteouts, &error));
		test_assert_error (home, &error, DAVIT_ERROR_PLUGIN_CONTRACT, cases[i].text);
		/* The caller's own variables are never touched. */
		g_assert_cmpint (fd, ==, 77);
		g_assert_cmpint (whiteouts, ==, DAVIT_WHITEOUTS_OVERLAY);
	}
	opened = storage (home, "layer_begin=other-fd");
	g_assert_false (davit_storage_layer_begin (opened, &request, &fd, &whiteouts, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_PLUGIN_CONTRACT);
	g_assert_true (g_str_has_suffix (error->message, ", which is no directory"));
	g_clear_error (&error);

	opened = storage (home, "layer_begin=fail");
	g_assert_false (davit_storage_layer_begin (opened, &request, &fd, &whiteouts, &error));
	test_assert_error (home, &error, DAVIT_ERROR_BUSY, "storage/acting-storage: " IN_USE);

	opened = storage (home, "layer_begin=good");
	g_assert_true (davit_storage_layer_begin (opened, &request, &fd, &whiteouts, &error));
	g_assert_no_error (error);
	g_assert_cmpint (whiteouts, ==, DAVIT_WHITEOUTS_APPLY);
	/* The plugin forgot it. */
	g_assert_true (fcntl (fd, F_GETFD) & FD_CLOEXEC);
	close (fd);
}

static void
test_storage_outputs (TestHome *home, gconstpointer data)
{
	DavitRootfsRequest request = {.size = sizeof request, .id = "a"};
	g_autoptr (GError) error = NULL;
	gboolean exists = 33;
	int fd = 77;

	g_assert_false (davit_storage_layer_exists (storage (home, "layer_exists=bad-value"), "a",
						    &exists, &error));
	test_assert_error (home, &error, DAVIT_ERROR_PLUGIN_CONTRACT,
			   "storage/acting-storage: layer_exists gave 5, which is neither TRUE nor "
			   "FALSE");
	g_assert_false (davit_storage_layer_exists (storage (home, "layer_exists=nothing"), "a",
						    &exists, &error));
	test_assert_error (
		home, &error, DAVIT_ERROR_PLUGIN_CONTRACT,
		"storage/acting-storage: layer_exists gave -1, which is neither TRUE nor "
		"FALSE");
	g_assert_false (davit_storage_layer_exists (storage (home, "layer_exists=write"), "a",
						    &exists, &error));
	test_assert_error (home, &error, DAVIT_ERROR_PLUGIN_CONTRACT,
			   "storage/acting-storage: layer_exists failed and yet gave an output; it "
			   "failed with: " IN_USE);
	g_assert_cmpint (exists, ==, 33);
	g_assert_true (davit_storage_layer_exists (storage (home, "x=good"), "a", &exists, &error));
	g_assert_cmpint (exists, ==, TRUE);

	g_assert_false (davit_storage_rootfs_mount (storage (home, "rootfs_mount=bad-fd"), &request,
						    &fd, &error));
	test_assert_error (home, &error, DAVIT_ERROR_PLUGIN_CONTRACT,
			   "storage/acting-storage: rootfs_mount gave the file descriptor 4711, "
			   "which is not open");
	g_assert_false (davit_storage_layer_open (storage (home, "layer_open=bad-fd"), "a", &fd,
						  NULL, &error));
	test_assert_error (
		home, &error, DAVIT_ERROR_PLUGIN_CONTRACT,
		"storage/acting-storage: layer_open gave the file descriptor 4711, which "
		"is not open");
	g_assert_cmpint (fd, ==, 77);
	g_assert_true (
		davit_storage_rootfs_mount (storage (home, "x=good"), &request, &fd, &error));
	close (fd);
	g_assert_true (davit_storage_layer_open (storage (home, "x=good"), "a", &fd, NULL, &error));
	close (fd);
	g_assert_no_error (error);
}

/* An operation that fails has added nothing to a result that may hold other things already. */
static void
test_result (TestHome *home, gconstpointer data)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	gint64 bytes = 0;
	int fd;

	davit_result_add_string (result, "added", "/old");
	g_assert_false (
		davit_storage_changes (storage (home, "changes=write"), NULL, result, &error));
	test_assert_error (home, &error, DAVIT_ERROR_BUSY, "storage/acting-storage: " IN_USE);
	g_assert_cmpuint (davit_result_length (result), ==, 1);
	g_assert_false (
		davit_storage_changes (storage (home, "changes=both"), NULL, result, &error));
	g_clear_error (&error);
	g_assert_cmpuint (davit_result_length (result), ==, 1);

	g_assert_true (
		davit_storage_changes (storage (home, "changes=good"), NULL, result, &error));
	g_assert_no_error (error);
	g_assert_cmpuint (davit_result_length (result), ==, 3);
	fd = davit_result_steal_fd (result, "fd");
	g_assert_true (fcntl (fd, F_GETFD) & FD_CLOEXEC);
	close (fd);
	g_assert_true (
		davit_storage_usage (storage (home, "x=good"), NULL, "layer", result, &error));
	g_assert_true (davit_result_integer (result, "bytes", &bytes));
	g_assert_cmpint (bytes, ==, 2);
	/* Who wants no result gives none. */
	g_assert_true (davit_storage_changes (storage (home, "x=good"), NULL, NULL, &error));
}

/* Each simple operation of a storage plugin, by the name that it fails under. */
static void
test_storage_dispatch (TestHome *home, gconstpointer data)
{
	static const char *const names[] = {"layer_commit",  "layer_abort",    "layer_remove",
					    "rootfs_create", "rootfs_unmount", "rootfs_remove",
					    "changes",	     "usage",	       "verify",
					    "prune",	     "probe"};
	g_autoptr (DavitResult) result = davit_result_new ();

	for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
		g_autofree char *mode = g_strconcat (names[i], "=fail", NULL);
		DavitStorage *opened = storage (home, mode);
		const gboolean outcomes[] = {
			davit_storage_layer_commit (opened, NULL, NULL),
			davit_storage_layer_abort (opened, "a", NULL),
			davit_storage_layer_remove (opened, "a", NULL),
			davit_storage_rootfs_create (opened, NULL, NULL),
			davit_storage_rootfs_unmount (opened, "a", NULL),
			davit_storage_rootfs_remove (opened, "a", NULL),
			davit_storage_changes (opened, NULL, result, NULL),
			davit_storage_usage (opened, "a", NULL, result, NULL),
			davit_storage_verify (opened, "a", NULL),
			davit_storage_prune (opened, NULL, result, NULL),
			davit_storage_probe (opened, NULL),
		};

		for (guint j = 0; j < G_N_ELEMENTS (outcomes); j++)
			g_assert_cmpint (outcomes[j], ==, i != j);
	}
	g_assert_cmpstr (davit_storage_name (storage (home, "x=good")), ==, "acting-storage");
}

static void
test_network_dispatch (TestHome *home, gconstpointer data)
{
	static const char *const names[] = {"attach",	    "detach",
					    "check",	    "refresh",
					    "gc",	    "port_add",
					    "port_remove",  "network_create",
					    "network_list", "network_remove",
					    "probe"};

	for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
		g_autofree char *mode = g_strconcat (names[i], "=fail", NULL);
		g_autoptr (GError) error = NULL;
		DavitNetwork *opened = NULL;

		set_mode (home, "network", mode);
		opened = davit_drivers_network (home->drivers, "acting-network", &error);
		g_assert_no_error (error);
		{
			const gboolean outcomes[] = {
				davit_network_attach (opened, NULL, NULL, NULL),
				davit_network_detach (opened, NULL, NULL),
				davit_network_check (opened, NULL, NULL),
				davit_network_refresh (opened, NULL, NULL),
				davit_network_gc (opened, NULL, NULL, NULL),
				davit_network_port_add (opened, NULL, NULL, NULL, NULL),
				davit_network_port_remove (opened, NULL, NULL, NULL),
				davit_network_network_create (opened, "a", NULL, NULL),
				davit_network_network_list (opened, NULL, NULL),
				davit_network_network_remove (opened, "a", NULL),
				davit_network_probe (opened, NULL),
			};

			for (guint j = 0; j < G_N_ELEMENTS (outcomes); j++)
				g_assert_cmpint (outcomes[j], ==, i != j);
		}
	}
}

static void
test_runtime_dispatch (TestHome *home, gconstpointer data)
{
	static const char *const names[] = {"start",	"kill",	  "delete",  "state",  "pause",
					    "resume",	"update", "stats",   "resize", "checkpoint",
					    "features", "probe",  "prepare", "adopt"};

	for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
		g_autofree char *mode = g_strconcat (names[i], "=fail", NULL);
		DavitRuntime *opened = runtime (home, mode);
		const gboolean outcomes[] = {
			davit_runtime_start (opened, NULL, NULL),
			davit_runtime_kill (opened, NULL, 9, FALSE, NULL),
			davit_runtime_delete (opened, NULL, FALSE, NULL),
			davit_runtime_state (opened, NULL, NULL, NULL),
			davit_runtime_pause (opened, NULL, NULL),
			davit_runtime_resume (opened, NULL, NULL),
			davit_runtime_update (opened, NULL, "{}", NULL),
			davit_runtime_stats (opened, NULL, NULL, NULL),
			davit_runtime_resize (opened, NULL, 24, 80, NULL),
			davit_runtime_checkpoint (opened, NULL, NULL, NULL, NULL),
			davit_runtime_features (opened, NULL, NULL),
			davit_runtime_probe (opened, NULL),
			davit_runtime_prepare (opened, NULL, NULL, NULL),
			davit_runtime_adopt (opened, NULL, -1, 1, NULL),
		};

		for (guint j = 0; j < G_N_ELEMENTS (outcomes); j++)
			g_assert_cmpint (outcomes[j], ==, i != j);
	}
	g_assert_cmpstr (davit_runtime_name (runtime (home, "x=good")), ==, "acting-runtime");
}

typedef gboolean (*GiveProcess) (DavitRuntime *runtime, int *ret_pidfd, DavitResult *result,
				 GError **error);

static gboolean
give_create (DavitRuntime *opened, int *ret_pidfd, DavitResult *result, GError **error)
{
	return davit_runtime_create (opened, NULL, ret_pidfd, result, error);
}

static gboolean
give_exec (DavitRuntime *opened, int *ret_pidfd, DavitResult *result, GError **error)
{
	return davit_runtime_exec (opened, NULL, ret_pidfd, result, error);
}

static gboolean
give_restore (DavitRuntime *opened, int *ret_pidfd, DavitResult *result, GError **error)
{
	return davit_runtime_restore (opened, NULL, NULL, ret_pidfd, result, error);
}

static void
assert_process (TestHome *home, const char *operation, const char *behaviour, GiveProcess give,
		const char *expected)
{
	g_autofree char *mode = g_strdup_printf ("%s=%s", operation, behaviour);
	DavitRuntime *opened = runtime (home, mode);
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	g_autofree char *text = NULL;
	int pidfd = 77;

	if (expected == NULL) {
		g_assert_true (give (opened, &pidfd, result, &error));
		g_assert_no_error (error);
		g_assert_true (fcntl (pidfd, F_GETFD) & FD_CLOEXEC);
		close (pidfd);
		return;
	}
	g_assert_false (give (opened, &pidfd, result, &error));
	g_assert_cmpint (pidfd, ==, 77);
	text = g_strdup_printf ("runtime/acting-runtime: %s %s", operation, expected);
	test_assert_error (home, &error, DAVIT_ERROR_PLUGIN_CONTRACT, text);
}

static void
test_processes (TestHome *home, gconstpointer data)
{
	static const struct {
		const char *name;
		GiveProcess give;
	} operations[] = {
		{"create", give_create},
		{"exec", give_exec},
		{"restore", give_restore},
	};
	g_autoptr (GError) error = NULL;

	for (guint i = 0; i < G_N_ELEMENTS (operations); i++) {
		const char *name = operations[i].name;
		GiveProcess give = operations[i].give;

		assert_process (home, name, "good", give, NULL);
		assert_process (home, name, "nothing", give,
				"gave the file descriptor -1, which is not open");
		assert_process (home, name, "bad-fd", give,
				"gave the file descriptor 4711, which is not open");
		assert_process (home, name, "bad-value", give, "gave no \"pid\" in its result");
		assert_process (home, name, "silent", give, "failed without saying why");
		assert_process (home, name, "write", give,
				"failed and yet gave an output; it failed with: " IN_USE);
	}
	g_assert_false (davit_runtime_processes (runtime (home, "x=good"), NULL, NULL, &error));
	test_assert_error (home, &error, DAVIT_ERROR_UNSUPPORTED,
			   "runtime/acting-runtime: can't do \"processes\"");
}

static void
assert_choice (TestHome *home, const char *mode, const char *name, const char *choice,
	       const char *text)
{
	g_autofree char *setting = g_strconcat ("runtime.acting-runtime.mode=choose=", mode, NULL);
	const char *const overrides[] = {setting, NULL};
	g_autoptr (GError) error = NULL;
	g_autofree char *given = NULL;
	DavitRuntime *opened;

	test_home_configure (home, overrides);
	opened = davit_drivers_runtime (home->drivers, name, &error);
	g_assert_no_error (error);
	/* The same again is the same, another variant is another. */
	g_assert_true (davit_drivers_runtime (home->drivers, name, NULL) == opened);
	g_assert_true (davit_drivers_runtime (home->drivers, "acting-runtime:other", NULL) !=
		       opened);
	given = davit_runtime_choice (opened, &error);
	g_assert_cmpstr (given, ==, choice);
	if (text != NULL)
		test_assert_error (home, &error, DAVIT_ERROR_PLUGIN_CONTRACT, text);
	g_assert_no_error (error);
}

static void
test_choose (TestHome *home, gconstpointer data)
{
	test_home_put (home, "acting-runtime", "runtime/acting-runtime");
	assert_choice (home, "good", "acting-runtime", "acting-runtime:first", NULL);
	assert_choice (home, "good", "acting-runtime:one", "acting-runtime:one", NULL);
	assert_choice (home, "good", "acting-runtime:/bin/one", "acting-runtime:/bin/one", NULL);
	assert_choice (home, "nothing", "acting-runtime", NULL,
		       "runtime/acting-runtime: choose gave no \"variant\" that can be one");
	assert_choice (home, "bad-value", "acting-runtime:one", NULL,
		       "runtime/acting-runtime:one: choose gave no \"variant\" that can be one");
	assert_choice (home, "silent", "acting-runtime:one", NULL,
		       "runtime/acting-runtime:one: choose failed without saying why");
}

static void
test_state (TestHome *home, gconstpointer data)
{
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;

	g_assert_false (
		davit_runtime_state (runtime (home, "state=bad-value"), NULL, result, &error));
	test_assert_error (home, &error, DAVIT_ERROR_PLUGIN_CONTRACT,
			   "runtime/acting-runtime: state gave the status \"asleep\"; it must be "
			   "created, running, paused or stopped");
	g_assert_false (
		davit_runtime_state (runtime (home, "state=nothing"), NULL, result, &error));
	test_assert_error (
		home, &error, DAVIT_ERROR_PLUGIN_CONTRACT,
		"runtime/acting-runtime: state gave the status \"\"; it must be created, "
		"running, paused or stopped");
	g_assert_cmpuint (davit_result_length (result), ==, 0);
	g_assert_true (davit_runtime_state (runtime (home, "x=good"), NULL, result, &error));
	g_assert_cmpstr (davit_result_string (result, "status"), ==, "running");
}

static void
test_checkpoint_dispatch (TestHome *home, gconstpointer data)
{
	static const char *const names[] = {"dump", "pre_dump", "lazy_serve", "verify", "probe"};
	DavitCheckpoint *opened = NULL;
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) error = NULL;
	int pidfd = 77;

	for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
		g_autofree char *mode = g_strconcat (names[i], "=fail", NULL);

		set_mode (home, "checkpoint", mode);
		opened = davit_drivers_checkpoint (home->drivers, "acting-checkpoint", &error);
		g_assert_no_error (error);
		{
			const gboolean outcomes[] = {
				davit_checkpoint_dump (opened, NULL, NULL, NULL),
				davit_checkpoint_pre_dump (opened, NULL, NULL, NULL),
				davit_checkpoint_lazy_serve (opened, NULL, -1, NULL),
				davit_checkpoint_verify (opened, -1, NULL),
				davit_checkpoint_probe (opened, NULL),
			};

			for (guint j = 0; j < G_N_ELEMENTS (outcomes); j++)
				g_assert_cmpint (outcomes[j], ==, i != j);
		}
	}
	g_assert_cmpstr (davit_checkpoint_name (opened), ==, "acting-checkpoint");
	g_assert_true (davit_checkpoint_restore (opened, NULL, &pidfd, result, &error));
	close (pidfd);
	g_assert_false (davit_checkpoint_features (opened, result, &error));
	test_assert_error (home, &error, DAVIT_ERROR_UNSUPPORTED,
			   "checkpoint/acting-checkpoint: can't do \"features\"");
	set_mode (home, "checkpoint", "restore=bad-fd");
	opened = davit_drivers_checkpoint (home->drivers, "acting-checkpoint", &error);
	g_assert_false (davit_checkpoint_restore (opened, NULL, &pidfd, result, &error));
	test_assert_error (home, &error, DAVIT_ERROR_PLUGIN_CONTRACT,
			   "checkpoint/acting-checkpoint: restore gave the file descriptor 4711, "
			   "which is not open");
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_add ("/contract/errors", test_errors);
	test_add ("/contract/unsupported", test_unsupported);
	test_add ("/contract/layer-begin", test_layer_begin);
	test_add ("/contract/storage-outputs", test_storage_outputs);
	test_add ("/contract/result", test_result);
	test_add ("/contract/storage-dispatch", test_storage_dispatch);
	test_add ("/contract/network-dispatch", test_network_dispatch);
	test_add ("/contract/runtime-dispatch", test_runtime_dispatch);
	test_add ("/contract/processes", test_processes);
	test_add ("/contract/choose", test_choose);
	test_add ("/contract/state", test_state);
	test_add ("/contract/checkpoint-dispatch", test_checkpoint_dispatch);
	return g_test_run ();
}
