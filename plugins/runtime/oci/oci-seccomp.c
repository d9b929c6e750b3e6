/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Of the time that crun takes to create a container with the usual profile, two thirds are the
 * compilation of the filter. The runtime native keeps compiled ones: this is the same cache, with
 * the same checks. The profile stays in config.json, with its flags.
 */

#include "oci-seccomp.h"

#include <string.h>

#ifdef OCI_HAVE_SECCOMP

#include "runtime-seccomp.h"

/* By its name: there is nothing else to tell it by that would not cost a call. */
static gboolean
takes_filter (const char *program)
{
	const char *slash = strrchr (program, '/');

	return strcmp (slash != NULL ? slash + 1 : program, "crun") == 0;
}

char *
oci_seccomp_filter (const DavitHost *host, const char *program, const DavitJson *seccomp)
{
	g_autoptr (RuntimeSeccomp) filter = NULL;

	/* What native can't compile, an action that asks a listener, the runtime may. */
	if (seccomp == NULL || !host->option_boolean (host, "compiled-seccomp") ||
	    !takes_filter (program) || !runtime_seccomp_prepare (host, seccomp, &filter, NULL) ||
	    filter == NULL)
		return NULL;
	return g_base64_encode ((const guchar *) filter->filter,
				filter->length * sizeof (struct sock_filter));
}

#else

char *
oci_seccomp_filter (const DavitHost *host, const char *program, const DavitJson *seccomp)
{
	return NULL;
}

#endif
