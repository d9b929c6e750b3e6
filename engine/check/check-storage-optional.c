/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The operations that a storage may have: one that it lacks is skipped. */

#include "check/check-storage.h"

#include "base/error.h"
#include "base/fd.h"
#include "check/check-stress.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID DAVIT_CHECK_ID

static gboolean
lacks (DavitCheck *check, gboolean present, const char *operation)
{
	return !present && davit_check_skip (check, "it has no operation \"%s\"", operation);
}

#define LACKS(check_, operation_)                                                                  \
	lacks ((check_), (check_)->driver->module->ops.storage.operation_ != NULL, #operation_)

/* The values of a key are these and no others. */
static gboolean
strings_are (const DavitResult *result, const char *key, const char *const *expected,
	     GError **error)
{
	g_autofree const char **got = davit_result_strings (result, key);
	g_autofree char *text = g_strjoinv (" ", (char **) got);

	for (guint i = 0; expected[i] != NULL; i++) {
		if (!g_strv_contains (got, expected[i]))
			return davit_check_fail (error, "\"%s\" is missing in \"%s\": %s",
						 expected[i], key, text);
	}
	return g_strv_length ((char **) got) == g_strv_length ((char **) expected) ||
	       davit_check_fail (error, "there is more in \"%s\": %s", key, text);
}

static gboolean
storage_changes (DavitCheck *check, GError **error)
{
	static const char *const added[] = {"/new", NULL};
	static const char *const changed[] = {"/kept", NULL};
	static const char *const deleted[] = {"/gone", NULL};
	const DavitRootfsRequest request = davit_check_rootfs (ID, 1);
	g_autoptr (DavitResult) none = davit_result_new ();
	g_autoptr (DavitResult) result = davit_result_new ();
	DavitStorage *storage = davit_check_storage (check);
	davit_autofd layer = -1;
	davit_autofd root = -1;

	if (LACKS (check, changes))
		return TRUE;
	if (!davit_check_layer_begin (check, 0, &layer, NULL, error) ||
	    !davit_check_write (layer, "kept", "x", error) ||
	    !davit_check_write (layer, "gone", "x", error) ||
	    !davit_check_layer_commit (check, 0, error) ||
	    !davit_check_mount (check, &request, &root, error) ||
	    !davit_storage_changes (storage, &request, none, error))
		return FALSE;
	if (davit_result_length (none) != 0)
		return davit_check_fail (error, "there are changes before anything was changed");
	if (!davit_check_write (root, "new", "y", error) ||
	    !davit_check_write (root, "kept", "other", error))
		return FALSE;
	if (unlinkat (root, "gone", 0) < 0)
		return davit_check_fail (error, "a file of a layer can't be deleted");
	return davit_storage_changes (storage, &request, result, error) &&
	       strings_are (result, "added", added, error) &&
	       strings_are (result, "changed", changed, error) &&
	       strings_are (result, "deleted", deleted, error);
}

static gboolean
storage_usage (DavitCheck *check, GError **error)
{
	const DavitRootfsRequest request = davit_check_rootfs (ID, 1);
	g_autofree char *text = g_strnfill (256 * 1024, 'x');
	g_autoptr (DavitResult) layer = davit_result_new ();
	g_autoptr (DavitResult) container = davit_result_new ();
	DavitStorage *storage = davit_check_storage (check);
	davit_autofd root = -1;
	gint64 bytes = -1;
	gint64 inodes = -1;

	if (LACKS (check, usage))
		return TRUE;
	if (!davit_check_layer_make (check, 0, "file", "x", error) ||
	    !davit_check_mount (check, &request, &root, error) ||
	    !davit_check_write (root, "large", text, error) ||
	    !davit_storage_usage (storage, NULL, davit_check_chain_id (0), layer, error) ||
	    !davit_storage_usage (storage, ID, NULL, container, error))
		return FALSE;
	if (!davit_result_integer (layer, "bytes", &bytes) ||
	    !davit_result_integer (layer, "inodes", &inodes) || bytes <= 0 || inodes <= 0)
		return davit_check_fail (error,
					 "a layer with a file has %" G_GINT64_FORMAT
					 " bytes and %" G_GINT64_FORMAT " inodes",
					 bytes, inodes);
	return (davit_result_integer (container, "bytes", &bytes) && bytes >= 256 * 1024) ||
	       davit_check_fail (error,
				 "a container that wrote 262144 bytes uses %" G_GINT64_FORMAT,
				 bytes);
}

static gboolean
storage_verify (DavitCheck *check, GError **error)
{
	DavitStorage *storage = davit_check_storage (check);
	g_autoptr (GError) inner = NULL;

	if (LACKS (check, verify))
		return TRUE;
	return davit_check_layer_make (check, 0, "file", "x", error) &&
	       davit_storage_verify (storage, davit_check_chain_id (0), error) &&
	       davit_check_refused (davit_storage_verify (storage, davit_check_chain_id (9),
							  &inner),
				    &inner, DAVIT_CHECK_ANY_ERROR,
				    "verify of a layer that is not there", error);
}

/* In a child, which is killed then. */
static gboolean
litter (DavitCheck *check, GError **error)
{
	int fd = -1;

	return davit_check_reopen (check, error) &&
	       davit_check_layer_begin (check, 0, &fd, NULL, error);
}

static gboolean
storage_prune (DavitCheck *check, GError **error)
{
	static const char *const keep[] = {"keep", NULL};
	const DavitRootfsRequest kept = davit_check_rootfs ("keep", 1);
	const DavitRootfsRequest lost = davit_check_rootfs ("lost", 1);
	g_autoptr (DavitResult) result = davit_result_new ();
	g_autoptr (GError) inner = NULL;
	DavitStorage *storage = davit_check_storage (check);
	davit_autofd root = -1;
	g_autofree const char **removed = NULL;

	if (LACKS (check, prune))
		return TRUE;
	if (!davit_check_layer_make (check, 0, "file", "x", error) ||
	    !davit_storage_rootfs_create (storage, &kept, error) ||
	    !davit_storage_rootfs_create (storage, &lost, error) ||
	    !davit_storage_prune (storage, keep, result, error))
		return FALSE;
	removed = davit_result_strings (result, "removed");
	if (!g_strv_contains (removed, "lost"))
		return davit_check_fail (error, "a root file system of nobody is not removed");
	return davit_check_layer_there (check, 0, TRUE, error) &&
	       davit_storage_rootfs_mount (storage, &kept, &root, error) &&
	       davit_check_refused (davit_storage_rootfs_mount (storage, &lost, &root, &inner),
				    &inner, DAVIT_ERROR_NOT_FOUND,
				    "rootfs_mount of what was removed", error);
}

/* What a killed process began is gone, too, and not a layer. */
static gboolean
storage_prune_stage (DavitCheck *check, GError **error)
{
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;
	g_autofree char *more = NULL;
	DavitStorage *storage;
	static const char *const none[] = {NULL};

	if (LACKS (check, prune))
		return TRUE;
	storage = davit_check_storage (check);
	if (!davit_storage_prune (storage, none, NULL, error))
		return FALSE;
	before = davit_check_store_list (check);
	if (!davit_check_in_child (check, litter, error) || !davit_check_reopen (check, error))
		return FALSE;
	storage = davit_check_storage (check);
	if (!davit_storage_prune (storage, none, NULL, error))
		return FALSE;
	after = davit_check_store_list (check);
	more = davit_check_state_more (before, after);
	return more == NULL || davit_check_fail (error, "prune leaves \"%s\"", more);
}

static gboolean
storage_layer_open (DavitCheck *check, GError **error)
{
	DavitStorage *storage = davit_check_storage (check);
	g_autoptr (GError) inner = NULL;
	davit_autofd fd = -1;

	if (LACKS (check, layer_open))
		return TRUE;
	return davit_check_layer_make (check, 0, "low", "0", error) &&
	       davit_check_layer_make (check, 1, "high", "1", error) &&
	       davit_storage_layer_open (storage, davit_check_chain_id (1), &fd, NULL, error) &&
	       davit_check_content (fd, "high", "1", error) &&
	       davit_check_refused (davit_storage_layer_open (storage, davit_check_chain_id (9),
							      &fd, NULL, &inner),
				    &inner, DAVIT_ERROR_NOT_FOUND,
				    "layer_open of a layer that is not there", error);
}

static gboolean
storage_layer_list (DavitCheck *check, GError **error)
{
	const char *const expected[] = {davit_check_chain_id (0), davit_check_chain_id (1), NULL};
	g_autoptr (DavitResult) result = davit_result_new ();
	davit_autofd fd = -1;

	if (LACKS (check, layer_list))
		return TRUE;
	/* The third one is begun and never committed. */
	return davit_check_layer_make (check, 0, "low", "0", error) &&
	       davit_check_layer_make (check, 1, "high", "1", error) &&
	       davit_check_layer_begin (check, 2, &fd, NULL, error) &&
	       davit_storage_layer_list (davit_check_storage (check), result, error) &&
	       strings_are (result, "layer", expected, error);
}

/* A file that is surely of no format. */
static gboolean
storage_layer_adopt (DavitCheck *check, GError **error)
{
	g_autofree char *path = g_build_filename (check->directory, "strange", NULL);
	DavitLayerFile file = {.size = sizeof file, .chain_id = davit_check_chain_id (0)};
	g_autoptr (GError) inner = NULL;
	davit_autofd fd = -1;

	if (LACKS (check, layer_adopt))
		return TRUE;
	if (!davit_check_write (check->dirfd, "strange", "nothing that anybody knows", error))
		return FALSE;
	fd = open (path, O_RDONLY | O_CLOEXEC);
	file.path = path;
	file.fd = fd;
	return davit_check_refused (davit_storage_layer_adopt (davit_check_storage (check), &file,
							       &inner),
				    &inner, DAVIT_CHECK_ANY_ERROR, "layer_adopt of a strange file",
				    error) &&
	       davit_check_layer_there (check, 0, FALSE, error);
}

const DavitCheckCase davit_check_storage_optional_cases[] = {
	{"storage: changes", DAVIT_CHECK_NEEDS_USABLE, storage_changes, 0},
	{"storage: usage", DAVIT_CHECK_NEEDS_USABLE, storage_usage, 0},
	{"storage: verify", DAVIT_CHECK_NEEDS_USABLE, storage_verify, 0},
	{"storage: prune of root file systems", DAVIT_CHECK_NEEDS_USABLE, storage_prune, 0},
	{"storage: prune of what a killed process began", DAVIT_CHECK_NEEDS_USABLE,
	 storage_prune_stage, 0},
	{"storage: layers are opened", DAVIT_CHECK_NEEDS_USABLE, storage_layer_open, 0},
	{"storage: layers are listed", DAVIT_CHECK_NEEDS_USABLE, storage_layer_list, 0},
	{"storage: a strange file is no layer", DAVIT_CHECK_NEEDS_USABLE, storage_layer_adopt, 0},
	{0},
};
