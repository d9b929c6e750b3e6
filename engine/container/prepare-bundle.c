/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The OCI bundle of a start: the files of /etc, and config.json. */

#include "container/prepare.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "container/files.h"
#include "container/spec.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Of all networks, without prefixes; those of the loopback interface name nobody. */
static char **
addresses_bare (const GPtrArray *networks)
{
	g_autoptr (GStrvBuilder) bare = g_strv_builder_new ();

	for (guint i = 0; networks != NULL && i < networks->len; i++) {
		const DavitRunNetwork *network = (const DavitRunNetwork *) networks->pdata[i];

		for (char **line = network->addresses; *line != NULL; line++) {
			const char *space = strchr (*line, ' ');
			const char *text = space != NULL ? space + 1 : *line;
			g_autofree char *address = g_strndup (text, strcspn (text, "/"));

			if (!g_str_has_prefix (*line, "lo "))
				g_strv_builder_add (bare, address);
		}
	}
	return g_strv_builder_end (bare);
}

/* What the networks say, in their order, each word once. Free the vector with g_free. */
static const char **
reported (const DavitPrepared *prepared, const char *key)
{
	GPtrArray *all = g_ptr_array_new ();

	for (guint i = 0; i < prepared->attached->len; i++) {
		g_autofree const char **words =
			davit_result_strings ((const DavitResult *) prepared->attached->pdata[i],
					      key);

		for (const char **word = words; *word != NULL; word++) {
			if (!g_ptr_array_find_with_equal_func (all, *word, g_str_equal, NULL))
				g_ptr_array_add (all, (gpointer) *word);
		}
	}
	g_ptr_array_add (all, NULL);
	return (const char **) g_ptr_array_free (all, FALSE);
}

static gboolean
files_make (const DavitPrepared *prepared, char ***ret_binds, GError **error)
{
	g_auto (GStrv) addresses = addresses_bare (prepared->run->networks);
	g_autofree const char **nameservers = reported (prepared, "nameserver");
	g_autofree const char **search = reported (prepared, "search");
	g_autofree const char **options = reported (prepared, "dns-option");
	DavitFilesRequest request = {
		.engine = prepared->container->engine,
		.record = prepared->record,
		.run_dirfd = prepared->container->run_dirfd,
		.run_dir = prepared->run_dir,
		.rootfs_fd = prepared->rootfs_fd,
		.owner_run_dir = prepared->network.run_dir,
		.addresses = (const char *const *) addresses,
		.nameservers = nameservers,
		.search = search,
		.dns_options = options,
	};

	return davit_files_make (&request, ret_binds, error);
}

static char *
spec_build (const DavitPrepared *prepared, char **binds, gsize *ret_length, GError **error)
{
	DavitSpecRequest request = {
		.engine = prepared->container->engine,
		.record = prepared->record,
		.rootfs_fd = prepared->rootfs_fd,
		.run_dir = prepared->run_dir,
		.network_path = prepared->network.path,
		.pid_path = prepared->pid.path,
		.ipc_path = prepared->ipc.path,
		.uts_path = prepared->uts.path,
		.cgroup_path = prepared->cgroup.path,
		.time_path = prepared->time.path,
		.user_path = prepared->user.path,
		.rootfs_path = prepared->record->rootfs,
		.file_binds = (const char *const *) binds,
	};

	return davit_spec_build (&request, ret_length, error);
}

gboolean
davit_prepare_bundle (DavitPrepared *prepared, int *ret_bundle_fd, GError **error)
{
	g_auto (GStrv) binds = NULL;
	g_autofree char *spec = NULL;
	davit_autofd bundle_fd = -1;
	davit_autofd fd = -1;
	gsize length = 0;

	if (!files_make (prepared, &binds, error))
		return FALSE;
	spec = spec_build (prepared, binds, &length, error);
	if (spec == NULL || !davit_path_open_subdirectory (prepared->container->run_dirfd, "bundle",
							   0700, &bundle_fd, error))
		return FALSE;
	/* The directory is new: nobody reads the file before the runtime does. */
	fd = openat (bundle_fd, "config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return davit_error_errno (error, errno, "make \"config.json\"");
	if (!davit_fd_write (fd, spec, length, "config.json", error))
		return FALSE;
	*ret_bundle_fd = davit_fd_steal (&bundle_fd);
	return TRUE;
}
