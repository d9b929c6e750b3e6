/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The socket on which an external runtime hands over the master of a terminal. */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/**
 * OciConsole: initialize with OCI_CONSOLE_INIT, and clear it whatever happened.
 */
typedef struct {
	int dirfd; /* the caller's */
	int fd;
	char *name;
	char *path; /* for --console-socket */
} OciConsole;

#define OCI_CONSOLE_INIT                                                                           \
	{                                                                                          \
		.dirfd = -1, .fd = -1                                                              \
	}

gboolean oci_console_listen (OciConsole *console, int dirfd, GError **error);

/*
 * When the runtime has ended: what it sent is there, or never will be. rows, columns: the size that
 * was asked for, or 0. The caller closes ret_fd.
 */
gboolean oci_console_receive (const OciConsole *console, guint16 rows, guint16 columns, int *ret_fd,
			      GError **error);

void oci_console_clear (OciConsole *console);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OciConsole, oci_console_clear)

G_END_DECLS
