/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Devices are made in a tmpfs that nobody sees yet, by descriptor: neither the image's /dev nor a
 * link in it is ever involved (CVE-2026-41579, CVE-2026-88264, CVE-2026-88265). In a user namespace
 * nobody may make devices; the host's are bound there, after a look at their numbers.
 */

#include "native-devices.h"

#include "native-resolve.h"
#include "runtime-json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

typedef struct {
	const char *path;
	guint major;
	guint minor;
} DefaultDevice;

static const DefaultDevice default_devices[] = {
	{"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
	{"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
};

typedef struct {
	const char *name;
	const char *target;
} DeviceLink;

static const DeviceLink device_links[] = {
	{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},
};

static void
devices_add_defaults (NativeDevices *devices)
{
	for (gsize i = 0; i < G_N_ELEMENTS (default_devices); i++) {
		NativeDevice device = {
			.path = g_strdup (default_devices[i].path),
			.mode = S_IFCHR | 0666,
			.number = makedev (default_devices[i].major, default_devices[i].minor),
		};

		g_array_append_val (devices->entries, device);
	}
}

static gboolean
device_read_type (const DavitHost *host, const DavitJson *entry, NativeDevice *device,
		  GError **error)
{
	const char *type = NULL;
	gint64 major = -1;
	gint64 minor = -1;

	if (!runtime_json_require_string (host, entry, "type", &type, error) ||
	    !host->json->get_integer (entry, "major", 0, 4095, &major, error) ||
	    !host->json->get_integer (entry, "minor", 0, 1048575, &minor, error))
		return FALSE;
	if (g_str_equal (type, "p"))
		device->mode = S_IFIFO;
	else if (g_str_equal (type, "b"))
		device->mode = S_IFBLK;
	else if (g_str_equal (type, "c") || g_str_equal (type, "u"))
		device->mode = S_IFCHR;
	else
		return runtime_json_fail (error, host, host->json->member (entry, "type"),
					  DAVIT_ERROR_CONFIG,
					  "\"%s\" is no type of device; there are: b, c, p, u",
					  type);
	if (device->mode != S_IFIFO && (major < 0 || minor < 0))
		return runtime_json_fail (error, host, entry, DAVIT_ERROR_CONFIG,
					  "a device needs \"major\" and \"minor\"");
	if (device->mode != S_IFIFO)
		device->number = makedev ((guint) major, (guint) minor);
	return TRUE;
}

static gboolean
device_read (const DavitHost *host, const DavitJson *entry, NativeDevice *device, GError **error)
{
	const char *path = NULL;
	gint64 mode = 0666;
	gint64 uid = 0;
	gint64 gid = 0;

	if (host->json->type (entry) != DAVIT_JSON_OBJECT)
		return runtime_json_fail (error, host, entry, DAVIT_ERROR_CONFIG,
					  "must be an object");
	if (!runtime_json_require_string (host, entry, "path", &path, error) ||
	    !device_read_type (host, entry, device, error) ||
	    /* The type's bits come along from some writers; only the permissions are meant. */
	    !host->json->get_integer (entry, "fileMode", 0, 0177777, &mode, error) ||
	    !host->json->get_integer (entry, "uid", 0, RUNTIME_ID_MAX, &uid, error) ||
	    !host->json->get_integer (entry, "gid", 0, RUNTIME_ID_MAX, &gid, error))
		return FALSE;
	if (path[0] != '/' || g_str_has_suffix (path, "/"))
		return runtime_json_fail (error, host, host->json->member (entry, "path"),
					  DAVIT_ERROR_CONFIG,
					  "\"%s\" is no absolute path of a file", path);
	device->mode |= (mode_t) mode & 07777;
	device->uid = (uid_t) uid;
	device->gid = (gid_t) gid;
	device->path = g_canonicalize_filename (path, "/");
	return TRUE;
}

/* The same path again: what config.json says wins over ours, and the first over a later one. */
static void
devices_put (NativeDevices *devices, const NativeDevice *device)
{
	for (guint i = 0; i < devices->entries->len; i++) {
		NativeDevice *other = &g_array_index (devices->entries, NativeDevice, i);

		if (!g_str_equal (other->path, device->path))
			continue;
		if (other->given) {
			g_free (device->path);
			return;
		}
		g_free (other->path);
		*other = *device;
		return;
	}
	g_array_append_vals (devices->entries, device, 1);
}

gboolean
native_devices_parse (const DavitHost *host, const DavitJson *linux_object, NativeDevices *ret,
		      GError **error)
{
	const DavitJson *array = NULL;

	ret->entries = g_array_new (FALSE, FALSE, sizeof (NativeDevice));
	devices_add_defaults (ret);
	if (!host->json->get_array (linux_object, "devices", &array, error))
		return FALSE;
	for (guint i = 0; array != NULL && i < host->json->length (array); i++) {
		NativeDevice device = {.given = TRUE};

		if (!device_read (host, host->json->element (array, i), &device, error))
			return FALSE;
		devices_put (ret, &device);
	}
	return TRUE;
}

void
native_devices_clear (NativeDevices *devices)
{
	for (guint i = 0; devices->entries != NULL && i < devices->entries->len; i++)
		g_free (g_array_index (devices->entries, NativeDevice, i).path);
	g_clear_pointer (&devices->entries, g_array_unref);
}

/* What stands below /dev: its path there, or NULL. */
static const char *
device_below_dev (const NativeDevice *device)
{
	static const char dev[] = "/dev/";

	return strncmp (device->path, dev, sizeof dev - 1) == 0 ? device->path + sizeof dev - 1
								: NULL;
}

static gboolean
device_is (const NativeDevice *device, int directory, const char *name)
{
	struct stat status;

	if (fstatat (directory, name, &status, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0 ||
	    (status.st_mode & S_IFMT) != (device->mode & S_IFMT))
		return FALSE;
	return S_ISFIFO (status.st_mode) || status.st_rdev == device->number;
}

/* TRUE also if EPERM says that it must be bound; devices->bind is set then. */
static gboolean
device_make (NativeDevices *devices, const NativeDevice *device, int directory, const char *name,
	     NativeReport *report)
{
	if (mknodat (directory, name, device->mode, device->number) == 0) {
		if ((device->uid == 0 && device->gid == 0) ||
		    fchownat (directory, name, device->uid, device->gid, AT_SYMLINK_NOFOLLOW) == 0)
			return TRUE;
		return native_report_fail (report, NATIVE_STEP_DEVICE, errno, device->path);
	}
	if (errno == EEXIST)
		return device_is (device, directory, name) ||
		       native_report_fail (report, NATIVE_STEP_DEVICE_TAKEN, 0, device->path);
	if (errno == EPERM && !S_ISFIFO (device->mode)) {
		devices->bind = TRUE;
		return TRUE;
	}
	return native_report_fail (report, NATIVE_STEP_DEVICE, errno, device->path);
}

static gboolean
device_make_below (NativeDevices *devices, const NativeDevice *device, int root_fd,
		   const char *path, NativeReport *report)
{
	const char *name;
	gboolean made;
	int directory;

	if (strchr (path, '/') == NULL)
		return device_make (devices, device, root_fd, path, report);
	directory = native_resolve_parent (root_fd, path, NATIVE_RESOLVE_LINKS, &name);
	if (directory < 0)
		return native_report_fail (report, NATIVE_STEP_DEVICE, directory, device->path);
	made = device_make (devices, device, directory, name, report);
	close (directory);
	return made;
}

static gboolean
fill_links (int dev_fd, NativeReport *report)
{
	for (gsize i = 0; i < G_N_ELEMENTS (device_links); i++)
		if (symlinkat (device_links[i].target, dev_fd, device_links[i].name) < 0)
			return native_report_fail (report, NATIVE_STEP_DEVICE_LINK, errno,
						   device_links[i].name);
	return TRUE;
}

gboolean
native_devices_fill (NativeDevices *devices, int dev_fd, NativeReport *report)
{
	for (guint i = 0; !devices->bind && i < devices->entries->len; i++) {
		const NativeDevice *device = &g_array_index (devices->entries, NativeDevice, i);
		const char *path = device_below_dev (device);

		if (path != NULL && !device_make_below (devices, device, dev_fd, path, report))
			return FALSE;
	}
	return fill_links (dev_fd, report);
}

/* The host's node at the same path, known by its numbers, over an empty file of ours. */
static gboolean
device_bind (const NativeDevice *device, int root_fd, NativeReport *report)
{
	gboolean bound;
	int tree = open_tree (AT_FDCWD, device->path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int target;

	if (tree < 0)
		return native_report_fail (report, NATIVE_STEP_DEVICE_SOURCE, errno, device->path);
	if (!device_is (device, tree, "")) {
		close (tree);
		return native_report_fail (report, NATIVE_STEP_DEVICE_SOURCE, ENODEV, device->path);
	}
	target = native_resolve_file (root_fd, device->path, NATIVE_RESOLVE_NO_LINKS);
	bound = target >= 0 && move_mount (tree, "", target, "",
					   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
	if (!bound)
		native_report_fail (report, NATIVE_STEP_DEVICE, target < 0 ? target : errno,
				    device->path);
	if (target >= 0)
		close (target);
	close (tree);
	return bound;
}

/* With a /dev that config.json bound, the devices must be there already. */
static gboolean
device_expect (const NativeDevice *device, int root_fd, NativeReport *report)
{
	int fd = native_resolve_open (root_fd, device->path, O_PATH, NATIVE_RESOLVE_LINKS);
	gboolean is;

	if (fd < 0)
		return native_report_fail (report, NATIVE_STEP_DEVICE, fd, device->path);
	is = device_is (device, fd, "");
	close (fd);
	return is || native_report_fail (report, NATIVE_STEP_DEVICE_TAKEN, 0, device->path);
}

gboolean
native_devices_finish (NativeDevices *devices, int root_fd, NativeReport *report)
{
	for (guint i = 0; i < devices->entries->len; i++) {
		const NativeDevice *device = &g_array_index (devices->entries, NativeDevice, i);
		gboolean below = device_below_dev (device) != NULL;
		gboolean done = below && devices->own_dev && !devices->bind;

		if (done)
			continue;
		if (below && !devices->own_dev)
			done = device_expect (device, root_fd, report);
		else if (!devices->bind || S_ISFIFO (device->mode))
			done = device_make_below (devices, device, root_fd, device->path, report);
		if (!done && report->step == NATIVE_STEP_NONE)
			done = device_bind (device, root_fd, report);
		if (!done)
			return FALSE;
	}
	return TRUE;
}
