/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options that choose the namespaces of a container. */

#include "container/create-request-private.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>
#include <sys/stat.h>

enum {
	WORD_PRIVATE = 1 << 0,
	WORD_SHAREABLE = 1 << 1,
	WORD_NONE = 1 << 2,
};

static void
namespace_set (DavitRequestNamespace *namespace, DavitNamespaceMode mode, const char *target)
{
	namespace->mode = mode;
	davit_request_text (&namespace->target, target);
}

gboolean
davit_request_namespace_common (const char *option, const char *value,
				DavitRequestNamespace *namespace, gboolean *ret_known,
				GError **error)
{
	struct stat status;

	*ret_known = TRUE;
	if (strcmp (value, "host") == 0) {
		namespace_set (namespace, DAVIT_NAMESPACE_HOST, NULL);
		return TRUE;
	}
	if (g_str_has_prefix (value, "container:")) {
		if (!davit_text_is_container_name (value + strlen ("container:")))
			return davit_request_refuse (error, option, value,
						     "must name a container behind \":\"");
		namespace_set (namespace, DAVIT_NAMESPACE_CONTAINER, value + strlen ("container:"));
		return TRUE;
	}
	if (g_str_has_prefix (value, "ns:")) {
		if (value[3] != '/' || stat (value + 3, &status) < 0)
			return davit_request_refuse (error, option, value,
						     "must name the file of a namespace behind "
						     "\":\"");
		namespace_set (namespace, DAVIT_NAMESPACE_PATH, value + 3);
		return TRUE;
	}
	*ret_known = FALSE;
	return TRUE;
}

static gboolean
namespace_parse (const char *option, const char *value, guint words,
		 DavitRequestNamespace *namespace, GError **error)
{
	gboolean known;

	if (!davit_request_namespace_common (option, value, namespace, &known, error))
		return FALSE;
	if (known)
		return TRUE;
	if (strcmp (value, "private") == 0)
		namespace_set (namespace, DAVIT_NAMESPACE_PRIVATE, NULL);
	else if ((words & WORD_SHAREABLE) != 0 && strcmp (value, "shareable") == 0)
		namespace_set (namespace, DAVIT_NAMESPACE_SHAREABLE, NULL);
	else if ((words & WORD_NONE) != 0 && strcmp (value, "none") == 0)
		namespace_set (namespace, DAVIT_NAMESPACE_NONE, NULL);
	else
		return davit_request_refuse (error, option, value,
					     "must be private,%s%s host, container:NAME or ns:PATH",
					     (words & WORD_SHAREABLE) != 0 ? " shareable," : "",
					     (words & WORD_NONE) != 0 ? " none," : "");
	return TRUE;
}

static gboolean
set_pid (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return namespace_parse (option, value, WORD_PRIVATE, &request->namespaces.pid, error);
}

static gboolean
set_ipc (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	/* Its /dev/shm would have to stand in the mount table of the host. */
	if (strcmp (value, "shareable") == 0)
		return davit_request_unsupported (error, option,
						  "\"shareable\" is not there yet: /dev/shm of a "
						  "container can't be shared; without that, others "
						  "may join its namespace with container:NAME");
	return namespace_parse (option, value, WORD_PRIVATE | WORD_SHAREABLE | WORD_NONE,
				&request->namespaces.ipc, error);
}

static gboolean
set_uts (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return namespace_parse (option, value, WORD_PRIVATE, &request->namespaces.uts, error);
}

static gboolean
set_cgroupns (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return namespace_parse (option, value, WORD_PRIVATE, &request->namespaces.cgroup, error);
}

static gboolean
set_timens (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return namespace_parse (option, value, WORD_PRIVATE, &request->namespaces.time, error);
}

/* "-3.5": a sign, digits, at most nine behind a point. To whole seconds and what is above them. */
static gboolean
offset_parse (const char *text, DavitRequestOffset *ret)
{
	gboolean negative = text[0] == '-';
	guint64 seconds, unit = 100000000;
	g_auto (GStrv) parts = g_strsplit (text + (negative || text[0] == '+'), ".", 2);
	guint32 nanoseconds = 0;

	if (parts[0] == NULL ||
	    !davit_text_parse_unsigned (parts[0], 9000000000ULL, "seconds", &seconds, NULL))
		return FALSE;
	if (parts[1] != NULL) {
		if (parts[1][0] == '\0' || strlen (parts[1]) > 9)
			return FALSE;
		for (const char *digit = parts[1]; *digit != '\0'; digit++, unit /= 10) {
			if (!g_ascii_isdigit (*digit))
				return FALSE;
			nanoseconds += (guint32) ((guint64) (*digit - '0') * unit);
		}
	}
	ret->set = TRUE;
	ret->seconds = negative ? -(gint64) seconds : (gint64) seconds;
	ret->nanoseconds = nanoseconds;
	/* The kernel wants nanoseconds from 0 on: -1.25 s is -2 s and 750,000,000 ns. */
	if (negative && nanoseconds != 0) {
		ret->seconds--;
		ret->nanoseconds = 1000000000 - nanoseconds;
	}
	return TRUE;
}

static gboolean
add_time_offset (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	DavitRequestOffset *offset = NULL;
	const char *equals = strchr (value, '=');

	if (g_str_has_prefix (value, "monotonic="))
		offset = &request->namespaces.monotonic;
	else if (g_str_has_prefix (value, "boottime="))
		offset = &request->namespaces.boottime;
	if (offset == NULL || !offset_parse (equals + 1, offset))
		return davit_request_refuse (error, option, value,
					     "must be monotonic=SECONDS or boottime=SECONDS");
	return TRUE;
}

static gboolean
set_userns (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (strcmp (value, "host") == 0 || value[0] == '\0')
		return TRUE;
	return davit_request_unsupported (error, option,
					  "\"%s\" is not there yet: containers use the user "
					  "namespace of the host",
					  value);
}

static gboolean
add_idmap (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_unsupported (error, option,
					  "is not there yet: containers use the user namespace of "
					  "the host");
}

gboolean
davit_request_namespaces_set (DavitCreateRequest *request, const char *option, const char *value,
			      GError **error)
{
	static const DavitRequestOption table[] = {
		{"cgroupns", set_cgroupns},
		{"gidmap", add_idmap},
		{"ipc", set_ipc},
		{"pid", set_pid},
		{"time-offset", add_time_offset},
		{"timens", set_timens},
		{"uidmap", add_idmap},
		{"userns", set_userns},
		{"uts", set_uts},
		{NULL, NULL},
	};

	return davit_request_dispatch (table, request, option, value, error);
}
