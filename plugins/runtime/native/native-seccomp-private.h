/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of seccomp share: the profile as read, and the filter as the kernel takes it. */

#pragma once

#include "native-seccomp.h"

#include <linux/filter.h>

G_BEGIN_DECLS

struct _NativeSeccomp {
	guint32 flags; /* SECCOMP_FILTER_FLAG_... */
	guint16 length;
	struct sock_filter *filter;
};

#define NATIVE_SECCOMP_ARGUMENTS 6

typedef struct {
	guint32 index;
	int operator; /* enum scmp_compare */
	guint64 value;
	guint64 value_two;
} NativeSeccompArgument;

typedef struct {
	const char **names; /* the strings belong to the document */
	guint32 action;	    /* SCMP_ACT_... */
	guint n_arguments;
	NativeSeccompArgument arguments[NATIVE_SECCOMP_ARGUMENTS];
} NativeSeccompRule;

typedef struct {
	guint32 action;
	guint32 flags;
	GArray *architectures; /* guint32, SCMP_ARCH_... */
	GArray *rules;	       /* NativeSeccompRule */
} NativeSeccompProfile;

/* native-seccomp-profile.c */
gboolean native_seccomp_profile_parse (const DavitHost *host, const DavitJson *seccomp,
				       NativeSeccompProfile *ret, GError **error);
void native_seccomp_profile_clear (NativeSeccompProfile *profile);

/* The file that a filter was compiled by: another one may compile it differently. */
typedef struct {
	char *path;
	guint64 device;
	guint64 inode;
	guint64 size;
	gint64 seconds;
	gint64 nanoseconds;
} NativeSeccompLibrary;

void native_seccomp_library_clear (NativeSeccompLibrary *library);
/* Fills all but path from the file at path. */
gboolean native_seccomp_library_read (NativeSeccompLibrary *library);

/* native-seccomp-compile.c */
NativeSeccomp *native_seccomp_compile (const NativeSeccompProfile *profile,
				       NativeSeccompLibrary *ret_library, GError **error);

/* native-seccomp-socketcall.c: native is the machine's own architecture. */
void native_seccomp_socketcall_close (const NativeSeccompProfile *profile, guint32 native,
				      NativeSeccomp *seccomp);
/* Whether machines of this architecture have socketcall. */
gboolean native_seccomp_socketcall_is_on (guint32 architecture);
#define NATIVE_SECCOMP_DOORS_MAX 56 /* instructions that it may add */

/*
 * native-seccomp-cache.c: key is any text, all that the filter depends on. A filter that is not
 * there, or not to be believed, gives NULL; what can't be kept is not kept.
 */
NativeSeccomp *native_seccomp_cache_read (const DavitHost *host, const char *key);
void native_seccomp_cache_write (const DavitHost *host, const char *key,
				 const NativeSeccomp *seccomp, const NativeSeccompLibrary *library);

G_END_DECLS
