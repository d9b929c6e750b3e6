/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Capabilities, seccomp profile and rlimits of a new container. */

#include "container/create-private.h"

#include "base/error.h"
#include "base/fd.h"
#include "config/options.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROFILE_LIMIT (1024 * 1024)

static const char *const default_capabilities[] = {
	"CAP_CHOWN",	  "CAP_DAC_OVERRIDE", "CAP_FOWNER",
	"CAP_FSETID",	  "CAP_KILL",	      "CAP_SETGID",
	"CAP_SETUID",	  "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE",
	"CAP_SYS_CHROOT", "CAP_SETFCAP",      NULL,
};

const char *const *
davit_creation_default_capabilities (void)
{
	return default_capabilities;
}

guint64
davit_creation_capabilities_available (void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};
	guint64 permitted;

	if (syscall (SYS_capget, &header, data) < 0)
		return G_MAXUINT64;
	permitted = data[0].permitted | (guint64) data[1].permitted << 32;
	for (int i = 0; i < 64; i++) {
		/* A number that the kernel does not know ends the list. */
		int has = prctl (PR_CAPBSET_READ, i, 0, 0, 0);

		if (has < 0)
			break;
		if (has == 0)
			permitted &= ~(G_GUINT64_CONSTANT (1) << i);
	}
	return permitted;
}

static gboolean
has (const GPtrArray *array, const char *name)
{
	return g_ptr_array_find_with_equal_func ((GPtrArray *) array, name, g_str_equal, NULL);
}

/* "all" means all that there are to give; one that was named is missed. */
static gboolean
capability_choose (DavitCreation *creation, const char *name, gboolean available, GError **error)
{
	const DavitRequestSecurity *security = &creation->request->security;
	gboolean added = has (security->cap_add, name);
	gboolean dropped = has (security->cap_drop, name);
	gboolean all = security->privileged || has (security->cap_add, "ALL");

	if (added && dropped)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"capability \"%s\" can't be both added and dropped", name);
	if (added && !available)
		return davit_error_set (error, DAVIT_ERROR_PERMISSION,
					"option \"--cap-add\": \"%s\" can't be given: the caller "
					"does not have it",
					name);
	if (dropped || !available)
		return TRUE;
	if (added || all ||
	    (g_strv_contains (default_capabilities, name) && !has (security->cap_drop, "ALL")))
		g_ptr_array_add (creation->capabilities, (gpointer) name);
	return TRUE;
}

static gboolean
resolve_capabilities (DavitCreation *creation, GError **error)
{
	const char *const *names = davit_request_capabilities ();
	guint64 available = davit_creation_capabilities_available ();

	creation->capabilities = g_ptr_array_new ();
	if (has (creation->request->security.cap_add, "ALL") &&
	    has (creation->request->security.cap_drop, "ALL"))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"all\" can't be both added and dropped");
	for (guint i = 0; names[i] != NULL; i++) {
		if (!capability_choose (creation, names[i], (available >> i & 1) != 0, error))
			return FALSE;
	}
	return TRUE;
}

DavitJson *
davit_creation_read_profile (const char *path, GError **error)
{
	/* A FIFO would block, a device would never end: see what it is first. */
	davit_autofd fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	g_autofree char *text = NULL;
	DavitJson *json;
	struct stat status;
	gsize length;

	if (fd < 0 || fstat (fd, &status) < 0) {
		davit_error_errno (error, errno, "seccomp profile \"%s\"", path);
		return NULL;
	}
	if (!S_ISREG (status.st_mode)) {
		davit_error_set (error, DAVIT_ERROR_CONFIG,
				 "seccomp profile \"%s\" is no regular file", path);
		return NULL;
	}
	if (!davit_fd_read (fd, PROFILE_LIMIT, path, &text, &length, error))
		return NULL;
	json = davit_json_parse (text, (gssize) length, error);
	if (json == NULL)
		davit_error_prefix (error, "seccomp profile \"%s\"", path);
	return json;
}

/* Names the place of the value that was taken from [engine]. Returns FALSE. */
static gboolean
blame_config (const DavitCreation *creation, const char *key, GError **error)
{
	const DavitConfigEntry *entry =
		davit_config_lookup (creation->engine->config, "engine", key);

	return davit_error_prefix (error, "%s: key \"%s\" of [engine]",
				   entry != NULL ? entry->source : "default", key);
}

static gboolean
resolve_seccomp (DavitCreation *creation, GError **error)
{
	const DavitRequestSecurity *security = &creation->request->security;
	const char *profile = security->seccomp;

	if (profile == NULL && security->privileged)
		profile = "unconfined";
	if (profile == NULL)
		profile = davit_config_string (creation->engine->config, "seccomp-profile");
	creation->seccomp_profile = profile != NULL && profile[0] != '\0' ? profile : "default";
	if (creation->seccomp_profile[0] != '/')
		return TRUE;
	creation->seccomp = davit_creation_read_profile (creation->seccomp_profile, error);
	if (creation->seccomp == NULL && security->seccomp == NULL)
		blame_config (creation, "seccomp-profile", error);
	return creation->seccomp != NULL;
}

static void
rlimit_put (GArray *rlimits, const DavitRequestRlimit *limit)
{
	for (guint i = 0; i < rlimits->len; i++) {
		if (strcmp (g_array_index (rlimits, DavitRequestRlimit, i).type, limit->type) ==
		    0) {
			g_array_index (rlimits, DavitRequestRlimit, i) = *limit;
			return;
		}
	}
	g_array_append_val (rlimits, *limit);
}

static gboolean
resolve_rlimits (DavitCreation *creation, GError **error)
{
	const char *const *defaults =
		davit_config_list (creation->engine->config, "default-ulimits");
	const GPtrArray *wanted = creation->request->limits.rlimits;

	creation->rlimits = g_array_new (FALSE, TRUE, sizeof (DavitRequestRlimit));
	for (; defaults != NULL && *defaults != NULL; defaults++) {
		DavitRequestRlimit limit = {0};

		if (!davit_request_rlimit_parse ("ulimit", *defaults, &limit, error))
			return blame_config (creation, "default-ulimits", error);
		rlimit_put (creation->rlimits, &limit);
	}
	for (guint i = 0; i < wanted->len; i++)
		rlimit_put (creation->rlimits, (const DavitRequestRlimit *) wanted->pdata[i]);
	return TRUE;
}

gboolean
davit_creation_resolve_security (DavitCreation *creation, GError **error)
{
	return resolve_capabilities (creation, error) && resolve_seccomp (creation, error) &&
	       resolve_rlimits (creation, error);
}
