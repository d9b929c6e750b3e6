/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The filter of a container: from the cache, or compiled and put there. */

#include "runtime-seccomp-private.h"

#include <sys/utsname.h>

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

static RuntimeSeccomp *
profile_compile (const DavitHost *host, const DavitJson *seccomp, const char *key, GError **error)
{
	RuntimeSeccompProfile profile = {0};
	RuntimeSeccompLibrary library = {0};
	RuntimeSeccomp *compiled;

	if (!runtime_seccomp_profile_parse (host, seccomp, &profile, error))
		return NULL;
	compiled = runtime_seccomp_compile (&profile, &library, error);
	if (compiled != NULL)
		runtime_seccomp_cache_write (host, key, compiled, &library);
	runtime_seccomp_library_clear (&library);
	runtime_seccomp_profile_clear (&profile);
	return compiled;
}

gboolean
runtime_seccomp_prepare (const DavitHost *host, const DavitJson *seccomp,
			 RuntimeSeccomp **ret_seccomp, GError **error)
{
	g_autofree char *key = NULL;
	RuntimeSeccomp *filter = NULL;

	if (host->json->type (seccomp) != DAVIT_JSON_NULL) {
		key = key_make (host, seccomp);
		filter = runtime_seccomp_cache_read (host, key);
		if (filter == NULL)
			filter = profile_compile (host, seccomp, key, error);
		if (filter == NULL)
			return FALSE;
	}
	*ret_seccomp = filter;
	return TRUE;
}

void
runtime_seccomp_free (RuntimeSeccomp *seccomp)
{
	if (seccomp == NULL)
		return;
	g_free (seccomp->filter);
	g_free (seccomp);
}
