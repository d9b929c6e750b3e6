/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What config.json may not say: each is refused with the place, and nothing is left. */

#include "test-native-support.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
	Parts parts;
	DavitErrorCode code;
	const char *text;
} Case;

static const Case cases[] = {
	{{.more = ",\"hooks\":{\"poststart\":[{\"path\":\"/bin/true\"}]}"},
	 DAVIT_ERROR_UNSUPPORTED,
	 "config.json: hooks.poststart: this runtime does not run hooks yet"},
	{{.more = ",\"windows\":{\"x\":1}"},
	 DAVIT_ERROR_UNSUPPORTED,
	 "config.json: windows: this runtime makes Linux containers"},
	{{.linux_more = ",\"intelRdt\":{\"closID\":\"x\"}"},
	 DAVIT_ERROR_UNSUPPORTED,
	 "config.json: linux.intelRdt: this runtime does not do that"},
	{{.linux_more = ",\"mountLabel\":\"system_u:object_r:x:s0\""},
	 DAVIT_ERROR_UNSUPPORTED,
	 "config.json: linux.mountLabel: labels of mounts need SELinux, which this runtime does "
	 "not do yet"},
	{{.linux_more = ",\"rootfsPropagation\":\"public\""},
	 DAVIT_ERROR_CONFIG,
	 "config.json: linux.rootfsPropagation: \"public\" is no propagation; there are: private, "
	 "rprivate, slave, rslave, shared, rshared, unbindable, runbindable"},
	{{.linux_more = ",\"maskedPaths\":[\"proc/kcore\"]"},
	 DAVIT_ERROR_CONFIG,
	 "config.json: linux.maskedPaths[0]: \"proc/kcore\" is no absolute path"},
	{{.linux_more = ",\"personality\":{\"domain\":\"BSD\"}"},
	 DAVIT_ERROR_CONFIG,
	 "config.json: linux.personality.domain: \"BSD\" is no domain; there are: LINUX, LINUX32"},
	{{.linux_more = ",\"devices\":[{\"path\":\"/dev/x\",\"type\":\"x\"}]"},
	 DAVIT_ERROR_CONFIG,
	 "config.json: linux.devices[0].type: \"x\" is no type of device; there are: b, c, p, u"},
	{{.linux_more = ",\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\"}]"},
	 DAVIT_ERROR_CONFIG,
	 "config.json: linux.devices[0]: a device needs \"major\" and \"minor\""},
	{{.user = "{\"uid\":4294967295,\"gid\":0}"}, DAVIT_ERROR_CONFIG, NULL},
	{{.user = "{\"uid\":0,\"gid\":0,\"additionalGids\":[-1]}"},
	 DAVIT_ERROR_CONFIG,
	 "config.json: process.user.additionalGids[0]: must be an integer from 0 to 4294967294"},
	{{.user = "{\"uid\":\"0\"}"}, DAVIT_ERROR_CONFIG, NULL},
	{{.process = ",\"noNewPrivileges\":\"true\""}, DAVIT_ERROR_CONFIG, NULL},
	{{.process = ",\"scheduler\":{\"policy\":\"SCHED_FIFO\"}"},
	 DAVIT_ERROR_UNSUPPORTED,
	 "config.json: process.scheduler: this runtime does not do that"},
	{{.env = "[\"PATH\"]"},
	 DAVIT_ERROR_CONFIG,
	 "config.json: process.env[0]: \"PATH\" is not NAME=VALUE"},
	{{.env = "[\"=x\"]"},
	 DAVIT_ERROR_CONFIG,
	 "config.json: process.env[0]: \"=x\" is not NAME=VALUE"},
	{{.process = ",\"oomScoreAdj\":1001"}, DAVIT_ERROR_CONFIG, NULL},
	{{.root = "{\"path\":\"nowhere\"}"}, DAVIT_ERROR_NOT_FOUND, NULL},
	{{.root = "{\"path\":\"config.json\"}"}, DAVIT_ERROR_FAILED, NULL},
	{{.root = "{}"}, DAVIT_ERROR_CONFIG, "config.json: root: \"path\" is missing"},
};

static void
test_cases (Fixture *fixture, gconstpointer data)
{
	for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
		g_autoptr (GError) error = NULL;

		if (cases[i].text != NULL) {
			fixture_refuse (fixture, &cases[i].parts, cases[i].code, cases[i].text);
			continue;
		}
		/* The text is the JSON reader's, or holds a path of the test. */
		fixture_configure (fixture, &cases[i].parts);
		g_assert_false (fixture_create (fixture, &error));
		g_assert_true (davit_error_matches (error, cases[i].code));
		g_assert_true (g_str_has_prefix (error->message, "runtime/native: "));
		g_clear_error (&error);
		g_assert_true (fixture_delete (fixture, FALSE, &error));
	}
}

static void
test_labels (Fixture *fixture, gconstpointer data)
{
	Parts profile = {.process = ",\"apparmorProfile\":\"unconfined-not\""};
	Parts label = {.process = ",\"selinuxLabel\":\"system_u:system_r:x:s0\""};

	if (access ("/sys/kernel/security/apparmor", F_OK) < 0)
		fixture_refuse (fixture, &profile, DAVIT_ERROR_UNAVAILABLE,
				"config.json: process.apparmorProfile: profile \"unconfined-not\" "
				"can't be applied: AppArmor is not active on this host");
	else
		fixture_refuse (fixture, &profile, DAVIT_ERROR_UNSUPPORTED,
				"config.json: process.apparmorProfile: profile \"unconfined-not\" "
				"can't be applied: this runtime does not do AppArmor yet");
	if (access ("/sys/fs/selinux/enforce", F_OK) < 0)
		fixture_refuse (
			fixture, &label, DAVIT_ERROR_UNAVAILABLE,
			"config.json: process.selinuxLabel: label "
			"\"system_u:system_r:x:s0\" can't be applied: SELinux is not active "
			"on this host");
}

static void
assert_document_refused (Fixture *fixture, const char *text, DavitErrorCode code, const char *part)
{
	davit_autofd fd = openat (fixture->bundle_dirfd, "config.json",
				  O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
	g_autoptr (GError) error = NULL;

	g_assert_cmpint (fd, >=, 0);
	g_assert_cmpint (write (fd, text, strlen (text)), ==, (gssize) strlen (text));
	g_assert_false (fixture_create (fixture, &error));
	assert_contains (error->message, part);
	g_assert_true (davit_error_matches (error, code));
}

static void
test_documents (Fixture *fixture, gconstpointer data)
{
	g_autoptr (GError) error = NULL;

	assert_document_refused (fixture, "", DAVIT_ERROR_CORRUPT, "config.json: ");
	assert_document_refused (fixture, "[]", DAVIT_ERROR_CONFIG,
				 "config.json: must be an object");
	assert_document_refused (fixture, "{}", DAVIT_ERROR_CONFIG,
				 "config.json: \"ociVersion\" is missing");
	assert_document_refused (fixture, "{\"ociVersion\":\"2.0.0\"}", DAVIT_ERROR_UNSUPPORTED,
				 "config.json: ociVersion: \"2.0.0\": this runtime reads version 1 "
				 "of the specification");
	assert_document_refused (fixture, "{\"ociVersion\":\"1.0.0\"}", DAVIT_ERROR_CONFIG,
				 "config.json: \"process\" is missing");
	assert_document_refused (fixture, "{\"ociVersion\":\"1.0.0\",\"process\":{}}",
				 DAVIT_ERROR_CONFIG, "a container needs a mount namespace");
	g_assert_cmpint (unlinkat (fixture->bundle_dirfd, "config.json", 0), ==, 0);
	g_assert_false (fixture_create (fixture, &error));
	g_assert_true (davit_error_matches (error, DAVIT_ERROR_NOT_FOUND));
	g_clear_error (&error);
	/* A FIFO must not keep anybody waiting. */
	g_assert_cmpint (mkfifoat (fixture->bundle_dirfd, "config.json", 0600), ==, 0);
	g_assert_false (fixture_create (fixture, &error));
	g_assert_nonnull (error);
}

/* Members that nobody knows are passed over, as the specification demands. */
static void
test_unknown_members (Fixture *fixture, gconstpointer data)
{
	Parts parts = {.script = "echo fine",
		       .process = ",\"x-future\":1",
		       .linux_more = ",\"xFuture\":[]",
		       .more = ",\"xFuture\":{},\"hooks\":{\"prestart\":[]},\"annotations\":"
			       "{\"run.oci.handler\":\"nosuch\"}"};
	g_autofree char *text = fixture_run (fixture, &parts);

	g_assert_cmpstr (text, ==, "fine\n");
}

static void
test_bad_id (Fixture *fixture, gconstpointer data)
{
	Parts parts = {0};
	g_autofree char *good = g_steal_pointer (&fixture->id);
	g_autoptr (GError) error = NULL;

	fixture_configure (fixture, &parts);
	fixture->id = g_strdup ("a\"b");
	g_assert_false (fixture_create (fixture, &error));
	g_assert_cmpint (faccessat (fixture->dirfd, "record", F_OK, 0), ==, -1);
	g_free (fixture->id);
	fixture->id = g_steal_pointer (&good);
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	fixture_add ("/refuse/cases", test_cases);
	fixture_add ("/refuse/labels", test_labels);
	fixture_add ("/refuse/documents", test_documents);
	fixture_add ("/refuse/unknown-members", test_unknown_members);
	fixture_add ("/refuse/bad-id", test_bad_id);
	return g_test_run ();
}
