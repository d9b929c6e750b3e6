/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the two directions of a checkpoint by an external runtime share. */

#pragma once

#include "oci-call.h"

G_BEGIN_DECLS

/**
 * OciCriu: one call of checkpoint or restore. Zero it, and clear it whatever happened.
 */
typedef struct {
	const DavitHost *host;
	const char *program; /* the caller's */
	const char *verb;    /* the caller's */
	char *help;	     /* what the runtime says of the verb */
	char *images;
	char *work;
	const char *criu;   /* for the runtime's option --criu; or NULL */
	char **environment; /* for those that search CRIU in PATH; or NULL */
	GPtrArray *arguments;
} OciCriu;

/*
 * Asks the runtime for the verb, and finds out how it is told where CRIU is. UNSUPPORTED: it has no
 * such verb, or takes CRIU only by another name.
 */
gboolean oci_criu_open (OciCriu *criu, const DavitHost *host, const char *program, const char *verb,
			GError **error);
gboolean oci_criu_directories (OciCriu *criu, int images_dirfd, int work_dirfd, GError **error);
/* UNSUPPORTED: it has no option for one of flags; USAGE: options are given. */
gboolean oci_criu_flags (OciCriu *criu, guint32 flags, const char *const *options, GError **error);

/* Puts what CRIU's log says into the error of a call that failed. Always FALSE. */
gboolean oci_criu_explain (const DavitHost *host, int work_dirfd, const char *file,
			   const char *what, GError **error);

void oci_criu_clear (OciCriu *criu);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OciCriu, oci_criu_clear)

G_END_DECLS
