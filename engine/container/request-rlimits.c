/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Resource limits of processes. Root may lack CAP_SYS_RESOURCE, in a virtual machine's container
 * for example, and then can't raise a hard limit: what was asked for is refused before anything is
 * made, and what only the configuration wants is lowered when the container starts.
 */

#include "container/create-request-private.h"

#include "base/error.h"
#include "base/text.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
	const char *type;
	int resource;
} Resource;

static const Resource resources[] = {
	{"RLIMIT_AS", RLIMIT_AS},
	{"RLIMIT_CORE", RLIMIT_CORE},
	{"RLIMIT_CPU", RLIMIT_CPU},
	{"RLIMIT_DATA", RLIMIT_DATA},
	{"RLIMIT_FSIZE", RLIMIT_FSIZE},
	{"RLIMIT_LOCKS", RLIMIT_LOCKS},
	{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
	{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
	{"RLIMIT_NICE", RLIMIT_NICE},
	{"RLIMIT_NOFILE", RLIMIT_NOFILE},
	{"RLIMIT_NPROC", RLIMIT_NPROC},
	{"RLIMIT_RSS", RLIMIT_RSS},
	{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
	{"RLIMIT_RTTIME", RLIMIT_RTTIME},
	{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
	{"RLIMIT_STACK", RLIMIT_STACK},
};

static const Resource *
resource_find (const char *name)
{
	if (g_ascii_strncasecmp (name, "RLIMIT_", 7) == 0)
		name += 7;
	for (guint i = 0; i < G_N_ELEMENTS (resources); i++) {
		if (g_ascii_strcasecmp (resources[i].type + 7, name) == 0)
			return &resources[i];
	}
	return NULL;
}

static gboolean
value_parse (const char *text, guint64 *ret)
{
	if (strcmp (text, "-1") == 0 || strcmp (text, "unlimited") == 0) {
		*ret = RLIM_INFINITY;
		return TRUE;
	}
	return davit_text_parse_unsigned (text, G_MAXUINT64, "limit", ret, NULL);
}

gboolean
davit_request_rlimit_parse (const char *option, const char *value, DavitRequestRlimit *ret,
			    GError **error)
{
	g_auto (GStrv) parts = g_strsplit (value, "=", 2);
	g_auto (GStrv) limits = NULL;
	const Resource *resource;
	guint length;

	if (strcmp (value, "host") == 0)
		return davit_request_unsupported (
			error, option, "\"host\" is not there yet; write NAME=SOFT[:HARD]");
	if (g_strv_length (parts) != 2)
		return davit_request_refuse (error, option, value, "must be NAME=SOFT[:HARD]");
	resource = resource_find (parts[0]);
	if (resource == NULL)
		return davit_request_refuse (error, option, value,
					     "must begin with one of as, core, cpu, data, fsize, "
					     "locks, memlock, msgqueue, nice, nofile, nproc, rss, "
					     "rtprio, rttime, sigpending, stack");
	limits = g_strsplit (parts[1], ":", -1);
	length = g_strv_length (limits);
	if (length < 1 || length > 2 || !value_parse (limits[0], &ret->soft) ||
	    !value_parse (limits[length - 1], &ret->hard))
		return davit_request_refuse (error, option, value,
					     "must be NAME=SOFT[:HARD] with numbers, or -1 for no "
					     "limit");
	if (ret->soft > ret->hard)
		return davit_request_refuse (error, option, value,
					     "has a soft limit above the hard one");
	ret->type = resource->type;
	return TRUE;
}

/* libcap would be loaded for this one bit. */
static gboolean
may_raise (void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	return syscall (SYS_capget, &header, data) == 0 &&
	       (data[0].effective & (1U << CAP_SYS_RESOURCE)) != 0;
}

guint64
davit_request_rlimit_maximum (const char *type)
{
	const Resource *resource = resource_find (type);
	struct rlimit own;

	if (resource == NULL || may_raise () ||
	    getrlimit ((__rlimit_resource_t) resource->resource, &own) < 0)
		return RLIM_INFINITY;
	return own.rlim_max;
}

gboolean
davit_request_rlimit_check (const char *option, const char *value, const DavitRequestRlimit *limit,
			    GError **error)
{
	guint64 maximum = davit_request_rlimit_maximum (limit->type);

	if (limit->hard <= maximum)
		return TRUE;
	return davit_request_refuse (error, option, value,
				     "is more than %" G_GUINT64_FORMAT
				     ", the caller's own hard limit, which can't be raised without "
				     "CAP_SYS_RESOURCE",
				     maximum);
}
