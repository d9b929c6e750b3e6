/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One mount, in the child: made without a place, given its flags, and only then attached to a mount
 * point that is known by descriptor. Nothing between finding the mount point and using it can be
 * exchanged (CVE-2021-30465), and nobody sees it before its flags are set.
 */

#include "native-mounts.h"
#include "native-resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define OPTION_MAX 4096

/* The file system's own words about what it did not like: "e tmpfs: Unknown parameter 'x'". */
static void
context_read_log (int context, NativeReport *report)
{
	ssize_t length;

	if (report->detail[0] != '\0')
		return;
	length = read (context, report->detail, sizeof report->detail - 1);
	if (length < 2)
		length = 0;
	report->detail[length] = '\0';
	if (length > 2 && report->detail[1] == ' ')
		memmove (report->detail, report->detail + 2, (gsize) length - 1);
}

static gboolean
context_set (int context, const char *option)
{
	char key[OPTION_MAX];
	const char *equals = strchr (option, '=');
	gsize length = equals != NULL ? (gsize) (equals - option) : 0;

	if (equals == NULL)
		return fsconfig (context, FSCONFIG_SET_FLAG, option, NULL, 0) == 0;
	if (length >= sizeof key) {
		errno = ENAMETOOLONG;
		return FALSE;
	}
	memcpy (key, option, length);
	key[length] = '\0';
	return fsconfig (context, FSCONFIG_SET_STRING, key, equals + 1, 0) == 0;
}

static gboolean
context_configure (const NativeMount *mount, int context, NativeReport *report)
{
	/* Some file systems, such as mqueue, have no source; a name without use must not harm. */
	if (mount->source != NULL && *mount->source != '\0' &&
	    fsconfig (context, FSCONFIG_SET_STRING, "source", mount->source, 0) < 0 &&
	    errno != EINVAL)
		return native_report_fail (report, NATIVE_STEP_MOUNT_OPTION, errno,
					   mount->destination);
	for (guint i = 0; i < mount->options.data->len; i++) {
		const char *option = (const char *) mount->options.data->pdata[i];

		if (context_set (context, option))
			continue;
		native_report_fail (report, NATIVE_STEP_MOUNT_OPTION, errno, mount->destination);
		context_read_log (context, report);
		return FALSE;
	}
	if (fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		return TRUE;
	native_report_fail (report, NATIVE_STEP_MOUNT_CREATE, errno, mount->destination);
	context_read_log (context, report);
	return FALSE;
}

/* What opened the context for us may have been made to open another one: see native-pids.c. */
static gboolean
is_proc (int fd)
{
	struct statfs fs;

	return fstatfs (fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

int
native_mount_make (const NativeMount *mount, NativeReport *report)
{
	int context =
		mount->context_fd >= 0 ? mount->context_fd : fsopen (mount->type, FSOPEN_CLOEXEC);
	int fd = -1;

	if (context < 0) {
		/* Some look at the namespaces here already, others when the mount is made. */
		native_report_fail (report,
				    errno == EPERM ? NATIVE_STEP_MOUNT_CREATE
						   : NATIVE_STEP_MOUNT_OPEN,
				    errno, mount->destination);
		return -1;
	}
	if (context_configure (mount, context, report)) {
		fd = fsmount (context, FSMOUNT_CLOEXEC, (guint) mount->options.set);
		if (fd < 0)
			native_report_fail (report, NATIVE_STEP_MOUNT_CREATE, errno,
					    mount->destination);
	}
	close (context);
	if (fd >= 0 && mount->context_fd >= 0 && !is_proc (fd)) {
		native_report_fail (report, NATIVE_STEP_MOUNT_TARGET_PROC, 0, mount->destination);
		close (fd);
		fd = -1;
	}
	return fd;
}

static gboolean
tree_set (int tree_fd, guint64 set, guint64 clear, guint64 propagation, gboolean recursive)
{
	struct mount_attr attributes = {.attr_set = set,
					.attr_clr = clear,
					.propagation = propagation};
	guint flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);

	if (set == 0 && clear == 0 && propagation == 0)
		return TRUE;
	return mount_setattr (tree_fd, "", flags, &attributes, sizeof attributes) == 0;
}

gboolean
native_mount_set_attributes (const NativeMount *mount, int tree_fd, NativeReport *report)
{
	const NativeMountOptions *options = &mount->options;
	gboolean bind = mount->kind == NATIVE_MOUNT_BIND;
	/* A new file system has its flags, and is private, from fsmount. */
	guint64 set = bind ? options->set : 0;
	guint64 clear = bind ? options->clear : 0;
	guint64 propagation = options->propagation;
	gboolean recursive = options->propagation_recursive;

	/* What is mounted on the host later must not appear inside unless somebody asked for it. */
	if (propagation == 0 && bind) {
		propagation = MS_PRIVATE;
		recursive = TRUE;
	}
	/* One call for the usual case: a tree with a single mount. */
	if (!recursive || !options->recursive) {
		if (tree_set (tree_fd, set, clear, propagation, FALSE) &&
		    tree_set (tree_fd, options->set_recursive, options->clear_recursive, 0, TRUE))
			return TRUE;
	} else if (tree_set (tree_fd, set, clear, 0, FALSE) &&
		   tree_set (tree_fd, options->set_recursive, options->clear_recursive, propagation,
			     TRUE)) {
		return TRUE;
	}
	return native_report_fail (report, NATIVE_STEP_MOUNT_ATTRIBUTES, errno, mount->destination);
}

/*
 * Whatever path config.json gives, what it leads to may not lie in a procfs, or somebody could make
 * a file that the runtime writes to, or a mask, disappear (CVE-2023-27561, CVE-2025-31133).
 */
static gboolean
target_check_proc (const NativeMount *mount, int target, int tree_fd, NativeReport *report)
{
	gboolean at_proc = strcmp (mount->destination, "/proc") == 0;
	struct statfs fs;

	if (at_proc && mount->kind == NATIVE_MOUNT_BIND &&
	    (fstatfs (tree_fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC))
		return native_report_fail (report, NATIVE_STEP_MOUNT_TARGET_PROC, 0,
					   mount->destination);
	if (mount->proc_allowed || at_proc)
		return TRUE;
	if (fstatfs (target, &fs) < 0)
		return native_report_fail (report, NATIVE_STEP_MOUNT_TARGET, errno,
					   mount->destination);
	if (fs.f_type == PROC_SUPER_MAGIC)
		return native_report_fail (report, NATIVE_STEP_MOUNT_TARGET_PROC, 0,
					   mount->destination);
	return TRUE;
}

gboolean
native_mount_attach (const NativeMount *mount, int root_fd, int tree_fd, NativeReport *report)
{
	NativeResolve how = mount->no_links ? NATIVE_RESOLVE_NO_LINKS : NATIVE_RESOLVE_LINKS;
	gboolean directory = mount->kind != NATIVE_MOUNT_BIND || mount->is_directory;
	gboolean attached = FALSE;
	int target = directory ? native_resolve_directory (root_fd, mount->destination, how)
			       : native_resolve_file (root_fd, mount->destination, how);

	if (target < 0) {
		/* A root whose /dev or /proc is a link or a file: CVE-2026-41579. */
		gboolean link = mount->no_links && (target == -ELOOP || target == -ENOTDIR);

		return native_report_fail (report,
					   link ? NATIVE_STEP_MOUNT_TARGET_LINK
						: NATIVE_STEP_MOUNT_TARGET,
					   target, mount->destination);
	}
	if (target_check_proc (mount, target, tree_fd, report)) {
		attached = move_mount (tree_fd, "", target, "",
				       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
		if (!attached)
			native_report_fail (report, NATIVE_STEP_MOUNT_MOVE, errno,
					    mount->destination);
	}
	close (target);
	return attached;
}
