/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The bundle of an external runtime: the engine's config.json with what differs for such a one. The
 * engine's own file stays as it is.
 */

#pragma once

#include <davit/runtime.h>

G_BEGIN_DECLS

/**
 * OciTerminal: what a process object says about a terminal.
 */
typedef struct {
	gboolean wanted;
	guint16 rows; /* 0: nothing is said */
	guint16 columns;
} OciTerminal;

/**
 * OciBundle: zero it, and clear it whatever happened.
 */
typedef struct {
	DavitJson *document;
	const DavitHost *host;
	const DavitJson *process;
	char *rootfs;	    /* absolute path: root.path of the new config.json */
	char *cgroups_path; /* absolute: where the groups of the container will stand */
	gboolean own_pids;
	OciTerminal terminal;
} OciBundle;

gboolean oci_bundle_read (const DavitHost *host, const DavitRuntimeCreate *request, OciBundle *ret,
			  GError **error);

/* Makes bundle/config.json below dirfd, for program. */
gboolean oci_bundle_write (const OciBundle *bundle, int dirfd, const char *program, GError **error);

/*
 * Where the control groups of a container stand of which no record tells: as its bundle says, or
 * without one as they do if config.json names no place. Free with g_free.
 */
char *oci_bundle_cgroups_path (const DavitHost *host, const DavitRuntimeContainer *container);

void oci_bundle_clear (OciBundle *bundle);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OciBundle, oci_bundle_clear)

gboolean oci_terminal_read (const DavitHost *host, const DavitJson *process, OciTerminal *ret,
			    GError **error);

G_END_DECLS
