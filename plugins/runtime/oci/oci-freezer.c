/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * On a host with both kinds of control groups external runtimes freeze by the v1 hierarchy, and the
 * runtime native by v2, which can be waited for. So what looks here looks at both.
 */

#include "oci-freezer.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *file;
	const char *thawed;
} kinds[] = {
	{"freezer.state", "THAWED"},
	{"cgroup.freeze", "0"},
};

/* Of one kind. Free with g_free. */
static char *
file_find (char **paths, gsize kind)
{
	for (guint i = 0; paths[i] != NULL; i++) {
		g_autofree char *file = g_build_filename (paths[i], kinds[kind].file, NULL);

		if (access (file, F_OK) == 0)
			return g_steal_pointer (&file);
	}
	return NULL;
}

char *
oci_freezer_find (const RuntimeCgroup *cgroup)
{
	g_auto (GStrv) paths = cgroup != NULL ? runtime_cgroup_paths (cgroup) : NULL;
	char *file = NULL;

	for (gsize i = 0; paths != NULL && file == NULL && i < G_N_ELEMENTS (kinds); i++)
		file = file_find (paths, i);
	return file;
}

/* 0 or 1; or THAWED, FREEZING or FROZEN. */
static gboolean
file_is_frozen (const char *file)
{
	char state[32] = "";
	int fd = open (file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t length = fd >= 0 ? read (fd, state, sizeof state - 1) : -1;

	if (fd >= 0)
		close (fd);
	return length > 0 && (state[0] == '1' || state[0] == 'F');
}

static void
file_write (const char *file, const char *text)
{
	int fd = open (file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	/* What stays frozen is seen by who waits for its end. */
	if (fd >= 0 && write (fd, text, strlen (text)) < 0)
		g_debug ("%s can't be written", file);
	if (fd >= 0)
		close (fd);
}

gboolean
oci_freezer_is_frozen (const RuntimeCgroup *cgroup)
{
	g_auto (GStrv) paths = cgroup != NULL ? runtime_cgroup_paths (cgroup) : NULL;
	gboolean frozen = FALSE;

	for (gsize i = 0; paths != NULL && i < G_N_ELEMENTS (kinds); i++) {
		g_autofree char *file = file_find (paths, i);

		frozen = frozen || (file != NULL && file_is_frozen (file));
	}
	return frozen;
}

void
oci_freezer_thaw (const RuntimeCgroup *cgroup)
{
	g_auto (GStrv) paths = cgroup != NULL ? runtime_cgroup_paths (cgroup) : NULL;

	for (gsize i = 0; paths != NULL && i < G_N_ELEMENTS (kinds); i++) {
		g_autofree char *file = file_find (paths, i);

		if (file != NULL && file_is_frozen (file))
			file_write (file, kinds[i].thawed);
	}
}
