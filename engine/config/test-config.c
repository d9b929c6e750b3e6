/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Precedence, sources and errors of the configuration, with real files. */

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "config/config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
	char *directory;
	DavitPaths *paths;
} Fixture;

static void
fixture_set_up (Fixture *fixture, gconstpointer data)
{
	g_autofree char *datadir = NULL;
	g_autofree char *sysconfdir = NULL;

	fixture->directory = g_dir_make_tmp ("davit-test-config-XXXXXX", NULL);
	g_assert_nonnull (fixture->directory);
	g_assert_cmpint (chmod (fixture->directory, 0755), ==, 0);
	datadir = g_build_filename (fixture->directory, "data", NULL);
	sysconfdir = g_build_filename (fixture->directory, "etc", NULL);
	g_assert_cmpint (g_mkdir (datadir, 0755), ==, 0);
	g_assert_cmpint (g_mkdir (sysconfdir, 0755), ==, 0);
	fixture->paths = davit_paths_new ();
	davit_paths_set (&fixture->paths->datadir, datadir);
	davit_paths_set (&fixture->paths->sysconfdir, sysconfdir);
	g_unsetenv ("DAVIT_CONFIG");
}

static void
remove_directory (const char *path)
{
	g_autofree char *parent = g_path_get_dirname (path);
	g_autofree char *name = g_path_get_basename (path);
	davit_autofd fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr (GError) error = NULL;

	g_assert_true (davit_path_remove_tree (fd, name, &error));
	g_assert_no_error (error);
}

static void
fixture_tear_down (Fixture *fixture, gconstpointer data)
{
	remove_directory (fixture->directory);
	davit_paths_free (fixture->paths);
	g_free (fixture->directory);
	g_unsetenv ("DAVIT_CONFIG");
}

/* Writes a file below the fixture's directory and gives its path; free with g_free. */
static char *
write_file (Fixture *fixture, const char *name, const char *text)
{
	char *path = g_build_filename (fixture->directory, name, NULL);
	g_autofree char *parent = g_path_get_dirname (path);

	g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
	g_assert_true (g_file_set_contents (path, text, -1, NULL));
	return path;
}

static void
put_file (Fixture *fixture, const char *name, const char *text)
{
	g_free (write_file (fixture, name, text));
}

static DavitConfig *
load (Fixture *fixture, const char *const *overrides)
{
	g_autoptr (GError) error = NULL;
	DavitConfig *config = davit_config_load (fixture->paths, overrides, &error);

	g_assert_no_error (error);
	g_assert_nonnull (config);
	return config;
}

/* expected may hold "%s" once: the fixture's directory. */
static void
assert_load_fails (Fixture *fixture, const char *const *overrides, DavitErrorCode code,
		   const char *expected)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitConfig) config = davit_config_load (fixture->paths, overrides, &error);
	g_auto (GStrv) parts = g_strsplit (expected, "%s", 2);
	g_autofree char *text = g_strjoinv (fixture->directory, parts);

	if (config != NULL)
		g_error ("accepted, instead of: %s", text);
	g_assert_cmpstr (error->message, ==, text);
	g_assert_true (davit_error_matches (error, code));
}

static void
assert_source (DavitConfig *config, const char *key, const char *text, const char *source)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitOptionValues) values =
		davit_config_check_group (config, "engine", davit_config_engine_options (), &error);
	const DavitOptionValue *value;

	g_assert_no_error (error);
	value = davit_option_values_get (values, key);
	g_assert_cmpstr (value->text, ==, text);
	g_assert_cmpstr (value->source, ==, source);
}

static void
test_defaults (Fixture *fixture, gconstpointer data)
{
	g_autoptr (DavitConfig) config = load (fixture, NULL);
	g_auto (GStrv) groups = davit_config_groups (config);

	g_assert_cmpstr (davit_config_string (config, "storage"), ==, "overlay");
	g_assert_cmpstr (davit_config_string (config, "network"), ==, "none");
	g_assert_cmpstr (davit_config_string (config, "runtime"), ==, "native");
	g_assert_cmpstr (davit_config_string (config, "checkpoint"), ==, "criu");
	g_assert_cmpint (davit_config_integer (config, "stop-timeout"), ==, 10000);
	g_assert_cmpint (davit_config_integer (config, "shm-size"), ==, 64 * 1024 * 1024);
	g_assert_cmpint (davit_config_integer (config, "log-size-max"), ==, 0);
	g_assert_cmpint (davit_config_integer (config, "pids-limit"), ==, 2048);
	g_assert_null (davit_config_string (config, "seccomp-profile"));
	g_assert_null (davit_config_list (config, "dns")[0]);
	g_assert_null (davit_config_files (config)[0]);
	g_assert_null (groups[0]);
	assert_source (config, "storage", "overlay", "default");
}

static void
test_precedence (Fixture *fixture, gconstpointer data)
{
	static const char *const overrides[] = {"engine.timezone=local", NULL};
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	g_autofree char *third = NULL;
	g_autofree char *fourth = NULL;
	g_autofree char *further = NULL;
	g_autofree char *source = NULL;
	g_autofree char *data_source = NULL;
	g_autoptr (DavitConfig) config = NULL;

	first = write_file (fixture, "data/davit.conf",
			    "[engine]\nstorage=one\nnetwork=one\nruntime=one\ncheckpoint=one\n"
			    "cgroup-parent=one\ntimezone=one\ndns=9.9.9.9;8.8.8.8\n");
	second = write_file (
		fixture, "etc/davit.conf",
		"[engine]\nnetwork=two\nruntime=two\ncheckpoint=two\ncgroup-parent=two\n"
		"timezone=two\ndns=\n");
	/* Sorted by bytes: 10 before 9. A file of another suffix and a hidden one don't count. */
	third = write_file (fixture, "etc/davit.conf.d/10-a.conf",
			    "[engine]\nruntime=three\ncheckpoint=three\ncgroup-parent=three\n"
			    "timezone=three\n");
	fourth = write_file (fixture, "etc/davit.conf.d/9-b.conf",
			     "# a comment\n\n[engine]\ncheckpoint=four\ncgroup-parent=four\n"
			     "timezone=four\n");
	put_file (fixture, "etc/davit.conf.d/99-c.conf.rpmsave", "[engine]\nstorage=wrong\n");
	put_file (fixture, "etc/davit.conf.d/.99-d.conf", "[engine]\nstorage=wrong\n");
	further = write_file (fixture, "further", "[engine]\ncgroup-parent=five\ntimezone=five\n");
	g_setenv ("DAVIT_CONFIG", further, TRUE);

	config = load (fixture, overrides);
	g_assert_cmpstr (davit_config_string (config, "storage"), ==, "one");
	g_assert_cmpstr (davit_config_string (config, "network"), ==, "two");
	g_assert_cmpstr (davit_config_string (config, "runtime"), ==, "three");
	g_assert_cmpstr (davit_config_string (config, "checkpoint"), ==, "four");
	g_assert_cmpstr (davit_config_string (config, "cgroup-parent"), ==, "five");
	g_assert_cmpstr (davit_config_string (config, "timezone"), ==, "local");
	g_assert_null (davit_config_list (config, "dns")[0]);

	data_source = g_strdup_printf ("%s:2", first);
	assert_source (config, "storage", "one", data_source);
	source = g_strdup_printf ("%s:4", fourth);
	assert_source (config, "checkpoint", "four", source);
	assert_source (config, "timezone", "local", "--config");
	g_assert_cmpuint (g_strv_length ((char **) davit_config_files (config)), ==, 5);
	g_assert_cmpstr (davit_config_files (config)[0], ==, first);
	g_assert_cmpstr (davit_config_files (config)[1], ==, second);
	g_assert_cmpstr (davit_config_files (config)[2], ==, third);
	g_assert_cmpstr (davit_config_files (config)[3], ==, fourth);
	g_assert_cmpstr (davit_config_files (config)[4], ==, further);
}

/* An unprivileged user's own files; root has none. */
static void
test_user_files (Fixture *fixture, gconstpointer data)
{
	g_autofree char *home = g_build_filename (fixture->directory, "xdg", NULL);
	g_autofree char *closed = g_build_filename (fixture->directory, "closed/xdg", NULL);
	g_autofree char *closed_parent = g_path_get_dirname (closed);
	pid_t child;
	int status = 0;

	put_file (fixture, "etc/davit.conf", "[engine]\nstorage=etc\nnetwork=etc\n");
	put_file (fixture, "xdg/davit/davit.conf", "[engine]\nstorage=user\nruntime=user\n");
	put_file (fixture, "xdg/davit/davit.conf.d/a.conf", "[engine]\nruntime=drop\n");
	put_file (fixture, "closed/xdg/davit/davit.conf", "[engine]\nstorage=closed\n");
	g_assert_cmpint (chmod (closed_parent, geteuid () == 0 ? 0700 : 0), ==, 0);
	g_setenv ("XDG_CONFIG_HOME", home, TRUE);
	if (geteuid () == 0) {
		g_autoptr (DavitConfig) config = load (fixture, NULL);

		g_assert_cmpstr (davit_config_string (config, "storage"), ==, "etc");
	}
	child = fork ();
	if (child == 0) {
		DavitConfig *config;

		if (geteuid () == 0 && setresuid (65534, 65534, 65534) != 0)
			_exit (10);
		config = davit_config_load (fixture->paths, NULL, NULL);
		if (config == NULL)
			_exit (11);
		if (!g_str_equal (davit_config_string (config, "storage"), "user") ||
		    !g_str_equal (davit_config_string (config, "network"), "etc") ||
		    !g_str_equal (davit_config_string (config, "runtime"), "drop"))
			_exit (12);
		/* One that belongs to somebody else, as sudo may leave it behind. */
		g_setenv ("XDG_CONFIG_HOME", closed, TRUE);
		config = davit_config_load (fixture->paths, NULL, NULL);
		if (config == NULL || !g_str_equal (davit_config_string (config, "storage"), "etc"))
			_exit (13);
		_exit (0);
	}
	g_assert_cmpint (waitpid (child, &status, 0), ==, child);
	g_unsetenv ("XDG_CONFIG_HOME");
	g_assert_cmpint (chmod (closed_parent, 0700), ==, 0);
	g_assert_true (WIFEXITED (status));
	g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

static const DavitOption plugin_options[] = {
	{"flag", DAVIT_OPTION_BOOLEAN, "false", NULL, "a boolean"},
	{"number", DAVIT_OPTION_INTEGER, "-7", NULL, "an integer"},
	{"size", DAVIT_OPTION_SIZE, NULL, NULL, "a size"},
	{"wait", DAVIT_OPTION_DURATION, "1m", NULL, "a duration"},
	{"mode", DAVIT_OPTION_CHOICE, "slow", "fast|slow", "a choice"},
	{"program", DAVIT_OPTION_PATH, NULL, NULL, "a path"},
	{"words", DAVIT_OPTION_LIST, "a;b", NULL, "a list"},
	{"text", DAVIT_OPTION_STRING, NULL, NULL, "a text"},
	{0},
};

static DavitOptionValues *
check (DavitConfig *config)
{
	g_autoptr (GError) error = NULL;
	DavitOptionValues *values =
		davit_config_check_group (config, "storage.x-1", plugin_options, &error);

	g_assert_no_error (error);
	return values;
}

static void
test_group_defaults (Fixture *fixture, gconstpointer data)
{
	g_autoptr (DavitConfig) config = load (fixture, NULL);
	g_autoptr (DavitOptionValues) values = check (config);

	g_assert_cmpuint (davit_option_values_count (values), ==, 8);
	g_assert_cmpstr (davit_option_values_nth (values, 1)->option->key, ==, "number");
	g_assert_cmpint (davit_option_values_get (values, "number")->integer, ==, -7);
	g_assert_null (davit_option_values_get (values, "size")->text);
	g_assert_cmpint (davit_option_values_get (values, "size")->integer, ==, 0);
	g_assert_cmpint (davit_option_values_get (values, "wait")->integer, ==, 60000);
	g_assert_cmpstr (davit_option_values_get (values, "words")->list[1], ==, "b");
	g_assert_null (davit_option_values_get (values, "absent"));
}

static void
test_group_types (Fixture *fixture, gconstpointer data)
{
	static const char *const overrides[] = {"storage.x-1.words=one;t\\;wo;", NULL};
	g_autoptr (DavitConfig) config = NULL;
	g_autoptr (DavitOptionValues) values = NULL;
	g_auto (GStrv) groups = NULL;
	const DavitOptionValue *words;

	put_file (fixture, "etc/davit.conf",
		  "[network.none]\n[storage.x-1]\nflag = true\r\nnumber=-9223372036854775808\n"
		  "size=3g\nwait=250ms\nmode=fast  \nprogram=/bin/a b\ntext=a\\sb\\\\c\n");
	config = load (fixture, overrides);
	values = check (config);
	g_assert_cmpint (davit_option_values_get (values, "flag")->integer, ==, 1);
	g_assert_true (davit_option_values_get (values, "number")->integer == G_MININT64);
	g_assert_cmpint (davit_option_values_get (values, "size")->integer, ==, 3221225472);
	g_assert_cmpint (davit_option_values_get (values, "wait")->integer, ==, 250);
	g_assert_cmpstr (davit_option_values_get (values, "mode")->text, ==, "fast");
	g_assert_cmpstr (davit_option_values_get (values, "program")->text, ==, "/bin/a b");
	g_assert_cmpstr (davit_option_values_get (values, "text")->text, ==, "a b\\c");
	words = davit_option_values_get (values, "words");
	g_assert_cmpstr (words->source, ==, "--config");
	g_assert_cmpuint (g_strv_length (words->list), ==, 2);
	g_assert_cmpstr (words->list[1], ==, "t;wo");

	groups = davit_config_groups (config);
	g_assert_cmpuint (g_strv_length (groups), ==, 2);
	g_assert_cmpstr (groups[0], ==, "network.none");
	g_assert_cmpstr (groups[1], ==, "storage.x-1");
}

typedef struct {
	const char *text;
	const char *expected;
} BadText;

static const BadText bad_files[] = {
	{"[engine]\nstorage=a\n\nstorge=b\n",
	 "%s/etc/davit.conf:4: unknown key \"storge\" of [engine]; it has: storage, network, "
	 "runtime, checkpoint, plugin-path, cgroup-parent, log-driver, log-size-max, stop-timeout, "
	 "pids-limit, detach-keys, seccomp-profile, shm-size, init-path, env, dns, dns-search, "
	 "dns-option, default-ulimits, hosts-file, timezone"},
	{"[engine]\nlog-driver=syslog\n",
	 "%s/etc/davit.conf:2: key \"log-driver\" of [engine]: \"syslog\" must be one of: "
	 "k8s-file, none"},
	{"[engine]\npids-limit=12x\n",
	 "%s/etc/davit.conf:2: key \"pids-limit\" of [engine]: \"12x\" must be a whole number"},
	{"[engine]\npids-limit=9223372036854775808\n",
	 "%s/etc/davit.conf:2: key \"pids-limit\" of [engine]: \"9223372036854775808\" must be a "
	 "whole number"},
	{"[engine]\npids-limit=-2\n",
	 "%s/etc/davit.conf:2: key \"pids-limit\" of [engine]: \"-2\" is out of range"},
	{"[engine]\npids-limit=\n",
	 "%s/etc/davit.conf:2: key \"pids-limit\" of [engine]: \"\" must be a whole number"},
	{"[engine]\nshm-size=lots\n",
	 "%s/etc/davit.conf:2: key \"shm-size\" of [engine]: \"lots\" must be a number of bytes, "
	 "such as 1048576, 64m or 2g"},
	{"[engine]\nstop-timeout=soon\n",
	 "%s/etc/davit.conf:2: key \"stop-timeout\" of [engine]: \"soon\" must be a duration, such "
	 "as 250ms, 10s or 1m30s"},
	{"[engine]\nseccomp-profile=profile.json\n",
	 "%s/etc/davit.conf:2: key \"seccomp-profile\" of [engine]: \"profile.json\" must be an "
	 "absolute path"},
	{"[engine]\ntimezone=a\\nb\n",
	 "%s/etc/davit.conf:2: key \"timezone\" of [engine]: \"a\\nb\" must be text without "
	 "control characters"},
	{"[engine]\ntimezone=a\\qb\n",
	 "%s/etc/davit.conf:2: key \"timezone\" of [engine]: \"a\\qb\" holds an unknown escape; a "
	 "backslash is written \"\\\\\""},
	{"[engine]\ndns=1.1.1.1;\\q\n",
	 "%s/etc/davit.conf:2: key \"dns\" of [engine]: \"1.1.1.1;\\q\" holds an unknown escape; a "
	 "backslash is written \"\\\\\""},
	{"[engine]\ndns=1.1.1.1;;8.8.8.8\n",
	 "%s/etc/davit.conf:2: key \"dns\" of [engine]: \"1.1.1.1;;8.8.8.8\" must be texts without "
	 "control characters, none of them empty, separated by \";\""},
	{"[engine]\nplugin-path=/a;b\n",
	 "%s/etc/davit.conf:2: key \"plugin-path\" of [engine]: \"b\" must be an absolute path"},
	{"[engine]\nstorage=\n",
	 "%s/etc/davit.conf:2: key \"storage\" of [engine]: must name a plugin"},
	{"[engine]\ndns=1.1.1.1\n[network.none]\n[engine]\ndns=8.8.8.8\n",
	 "%s/etc/davit.conf:5: key \"dns\" of [engine] stands in line 2 already"},
	{"storage=a\n", "%s/etc/davit.conf:1: key \"storage\" must stand below a [GROUP]"},
	{"[engine]\n; storage a\n",
	 "%s/etc/davit.conf:2: \"; storage a\" must be [GROUP], KEY=VALUE or a comment that begins "
	 "with \"#\""},
	{"[engine]\ndns[de]=1.1.1.1\n",
	 "%s/etc/davit.conf:2: key \"dns[de]\" must be lower-case words joined by \"-\""},
	{"[engine\n", "%s/etc/davit.conf:1: \"[engine\" must be [GROUP] and nothing else"},
	{"\n[storag.overlay]\n",
	 "%s/etc/davit.conf:2: unknown group \"storag.overlay\"; groups are [engine] and "
	 "[KIND.NAME] of a plugin, where KIND is storage, network, runtime or checkpoint"},
	{"[storage.Over/lay]\n",
	 "%s/etc/davit.conf:1: unknown group \"storage.Over/lay\"; groups are [engine] and "
	 "[KIND.NAME] of a plugin, where KIND is storage, network, runtime or checkpoint"},
	{"[engine]\n\nstorage=\xff\n", "%s/etc/davit.conf:3: must be UTF-8"},
	{"[engine]\nstorage=\x1b[2J\n", "%s/etc/davit.conf:2: must not hold control characters"},
};

static void
test_bad_files (Fixture *fixture, gconstpointer data)
{
	for (guint i = 0; i < G_N_ELEMENTS (bad_files); i++) {
		put_file (fixture, "etc/davit.conf", bad_files[i].text);
		assert_load_fails (fixture, NULL, DAVIT_ERROR_CONFIG, bad_files[i].expected);
	}
}

static void
test_nul (Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = write_file (fixture, "etc/davit.conf", "");

	g_assert_true (g_file_set_contents (path, "[engine]\nstorage=a\0b\n", 22, NULL));
	assert_load_fails (fixture, NULL, DAVIT_ERROR_CONFIG,
			   "%s/etc/davit.conf:2: must not hold a NUL");
}

static void
test_bad_kinds_of_file (Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = write_file (fixture, "etc/davit.conf", "");
	g_autofree char *large = g_strnfill (1024 * 1024 + 1, '#');
	g_autofree char *link =
		g_build_filename (fixture->directory, "etc/davit.conf.d/x.conf", NULL);

	g_assert_cmpint (chmod (path, 0666), ==, 0);
	assert_load_fails (
		fixture, NULL, DAVIT_ERROR_CONFIG,
		"key file \"%s/etc/davit.conf\": must not be writable by everybody (mode 0666)");
	g_assert_cmpint (g_unlink (path), ==, 0);

	/* Nobody writes: an open that waits would hang here. */
	g_assert_cmpint (mkfifo (path, 0644), ==, 0);
	assert_load_fails (fixture, NULL, DAVIT_ERROR_CONFIG,
			   "key file \"%s/etc/davit.conf\": must be a regular file");
	g_assert_cmpint (g_unlink (path), ==, 0);

	put_file (fixture, "etc/davit.conf", large);
	assert_load_fails (fixture, NULL, DAVIT_ERROR_CONFIG,
			   "key file \"%s/etc/davit.conf\": must not be larger than 1 MiB");
	g_assert_cmpint (g_unlink (path), ==, 0);

	put_file (fixture, "etc/davit.conf.d/a.conf", "[engine]\nstorage=a\n");
	g_assert_cmpint (symlink ("a.conf", link), ==, 0);
	davit_config_free (load (fixture, NULL));
	g_assert_cmpint (g_unlink (link), ==, 0);
	g_assert_cmpint (symlink ("absent", link), ==, 0);
	assert_load_fails (fixture, NULL, DAVIT_ERROR_NOT_FOUND,
			   "key file \"%s/etc/davit.conf.d/x.conf\" does not exist");
}

static void
test_environment (Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename (fixture->directory, "absent", NULL);

	g_setenv ("DAVIT_CONFIG", path, TRUE);
	assert_load_fails (fixture, NULL, DAVIT_ERROR_NOT_FOUND,
			   "DAVIT_CONFIG: key file \"%s/absent\" does not exist");
}

static void
test_bad_overrides (Fixture *fixture, gconstpointer data)
{
	static const BadText bad[] = {
		{"storage=vfs", "--config \"storage=vfs\": must be GROUP.KEY=VALUE, such as "
				"engine.storage=vfs"},
		{"engine.storage", "--config \"engine.storage\": must be GROUP.KEY=VALUE, such as "
				   "engine.storage=vfs"},
		{"a.b.c=d", "--config \"a.b.c=d\": unknown group \"a.b\"; groups are engine and "
			    "KIND.NAME of a plugin, where KIND is storage, network, runtime or "
			    "checkpoint"},
		{"engine.=d",
		 "--config \"engine.=d\": key \"\" must be lower-case words joined by \"-\""},
		{"engine.dns=1\n2", "--config \"engine.dns\": must be one line"},
		{"engine.dns=\xff", "--config: must be UTF-8"},
	};
	const char *overrides[] = {NULL, NULL};

	for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
		overrides[0] = bad[i].text;
		assert_load_fails (fixture, overrides, DAVIT_ERROR_USAGE, bad[i].expected);
	}
	overrides[0] = "engine.log-driver=x";
	assert_load_fails (fixture, overrides, DAVIT_ERROR_CONFIG,
			   "--config: key \"log-driver\" of [engine]: \"x\" must be one of: "
			   "k8s-file, none");
}

static void
test_group_without_table (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitConfig) config = NULL;
	g_autoptr (DavitOptionValues) values = NULL;
	g_autofree char *expected = NULL;

	put_file (fixture, "etc/davit.conf", "[network.none]\nmtu=1500\n");
	config = load (fixture, NULL);
	values = davit_config_check_group (config, "network.none", NULL, &error);
	g_assert_null (values);
	expected =
		g_strdup_printf ("%s/etc/davit.conf:2: unknown key \"mtu\" of [network.none]; it "
				 "has none",
				 fixture->directory);
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CONFIG);
	g_assert_cmpstr (error->message, ==, expected);
}

/* Takes the "#" from every "#key=" line of the file that is installed. */
static char *
shipped_uncomment (const char *text)
{
	g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
	GString *result = g_string_new (NULL);

	for (guint i = 0; lines[i] != NULL; i++)
		g_string_append_printf (result, "%s\n",
					lines[i][0] == '#' && g_ascii_islower (lines[i][1])
						? lines[i] + 1
						: lines[i]);
	return g_string_free (result, FALSE);
}

/* data/davit.conf shows each key with its help and its default, and nothing else. */
static void
test_shipped_file (Fixture *fixture, gconstpointer data)
{
	g_autofree char *path =
		g_test_build_filename (G_TEST_BUILT, "..", "data", "davit.conf", NULL);
	g_autofree char *text = NULL;
	g_autofree char *active = NULL;
	g_autoptr (DavitConfig) plain = NULL;
	g_autoptr (DavitConfig) config = NULL;
	g_autoptr (DavitOptionValues) values = NULL;

	g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
	put_file (fixture, "data/davit.conf", text);
	plain = load (fixture, NULL);
	assert_source (plain, "storage", "overlay", "default");

	active = shipped_uncomment (text);
	put_file (fixture, "data/davit.conf", active);
	config = load (fixture, NULL);
	values = davit_config_check_group (config, "engine", davit_config_engine_options (), NULL);
	for (guint i = 0; i < davit_option_values_count (values); i++) {
		const DavitOptionValue *value = davit_option_values_nth (values, i);
		g_autofree char *help = g_strdup_printf ("\n# %s\n", value->option->help);

		/* Each key stands there: no value is a default any more. */
		g_assert_cmpstr (value->source, !=, "default");
		g_assert_cmpstr (value->text, ==, value->option->fallback);
		if (strstr (text, help) == NULL)
			g_error ("davit.conf lacks the help \"%s\"", value->option->help);
	}
}

static void
add (const char *name, void (*function) (Fixture *, gconstpointer))
{
	g_test_add (name, Fixture, NULL, fixture_set_up, function, fixture_tear_down);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	add ("/config/defaults", test_defaults);
	add ("/config/precedence", test_precedence);
	add ("/config/user-files", test_user_files);
	add ("/config/group-defaults", test_group_defaults);
	add ("/config/group-types", test_group_types);
	add ("/config/group-without-table", test_group_without_table);
	add ("/config/bad-files", test_bad_files);
	add ("/config/nul", test_nul);
	add ("/config/bad-kinds-of-file", test_bad_kinds_of_file);
	add ("/config/environment", test_environment);
	add ("/config/bad-overrides", test_bad_overrides);
	add ("/config/shipped-file", test_shipped_file);
	return g_test_run ();
}
