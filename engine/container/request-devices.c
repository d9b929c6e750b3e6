/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options of devices and kernel parameters. */

#include "container/create-request-private.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>
#include <sys/stat.h>

void
davit_request_device_free (gpointer device)
{
	DavitRequestDevice *entry = (DavitRequestDevice *) device;

	g_free (entry->path);
	g_free (entry->inside);
	g_free (entry->access);
	g_free (entry);
}

void
davit_request_device_rule_free (gpointer rule)
{
	DavitRequestDeviceRule *entry = (DavitRequestDeviceRule *) rule;

	g_free (entry->access);
	g_free (entry);
}

static gboolean
is_access (const char *text)
{
	gsize length = strlen (text);

	if (length < 1 || length > 3 || strspn (text, "rwm") != length)
		return FALSE;
	for (; text[1] != '\0'; text++) {
		if (strchr (text + 1, text[0]) != NULL)
			return FALSE;
	}
	return TRUE;
}

static gboolean
device_check (const char *option, const char *value, const char *path, GError **error)
{
	struct stat status;

	if (!g_path_is_absolute (path) && strchr (path, '=') != NULL && strchr (path, '/') != NULL)
		return davit_request_unsupported (error, option,
						  "\"%s\" is the name of a CDI device, and these "
						  "are not there yet",
						  path);
	if (!g_path_is_absolute (path))
		return davit_request_refuse (error, option, value, "must be HOST[:INSIDE][:rwm]");
	if (stat (path, &status) < 0)
		return davit_request_refuse (error, option, value,
					     "can't be given: there is no device \"%s\"", path);
	if (S_ISDIR (status.st_mode))
		return davit_request_unsupported (error, option,
						  "\"%s\" is a directory; name the devices in it "
						  "one by one",
						  path);
	if (!S_ISCHR (status.st_mode) && !S_ISBLK (status.st_mode))
		return davit_request_refuse (error, option, value,
					     "can't be given: \"%s\" is no device", path);
	return TRUE;
}

/* Devices stand in the /dev that the engine makes, never in a directory of the image. */
static gboolean
device_inside (const char *option, const char *text, char **ret, GError **error)
{
	if (!davit_request_destination (option, text, ret, error))
		return FALSE;
	if (!g_str_has_prefix (*ret, "/dev/"))
		return davit_request_refuse (error, option, text,
					     "must lie below /dev in the container");
	return TRUE;
}

static void
device_put (GPtrArray *devices, DavitRequestDevice *device)
{
	for (guint i = 0; i < devices->len; i++) {
		const DavitRequestDevice *other = (DavitRequestDevice *) devices->pdata[i];

		if (strcmp (other->inside, device->inside) == 0) {
			g_ptr_array_remove_index (devices, i);
			break;
		}
	}
	g_ptr_array_add (devices, device);
}

static gboolean
add_device (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	g_auto (GStrv) parts = g_strsplit (value, ":", -1);
	guint length = g_strv_length (parts);
	g_autofree char *inside = NULL;
	const char *access = "rwm";
	DavitRequestDevice *device;

	if (length > 1 && is_access (parts[length - 1]))
		access = parts[--length];
	if (length < 1 || length > 2)
		return davit_request_refuse (error, option, value, "must be HOST[:INSIDE][:rwm]");
	if (!device_check (option, value, parts[0], error) ||
	    !device_inside (option, parts[length - 1], &inside, error))
		return FALSE;
	device = g_new0 (DavitRequestDevice, 1);
	device->path = g_canonicalize_filename (parts[0], "/");
	device->inside = g_steal_pointer (&inside);
	device->access = g_strdup (access);
	device_put (request->devices, device);
	return TRUE;
}

static gboolean
number_or_all (const char *text, gint64 *ret)
{
	guint64 number;

	*ret = -1;
	if (strcmp (text, "*") == 0)
		return TRUE;
	if (!davit_text_parse_unsigned (text, G_MAXUINT32, "number", &number, NULL))
		return FALSE;
	*ret = (gint64) number;
	return TRUE;
}

/* "c 10:200 rwm", as in the kernel's own files. */
static gboolean
rule_parse (const char *value, DavitRequestDeviceRule *rule)
{
	g_auto (GStrv) words = g_strsplit (value, " ", -1);
	g_auto (GStrv) numbers = NULL;

	if (g_strv_length (words) != 3 || strlen (words[0]) != 1 ||
	    strchr ("abc", words[0][0]) == NULL || !is_access (words[2]))
		return FALSE;
	numbers = g_strsplit (words[1], ":", -1);
	if (g_strv_length (numbers) != 2 || !number_or_all (numbers[0], &rule->major) ||
	    !number_or_all (numbers[1], &rule->minor))
		return FALSE;
	rule->type = words[0][0];
	rule->access = g_strdup (words[2]);
	return TRUE;
}

static gboolean
add_rule (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	DavitRequestDeviceRule *rule = g_new0 (DavitRequestDeviceRule, 1);

	if (!rule_parse (value, rule)) {
		davit_request_device_rule_free (rule);
		return davit_request_refuse (error, option, value,
					     "must be TYPE MAJOR:MINOR ACCESS, such as \"c 10:200 "
					     "rwm\" or \"b *:* r\"");
	}
	g_ptr_array_add (request->device_rules, rule);
	return TRUE;
}

const char *
davit_request_sysctl_namespace (const char *key)
{
	static const char *const ipc[] = {"kernel.msgmax",
					  "kernel.msgmnb",
					  "kernel.msgmni",
					  "kernel.sem",
					  "kernel.shmall",
					  "kernel.shmmax",
					  "kernel.shmmni",
					  "kernel.shm_rmid_forced",
					  "kernel.auto_msgmni",
					  "kernel.msg_next_id",
					  "kernel.sem_next_id",
					  "kernel.shm_next_id",
					  NULL};

	if (g_strv_contains (ipc, key) || g_str_has_prefix (key, "fs.mqueue."))
		return "ipc";
	if (g_str_has_prefix (key, "net."))
		return "network";
	if (strcmp (key, "kernel.domainname") == 0)
		return "uts";
	return NULL;
}

/* Written by the runtime as a path: no component may be ".." or hidden in a "/" (CVE-2022-0811). */
static gboolean
sysctl_is_name (const char *key)
{
	if (key[0] == '.' || g_str_has_suffix (key, ".") || strstr (key, "..") != NULL)
		return FALSE;
	for (; *key != '\0'; key++) {
		if (!g_ascii_isalnum (*key) && strchr ("._-", *key) == NULL)
			return FALSE;
	}
	return TRUE;
}

static gboolean
add_sysctl (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	gsize length = strcspn (value, "=");
	g_autofree char *key = g_strndup (value, length);
	const char *text = value + length;

	if (length == 0 || *text == '\0' || text[1] == '\0' || strchr (text, '\n') != NULL ||
	    !sysctl_is_name (key))
		return davit_request_refuse (error, option, value,
					     "must be KEY=VALUE, such as net.ipv4.ip_forward=1");
	if (strcmp (key, "kernel.hostname") == 0)
		return davit_request_refuse (error, option, value,
					     "is not set in this way; use --hostname");
	if (davit_request_sysctl_namespace (key) == NULL)
		return davit_request_refuse (error, option, value,
					     "would change the host: a container may have its own "
					     "net.*, fs.mqueue.*, kernel.msg*, kernel.shm*, "
					     "kernel.sem and kernel.domainname");
	davit_request_put (request->sysctl, value, length, text + 1);
	return TRUE;
}

gboolean
davit_request_devices_set (DavitCreateRequest *request, const char *option, const char *value,
			   GError **error)
{
	static const DavitRequestOption table[] = {
		{"device", add_device},
		{"device-cgroup-rule", add_rule},
		{"sysctl", add_sysctl},
		{NULL, NULL},
	};

	return davit_request_dispatch (table, request, option, value, error);
}
