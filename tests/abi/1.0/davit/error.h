/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Errors that cross the plugin boundary.
 *
 * There is one domain. A code is chosen by what the caller does next, not by the place where
 * the error was made. The text names the object in double quotes, gives the cause last, has no
 * full stop, and may end in "; " and a hint:
 *
 *     mount "/": Invalid argument; kernel 5.11 or newer is needed inside a user namespace
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * A macro and not a function: a plugin links no davit library. The quark is made by the string,
 * which is copied, so that it outlives a plugin that is closed.
 */
#define DAVIT_ERROR (g_quark_from_string ("davit-error"))

/**
 * DavitErrorCode: since 1.0. Append only.
 */
typedef enum {
	DAVIT_ERROR_FAILED = 0,	     /* nothing below fits */
	DAVIT_ERROR_USAGE,	     /* the command line is wrong */
	DAVIT_ERROR_CONFIG,	     /* a key file, an option or a document of ours is wrong */
	DAVIT_ERROR_NOT_FOUND,	     /* the object does not exist */
	DAVIT_ERROR_EXISTS,	     /* the name or object is taken */
	DAVIT_ERROR_BUSY,	     /* somebody uses it; trying later may help */
	DAVIT_ERROR_STATE,	     /* the container is in the wrong state for this */
	DAVIT_ERROR_UNSUPPORTED,     /* this driver can't do it, anywhere */
	DAVIT_ERROR_UNAVAILABLE,     /* this host can't do it; the text says what is missing */
	DAVIT_ERROR_PERMISSION,	     /* the caller may not */
	DAVIT_ERROR_IO,		     /* the disk or a device failed */
	DAVIT_ERROR_NO_SPACE,	     /* no space, no inodes or over a quota */
	DAVIT_ERROR_CORRUPT,	     /* data is damaged or does not match its digest */
	DAVIT_ERROR_TIMEOUT,	     /* a deadline passed */
	DAVIT_ERROR_CANCELLED,	     /* the caller gave up */
	DAVIT_ERROR_NETWORK,	     /* a network peer failed */
	DAVIT_ERROR_AUTH,	     /* a network peer refuses the credentials */
	DAVIT_ERROR_HELPER,	     /* an external program failed */
	DAVIT_ERROR_PLUGIN_FILE,     /* a plugin's file is absent or not to be trusted */
	DAVIT_ERROR_PLUGIN_LOAD,     /* the dynamic linker refuses it */
	DAVIT_ERROR_PLUGIN_ABI,	     /* built for another contract, or incomplete */
	DAVIT_ERROR_PLUGIN_CONTRACT, /* it broke the contract while it ran */
	DAVIT_ERROR_NOT_EXECUTABLE,  /* a program exists but can't be run: exit status 126 */
	DAVIT_ERROR_NO_PROGRAM,	     /* a program does not exist: exit status 127 */
} DavitErrorCode;

G_END_DECLS
