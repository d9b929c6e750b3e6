/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Overlay mounts for kernels before 6.5 with more layers than fit into an option of fsconfig.
 *
 * mount(2) takes a page of options, and can't make a detached mount; so a short-lived child does it
 * in a mount namespace of its own and clones a detached mount from it, which stays when the
 * namespace goes. In a small tmpfs there, symbolic links with numbers for names stand for the
 * layers: a page holds the 500 that the kernel takes. Layers that are detached mounts themselves
 * are attached there, which kernels before 6.15 need.
 *
 * The child shares our memory and our descriptors, and we wait until it has ended (CLONE_VFORK): no
 * page table is copied, and the mount's descriptor need not be sent. It calls nothing but the
 * kernel.
 */

#include "overlay-mount-private.h"
#include "store-child.h"
#include "store-error.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* Relative to state_dirfd; covered by the tmpfs in the child's namespace only. */
#define PLACE "tombs"
/* In it, where the mount is attached that upper and work are in. */
#define UPPER_PLACE "u"

typedef enum {
	STEP_NOT_RUN,
	STEP_NAMESPACE,
	STEP_PLACE,
	STEP_MOUNT,
	STEP_CLONE,
	STEP_DONE,
} Step;

/* Shared with the child. */
typedef struct {
	const OverlayMount *mount;
	char **links;	     /* targets, as seen from PLACE; the index is the name */
	guint n_lower;	     /* the first of them; with mounts some are not links */
	const char *options; /* for mount(2) */
	int fd;		     /* the detached mount, or -1 */
	Step step;	     /* the one that failed, or STEP_DONE */
	int number;	     /* errno of it */
} Child;

static int
child_fail (Child *child, Step step)
{
	child->step = step;
	child->number = errno;
	return 1;
}

/* Decimal digits of a number below 1000, without the formatter of libc. */
static void
name_write (char name[4], guint number)
{
	char *at = name;

	if (number >= 100)
		*at++ = (char) ('0' + number / 100);
	if (number >= 10)
		*at++ = (char) ('0' + number / 10 % 10);
	*at++ = (char) ('0' + number % 10);
	*at = '\0';
}

static gboolean
child_attach (int fd, const char *name)
{
	return mkdir (name, 0700) == 0 &&
	       move_mount (fd, "", AT_FDCWD, name, MOVE_MOUNT_F_EMPTY_PATH) == 0;
}

static gboolean
child_make_place (const Child *child)
{
	const OverlayMount *request = child->mount;

	if (mount ("davit", PLACE, "tmpfs", 0, "mode=0700") < 0 || chdir (PLACE) < 0 ||
	    mkdir ("m", 0700) < 0 ||
	    (request->upper_fd > 0 && !child_attach (request->upper_fd, UPPER_PLACE)))
		return FALSE;
	for (guint i = 0; child->links[i] != NULL; i++) {
		char name[4];

		name_write (name, i);
		if (i < child->n_lower && request->lower_fds != NULL &&
		    request->lower_fds[i] >= 0) {
			if (!child_attach (request->lower_fds[i], name))
				return FALSE;
		} else if (symlink (child->links[i], name) < 0) {
			return FALSE;
		}
	}
	return TRUE;
}

static int
child_run (void *data)
{
	Child *child = (Child *) data;

	/* The working directory, unlike a descriptor, moves into the new namespace with us. */
	if (fchdir (child->mount->state_dirfd) < 0 || unshare (CLONE_NEWNS) < 0 ||
	    mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return child_fail (child, STEP_NAMESPACE);
	if (!child_make_place (child))
		return child_fail (child, STEP_PLACE);
	if (mount ("davit", "m", "overlay", child->mount->upper == NULL ? MS_RDONLY : 0,
		   child->options) < 0)
		return child_fail (child, STEP_MOUNT);
	child->fd = open_tree (AT_FDCWD, "m", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (child->fd < 0)
		return child_fail (child, STEP_CLONE);
	child->step = STEP_DONE;
	return 0;
}

static char *
options_text (const OverlayMount *mount, guint n_lower)
{
	GString *text = g_string_new ("lowerdir=");
	OverlayOption options[OVERLAY_OPTIONS_LIMIT];

	for (guint i = n_lower; i > 0; i--)
		g_string_append_printf (text, "%u%s", i - 1, i > 1 ? ":" : "");
	if (mount->upper != NULL)
		g_string_append_printf (text, ",upperdir=%u,workdir=%u", n_lower, n_lower + 1);
	overlay_options (mount, options);
	for (guint i = 0; options[i].key != NULL; i++) {
		g_string_append_printf (text, ",%s", options[i].key);
		if (options[i].value != NULL)
			g_string_append_printf (text, "=%s", options[i].value);
	}
	return g_string_free (text, FALSE);
}

static char **
links_make (const OverlayMount *mount)
{
	GPtrArray *links = g_ptr_array_new ();

	for (guint i = 0; mount->lower[i] != NULL; i++)
		g_ptr_array_add (links, g_build_filename ("..", mount->lower[i], NULL));
	if (mount->upper != NULL) {
		const char *above = mount->upper_fd > 0 ? UPPER_PLACE : "..";

		g_ptr_array_add (links, g_build_filename (above, mount->upper, NULL));
		g_ptr_array_add (links, g_build_filename (above, mount->work, NULL));
	}
	g_ptr_array_add (links, NULL);
	return (char **) g_ptr_array_free (links, FALSE);
}

gboolean
overlay_mount_in_child (const OverlayMount *mount, int *ret_fd, GError **error)
{
	guint n_lower = g_strv_length ((char **) mount->lower);
	g_autofree char *options = options_text (mount, n_lower);
	g_auto (GStrv) links = links_make (mount);
	Child child = {
		.mount = mount,
		.links = links,
		.n_lower = n_lower,
		.options = options,
		.fd = -1,
	};

	if (!store_child_run (child_run, &child, error))
		return FALSE;
	switch (child.step) {
	case STEP_DONE:
		*ret_fd = child.fd;
		return TRUE;
	case STEP_MOUNT:
		return overlay_mount_failed (mount, child.number, NULL, error);
	case STEP_PLACE:
		return store_error_errno (error, child.number, "mount: make links to the layers");
	case STEP_CLONE:
		return store_error_errno (error, child.number, "mount: clone a detached mount");
	case STEP_NAMESPACE:
	case STEP_NOT_RUN:
	default:
		return store_error_errno (error, child.number, "mount: make a mount namespace");
	}
}
