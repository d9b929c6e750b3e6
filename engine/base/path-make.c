/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Makes directories and files inside a root that is not trusted, with everything above them that is
 * missing.
 *
 * The path is walked one component after the other. What exists is opened by the kernel, inside the
 * root; what is missing is made with mkdirat in a directory that is open, with a single name, which
 * can't lead anywhere. A symbolic link whose target is missing is read here and its target made, as
 * images have them: /etc/resolv.conf -> ../run/resolvconf/resolv.conf. That the text of the link
 * may be a lie by the time it is followed does no harm: each step is resolved by the kernel anew.
 */

#include "base/path.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path-private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <unistd.h>

/* As in the kernel: more links than this in one path are a loop. */
#define LINKS_LIMIT 40

typedef struct {
	int rootfd;
	const char *path; /* as it was asked for */
	mode_t mode;	  /* of new directories */
	uid_t uid;
	gid_t gid;
	gboolean want_file; /* the last component is a file, of file_mode */
	mode_t file_mode;
	GQueue *pending; /* of char *: the components still to go */
	GString *prefix; /* those gone, from the root */
	int fd;		 /* O_PATH: what prefix names */
	guint links;
} Walk;

static void
walk_clear (Walk *walk)
{
	g_queue_free_full (walk->pending, g_free);
	g_string_free (walk->prefix, TRUE);
	davit_fd_close (&walk->fd);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Walk, walk_clear)

/* Puts the components of path in front of those that wait. */
static void
walk_prepend (Walk *walk, const char *path)
{
	g_auto (GStrv) parts = g_strsplit (path, "/", -1);

	for (guint i = g_strv_length (parts); i > 0; i--) {
		if (parts[i - 1][0] != '\0' && !g_str_equal (parts[i - 1], "."))
			g_queue_push_head (walk->pending, g_strdup (parts[i - 1]));
	}
}

static gboolean
walk_restart (Walk *walk, GError **error)
{
	int fd =
		davit_path_openat2 (walk->rootfd, ".", O_PATH | O_DIRECTORY, 0, davit_path_in_root);

	if (fd < 0)
		return davit_error_errno (error, errno, "make \"%s\": open the root", walk->path);
	davit_fd_close (&walk->fd);
	walk->fd = fd;
	g_string_truncate (walk->prefix, 0);
	return TRUE;
}

static gboolean
walk_check_type (Walk *walk, int fd, gboolean file, const char *at, GError **error)
{
	struct stat status;

	if (fstat (fd, &status) < 0)
		return davit_error_errno (error, errno, "make \"%s\": \"%s\"", walk->path, at);
	if (file ? S_ISREG (status.st_mode) : S_ISDIR (status.st_mode))
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_EXISTS, "make \"%s\": \"%s\" is %s, not %s",
				walk->path, at, davit_path_type_name (status.st_mode),
				file ? "a regular file" : "a directory");
}

/* mkdirat and openat apply the umask, which may hold anything. */
static gboolean
walk_set_owner (Walk *walk, int fd, gboolean file, GError **error)
{
	if (!file && (walk->uid != (uid_t) -1 || walk->gid != (gid_t) -1) &&
	    fchown (fd, walk->uid, walk->gid) < 0)
		return davit_error_errno (error, errno, "make \"%s\": change the owner",
					  walk->path);
	if (fchmod (fd, file ? walk->file_mode : walk->mode) < 0)
		return davit_error_errno (error, errno, "make \"%s\": change the mode", walk->path);
	return TRUE;
}

/* Makes name in the directory where we are. FALSE without an error, errno EEXIST: it exists. */
static gboolean
walk_create (Walk *walk, const char *name, gboolean file, GError **error)
{
	davit_autofd fd = -1;

	if (file)
		fd = openat (walk->fd, name,
			     O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC,
			     walk->file_mode & 07777);
	else if (mkdirat (walk->fd, name, walk->mode & 07777) == 0)
		fd = davit_path_openat2 (walk->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
					 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd >= 0)
		return walk_set_owner (walk, fd, file, error);
	if (errno != EEXIST)
		davit_error_errno (error, errno, "make \"%s\": \"%s\"", walk->path, name);
	return FALSE;
}

/* name exists and yet leads nowhere: a link whose target is to be made, or a race. */
static gboolean
walk_follow (Walk *walk, const char *name, GError **error)
{
	char target[PATH_MAX];
	gssize length = readlinkat (walk->fd, name, target, sizeof target - 1);

	if (++walk->links > LINKS_LIMIT)
		return davit_error_errno (error, ELOOP, "make \"%s\"", walk->path);
	if (length < 0) {
		/* No link: somebody made it just now. Look again. */
		if (errno != EINVAL && errno != ENOENT)
			return davit_error_errno (error, errno, "make \"%s\": read link \"%s\"",
						  walk->path, name);
		g_queue_push_head (walk->pending, g_strdup (name));
		return TRUE;
	}
	target[length] = '\0';
	walk_prepend (walk, target);
	/* A link to "/": nothing is left to make, and it is there. */
	return target[0] != '/' || walk_restart (walk, error);
}

/* One component: open it, or make it and open it, or go on with what it links to. */
static gboolean
walk_step (Walk *walk, const char *name, GError **error)
{
	gboolean file = walk->want_file && g_queue_is_empty (walk->pending);
	g_autofree char *at = g_strconcat (walk->prefix->str, "/", name, NULL);
	davit_autofd fd = davit_path_openat2 (walk->rootfd, at, O_PATH, 0, davit_path_in_root);

	if (fd < 0 && errno == ENOENT) {
		g_autoptr (GError) failure = NULL;

		if (!walk_create (walk, name, file, &failure)) {
			if (failure == NULL)
				return walk_follow (walk, name, error);
			g_propagate_error (error, g_steal_pointer (&failure));
			return FALSE;
		}
		fd = davit_path_openat2 (walk->fd, name, O_PATH | O_NOFOLLOW, 0,
					 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	}
	if (fd < 0)
		return davit_error_errno (error, errno, "make \"%s\": \"%s\"", walk->path, at);
	if (!walk_check_type (walk, fd, file, at, error))
		return FALSE;
	davit_fd_close (&walk->fd);
	walk->fd = davit_fd_steal (&fd);
	g_string_assign (walk->prefix, at);
	return TRUE;
}

static gboolean
walk_run (Walk *walk, int *ret_fd, GError **error)
{
	walk_prepend (walk, walk->path);
	if (!walk_restart (walk, error))
		return FALSE;
	while (!g_queue_is_empty (walk->pending)) {
		g_autofree char *name = (char *) g_queue_pop_head (walk->pending);

		if (!walk_step (walk, name, error))
			return FALSE;
	}
	if (!walk_check_type (walk, walk->fd, walk->want_file, walk->path, error))
		return FALSE;
	if (ret_fd != NULL)
		*ret_fd = davit_fd_steal (&walk->fd);
	return TRUE;
}

gboolean
davit_path_make_directory (int rootfd, const char *path, mode_t mode, uid_t uid, gid_t gid,
			   int *ret_fd, GError **error)
{
	g_auto (Walk) walk = {
		.rootfd = rootfd,
		.path = path,
		.mode = mode,
		.uid = uid,
		.gid = gid,
		.pending = g_queue_new (),
		.prefix = g_string_new (NULL),
		.fd = -1,
	};

	return walk_run (&walk, ret_fd, error);
}

gboolean
davit_path_make_file (int rootfd, const char *path, mode_t mode, int *ret_fd, GError **error)
{
	g_auto (Walk) walk = {
		.rootfd = rootfd,
		.path = path,
		.mode = 0755,
		.uid = (uid_t) -1,
		.gid = (gid_t) -1,
		.want_file = TRUE,
		.file_mode = mode,
		.pending = g_queue_new (),
		.prefix = g_string_new (NULL),
		.fd = -1,
	};

	return walk_run (&walk, ret_fd, error);
}
