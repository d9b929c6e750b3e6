/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* linux.resources.blockIO: weights and rates of block devices. */

#include "native-cgroup-private.h"

#include "runtime-error.h"
#include "runtime-number.h"

#include <string.h>

#define FIELD "linux.resources.blockIO."
#define WEIGHT_MIN 10
#define WEIGHT_MAX 1000

/* Without either controller it is the one of v2 that is missing, if there is a v2. */
static gboolean
is_v2 (const NativeLimits *limits)
{
	return runtime_cgroup_group_of (limits->cgroup, "blkio") == NULL &&
	       runtime_cgroup_group_v2 (limits->cgroup) != NULL;
}

/* io.weight of v2 is 1 to 10000. */
static guint64
weight_convert (guint64 weight)
{
	return 1 + (weight - WEIGHT_MIN) * 9999 / (WEIGHT_MAX - WEIGHT_MIN);
}

static gboolean
weight_read (const NativeLimits *limits, const DavitJson *object, const char *key, guint64 *ret,
	     GError **error)
{
	g_autofree char *path = NULL;

	*ret = 0;
	if (!runtime_number_unsigned (limits->host, object, key, WEIGHT_MAX, ret, NULL, error))
		return FALSE;
	if (*ret == 0 || *ret >= WEIGHT_MIN)
		return TRUE;
	path = limits->host->json->path (object);
	return runtime_error_say (error, DAVIT_ERROR_CONFIG,
				  "%s.%s: must be an integer from 10 to 1000", path, key);
}

/* device: "" for all, or "8:0 ". */
static gboolean
weight_add (NativeLimits *limits, const char *field, const char *device, guint64 weight,
	    GError **error)
{
	gboolean v2 = is_v2 (limits);
	gboolean one = device[0] != '\0';
	NativeSetting *setting = NULL;

	if (!native_cgroup_setting_add (limits, field, v2 ? "io" : "blkio",
					v2    ? "io.bfq.weight"
					: one ? "blkio.bfq.weight_device"
					      : "blkio.bfq.weight",
					g_strdup_printf ("%s%" G_GUINT64_FORMAT, device, weight),
					&setting, error))
		return FALSE;
	setting->other_file = g_strdup (v2    ? "io.weight"
					: one ? "blkio.weight_device"
					      : "blkio.weight");
	if (v2)
		setting->other_value =
			g_strdup_printf ("%s%" G_GUINT64_FORMAT, device, weight_convert (weight));
	if (one || v2) {
		setting->key = one ? g_strndup (device, strlen (device) - 1) : g_strdup ("default");
		setting->reset = v2 ? (one ? "default" : "100") : "0";
	}
	return TRUE;
}

static gboolean
device_read (const NativeLimits *limits, const DavitJson *object, char **ret, GError **error)
{
	g_autofree char *path = NULL;
	gboolean has_major = FALSE;
	gboolean has_minor = FALSE;
	gint64 major = 0;
	gint64 minor = 0;

	if (!runtime_number_signed (limits->host, object, "major", 0, G_MAXUINT32, &major,
				    &has_major, error) ||
	    !runtime_number_signed (limits->host, object, "minor", 0, G_MAXUINT32, &minor,
				    &has_minor, error))
		return FALSE;
	if (has_major && has_minor) {
		*ret = g_strdup_printf ("%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT, major, minor);
		return TRUE;
	}
	path = limits->host->json->path (object);
	return runtime_error_say (error, DAVIT_ERROR_CONFIG, "%s: major and minor are needed",
				  path);
}

static gboolean
weights_plan (NativeLimits *limits, const DavitJson *block, GError **error)
{
	const DavitJson *array = NULL;

	if (!limits->host->json->get_array (block, "weightDevice", &array, error))
		return FALSE;
	for (guint i = 0; i < limits->host->json->length (array); i++) {
		const DavitJson *object = limits->host->json->element (array, i);
		g_autofree char *device = NULL;
		g_autofree char *prefix = NULL;
		guint64 weight = 0;
		guint64 leaf = 0;

		if (!device_read (limits, object, &device, error) ||
		    !weight_read (limits, object, "weight", &weight, error) ||
		    !weight_read (limits, object, "leafWeight", &leaf, error))
			return FALSE;
		if (leaf != 0)
			return runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
						  FIELD "weightDevice[%u].leafWeight: no kernel of "
							"today has it",
						  i);
		prefix = g_strconcat (device, " ", NULL);
		if (weight != 0 &&
		    !weight_add (limits, FIELD "weightDevice", prefix, weight, error))
			return FALSE;
	}
	return TRUE;
}

typedef struct {
	const char *key;
	const char *v1_file;
	const char *v2_word;
} Rate;

static const Rate rates[] = {
	{"throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps"},
	{"throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps"},
	{"throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops"},
	{"throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops"},
};

static gboolean
rate_add (NativeLimits *limits, const Rate *rate, const char *device, guint64 value, GError **error)
{
	gboolean v2 = is_v2 (limits);
	g_autofree char *field = g_strconcat (FIELD, rate->key, NULL);
	NativeSetting *setting = NULL;
	char *text;

	/* 0 takes a rate away. */
	if (!v2)
		text = g_strdup_printf ("%s %" G_GUINT64_FORMAT, device, value);
	else if (value == 0)
		text = g_strdup_printf ("%s %s=max", device, rate->v2_word);
	else
		text = g_strdup_printf ("%s %s=%" G_GUINT64_FORMAT, device, rate->v2_word, value);
	if (!native_cgroup_setting_add (limits, field, v2 ? "io" : "blkio",
					v2 ? "io.max" : rate->v1_file, text, &setting, error))
		return FALSE;
	setting->key = g_strdup (device);
	setting->reset = v2 ? "rbps=max wbps=max riops=max wiops=max" : "0";
	return TRUE;
}

static gboolean
rates_plan (NativeLimits *limits, const DavitJson *block, const Rate *rate, GError **error)
{
	const DavitJson *array = NULL;

	if (!limits->host->json->get_array (block, rate->key, &array, error))
		return FALSE;
	for (guint i = 0; i < limits->host->json->length (array); i++) {
		const DavitJson *object = limits->host->json->element (array, i);
		g_autofree char *device = NULL;
		guint64 value = 0;

		if (!device_read (limits, object, &device, error) ||
		    !runtime_number_unsigned (limits->host, object, "rate", G_MAXUINT64, &value,
					      NULL, error) ||
		    !rate_add (limits, rate, device, value, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
native_cgroup_limits_block (NativeLimits *limits, GError **error)
{
	const DavitJson *block = NULL;
	guint64 weight = 0;
	guint64 leaf = 0;

	if (!limits->host->json->get_object (limits->resources, "blockIO", &block, error) ||
	    !weight_read (limits, block, "weight", &weight, error) ||
	    !weight_read (limits, block, "leafWeight", &leaf, error))
		return FALSE;
	if (leaf != 0)
		return runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
					  FIELD "leafWeight: no kernel of today has it");
	if (weight != 0 && !weight_add (limits, FIELD "weight", "", weight, error))
		return FALSE;
	if (!weights_plan (limits, block, error))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS (rates); i++) {
		if (!rates_plan (limits, block, &rates[i], error))
			return FALSE;
	}
	return TRUE;
}
