/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of config.json of a bundle (libFuzzer): any document is refused with its reason, or is a
 * plan in which no id is the one that the kernel takes for "leave as it is". Its seccomp profile is
 * read too. Nothing is made of any of it.
 */

#include "native-spec.h"
#include "runtime-seccomp-private.h"

#include "base/fd.h"
#include "base/json.h"
#include "base/path.h"
#include "driver/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

static void
profile_try (const DavitHost *host, const DavitJson *seccomp)
{
	g_autoptr (GError) error = NULL;
	RuntimeSeccompProfile profile = {0};
	gboolean read = runtime_seccomp_profile_parse (host, seccomp, &profile, &error);

	if (read == (error != NULL))
		__builtin_trap ();
	for (guint i = 0; read && i < profile.rules->len; i++) {
		const RuntimeSeccompRule *rule =
			&g_array_index (profile.rules, RuntimeSeccompRule, i);

		if (rule->n_arguments > RUNTIME_SECCOMP_ARGUMENTS)
			__builtin_trap ();
		for (guint j = 0; j < rule->n_arguments; j++) {
			if (rule->arguments[j].index >= RUNTIME_SECCOMP_ARGUMENTS)
				__builtin_trap ();
		}
	}
	runtime_seccomp_profile_clear (&profile);
}

static void
spec_try (const DavitHost *host, int bundle)
{
	g_autoptr (GError) error = NULL;
	NativeSpecRequest request = {host, bundle, -1};
	NativeSpec spec;
	gboolean read = native_spec_read (&request, &spec, &error);

	if (read == (error != NULL) || (error != NULL && error->message[0] == '\0'))
		__builtin_trap ();
	if (read && (spec.process.uid == G_MAXUINT32 || spec.process.gid == G_MAXUINT32))
		__builtin_trap ();
	if (read && spec.seccomp != NULL)
		profile_try (host, spec.seccomp);
	native_spec_clear (&spec);
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	g_autofree char *path =
		g_strdup_printf ("%s/davit-fuzz-bundle-%d", g_get_tmp_dir (), (int) getpid ());
	/* Of the machine: the same for each input. */
	static DavitFacts facts;
	const DavitHost host = {
		.size = sizeof host,
		.facts = &facts,
		.json = &davit_json_ops,
		.files = &davit_path_file_ops,
		.state_dirfd = -1,
		.run_dirfd = -1,
		.cache_dirfd = -1,
	};
	davit_autofd bundle = -1;

	if (facts.size == 0)
		davit_facts_read (&facts, NULL);
	if (!davit_path_open_private (path, 0700, &bundle, NULL) ||
	    (mkdirat (bundle, "rootfs", 0755) < 0 && errno != EEXIST) ||
	    !davit_path_replace_file (bundle, "config.json", bytes, size, 0600, FALSE, NULL))
		__builtin_trap ();
	spec_try (&host, bundle);
	unlinkat (bundle, "config.json", 0);
	unlinkat (bundle, "rootfs", AT_REMOVEDIR);
	rmdir (path);
	return 0;
}
