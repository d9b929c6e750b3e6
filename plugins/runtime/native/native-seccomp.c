/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The filter of a container: from the cache, or compiled and put there; and its loading. */

#include "native-seccomp-private.h"

#include "native-error.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* To be raised when the same profile is compiled in another way than before. */
#define REVISION 1

/*
 * What the filter depends on: the profile, the machine, and the kernel, whose abilities libseccomp
 * asks for. The library itself is checked by the cache.
 */
static char *
key_make (const DavitHost *host, const DavitJson *seccomp)
{
	g_autofree char *text = host->json->to_text (seccomp);
	g_autofree char *rest = NULL;
	struct utsname machine = {0};

	uname (&machine);
	rest = g_strdup_printf ("%d %s %" G_GSIZE_FORMAT " %u.%u ", REVISION, machine.machine,
				sizeof (void *), host->facts->kernel_major,
				host->facts->kernel_minor);
	return g_strconcat (rest, text, NULL);
}

static NativeSeccomp *
profile_compile (const DavitHost *host, const DavitJson *seccomp, const char *key, GError **error)
{
	NativeSeccompProfile profile = {0};
	NativeSeccompLibrary library = {0};
	NativeSeccomp *compiled;

	if (!native_seccomp_profile_parse (host, seccomp, &profile, error))
		return NULL;
	compiled = native_seccomp_compile (&profile, &library, error);
	if (compiled != NULL)
		native_seccomp_cache_write (host, key, compiled, &library);
	native_seccomp_library_clear (&library);
	native_seccomp_profile_clear (&profile);
	return compiled;
}

gboolean
native_seccomp_prepare (const DavitHost *host, const DavitJson *seccomp,
			NativeSeccomp **ret_seccomp, GError **error)
{
	g_autofree char *key = NULL;
	NativeSeccomp *filter = NULL;

	if (host->json->type (seccomp) != DAVIT_JSON_NULL) {
		key = key_make (host, seccomp);
		filter = native_seccomp_cache_read (host, key);
		if (filter == NULL)
			filter = profile_compile (host, seccomp, key, error);
		if (filter == NULL)
			return FALSE;
	}
	*ret_seccomp = filter;
	return TRUE;
}

void
native_seccomp_free (NativeSeccomp *seccomp)
{
	if (seccomp == NULL)
		return;
	g_free (seccomp->filter);
	g_free (seccomp);
}

gsize
native_seccomp_room (const NativeSeccomp *seccomp)
{
	if (seccomp == NULL)
		return 0;
	return native_bare_room (sizeof *seccomp) +
	       native_bare_room (seccomp->length * sizeof *seccomp->filter);
}

NativeSeccomp *
native_seccomp_copy (const NativeSeccomp *seccomp, NativeBare *bare)
{
	NativeSeccomp *copy;

	if (seccomp == NULL)
		return NULL;
	copy = native_bare_add (bare, seccomp, sizeof *seccomp);
	copy->filter =
		native_bare_add (bare, seccomp->filter, seccomp->length * sizeof *seccomp->filter);
	return copy;
}

int
native_seccomp_load (const NativeSeccomp *seccomp)
{
	struct sock_fprog program;
	long result;

	if (seccomp == NULL)
		return 0;
	program.len = seccomp->length;
	program.filter = seccomp->filter;
	result = syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, seccomp->flags, &program);
	if (result < 0)
		return -errno;
	/* A thread that could not be synchronised: there should be none but this one. */
	return result > 0 ? -ESRCH : 0;
}
