/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the runtime remembers of a container, in the container's own directory: a file of two lines.
 * The first is the intent, written before anything is made; the second the first process, written
 * before that process is allowed to go on. A line counts when its line break is there.
 */

#pragma once

#include "native-cgroup.h"

G_BEGIN_DECLS

#define NATIVE_RECORD_FILE "record"
#define NATIVE_CONFIG_FILE "config.json"
#define NATIVE_START_SOCKET "start"

typedef struct {
	gboolean known; /* the intent was written whole */
	gboolean same_boot;
	int namespaces;	      /* CLONE_NEW...: those in which the container is not in the host's */
	gboolean own_pids;    /* its pid namespace is new: the first process's end ends all */
	NativeCgroup *cgroup; /* NULL: the intent was not written whole, or they were left out */
	int pid;	      /* 0: there never was one */
	guint64 start_time;
} NativeRecord;

typedef struct {
	const char *id;
	int namespaces;
	gboolean own_pids;
	const NativeCgroup *cgroup;
} NativeRecordIntent;

/* EXISTS: there is a container. ret_fd: for the process. */
gboolean native_record_begin (const DavitHost *host, int dirfd, const NativeRecordIntent *intent,
			      int *ret_fd, GError **error);
gboolean native_record_add_process (int fd, int pid, guint64 start_time, GError **error);
/* The same for one that somebody else made: its namespaces are what they are. */
gboolean native_record_add_adopted (int dirfd, const NativeRecord *record, GError **error);
gboolean native_record_save_config (int dirfd, const char *text, gsize length, GError **error);

/* NOT_FOUND: there is none. */
gboolean native_record_read (const DavitHost *host, int dirfd, const char *id, NativeRecord *ret,
			     GError **error);
/* Without the groups: to find them every hierarchy of the host is opened. */
gboolean native_record_read_process (const DavitHost *host, int dirfd, const char *id,
				     NativeRecord *ret, GError **error);
void native_record_clear (NativeRecord *record);

/*
 * A pidfd of the first process, if it is still that process and lives: -1 if not. Its number may
 * belong to somebody else by now: the start time tells.
 */
gboolean native_record_open_process (const NativeRecord *record, int *ret_pidfd, GError **error);

G_END_DECLS
