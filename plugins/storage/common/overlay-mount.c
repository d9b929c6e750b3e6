/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Overlay mounts through the mount API of Linux 5.2.
 *
 * Layers are given one by one, which has no limit but the kernel's 500. Before Linux 6.5 there is
 * only one option for all of them; it may have 255 bytes here and a page with mount(2). All are
 * named by descriptors: the host's mount table shows no path of the store, which containers could
 * read, and a store with ":" or "," in its path needs no escapes.
 */

#include "overlay-mount.h"

#include "overlay-mount-private.h"
#include "store-error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* fsconfig takes strings of 256 bytes with their NUL. */
#define STRING_LIMIT 255
#define LOG_SIZE 512

/**
 * Context: a mount that is being described.
 */
typedef struct {
	const OverlayMount *mount;
	OverlayWay way;
	int fd;		    /* of fsopen */
	const char *failed; /* the option that was refused, or NULL: the mount itself */
} Context;

void
overlay_options (const OverlayMount *mount, OverlayOption options[OVERLAY_OPTIONS_LIMIT])
{
	guint n = 0;

	/*
	 * With them upper would hold directories that were only renamed and files without content:
	 * no tree any more that can be compared, packed and moved. A layer's own marks of this kind
	 * are not followed: they would come from an image and lead to any file of any layer.
	 */
	options[n++] = (OverlayOption){"redirect_dir", "nofollow"};
	options[n++] = (OverlayOption){"metacopy", "off"};
	/*
	 * An index ties upper to these very inodes of the layers: after a restore from a backup
	 * nothing could be mounted (ESTALE). What it would give, hard links of a layer that stay
	 * together when one is written to, no other engine has by default either.
	 */
	options[n++] = (OverlayOption){"index", "off"};
	if (mount->user_xattr)
		options[n++] = (OverlayOption){"userxattr", NULL};
	if (mount->is_volatile && mount->upper != NULL)
		options[n++] = (OverlayOption){"volatile", NULL};
	options[n] = (OverlayOption){NULL, NULL};
}

static gboolean
context_set_string (Context *context, const char *key, const char *value)
{
	context->failed = key;
	return fsconfig (context->fd, value != NULL ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key,
			 value, 0) == 0;
}

static gboolean
context_set_fd (Context *context, const char *key, const char *path, int fd)
{
	char name[32];

	context->failed = path;
	if (context->way == OVERLAY_WAY_DESCRIPTORS)
		return fsconfig (context->fd, FSCONFIG_SET_FD, key, NULL, fd) == 0;
	g_snprintf (name, sizeof name, "/proc/self/fd/%d", fd);
	return context_set_string (context, key, name);
}

static gboolean
context_set_directory (Context *context, int dirfd, const char *key, const char *path)
{
	store_autofd fd = openat (dirfd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	context->failed = path;
	return fd >= 0 && context_set_fd (context, key, path, fd);
}

/* One by one, the uppermost first. */
static gboolean
context_add_lower (Context *context)
{
	const OverlayMount *mount = context->mount;
	const char *const *lower = mount->lower;

	for (guint i = g_strv_length ((char **) lower); i > 0; i--) {
		int fd = mount->lower_fds != NULL ? mount->lower_fds[i - 1] : -1;

		if (fd >= 0 ? !context_set_fd (context, "lowerdir+", lower[i - 1], fd)
			    : !context_set_directory (context, mount->state_dirfd, "lowerdir+",
						      lower[i - 1]))
			return FALSE;
	}
	return TRUE;
}

static void
descriptor_clear (gpointer data)
{
	store_fd_close ((int *) data);
}

/* All in one option; fds keep them open until the mount is made. ENAMETOOLONG: too many. */
static gboolean
context_join_lower (Context *context, GArray *fds)
{
	const char *const *lower = context->mount->lower;
	g_autoptr (GString) value = g_string_new (NULL);

	for (guint i = g_strv_length ((char **) lower); i > 0; i--) {
		int fd = openat (context->mount->state_dirfd, lower[i - 1],
				 O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		context->failed = lower[i - 1];
		if (fd < 0)
			return FALSE;
		g_array_append_val (fds, fd);
		g_string_append_printf (value, "%s/proc/self/fd/%d", value->len > 0 ? ":" : "", fd);
		if (value->len > STRING_LIMIT) {
			errno = ENAMETOOLONG;
			return FALSE;
		}
	}
	return context_set_string (context, "lowerdir", value->str);
}

int
overlay_mount_upper_dirfd (const OverlayMount *mount)
{
	return mount->upper_fd > 0 ? mount->upper_fd : mount->state_dirfd;
}

static gboolean
context_add_upper (Context *context, GArray *fds)
{
	const OverlayMount *mount = context->mount;
	const char *const directories[][2] = {{"upperdir", mount->upper}, {"workdir", mount->work}};

	for (guint i = 0; mount->upper != NULL && i < G_N_ELEMENTS (directories); i++) {
		char name[32];
		int fd;

		if (context->way != OVERLAY_WAY_STRING) {
			if (!context_set_directory (context, overlay_mount_upper_dirfd (mount),
						    directories[i][0], directories[i][1]))
				return FALSE;
			continue;
		}
		/* Only looked up when the mount is made: the descriptor must live so long. */
		fd = openat (mount->state_dirfd, directories[i][1],
			     O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		context->failed = directories[i][1];
		if (fd < 0)
			return FALSE;
		g_array_append_val (fds, fd);
		g_snprintf (name, sizeof name, "/proc/self/fd/%d", fd);
		if (!context_set_string (context, directories[i][0], name))
			return FALSE;
	}
	return TRUE;
}

static gboolean
context_create (Context *context, int *ret_fd)
{
	g_autoptr (GArray) fds = g_array_new (FALSE, FALSE, sizeof (int));
	OverlayOption options[OVERLAY_OPTIONS_LIMIT];

	g_array_set_clear_func (fds, descriptor_clear);
	if (!context_set_string (context, "source", "davit") ||
	    !(context->way == OVERLAY_WAY_STRING ? context_join_lower (context, fds)
						 : context_add_lower (context)) ||
	    !context_add_upper (context, fds))
		return FALSE;
	overlay_options (context->mount, options);
	for (guint i = 0; options[i].key != NULL; i++) {
		if (!context_set_string (context, options[i].key, options[i].value))
			return FALSE;
	}
	context->failed = NULL;
	if (fsconfig (context->fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return FALSE;
	*ret_fd = fsmount (context->fd, FSMOUNT_CLOEXEC,
			   context->mount->upper == NULL ? MOUNT_ATTR_RDONLY : 0);
	return *ret_fd >= 0;
}

/* What the kernel says beside the number: the first line of the context's log, or NULL. */
static char *
context_log (const Context *context)
{
	char text[LOG_SIZE];
	gssize length = read (context->fd, text, sizeof text - 1);

	if (length <= 2)
		return NULL;
	text[length] = '\0';
	/* "e text\n": the letter is the severity. */
	return g_strchomp (g_strdup (text + 2));
}

static gboolean
mount_in_way (const OverlayMount *mount, OverlayWay way, int *ret_fd, int *ret_number,
	      GError **error)
{
	store_autofd fd = -1;
	Context context = {.mount = mount, .way = way};
	g_autofree char *detail = NULL;

	if (way == OVERLAY_WAY_PRIVATE)
		return overlay_mount_in_child (mount, ret_fd, error);
	fd = fsopen ("overlay", FSOPEN_CLOEXEC);
	context.fd = fd;
	if (fd >= 0 && context_create (&context, ret_fd))
		return TRUE;
	*ret_number = errno;
	if (fd >= 0)
		detail = context_log (&context);
	if (detail == NULL && context.failed != NULL)
		detail = g_strdup_printf ("\"%s\"", context.failed);
	return overlay_mount_failed (mount, *ret_number, detail, error);
}

/*
 * Whether a kernel says by this number that it does not know the way. Before Linux 6.13 fsconfig
 * refuses an O_PATH descriptor (EBADF), or the option takes none (EINVAL).
 */
static gboolean
is_unknown (int number)
{
	return number == EINVAL || number == EBADF || number == ENOSYS;
}

/* The best way that this kernel has; what else is wrong is told later. */
static OverlayWay
way_choose (const OverlayMount *mount)
{
	store_autofd fd = fsopen ("overlay", FSOPEN_CLOEXEC);
	store_autofd directory = -1;
	guint length = g_strv_length ((char **) mount->lower);

	if (fd < 0)
		return errno == ENOSYS ? OVERLAY_WAY_PRIVATE : OVERLAY_WAY_DESCRIPTORS;
	directory = openat (mount->state_dirfd, mount->lower[0],
			    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0 || fsconfig (fd, FSCONFIG_SET_FD, "lowerdir+", NULL, directory) == 0 ||
	    !is_unknown (errno))
		return OVERLAY_WAY_DESCRIPTORS;
	/* Before 6.5 any string is taken, and refused at the end; since then at once. */
	if (fsconfig (fd, FSCONFIG_SET_STRING, "lowerdir+", "/proc/self/davit-absent", 0) < 0 &&
	    errno == ENOENT)
		return OVERLAY_WAY_PATHS;
	/* The longest that "/proc/self/fd/NNN:" can be. */
	return length * strlen ("/proc/self/fd/100:") <= STRING_LIMIT ? OVERLAY_WAY_STRING
								      : OVERLAY_WAY_PRIVATE;
}

gboolean
overlay_mount (const OverlayMount *mount, int *ret_fd, GError **error)
{
	guint length = g_strv_length ((char **) mount->lower);
	OverlayWay way = mount->way;
	g_autoptr (GError) failure = NULL;
	int number = 0;

	if (length > OVERLAY_LAYERS_LIMIT)
		return store_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"mount %u layers: the kernel's overlayfs takes %d at most; "
					"make an image with fewer layers, or use the storage "
					"driver \"vfs\"",
					length, OVERLAY_LAYERS_LIMIT);
	if (way != OVERLAY_WAY_AUTO)
		return mount_in_way (mount, way, ret_fd, &number, error);
	/* Tried first, and asked for other ways only when it fails: it is the usual case. */
	if (mount_in_way (mount, OVERLAY_WAY_DESCRIPTORS, ret_fd, &number, &failure))
		return TRUE;
	way = is_unknown (number) ? way_choose (mount) : OVERLAY_WAY_DESCRIPTORS;
	/*
	 * Before Linux 6.15 overlayfs takes nothing from a mount that is attached nowhere (EINVAL):
	 * they are attached in a namespace that nobody else sees.
	 */
	if (is_unknown (number) && (mount->lower_fds != NULL || mount->upper_fd > 0))
		way = OVERLAY_WAY_PRIVATE;
	if (way != OVERLAY_WAY_DESCRIPTORS)
		return mount_in_way (mount, way, ret_fd, &number, error);
	g_propagate_error (error, g_steal_pointer (&failure));
	return FALSE;
}
