/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reads and writes extended attributes. The system calls that take a descriptor refuse O_PATH, and
 * without it a device or FIFO would have to be opened; so they go by a path through the descriptor
 * of the directory, whose last component is not followed.
 */

#include "store-xattr.h"

#include "store-error.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/xattr.h>

#define PATH_SIZE (NAME_MAX + 32)

/*
 * Most files have no attributes, and most attributes are short: room for the longest is only taken
 * when it is needed. On the stack it would be touched page by page, by the guard of the compiler.
 */
#define FIRST_SIZE 512

static void
xattr_free (gpointer data)
{
	StoreXattr *xattr = (StoreXattr *) data;

	g_free (xattr->name);
	g_free (xattr->value);
	g_free (xattr);
}

static int
xattr_compare (gconstpointer first, gconstpointer second)
{
	return strcmp ((*(const StoreXattr *const *) first)->name,
		       (*(const StoreXattr *const *) second)->name);
}

static void
entry_path (char *path, int dirfd, const char *name)
{
	g_snprintf (path, PATH_SIZE, "/proc/self/fd/%d/%s", dirfd, name);
}

/* Of name, or if that is NULL the list of names; ret is for g_free. */
static gssize
attribute_read (const char *path, const char *name, char **ret)
{
	gsize limit = name != NULL ? XATTR_SIZE_MAX : XATTR_LIST_MAX;

	*ret = NULL;
	for (gsize size = FIRST_SIZE;; size = limit) {
		gssize length;

		*ret = (char *) g_realloc (*ret, size);
		length = name != NULL ? lgetxattr (path, name, *ret, size)
				      : llistxattr (path, *ret, size);
		if (length >= 0 || errno != ERANGE || size == limit)
			return length;
	}
}

/* NULL and errno 0: it went away in between. */
static StoreXattr *
xattr_get (const char *path, const char *name)
{
	g_autofree char *value = NULL;
	gssize size = attribute_read (path, name, &value);
	StoreXattr *xattr;

	if (size < 0) {
		errno = errno == ENODATA ? 0 : errno;
		return NULL;
	}
	xattr = g_new0 (StoreXattr, 1);
	xattr->name = g_strdup (name);
	xattr->value = (char *) g_memdup2 (value, (gsize) size);
	xattr->size = (gsize) size;
	return xattr;
}

gboolean
store_xattr_read (int dirfd, const char *name, GPtrArray **ret_xattrs, GError **error)
{
	g_autoptr (GPtrArray) xattrs = g_ptr_array_new_with_free_func (xattr_free);
	g_autofree char *list = NULL;
	char path[PATH_SIZE];
	gssize length;

	entry_path (path, dirfd, name);
	length = attribute_read (path, NULL, &list);
	if (length < 0 && errno != EOPNOTSUPP)
		return store_error_errno (error, errno, "list extended attributes of \"%s\"", name);
	for (gssize at = 0; at < length; at += (gssize) strlen (list + at) + 1) {
		StoreXattr *xattr = xattr_get (path, list + at);

		if (xattr == NULL && errno != 0)
			return store_error_errno (error, errno,
						  "read extended attribute \"%s\" of \"%s\"",
						  list + at, name);
		if (xattr != NULL)
			g_ptr_array_add (xattrs, xattr);
	}
	g_ptr_array_sort (xattrs, xattr_compare);
	*ret_xattrs = g_steal_pointer (&xattrs);
	return TRUE;
}

gboolean
store_xattr_write (int dirfd, const char *name, const GPtrArray *xattrs, GError **error)
{
	char path[PATH_SIZE];

	entry_path (path, dirfd, name);
	for (guint i = 0; i < xattrs->len; i++) {
		const StoreXattr *xattr = (const StoreXattr *) g_ptr_array_index (xattrs, i);

		if (lsetxattr (path, xattr->name, xattr->value, xattr->size, 0) < 0)
			return store_error_errno (error, errno,
						  "write extended attribute \"%s\" of \"%s\"",
						  xattr->name, name);
	}
	return TRUE;
}
