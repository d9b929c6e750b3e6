/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What goes wrong: programs that are not CRIU, CRIU that dies, images that are damaged. */

#include "test-criu-support.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const Parts parts = {
	.script = "echo ready; while read line; do echo $line; done",
};

/* The program is this script; the container must run on whatever it does. */
static void
with_program (World *world, const char *script, const char *timeout, DavitErrorCode code,
	      const char *text)
{
	g_autofree char *path = g_build_filename (world->native.directory, "program", NULL);
	g_autofree char *program = g_strconcat ("checkpoint.criu.program=", path, NULL);
	g_autofree char *limit = g_strconcat ("checkpoint.criu.timeout=", timeout, NULL);
	const char *overrides[] = {program, limit, NULL};
	g_auto (GStrv) pieces = g_strsplit (text, "%s", -1);
	g_autofree char *expected = g_strjoinv (path, pieces);
	g_autoptr (GError) error = NULL;

	if (script != NULL) {
		g_assert_true (g_file_set_contents (path, script, -1, &error));
		g_assert_cmpint (chmod (path, 0755), ==, 0);
	}
	world_configure (world, overrides);
	world_dump_fails (world, 0, code, expected);
	world_say (world, "still here\n");
	world_expect (world, "still here");
	/* Nothing of it is left to be waited for. */
	g_assert_cmpint (waitpid (-1, NULL, WNOHANG | __WALL), ==, 0);
}

#define ANSWER(bytes)                                                                              \
	"#!/usr/bin/python3\n"                                                                     \
	"import socket\n"                                                                          \
	"s = socket.socket(fileno=3); s.recv(65536); s.send(" bytes "); s.recv(65536)\n"

static void
test_programs (World *world, gconstpointer data)
{
	world_start (world, &parts);
	world_expect (world, "ready");
	with_program (
		world, NULL, "10s", DAVIT_ERROR_UNAVAILABLE,
		"checkpoint/criu: program \"%s\" is not there or can't be run; install CRIU ");
	with_program (world, "#!/nonexistent\n", "10s", DAVIT_ERROR_UNAVAILABLE,
		      "checkpoint/criu: program \"%s\" can't be run: No such file or directory");
	with_program (world, "#!/bin/sh\necho it broke >&2\nexit 3\n", "10s", DAVIT_ERROR_HELPER,
		      "checkpoint/criu: program \"%s\" ended with status 3 before it answered: it "
		      "broke");
	with_program (world, "#!/bin/sh\nkill -KILL $$\n", "10s", DAVIT_ERROR_HELPER,
		      "checkpoint/criu: program \"%s\" was killed by signal 9 before it answered");
	with_program (
		world, "#!/bin/sh\nexec sleep 1000\n", "200ms", DAVIT_ERROR_TIMEOUT,
		"checkpoint/criu: program \"%s\" did not answer within 200 ms and was killed");
	with_program (world, "#!/bin/sh\nexec yes garbage >&2\n", "10s", DAVIT_ERROR_HELPER,
		      "checkpoint/criu: program \"%s\" ended with status 1 before it answered: "
		      "garbage garbage");
	with_program (world, ANSWER ("b'garbage'"), "10s", DAVIT_ERROR_HELPER,
		      "checkpoint/criu: program \"%s\" gives an answer of 7 bytes that is not "
		      "understood; it may be another program");
	with_program (world, ANSWER ("bytes(100000)"), "10s", DAVIT_ERROR_HELPER,
		      "checkpoint/criu: program \"%s\" gives an answer of 100000 bytes that is not "
		      "understood; it may be another program");
	/* An answer to another question. */
	with_program (
		world, ANSWER ("b'\\x08\\x01\\x10\\x01'"), "10s", DAVIT_ERROR_UNAVAILABLE,
		"checkpoint/criu: program \"%s\" can't find out what the kernel can do; \"criu "
		"check\" says why");
}

/* Says yes to the question for features, and then that it is version 3.10. */
static const char old_version[] =
	"#!/usr/bin/python3\n"
	"import socket\n"
	"s = socket.socket(fileno=3)\n"
	"q = s.recv(65536)\n"
	"s.send(b'\\x08\\x09\\x10\\x01\\x42\\x02\\x08\\x00' if q[1] == 9 else\n"
	"       b'\\x08\\x0a\\x10\\x01\\x52\\x04\\x08\\x03\\x10\\x0a')\n"
	"s.recv(65536)\n";

static void
test_old_version (World *world, gconstpointer data)
{
	world_start (world, &parts);
	world_expect (world, "ready");
	with_program (world, old_version, "10s", DAVIT_ERROR_UNAVAILABLE,
		      "checkpoint/criu: program \"%s\" has version 3.10, which is too old; ");
}

static void
test_killed_while_frozen (World *world, gconstpointer data)
{
	g_autoptr (GError) error = NULL;

	world_start (world, &parts);
	world_expect (world, "ready");
	world->frozen = world_kill_criu;
	world_dump_fails (world, 0, DAVIT_ERROR_HELPER, "\" was killed by signal 9");
	world_say (world, "still here\n");
	world_expect (world, "still here");
	world->frozen = NULL;
	world_dump (world, 0, &error);
	g_assert_no_error (error);
	fixture_wait (&world->native);
	world_restore (world, 0, &error);
	g_assert_no_error (error);
}

static void
image_put (const World *world, const char *name, const char *text, gssize length)
{
	davit_autofd fd = openat (world->images_fd, name, O_WRONLY | O_TRUNC | O_CLOEXEC);

	g_assert_cmpint (fd, >=, 0);
	if (length < 0)
		length = (gssize) strlen (text);
	g_assert_cmpint (write (fd, text, (gsize) length), ==, length);
}

static char *
image_get (const World *world, const char *name, gsize *ret_length)
{
	g_autofree char *path = g_build_filename (world->native.directory, "images", name, NULL);
	char *text = NULL;

	g_assert_true (g_file_get_contents (path, &text, ret_length, NULL));
	return text;
}

typedef struct {
	const char *image;
	const char *text; /* NULL: it is cut in the middle */
	DavitErrorCode code;
	const char *message;
} Damage;

static const Damage damages[] = {
	{"inventory.img", "", DAVIT_ERROR_CORRUPT,
	 "checkpoint/criu: image \"inventory.img\": is empty, or no regular file"},
	{"inventory.img", "garbage", DAVIT_ERROR_HELPER, "checkpoint/criu: restore: "},
	{"core-1.img", NULL, DAVIT_ERROR_HELPER, "checkpoint/criu: restore: "},
	{"mm-1.img", "garbage", DAVIT_ERROR_HELPER, "checkpoint/criu: restore: "},
	{"pages-1.img", NULL, DAVIT_ERROR_CORRUPT,
	 "checkpoint/criu: image \"pages-1.img\": is cut off, "},
	{"pagemap-1.img", NULL, DAVIT_ERROR_CORRUPT,
	 "checkpoint/criu: image \"pagemap-1.img\": is damaged"},
	{"pstree.img", "garbage", DAVIT_ERROR_HELPER, "checkpoint/criu: restore: "},
	{"davit.json", "{\"version\":1}", DAVIT_ERROR_CORRUPT,
	 "checkpoint/criu: file \"davit.json\": a member is missing"},
	{"davit.json", "{\"version\":1,\"criu\":\"4.2\",\"kernel\":\"6.1\",\"machine\":\"alpha\"}",
	 DAVIT_ERROR_UNAVAILABLE,
	 "checkpoint/criu: the checkpoint was made on a machine of the kind \"alpha\", and this "
	 "is "},
	{"davit.json", "[", DAVIT_ERROR_CORRUPT, "checkpoint/criu: file \"davit.json\": line 1"},
	{"davit.json", "{\"version\":2}", DAVIT_ERROR_UNSUPPORTED,
	 "checkpoint/criu: file \"davit.json\": has version 2, and this davit knows up to 1"},
};

/* CRIU says different things about it; what counts is that it fails, and nothing is left. */
static void
damage_try (World *world, const Damage *damage)
{
	g_autoptr (GError) error = NULL;
	gsize length = 0;
	g_autofree char *before = image_get (world, damage->image, &length);

	image_put (world, damage->image, damage->text != NULL ? damage->text : before,
		   damage->text != NULL ? -1 : (gssize) length / 2);
	g_assert_false (world_restore (world, 0, &error));
	assert_contains (error->message, damage->message);
	g_assert_true (error->code == (int) damage->code ||
		       (damage->code == DAVIT_ERROR_HELPER && error->code == DAVIT_ERROR_CORRUPT));
	g_assert_cmpint (waitpid (-1, NULL, WNOHANG | __WALL), ==, -1);
	image_put (world, damage->image, before, (gssize) length);
}

static void
test_damaged (World *world, gconstpointer data)
{
	g_autoptr (GError) error = NULL;

	world_start (world, &parts);
	world_expect (world, "ready");
	world_dump (world, 0, &error);
	g_assert_no_error (error);
	fixture_wait (&world->native);
	for (gsize i = 0; i < G_N_ELEMENTS (damages); i++)
		damage_try (world, &damages[i]);
	world_restore (world, 0, &error);
	g_assert_no_error (error);
	world_say (world, "here\n");
	world_expect (world, "here");
}

static void
test_options (World *world, gconstpointer data)
{
	static const char *const wrong[][2] = {
		{"colour=blue", "option \"colour\": there is no such option; there are: "
				"network-lock, ghost-limit, link-remap, tcp-skip-in-flight, "
				"weak-sysctls, file-check, log-level, config-file"},
		{"program=/bin/true", "option \"program\": there is no such option"},
		{"network-lock=none",
		 "option \"network-lock=none\": must be one of auto|skip|nftables|iptables"},
		{"ghost-limit=5g", "option \"ghost-limit=5g\": must be a number of bytes below 4g"},
		{"ghost-limit=", "option \"ghost-limit=\": must be a number of bytes below 4g"},
		{"link-remap=yes", "option \"link-remap=yes\": must be true or false"},
		{"log-level=5", "option \"log-level=5\": must be a number from 0 to 4"},
		{"config-file=x", "option \"config-file=x\": must be an absolute path"},
	};
	g_autoptr (GError) error = NULL;

	world_start (world, &parts);
	world_expect (world, "ready");
	for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
		g_autofree char *text = g_strconcat ("checkpoint/criu: ", wrong[i][1], NULL);

		world->options[0] = wrong[i][0];
		world_dump_fails (world, 0, DAVIT_ERROR_USAGE, text);
	}
	world->options[0] = "ghost-limit=4k";
	world->options[1] = "log-level=4";
	world_dump (world, DAVIT_CHECKPOINT_LEAVE_RUNNING | DAVIT_CHECKPOINT_KEEP_LOG, &error);
	g_assert_no_error (error);
	g_assert_cmpint (faccessat (world->work_fd, "dump.log", F_OK, 0), ==, 0);
	{
		gint64 pages = 0;

		g_assert_true (davit_result_integer (world->result, "pages-written", &pages));
		g_assert_cmpint (pages, >, 0);
	}
}

/* Memory can't be written ahead where the kernel does not say what has changed. */
static void
test_pre_dump (World *world, gconstpointer data)
{
	g_autoptr (DavitResult) features = davit_result_new ();
	g_autofree const char **words = NULL;
	g_autoptr (GError) error = NULL;

	davit_checkpoint_features (world->checkpoint, features, &error);
	g_assert_no_error (error);
	words = davit_result_strings (features, "feature");
	g_assert_true (g_strv_contains (words, "tcp"));
	if (g_strv_contains (words, "pre-dump")) {
		g_test_skip ("this kernel can");
		return;
	}
	world_start (world, &parts);
	world_expect (world, "ready");
	{
		const DavitDumpRequest request = {
			.size = sizeof request,
			.id = world->native.id,
			.pidfd = world->native.pidfd,
			.pid = (guint32) world->native.pid,
			.bundle_dirfd = world->native.bundle_dirfd,
			.images_dirfd = world->images_fd,
			.work_dirfd = world->work_fd,
			.parent_dirfd = -1,
		};

		g_assert_false (
			davit_checkpoint_pre_dump (world->checkpoint, &request, features, &error));
	}
	g_assert_cmpstr (error->message, ==,
			 "checkpoint/criu: the kernel can't tell which memory has changed since, "
			 "which writing it ahead needs; it needs CONFIG_MEM_SOFT_DIRTY");
	world_say (world, "here\n");
	world_expect (world, "here");
}

static void
test_probe (World *world, gconstpointer data)
{
	static const char *const missing[] = {"checkpoint.criu.program=/nonexistent/criu", NULL};
	g_autoptr (GError) error = NULL;

	davit_checkpoint_probe (world->checkpoint, &error);
	g_assert_no_error (error);
	world_configure (world, missing);
	g_assert_false (davit_checkpoint_probe (world->checkpoint, &error));
	/* Which version is needed depends on the kernel. */
	g_assert_true (
		g_pattern_match_simple ("checkpoint/criu: can't work here: program "
					"\"/nonexistent/criu\" is missing; install "
					"CRIU ?.* or newer, or set program in [checkpoint.criu]",
					error->message));
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	world_add ("/criu/programs", test_programs);
	world_add ("/criu/old-version", test_old_version);
	world_add ("/criu/killed-while-frozen", test_killed_while_frozen);
	world_add ("/criu/damaged", test_damaged);
	world_add ("/criu/options", test_options);
	world_add ("/criu/pre-dump", test_pre_dump);
	world_add ("/criu/probe", test_probe);
	return world_run ();
}
