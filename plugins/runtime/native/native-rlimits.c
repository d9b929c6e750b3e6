/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Resource limits: what the kernel would refuse after clone is refused before, with the reason. */

#include "native-rlimits.h"

#include "runtime-error.h"
#include "runtime-number.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	int resource;
} types[] = {
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

static int
type_find (const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS (types); i++) {
		if (strcmp (types[i].name, name) == 0)
			return (int) i;
	}
	return -1;
}

static gboolean
resource_is_free (void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {0};

	return syscall (SYS_capget, &header, data) == 0 &&
	       (data[0].effective >> CAP_SYS_RESOURCE & 1) != 0;
}

/* The kernel lets nobody have more open files than this. */
static guint64
files_limit (void)
{
	char text[32] = "";
	int fd = open ("/proc/sys/fs/nr_open", O_RDONLY | O_CLOEXEC);
	guint64 limit = G_MAXUINT64;

	if (fd < 0)
		return limit;
	if (read (fd, text, sizeof text - 1) > 0)
		runtime_number_from_text (g_strchomp (text), &limit);
	close (fd);
	return limit;
}

static gboolean
hard_check (const char *path, const char *name, int resource, rlim_t hard, GError **error)
{
	struct rlimit own = {0};

	if (getrlimit ((__rlimit_resource_t) resource, &own) < 0)
		return runtime_error_set (error, errno, "get limit \"%s\"", name);
	if (hard <= own.rlim_max)
		return TRUE;
	if (!resource_is_free ())
		return runtime_error_say (error, DAVIT_ERROR_PERMISSION,
					  "%s: hard limit %" G_GUINT64_FORMAT
					  " of \"%s\" is above the caller's own "
					  "%" G_GUINT64_FORMAT
					  " and CAP_SYS_RESOURCE is missing; ask for less",
					  path, (guint64) hard, name, (guint64) own.rlim_max);
	if (resource == RLIMIT_NOFILE && hard > files_limit ())
		return runtime_error_say (error, DAVIT_ERROR_PERMISSION,
					  "%s: hard limit %" G_GUINT64_FORMAT
					  " of \"%s\" is above sysctl fs.nr_open; raise that, or "
					  "ask for less",
					  path, (guint64) hard, name);
	return TRUE;
}

static gboolean
is_doubled (const NativeRlimits *rlimits, int resource)
{
	for (guint i = 0; i < rlimits->n_entries; i++) {
		if (rlimits->entries[i].resource == resource)
			return TRUE;
	}
	return FALSE;
}

static gboolean
entry_parse (const DavitHost *host, const DavitJson *object, NativeRlimits *rlimits, GError **error)
{
	g_autofree char *path = host->json->path (object);
	const char *name = "";
	gboolean has_soft = FALSE;
	gboolean has_hard = FALSE;
	guint64 soft = 0;
	guint64 hard = 0;
	int type;

	if (!host->json->get_string (object, "type", &name, error) ||
	    !runtime_number_unsigned (host, object, "soft", G_MAXUINT64, &soft, &has_soft, error) ||
	    !runtime_number_unsigned (host, object, "hard", G_MAXUINT64, &hard, &has_hard, error))
		return FALSE;
	type = type_find (name);
	if (type < 0)
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  "%s.type: unknown limit \"%s\"", path, name);
	if (!has_soft || !has_hard)
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  "%s: limit \"%s\" needs soft and hard", path, name);
	if (soft > hard)
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  "%s: soft limit %" G_GUINT64_FORMAT
					  " of \"%s\" is above the hard one, %" G_GUINT64_FORMAT,
					  path, soft, name, hard);
	if (is_doubled (rlimits, types[type].resource))
		return runtime_error_say (error, DAVIT_ERROR_CONFIG, "%s: limit \"%s\" comes twice",
					  path, name);
	if (!hard_check (path, name, types[type].resource, hard, error))
		return FALSE;
	rlimits->entries[rlimits->n_entries].resource = types[type].resource;
	rlimits->entries[rlimits->n_entries].limit = (struct rlimit){soft, hard};
	rlimits->n_entries++;
	return TRUE;
}

gboolean
native_rlimits_parse (const DavitHost *host, const DavitJson *array, NativeRlimits *ret,
		      GError **error)
{
	NativeRlimits rlimits = {0};

	/* There are no more entries than types, since a doubled one is refused. */
	for (guint i = 0; i < host->json->length (array); i++) {
		if (!entry_parse (host, host->json->element (array, i), &rlimits, error))
			return FALSE;
	}
	*ret = rlimits;
	return TRUE;
}

int
native_rlimits_apply (const NativeRlimits *rlimits)
{
	for (guint i = 0; i < rlimits->n_entries; i++) {
		if (setrlimit ((__rlimit_resource_t) rlimits->entries[i].resource,
			       &rlimits->entries[i].limit) < 0)
			return -errno;
	}
	return 0;
}
