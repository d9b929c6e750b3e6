/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What config.json says about mounts, and the sources of bind mounts.
 *
 * The parent copies the trees to be bound (open_tree), before there is a container: with the
 * caller's rights, from the host's paths, once. The child only attaches them. A caller without
 * CAP_SYS_ADMIN may not copy trees out of the host's namespace; then the child does, in its own.
 */

#include "native-mounts.h"

#include "runtime-error.h"
#include "runtime-json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files below /proc that may be covered: they only inform, and lxcfs gives better ones. */
static const char *const proc_allowed[] = {
	"/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg", "/proc/meminfo", "/proc/stat",
	"/proc/swaps",	 "/proc/slabinfo",  "/proc/uptime",  "/proc/net/dev",
};

NativeMount *
native_mount_new (NativeMountKind kind, const char *destination)
{
	NativeMount *mount = g_new0 (NativeMount, 1);

	mount->kind = kind;
	mount->destination = g_canonicalize_filename (destination, "/");
	mount->tree_fd = mount->context_fd = -1;
	mount->no_links = g_str_has_prefix (mount->destination, "/dev/") ||
			  g_str_has_prefix (mount->destination, "/proc/") ||
			  g_str_has_prefix (mount->destination, "/sys/") ||
			  g_str_equal (mount->destination, "/dev") ||
			  g_str_equal (mount->destination, "/proc") ||
			  g_str_equal (mount->destination, "/sys");
	for (gsize i = 0; i < G_N_ELEMENTS (proc_allowed); i++)
		mount->proc_allowed |= g_str_equal (mount->destination, proc_allowed[i]);
	return mount;
}

static void
mount_free (gpointer data)
{
	NativeMount *mount = (NativeMount *) data;

	if (mount->tree_fd >= 0)
		close (mount->tree_fd);
	if (mount->context_fd >= 0)
		close (mount->context_fd);
	for (guint i = 0; mount->groups != NULL && i < mount->groups->len; i++) {
		NativeMountGroup *group = &g_array_index (mount->groups, NativeMountGroup, i);

		close (group->tree_fd);
		g_free (group->name);
	}
	g_clear_pointer (&mount->groups, g_array_unref);
	g_clear_pointer (&mount->options.data, g_ptr_array_unref);
	g_free (mount->destination);
	g_free (mount->source);
	g_free (mount);
}

static gboolean
mount_refuse (const DavitHost *host, const DavitJson *entry, GError **error)
{
	static const char reason[] = "this runtime does not do id-mapped mounts";

	return runtime_json_refuse_member (host, entry, "uidMappings", reason, error) &&
	       runtime_json_refuse_member (host, entry, "gidMappings", reason, error);
}

/* The source of a bind mount, absolute: the child may have to open it by path. */
static gboolean
mount_read_source (const DavitHost *host, const DavitJson *entry, int bundle_dirfd,
		   NativeMount *mount, GError **error)
{
	g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", bundle_dirfd);
	g_autofree char *bundle = NULL;
	const char *source = NULL;

	if (!host->json->get_string (entry, "source", &source, error))
		return FALSE;
	if (mount->kind != NATIVE_MOUNT_BIND) {
		mount->source = g_strdup (source);
		return TRUE;
	}
	if (source == NULL || *source == '\0')
		return runtime_json_fail (error, host, entry, DAVIT_ERROR_CONFIG,
					  "a bind mount needs a \"source\"");
	bundle = source[0] != '/' ? g_file_read_link (link, error) : g_strdup ("/");
	if (bundle == NULL)
		return FALSE;
	mount->source =
		source[0] != '/' ? g_build_filename (bundle, source, NULL) : g_strdup (source);
	return TRUE;
}

/* /proc may be proc or a bind of a proc (checked by the child); below it almost nothing may be. */
static gboolean
mount_check_destination (const DavitHost *host, const DavitJson *entry, const NativeMount *mount,
			 GError **error)
{
	const DavitJson *value = host->json->member (entry, "destination");

	if (g_str_equal (mount->destination, "/"))
		return runtime_json_fail (error, host, value, DAVIT_ERROR_CONFIG,
					  "\"/\" is the root file system itself");
	if ((g_str_has_prefix (mount->destination, "/proc/") && !mount->proc_allowed) ||
	    (g_str_equal (mount->destination, "/proc") && mount->kind != NATIVE_MOUNT_BIND &&
	     g_strcmp0 (mount->type, "proc") != 0))
		return runtime_json_fail (error, host, value, DAVIT_ERROR_PERMISSION,
					  "\"%s\": only proc itself may be mounted on /proc, since "
					  "what the container's safety rests on is there",
					  mount->destination);
	return TRUE;
}

static NativeMount *
mount_read (const DavitHost *host, const DavitJson *entry, int bundle_dirfd, GError **error)
{
	NativeMountOptions options = {0};
	const char *destination = NULL;
	const char *type = NULL;
	NativeMountKind kind;
	NativeMount *mount;

	if (!mount_refuse (host, entry, error) ||
	    !runtime_json_require_string (host, entry, "destination", &destination, error) ||
	    !host->json->get_string (entry, "type", &type, error))
		return NULL;
	if (destination[0] != '/') {
		runtime_json_fail (error, host, host->json->member (entry, "destination"),
				   DAVIT_ERROR_CONFIG, "\"%s\" is no absolute path", destination);
		return NULL;
	}
	if (!native_mount_options_parse (host, entry, &options, error)) {
		g_ptr_array_unref (options.data);
		return NULL;
	}
	kind = options.bind			 ? NATIVE_MOUNT_BIND
	       : g_strcmp0 (type, "cgroup") == 0 ? NATIVE_MOUNT_CGROUP
						 : NATIVE_MOUNT_FILE_SYSTEM;
	mount = native_mount_new (kind, destination);
	mount->options = options;
	mount->type = type;
	mount->is_dev = kind == NATIVE_MOUNT_FILE_SYSTEM && g_strcmp0 (type, "tmpfs") == 0 &&
			g_str_equal (mount->destination, "/dev");
	if (kind == NATIVE_MOUNT_FILE_SYSTEM && (type == NULL || *type == '\0'))
		runtime_json_fail (error, host, entry, DAVIT_ERROR_CONFIG,
				   "a mount needs a \"type\", or the option \"bind\"");
	else if (options.copy_up && g_strcmp0 (type, "tmpfs") != 0)
		runtime_json_fail (error, host, host->json->member (entry, "options"),
				   DAVIT_ERROR_CONFIG, "\"tmpcopyup\" is for tmpfs only");
	else if (mount_read_source (host, entry, bundle_dirfd, mount, error) &&
		 mount_check_destination (host, entry, mount, error))
		return mount;
	mount_free (mount);
	return NULL;
}

/* The image's own /dev is never used (CVE-2026-88264): without one in config.json there is ours. */
static void
mounts_add_dev (NativeMounts *mounts)
{
	static const char *const data[] = {"mode=755", "size=65536k"};
	NativeMount *mount;

	for (guint i = 0; i < mounts->array->len; i++)
		if (g_str_equal (((NativeMount *) mounts->array->pdata[i])->destination, "/dev"))
			return;
	mount = native_mount_new (NATIVE_MOUNT_FILE_SYSTEM, "/dev");
	mount->type = "tmpfs";
	mount->source = g_strdup ("tmpfs");
	mount->is_dev = TRUE;
	mount->options.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME;
	mount->options.data = g_ptr_array_new_with_free_func (g_free);
	for (gsize i = 0; i < G_N_ELEMENTS (data); i++)
		g_ptr_array_add (mount->options.data, g_strdup (data[i]));
	g_ptr_array_insert (mounts->array, 0, mount);
}

gboolean
native_mounts_parse (const DavitHost *host, const DavitJson *root, int bundle_dirfd,
		     NativeMounts *ret, GError **error)
{
	const DavitJson *array = NULL;

	ret->array = g_ptr_array_new_with_free_func (mount_free);
	if (!host->json->get_array (root, "mounts", &array, error))
		return FALSE;
	for (guint i = 0; array != NULL && i < host->json->length (array); i++) {
		const DavitJson *entry = host->json->element (array, i);
		NativeMount *mount;

		if (host->json->type (entry) != DAVIT_JSON_OBJECT)
			return runtime_json_fail (error, host, entry, DAVIT_ERROR_CONFIG,
						  "must be an object");
		mount = mount_read (host, entry, bundle_dirfd, error);
		if (mount == NULL)
			return FALSE;
		g_ptr_array_add (ret->array, mount);
	}
	mounts_add_dev (ret);
	ret->entries = (NativeMount **) ret->array->pdata;
	ret->n_entries = ret->array->len;
	return TRUE;
}

void
native_mounts_clear (NativeMounts *mounts)
{
	g_clear_pointer (&mounts->array, g_ptr_array_unref);
	mounts->n_entries = 0;
}

/* 0, or -errno. */
static int
mount_open_source (NativeMount *mount)
{
	guint flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	struct stat status;
	int fd;

	if (mount->options.recursive)
		flags |= AT_RECURSIVE;
	fd = open_tree (AT_FDCWD, mount->source, flags);
	if (fd < 0)
		return -errno;
	if (fstat (fd, &status) < 0) {
		int number = errno;

		close (fd);
		return -number;
	}
	mount->is_directory = S_ISDIR (status.st_mode);
	mount->tree_fd = fd;
	return 0;
}

gboolean
native_mounts_open (NativeMounts *mounts, GError **error)
{
	for (guint i = 0; i < mounts->n_entries; i++) {
		NativeMount *mount = mounts->entries[i];
		int status = mount->kind == NATIVE_MOUNT_BIND ? mount_open_source (mount) : 0;

		if (status == -EPERM)
			continue;
		/* What the host has mounted there hides what only the host may see. */
		if (status == -EINVAL && !mount->options.recursive)
			return runtime_error_say (
				error, DAVIT_ERROR_UNSUPPORTED,
				"mount \"%s\": source \"%s\": in a user namespace what is mounted "
				"below it can't be left out; bind it recursively",
				mount->destination, mount->source);
		if (status < 0)
			return runtime_error_set (error, -status, "mount \"%s\": source \"%s\"",
						  mount->destination, mount->source);
	}
	return TRUE;
}

gboolean
native_mount_open_late (NativeMount *mount, NativeReport *report)
{
	int status;

	if (mount->kind != NATIVE_MOUNT_BIND || mount->tree_fd >= 0)
		return TRUE;
	status = mount_open_source (mount);
	if (status < 0)
		return native_report_fail (report, NATIVE_STEP_MOUNT_SOURCE, status, mount->source);
	return TRUE;
}
