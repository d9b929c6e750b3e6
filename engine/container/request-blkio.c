/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options that limit the use of disks. */

#include "container/create-request-private.h"

#include "base/error.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static gboolean
set_weight (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	guint64 weight;

	if (!davit_request_unsigned (option, value, 10, 1000, &weight, error))
		return FALSE;
	request->limits.blkio_weight = (guint) weight;
	return TRUE;
}

static gboolean
throttle_device (const char *option, const char *value, const char *path,
		 DavitRequestThrottle *throttle, GError **error)
{
	struct stat status;

	if (!g_path_is_absolute (path))
		return davit_request_refuse (error, option, value, "must be DEVICE:RATE");
	if (stat (path, &status) < 0 || !S_ISBLK (status.st_mode))
		return davit_request_refuse (error, option, value,
					     "can't be kept: \"%s\" is no block device", path);
	throttle->major = major (status.st_rdev);
	throttle->minor = minor (status.st_rdev);
	return TRUE;
}

static gboolean
throttle_add (DavitCreateRequest *request, const char *option, const char *value, const char *kind,
	      GError **error)
{
	const char *colon = strrchr (value, ':');
	DavitRequestThrottle throttle = {.kind = kind};
	g_autofree char *path = NULL;

	if (colon == NULL)
		return davit_request_refuse (error, option, value, "must be DEVICE:RATE");
	path = g_strndup (value, (gsize) (colon - value));
	if (!throttle_device (option, value, path, &throttle, error))
		return FALSE;
	if (g_str_has_suffix (option, "bps")
		    ? !davit_request_size (option, colon + 1, &throttle.rate, error)
		    : !davit_request_unsigned (option, colon + 1, 1, G_MAXINT64, &throttle.rate,
					       error))
		return FALSE;
	if (throttle.rate == 0)
		return davit_request_refuse (error, option, value, "must have a rate above 0");
	g_ptr_array_add (request->limits.throttles, g_memdup2 (&throttle, sizeof throttle));
	return TRUE;
}

static gboolean
add_read_bps (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return throttle_add (request, option, value, "throttleReadBpsDevice", error);
}

static gboolean
add_write_bps (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return throttle_add (request, option, value, "throttleWriteBpsDevice", error);
}

static gboolean
add_read_iops (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return throttle_add (request, option, value, "throttleReadIOPSDevice", error);
}

static gboolean
add_write_iops (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return throttle_add (request, option, value, "throttleWriteIOPSDevice", error);
}

gboolean
davit_request_blkio_set (DavitCreateRequest *request, const char *option, const char *value,
			 GError **error)
{
	static const DavitRequestOption table[] = {
		{"blkio-weight", set_weight},	       {"device-read-bps", add_read_bps},
		{"device-read-iops", add_read_iops},   {"device-write-bps", add_write_bps},
		{"device-write-iops", add_write_iops}, {NULL, NULL},
	};

	return davit_request_dispatch (table, request, option, value, error);
}
