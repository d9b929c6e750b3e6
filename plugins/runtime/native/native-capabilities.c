/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Capabilities by the system calls themselves: libcap keeps no promise about what may run between
 * clone and exec, and needs 41 more symbols to be bound at each start.
 */

#include "native-capabilities.h"

#include "runtime-error.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const names[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

const char *
native_capabilities_name (guint number)
{
	return number < G_N_ELEMENTS (names) ? names[number] : NULL;
}

static int
name_find (const char *name)
{
	if (g_ascii_strncasecmp (name, "CAP_", 4) == 0)
		name += 4;
	for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
		if (g_ascii_strcasecmp (name, names[i] + 4) == 0)
			return (int) i;
	}
	return -1;
}

static guint64
known_read (void)
{
	guint64 known = 0;

	/* By asking, not from /proc: a kernel may be newer than the table above. */
	for (guint i = 0; i < 64 && prctl (PR_CAPBSET_READ, i) >= 0; i++)
		known |= G_GUINT64_CONSTANT (1) << i;
	return known;
}

static gboolean
set_parse (const DavitHost *host, const DavitJson *object, const char *key, guint64 known,
	   guint64 *ret, GError **error)
{
	g_autofree const char **words = NULL;
	guint64 set = 0;

	if (!host->json->get_strings (object, key, &words, error))
		return FALSE;
	for (gsize i = 0; words != NULL && words[i] != NULL; i++) {
		int number = name_find (words[i]);

		if (number < 0)
			return runtime_error_say (error, DAVIT_ERROR_CONFIG,
						  "process.capabilities.%s[%" G_GSIZE_FORMAT
						  "]: unknown capability \"%s\"",
						  key, i, words[i]);
		if ((known & (G_GUINT64_CONSTANT (1) << number)) == 0)
			return runtime_error_say (error, DAVIT_ERROR_UNAVAILABLE,
						  "process.capabilities.%s[%" G_GSIZE_FORMAT
						  "]: this kernel does not have capability \"%s\"",
						  key, i, names[number]);
		set |= G_GUINT64_CONSTANT (1) << number;
	}
	*ret = set;
	return TRUE;
}

/* Names the first capability of set that is not in bound. */
static gboolean
within_check (const char *set_name, guint64 set, const char *bound_name, guint64 bound,
	      GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
		if ((set & ~bound) >> i & 1)
			return runtime_error_say (
				error, DAVIT_ERROR_CONFIG,
				"process.capabilities.%s: \"%s\" is not in %s, so that it can't be "
				"set",
				set_name, names[i], bound_name);
	}
	return TRUE;
}

gboolean
native_capabilities_parse (const DavitHost *host, const DavitJson *capabilities,
			   NativeCapabilities *ret, GError **error)
{
	NativeCapabilities result = {.known = known_read ()};
	struct {
		const char *key;
		guint64 *set;
	} sets[] = {
		{"bounding", &result.bounding},	  {"effective", &result.effective},
		{"permitted", &result.permitted}, {"inheritable", &result.inheritable},
		{"ambient", &result.ambient},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (sets); i++) {
		if (!set_parse (host, capabilities, sets[i].key, result.known, sets[i].set, error))
			return FALSE;
	}
	if (!within_check ("effective", result.effective, "permitted", result.permitted, error) ||
	    !within_check ("ambient", result.ambient, "permitted", result.permitted, error) ||
	    !within_check ("ambient", result.ambient, "inheritable", result.inheritable, error))
		return FALSE;
	*ret = result;
	return TRUE;
}

int
native_capabilities_drop_bounding (const NativeCapabilities *capabilities)
{
	int status;

	for (unsigned int i = 0; i < 64; i++) {
		if ((capabilities->known >> i & 1) == 0 || (capabilities->bounding >> i & 1) != 0)
			continue;
		if (prctl (PR_CAPBSET_DROP, i) == 0)
			continue;
		status = -errno;
		/* Dropping needs CAP_SETPCAP, even for what is gone already. */
		if (prctl (PR_CAPBSET_READ, i) == 1)
			return status;
	}
	return 0;
}

int
native_capabilities_apply (const NativeCapabilities *capabilities)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];

	for (unsigned int i = 0; i < 2; i++) {
		data[i].effective = (guint32) (capabilities->effective >> (32 * i));
		data[i].permitted = (guint32) (capabilities->permitted >> (32 * i));
		data[i].inheritable = (guint32) (capabilities->inheritable >> (32 * i));
	}
	if (syscall (SYS_capset, &header, data) < 0)
		return -errno;
	/* What the caller had in its own ambient set would survive exec. */
	if (prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return -errno;
	for (unsigned int i = 0; i < 64; i++) {
		if ((capabilities->ambient >> i & 1) != 0 &&
		    prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			return -errno;
	}
	return 0;
}
