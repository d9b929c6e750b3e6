/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Of the time that crun takes to create a container with the usual profile, two thirds are the
 * compilation of the filter. The runtime native keeps compiled ones: this is the same cache, with
 * the same checks. The profile stays in config.json, with its flags.
 */

#include "oci-seccomp.h"

#ifdef OCI_HAVE_SECCOMP

#include "oci-program.h"
#include "runtime-seccomp.h"

char *
oci_seccomp_filter (const DavitHost *host, const char *program, const DavitJson *seccomp)
{
	g_autoptr (RuntimeSeccomp) filter = NULL;

	/* What native can't compile, an action that asks a listener, the runtime may. */
	if (seccomp == NULL || !host->option_boolean (host, "compiled-seccomp") ||
	    !oci_program_is_crun (program) ||
	    !runtime_seccomp_prepare (host, seccomp, &filter, NULL) || filter == NULL)
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
