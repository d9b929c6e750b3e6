/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The program slirp4netns: where it is, which version, and what that can do. */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/* UNAVAILABLE if it is not there. g_free it. */
char *slirp4netns_program_find (const DavitHost *host, GError **error);

/* 1.2.0 is 1002000: versions compare as numbers. */
#define SLIRP_VERSION(major, minor, micro) ((major) *1000000u + (minor) *1000u + (micro))

/* Namespaces by path, the sandbox and the seccomp filter came with it. */
#define SLIRP_VERSION_MINIMUM SLIRP_VERSION (0, 4, 0)
#define SLIRP_VERSION_OUTBOUND SLIRP_VERSION (1, 1, 0)
#define SLIRP_VERSION_MAC_ADDRESS SLIRP_VERSION (1, 1, 9)

/* Asks the program; HELPER if it says something else. */
gboolean slirp4netns_program_version (const DavitHost *host, const char *path, guint *ret_version,
				      GError **error);

/* "1.2.0". g_free it. */
char *slirp4netns_program_version_text (guint version);

/* UNAVAILABLE if the program is older than needed for what, "option \"x\"" or NULL. */
gboolean slirp4netns_program_require (const DavitHost *host, const char *path, guint version,
				      const char *what, GError **error);

/* Needs of the driver here. */
void slirp4netns_program_probe (const DavitHost *host, DavitProbe *probe);

G_END_DECLS
