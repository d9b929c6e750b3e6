/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The life of layers and root file systems, and everything that may come in between. */

#include "check/check-storage.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ID DAVIT_CHECK_ID

/* layer_begin must fail with this code. */
static gboolean
begin_refused (DavitCheck *check, const char *chain_id, const char *parent_id, int code,
	       const char *what, GError **error)
{
	const DavitLayerRequest request = {sizeof request, chain_id, parent_id};
	g_autoptr (GError) inner = NULL;
	DavitWhiteouts whiteouts;
	davit_autofd fd = -1;

	return davit_check_refused (davit_storage_layer_begin (davit_check_storage (check),
							       &request, &fd, &whiteouts, &inner),
				    &inner, code, what, error);
}

static gboolean
storage_commit (DavitCheck *check, GError **error)
{
	const char *const never[] = {davit_check_chain_id (7), NULL};
	const char *const again[] = {davit_check_chain_id (0), davit_check_chain_id (1), NULL};
	DavitStorage *storage = davit_check_storage (check);
	g_autoptr (GError) inner = NULL;
	davit_autofd fd = -1;

	if (!davit_check_layer_there (check, 0, FALSE, error) ||
	    !davit_check_layer_begin (check, 0, &fd, NULL, error) ||
	    !davit_check_write (fd, "file", "x", error) ||
	    !davit_check_layer_there (check, 0, FALSE, error) ||
	    !davit_check_layer_commit (check, 0, error) ||
	    !davit_check_layer_there (check, 0, TRUE, error) ||
	    !davit_check_layer_make (check, 1, "file", "y", error))
		return FALSE;
	if (!davit_check_refused (davit_storage_layer_commit (storage, never, &inner), &inner,
				  DAVIT_ERROR_NOT_FOUND, "layer_commit of what was not begun",
				  error))
		return FALSE;
	if (!davit_storage_layer_commit (storage, again, error))
		return davit_error_prefix (error, "layer_commit for a second time");
	/* Another process sees it. */
	return davit_check_reopen (check, error) &&
	       davit_check_layer_there (check, 1, TRUE, error) &&
	       begin_refused (check, again[0], NULL, DAVIT_ERROR_EXISTS,
			      "layer_begin of a committed layer", error) &&
	       begin_refused (check, davit_check_chain_id (5), never[0], DAVIT_ERROR_NOT_FOUND,
			      "layer_begin on a parent that is not there", error);
}

/* Several of one image: the parent is begun and not committed when its child is begun. */
static gboolean
storage_commit_many (DavitCheck *check, GError **error)
{
	const char *const ids[] = {davit_check_chain_id (0), davit_check_chain_id (1),
				   davit_check_chain_id (2), NULL};
	const DavitRootfsRequest request = davit_check_rootfs (ID, 3);
	davit_autofd root = -1;

	for (guint i = 0; i < 3; i++) {
		g_autofree char *name = g_strdup_printf ("file-%u", i);
		davit_autofd fd = -1;

		if (!davit_check_layer_begin (check, i, &fd, NULL, error) ||
		    !davit_check_write (fd, name, "x", error))
			return FALSE;
	}
	if (!davit_storage_layer_commit (davit_check_storage (check), ids, error))
		return FALSE;
	return davit_check_layer_there (check, 0, TRUE, error) &&
	       davit_check_layer_there (check, 2, TRUE, error) &&
	       davit_check_mount (check, &request, &root, error) &&
	       davit_check_content (root, "file-0", "x", error) &&
	       davit_check_content (root, "file-2", "x", error);
}

static gboolean
abort_twice (DavitCheck *check, const char *when, GError **error)
{
	for (guint i = 0; i < 2; i++) {
		if (!davit_storage_layer_abort (davit_check_storage (check),
						davit_check_chain_id (0), error))
			return davit_error_prefix (error, "layer_abort %s, call %u", when, i + 1);
	}
	return TRUE;
}

static gboolean
storage_abort (DavitCheck *check, GError **error)
{
	davit_autofd first = -1;
	davit_autofd second = -1;

	if (!abort_twice (check, "of nothing", error) ||
	    !davit_check_layer_begin (check, 0, &first, NULL, error) ||
	    !davit_check_write (first, "old", "x", error))
		return FALSE;
	davit_fd_close (&first);
	if (!davit_check_layer_begin (check, 0, &second, NULL, error) ||
	    !davit_check_absent (second, "old", error) ||
	    !davit_check_write (second, "old", "x", error))
		return davit_error_prefix (error, "layer_begin again");
	davit_fd_close (&second);
	if (!abort_twice (check, "of what was begun", error) ||
	    !davit_check_layer_there (check, 0, FALSE, error) ||
	    !davit_check_layer_begin (check, 0, &first, NULL, error) ||
	    !davit_check_absent (first, "old", error) ||
	    !davit_check_layer_commit (check, 0, error))
		return FALSE;
	/* It gives up what was begun, and a committed layer is not that any more. */
	return abort_twice (check, "of a committed layer", error) &&
	       davit_check_layer_there (check, 0, TRUE, error);
}

/* In a child, which is killed then. */
static gboolean
half_begun (DavitCheck *check, GError **error)
{
	int fd = -1;

	return davit_check_reopen (check, error) &&
	       davit_check_layer_begin (check, 0, &fd, NULL, error) &&
	       davit_check_write (fd, "half", "x", error);
}

static gboolean
storage_killed_begin (DavitCheck *check, GError **error)
{
	const DavitRootfsRequest request = davit_check_rootfs (ID, 1);
	davit_autofd fd = -1;
	davit_autofd root = -1;

	if (!davit_check_in_child (check, half_begun, error) ||
	    !davit_check_reopen (check, error) || !davit_check_layer_there (check, 0, FALSE, error))
		return FALSE;
	if (!davit_check_layer_begin (check, 0, &fd, NULL, error))
		return davit_error_prefix (error, "after the process that began it was killed");
	return davit_check_absent (fd, "half", error) &&
	       davit_check_write (fd, "whole", "x", error) &&
	       davit_check_layer_commit (check, 0, error) &&
	       davit_check_mount (check, &request, &root, error) &&
	       davit_check_absent (root, "half", error) &&
	       davit_check_content (root, "whole", "x", error);
}

static gboolean
committed (DavitCheck *check, GError **error)
{
	return davit_check_reopen (check, error) &&
	       davit_check_layer_make (check, 0, "file", "x", error);
}

static gboolean
storage_killed_commit (DavitCheck *check, GError **error)
{
	const DavitRootfsRequest request = davit_check_rootfs (ID, 1);
	davit_autofd root = -1;

	return davit_check_in_child (check, committed, error) &&
	       davit_check_reopen (check, error) &&
	       davit_check_layer_there (check, 0, TRUE, error) &&
	       davit_check_mount (check, &request, &root, error) &&
	       davit_check_content (root, "file", "x", error);
}

static gboolean
mounted_and_written (DavitCheck *check, GError **error)
{
	const DavitRootfsRequest request = davit_check_rootfs (ID, 1);
	int root = -1;

	return davit_check_reopen (check, error) &&
	       davit_check_mount (check, &request, &root, error) &&
	       davit_check_write (root, "written", "x", error);
}

/* What undoes it has nothing but the ids. */
static gboolean
storage_killed_rootfs (DavitCheck *check, GError **error)
{
	const DavitRootfsRequest request = davit_check_rootfs (ID, 1);
	DavitStorage *storage;
	davit_autofd root = -1;

	if (!davit_check_layer_make (check, 0, "file", "x", error) ||
	    !davit_check_in_child (check, mounted_and_written, error) ||
	    !davit_check_reopen (check, error))
		return FALSE;
	storage = davit_check_storage (check);
	if (!davit_storage_rootfs_mount (storage, &request, &root, error) ||
	    !davit_check_content (root, "written", "x", error))
		return davit_error_prefix (error, "after the process that made it was killed");
	davit_fd_close (&root);
	if (!davit_storage_rootfs_unmount (storage, ID, error) ||
	    !davit_storage_rootfs_remove (storage, ID, error) ||
	    !davit_check_mount (check, &request, &root, error))
		return FALSE;
	return davit_check_absent (root, "written", error);
}

/* Another process, which is alive, has begun it. */
static gboolean
busy_checked (DavitCheck *check, GError **error)
{
	return davit_check_reopen (check, error) &&
	       begin_refused (check, davit_check_chain_id (0), NULL, DAVIT_ERROR_BUSY,
			      "layer_begin of what another process is making", error);
}

static gboolean
storage_busy (DavitCheck *check, GError **error)
{
	davit_autofd fd = -1;

	return davit_check_layer_begin (check, 0, &fd, NULL, error) &&
	       davit_check_write (fd, "mine", "x", error) &&
	       davit_check_in_child (check, busy_checked, error) &&
	       davit_check_content (fd, "mine", "x", error) &&
	       davit_check_layer_commit (check, 0, error);
}

static gboolean
remove_all (DavitCheck *check, const char *when, GError **error)
{
	DavitStorage *storage = davit_check_storage (check);

	if (!davit_storage_rootfs_unmount (storage, ID, error) ||
	    !davit_storage_rootfs_remove (storage, ID, error) ||
	    !davit_storage_layer_remove (storage, davit_check_chain_id (0), error))
		return davit_error_prefix (error, "%s", when);
	return davit_check_layer_there (check, 0, FALSE, error);
}

static gboolean
storage_remove (DavitCheck *check, GError **error)
{
	const DavitRootfsRequest request = davit_check_rootfs (ID, 1);
	davit_autofd root = -1;

	if (!remove_all (check, "on nothing", error) ||
	    !davit_check_layer_make (check, 0, "file", "x", error) ||
	    !davit_check_mount (check, &request, &root, error) ||
	    !davit_check_write (root, "written", "y", error))
		return FALSE;
	davit_fd_close (&root);
	if (!remove_all (check, "once", error) || !remove_all (check, "twice", error))
		return FALSE;
	/* And all of it can be made again. */
	return davit_check_layer_make (check, 0, "file", "z", error) &&
	       davit_check_mount (check, &request, &root, error) &&
	       davit_check_content (root, "file", "z", error) &&
	       davit_check_absent (root, "written", error);
}

static gboolean
storage_rootfs (DavitCheck *check, GError **error)
{
	const DavitRootfsRequest request = davit_check_rootfs (ID, 2);
	const DavitRootfsRequest other = davit_check_rootfs ("other", 2);
	DavitStorage *storage = davit_check_storage (check);
	g_autoptr (GError) inner = NULL;
	davit_autofd first = -1;
	davit_autofd second = -1;

	if (!davit_check_refused (davit_storage_rootfs_create (storage, &request, &inner), &inner,
				  DAVIT_ERROR_NOT_FOUND, "rootfs_create on layers that are missing",
				  error) ||
	    !davit_check_layer_make (check, 0, "a", "low", error) ||
	    !davit_check_layer_make (check, 1, "b", "high", error) ||
	    !davit_check_refused (davit_storage_rootfs_mount (storage, &request, &first, &inner),
				  &inner, DAVIT_ERROR_NOT_FOUND,
				  "rootfs_mount without rootfs_create", error) ||
	    !davit_check_mount (check, &request, &first, error) ||
	    !davit_check_mount (check, &other, &second, error) ||
	    !davit_check_content (first, "a", "low", error) ||
	    !davit_check_content (first, "b", "high", error) ||
	    !davit_check_write (first, "a", "changed", error) ||
	    !davit_check_write (first, "new", "x", error))
		return FALSE;
	if (!davit_check_content (second, "a", "low", error) ||
	    !davit_check_absent (second, "new", error))
		return davit_error_prefix (error, "what one container writes another one sees");
	davit_fd_close (&first);
	if (!davit_storage_rootfs_create (storage, &request, error))
		return davit_error_prefix (error, "rootfs_create for a second time");
	/* Another process mounts it again: what was written is there. */
	return davit_check_reopen (check, error) &&
	       davit_check_mount (check, &request, &first, error) &&
	       davit_check_content (first, "a", "changed", error) &&
	       davit_check_content (first, "new", "x", error);
}

static gboolean
storage_no_layers (DavitCheck *check, GError **error)
{
	const DavitRootfsRequest request = davit_check_rootfs (ID, 0);
	davit_autofd root = -1;

	return davit_check_mount (check, &request, &root, error) &&
	       davit_check_write (root, "file", "x", error) &&
	       davit_check_content (root, "file", "x", error);
}

static gboolean
storage_read_only (DavitCheck *check, GError **error)
{
	DavitRootfsRequest request = davit_check_rootfs (ID, 1);
	davit_autofd root = -1;
	davit_autofd fd = -1;

	request.read_only = TRUE;
	if (!davit_check_layer_make (check, 0, "file", "x", error) ||
	    !davit_check_mount (check, &request, &root, error) ||
	    !davit_check_content (root, "file", "x", error))
		return FALSE;
	fd = openat (root, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return (fd < 0 && errno == EROFS) ||
	       davit_check_fail (error, "a root file system that was asked for read-only can be "
					"written to");
}

/* A limit is kept or refused; never promised and ignored. */
static gboolean
storage_limits (DavitCheck *check, GError **error)
{
	DavitRootfsRequest request = davit_check_rootfs (ID, 1);
	DavitStorage *storage = davit_check_storage (check);
	const gsize limit = (gsize) 1024 * 1024;
	g_autofree char *text = g_strnfill (4 * limit, 'x');
	g_autoptr (GError) inner = NULL;
	davit_autofd root = -1;

	if (!davit_check_layer_make (check, 0, "file", "x", error))
		return FALSE;
	if (check->test->data == 0)
		request.quota = limit;
	else
		request.memory_writes = limit;
	if (!davit_storage_rootfs_create (storage, &request, &inner))
		return davit_check_refused (FALSE, &inner, DAVIT_ERROR_UNSUPPORTED,
					    "rootfs_create with a limit", error);
	if (!davit_storage_rootfs_mount (storage, &request, &root, error))
		return FALSE;
	if (davit_check_write (root, "large", text, &inner))
		return davit_check_fail (error, "a limit of 1 MiB was taken, and 4 MiB could be "
						"written");
	return davit_error_matches (inner, DAVIT_ERROR_NO_SPACE) ||
	       davit_check_fail (error, "beyond the limit: %s", inner->message);
}

static gboolean
storage_names (DavitCheck *check, GError **error)
{
	static const char *const bad[] = {"", "..", "abc", "../../../../etc/passwd", "a/b"};
	DavitStorage *storage = davit_check_storage (check);

	for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
		const DavitRootfsRequest request = davit_check_rootfs (bad[i], 0);
		g_autofree char *what = g_strdup_printf ("the name \"%s\"", bad[i]);
		g_autoptr (GError) inner = NULL;

		if (!begin_refused (check, bad[i], NULL, DAVIT_CHECK_ANY_ERROR, what, error))
			return FALSE;
		/* "abc" is a good name of a container. */
		if (strcmp (bad[i], "abc") == 0)
			continue;
		if (!davit_check_refused (davit_storage_rootfs_create (storage, &request, &inner),
					  &inner, DAVIT_CHECK_ANY_ERROR, what, error))
			return FALSE;
	}
	return TRUE;
}

const DavitCheckCase davit_check_storage_life_cases[] = {
	{"storage: a layer is there once it is committed", DAVIT_CHECK_NEEDS_USABLE, storage_commit,
	 0},
	{"storage: several layers are committed at once", DAVIT_CHECK_NEEDS_USABLE,
	 storage_commit_many, 0},
	{"storage: abort on nothing, on half and twice", DAVIT_CHECK_NEEDS_USABLE, storage_abort,
	 0},
	{"storage: killed between begin and commit", DAVIT_CHECK_NEEDS_USABLE, storage_killed_begin,
	 0},
	{"storage: killed after commit", DAVIT_CHECK_NEEDS_USABLE, storage_killed_commit, 0},
	{"storage: killed with a root file system mounted", DAVIT_CHECK_NEEDS_USABLE,
	 storage_killed_rootfs, 0},
	{"storage: busy while another process makes the layer", DAVIT_CHECK_NEEDS_USABLE,
	 storage_busy, 0},
	{"storage: unmount and remove on nothing and twice", DAVIT_CHECK_NEEDS_USABLE,
	 storage_remove, 0},
	{"storage: root file systems on the same layers", DAVIT_CHECK_NEEDS_USABLE, storage_rootfs,
	 0},
	{"storage: a root file system without layers", DAVIT_CHECK_NEEDS_USABLE, storage_no_layers,
	 0},
	{"storage: read-only", DAVIT_CHECK_NEEDS_USABLE, storage_read_only, 0},
	{"storage: a quota is kept or refused", DAVIT_CHECK_NEEDS_USABLE, storage_limits, 0},
	{"storage: writes in memory are limited or refused", DAVIT_CHECK_NEEDS_USABLE,
	 storage_limits, 1},
	{"storage: names that lead elsewhere are refused", DAVIT_CHECK_NEEDS_USABLE, storage_names,
	 0},
	{0},
};
