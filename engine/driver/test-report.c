/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reports on installed plugins: whatever one of them does, the others are listed. */

#include "base/error.h"
#include "driver/facts.h"
#include "driver/report.h"
#include "driver/test-support.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static DavitPluginReport *
report (TestHome *home, const char *fixture, gboolean describe, guint deadline_msec)
{
	g_autofree char *path = test_fixture_path (fixture);
	DavitPluginFile file = {.name = (char *) fixture, .path = path};
	DavitFacts facts;
	DavitDriverContext context = {home->paths, home->config, &facts};

	davit_facts_read (&facts, NULL);
	return davit_report_make (&context, &file, describe, deadline_msec);
}

static void
assert_reason (TestHome *home, const char *fixture, guint deadline_msec, gboolean loads,
	       const char *reason)
{
	g_autoptr (DavitPluginReport) found = report (home, fixture, FALSE, deadline_msec);

	g_assert_cmpstr (found->reason, ==, reason);
	g_assert_cmpint (found->loads, ==, loads);
	g_assert_false (found->usable);
	g_assert_cmpstr (found->name, ==, fixture);
	/* What was learnt before is kept. */
	g_assert_cmpstr (found->version, ==, loads ? "1.2.3" : NULL);
	/* Nobody is left. */
	g_assert_cmpint (waitpid (-1, NULL, WNOHANG | __WALL), ==, -1);
	g_assert_cmpint (errno, ==, ECHILD);
}

static void
test_good (TestHome *home, gconstpointer data)
{
	g_autoptr (DavitPluginReport) found = report (home, "good", FALSE, 5000);
	const DavitPluginOption *option;
	const DavitNeed *need;

	g_assert_null (found->reason);
	g_assert_true (found->loads);
	g_assert_true (found->usable);
	g_assert_cmpint (found->kind, ==, DAVIT_KIND_NETWORK);
	g_assert_cmpstr (found->version, ==, "1.2.3");
	g_assert_cmpstr (found->summary, ==, "a plugin for tests");
	g_assert_cmpstr (found->license, ==, "LGPL-2.1-or-later");
	g_assert_cmpuint (found->abi_major, ==, 1);
	g_assert_cmpuint (found->abi_minor, ==, 0);
	g_assert_cmpuint (found->needs->len, ==, 1);
	need = (const DavitNeed *) found->needs->pdata[0];
	g_assert_cmpstr (need->what, ==, "a machine");
	g_assert_true (need->met);
	g_assert_null (need->hint);
	g_assert_cmpuint (found->options->len, ==, 1);
	option = (const DavitPluginOption *) found->options->pdata[0];
	g_assert_cmpstr (option->key, ==, "colour");
	g_assert_cmpstr (option->type, ==, "choice");
	g_assert_cmpstr (option->fallback, ==, "blue");
	g_assert_cmpstr (option->choices, ==, "blue|green");
	g_assert_cmpstr (option->help, ==, "which colour it has");
	g_assert_cmpstr (option->value, ==, "blue");
	g_assert_cmpstr (option->source, ==, "default");
	g_assert_true (g_strv_contains ((const char *const *) found->operations, "attach"));
	g_assert_true (g_strv_contains ((const char *const *) found->operations, "check"));
	g_assert_true (g_strv_contains ((const char *const *) found->missing, "network_remove"));
	g_assert_false (g_strv_contains ((const char *const *) found->missing, "check"));
	/* Looking makes no directories. */
	g_assert_cmpint (access (home->paths->root, F_OK), ==, -1);
	g_assert_cmpint (access (home->paths->runroot, F_OK), ==, -1);
}

static void
test_bad (TestHome *home, gconstpointer data)
{
	g_autofree char *path = test_fixture_path ("wrong-magic");
	g_autofree char *expected = g_strdup_printf (
		"plugin \"%s\": has the magic number 0x12345678 and not 0x74766164", path);

	assert_reason (home, "wrong-magic", 5000, FALSE, expected);
	assert_reason (home, "crash", 5000, FALSE,
		       "crashed with signal 11 (SIGSEGV) while loading");
	assert_reason (home, "crash-open", 5000, TRUE,
		       "crashed with signal 11 (SIGSEGV) while opening");
	assert_reason (home, "crash-probe", 5000, TRUE,
		       "crashed with signal 11 (SIGSEGV) while probing");
	assert_reason (home, "exit", 5000, FALSE, "ended the process with status 3 while loading");
	assert_reason (home, "hang", 200, FALSE, "did not answer within 0.2 s while loading");
	assert_reason (home, "hang-probe", 200, TRUE, "did not answer within 0.2 s while probing");
}

static void
test_unmet (TestHome *home, gconstpointer data)
{
	g_autoptr (DavitPluginReport) found = report (home, "unmet", FALSE, 5000);
	g_autoptr (DavitPluginReport) described = report (home, "unmet", TRUE, 5000);
	const DavitNeed *need;

	g_assert_true (found->loads);
	g_assert_false (found->usable);
	g_assert_cmpstr (found->reason, ==, "a \"moon\" is missing; wait for the night");
	g_assert_cmpuint (found->needs->len, ==, 3);
	need = (const DavitNeed *) found->needs->pdata[1];
	g_assert_cmpstr (need->what, ==, "a \"moon\"");
	g_assert_false (need->met);
	g_assert_cmpstr (need->hint, ==, "wait for the night");

	/* Described only: no function of it has run. */
	g_assert_true (described->loads);
	g_assert_null (described->reason);
	g_assert_cmpuint (described->needs->len, ==, 0);
	g_assert_cmpstr (described->version, ==, "1.2.3");
}

/* The pipe to the child is then one of 0 to 2, which the child gives to /dev/null. */
static void
test_without_streams (TestHome *home, gconstpointer data)
{
	int status = 0;
	pid_t child = fork ();

	if (child == 0) {
		DavitPluginReport *found;

		for (int i = 0; i < 3; i++)
			close (i);
		found = report (home, "good", FALSE, 5000);
		_exit (found->usable && found->reason == NULL ? 0 : 1);
	}
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_assert_true (WIFEXITED (status));
	g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

static void
test_configuration (TestHome *home, gconstpointer data)
{
	static const char *const good[] = {"network.good.colour=green", NULL};
	static const char *const bad[] = {"network.good.colour=red", NULL};
	DavitPluginReport *found;
	const DavitPluginOption *option;

	test_home_configure (home, good);
	found = report (home, "good", FALSE, 5000);
	option = (const DavitPluginOption *) found->options->pdata[0];
	g_assert_cmpstr (option->value, ==, "green");
	g_assert_cmpstr (option->source, ==, "--config");
	davit_plugin_report_free (found);

	test_home_configure (home, bad);
	found = report (home, "good", FALSE, 5000);
	g_assert_true (found->loads);
	g_assert_false (found->usable);
	g_assert_cmpstr (
		found->reason, ==,
		"--config: key \"colour\" of [network.good]: \"red\" must be one of: blue, "
		"green");
	option = (const DavitPluginOption *) found->options->pdata[0];
	g_assert_cmpstr (option->key, ==, "colour");
	g_assert_null (option->value);
	davit_plugin_report_free (found);
}

static void
test_list (TestHome *home, gconstpointer data)
{
	static const struct {
		const char *name;
		DavitKind kind;
		gboolean usable;
	} expected[] = {
		{"crash", (DavitKind) 0, FALSE},     {"acting-storage", DAVIT_KIND_STORAGE, TRUE},
		{"good", DAVIT_KIND_STORAGE, FALSE}, {"acting-network", DAVIT_KIND_NETWORK, TRUE},
		{"good", DAVIT_KIND_NETWORK, TRUE},  {"unmet", DAVIT_KIND_NETWORK, FALSE},
	};
	g_autoptr (GPtrArray) reports = NULL;
	g_autoptr (GError) error = NULL;
	const DavitPluginReport *hidden;
	g_autofree char *folder = g_build_filename (home->plugins, "folder.so", NULL);

	test_home_put (home, "unmet", "unmet");
	test_home_put (home, "crash", "crash");
	test_home_put (home, "good", "network/good");
	test_home_put (home, "good", "good");
	test_home_put (home, "good", "storage/good");
	test_home_put (home, "acting-network", "acting-network");
	test_home_put (home, "acting-storage", "acting-storage");
	g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);

	reports = davit_drivers_list (home->drivers, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (reports->len, ==, G_N_ELEMENTS (expected));
	for (guint i = 0; i < reports->len; i++) {
		const DavitPluginReport *found = (const DavitPluginReport *) reports->pdata[i];

		g_assert_cmpstr (found->name, ==, expected[i].name);
		g_assert_cmpint (found->kind, ==, expected[i].kind);
		g_assert_cmpint (found->usable, ==, expected[i].usable);
	}
	/* Of two with one kind and name the first in the path is shown, the one in the folder. */
	hidden = (const DavitPluginReport *) reports->pdata[4];
	g_assert_true (g_str_has_suffix (hidden->path, "/network/good.so"));
}

static void
test_by_name (TestHome *home, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	DavitPluginReport *found;

	test_home_put (home, "unmet", "unmet");
	test_home_put (home, "crash", "crash");
	test_home_put (home, "good", "network/good");

	found = davit_drivers_report (home->drivers, (DavitKind) 0, "good", &error);
	g_assert_no_error (error);
	g_assert_true (found->usable);
	davit_plugin_report_free (found);
	found = davit_drivers_report (home->drivers, DAVIT_KIND_NETWORK, "unmet", &error);
	g_assert_no_error (error);
	g_assert_true (found->loads);
	davit_plugin_report_free (found);
	found = davit_drivers_report (home->drivers, DAVIT_KIND_STORAGE, "crash", &error);
	g_assert_no_error (error);
	g_assert_cmpstr (found->reason, ==, "crashed with signal 11 (SIGSEGV) while loading");
	davit_plugin_report_free (found);

	g_assert_null (davit_drivers_report (home->drivers, DAVIT_KIND_STORAGE, "good", &error));
	test_assert_error (home, &error, DAVIT_ERROR_NOT_FOUND,
			   "no storage plugin \"good\"; looked in @/plugins, @/absent");
	g_assert_null (davit_drivers_report (home->drivers, (DavitKind) 0, "foo", &error));
	test_assert_error (home, &error, DAVIT_ERROR_NOT_FOUND,
			   "no plugin \"foo\"; looked in @/plugins, @/absent");
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	test_add ("/report/good", test_good);
	test_add ("/report/bad", test_bad);
	test_add ("/report/unmet", test_unmet);
	test_add ("/report/without-streams", test_without_streams);
	test_add ("/report/configuration", test_configuration);
	test_add ("/report/list", test_list);
	test_add ("/report/by-name", test_by_name);
	return g_test_run ();
}
