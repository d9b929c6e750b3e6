/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The seccomp profile, compiled and cached by davit, for a runtime that takes it so. */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/* crun takes a compiled filter instead of the profile by this annotation; others ignore it. */
#define OCI_SECCOMP_ANNOTATION "run.oci.seccomp_bpf_data"

/*
 * The filter of linux.seccomp as base64; NULL: there is no profile, program does not take one, or
 * it is better compiled by that. Free with g_free.
 */
char *oci_seccomp_filter (const DavitHost *host, const char *program, const DavitJson *seccomp);

G_END_DECLS
