/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of seccomp share: the profile as read, and who made a filter of it. */

#pragma once

#include "runtime-seccomp.h"

G_BEGIN_DECLS

#define RUNTIME_SECCOMP_ARGUMENTS 6

typedef struct {
	guint32 index;
	int operator; /* enum scmp_compare */
	guint64 value;
	guint64 value_two;
} RuntimeSeccompArgument;

typedef struct {
	const char **names; /* the strings belong to the document */
	guint32 action;	    /* SCMP_ACT_... */
	guint n_arguments;
	RuntimeSeccompArgument arguments[RUNTIME_SECCOMP_ARGUMENTS];
} RuntimeSeccompRule;

typedef struct {
	guint32 action;
	guint32 flags;
	GArray *architectures; /* guint32, SCMP_ARCH_... */
	GArray *rules;	       /* RuntimeSeccompRule */
} RuntimeSeccompProfile;

/* runtime-seccomp-profile.c */
gboolean runtime_seccomp_profile_parse (const DavitHost *host, const DavitJson *seccomp,
					RuntimeSeccompProfile *ret, GError **error);
void runtime_seccomp_profile_clear (RuntimeSeccompProfile *profile);

/* The file that a filter was compiled by: another one may compile it differently. */
typedef struct {
	char *path;
	guint64 device;
	guint64 inode;
	guint64 size;
	gint64 seconds;
	gint64 nanoseconds;
} RuntimeSeccompLibrary;

void runtime_seccomp_library_clear (RuntimeSeccompLibrary *library);
/* Fills all but path from the file at path. */
gboolean runtime_seccomp_library_read (RuntimeSeccompLibrary *library);

/* runtime-seccomp-compile.c */
RuntimeSeccomp *runtime_seccomp_compile (const RuntimeSeccompProfile *profile,
					 RuntimeSeccompLibrary *ret_library, GError **error);

/* runtime-seccomp-socketcall.c: native is the machine's own architecture. */
void runtime_seccomp_socketcall_close (const RuntimeSeccompProfile *profile, guint32 native,
				       RuntimeSeccomp *seccomp);
/* Whether machines of this architecture have socketcall. */
gboolean runtime_seccomp_socketcall_is_on (guint32 architecture);
#define RUNTIME_SECCOMP_DOORS_MAX 56 /* instructions that it may add */

/*
 * runtime-seccomp-cache.c: key is any text, all that the filter depends on. A filter that is not
 * there, or not to be believed, gives NULL; what can't be kept is not kept.
 */
RuntimeSeccomp *runtime_seccomp_cache_read (const DavitHost *host, const char *key);
void runtime_seccomp_cache_write (const DavitHost *host, const char *key,
				  const RuntimeSeccomp *seccomp,
				  const RuntimeSeccompLibrary *library);

G_END_DECLS
