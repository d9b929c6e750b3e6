/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the runtime remembers of a container, in the container's own directory: a file of two lines.
 * The first is the intent, written before anything is made; the second the first process, written
 * before that process is allowed to go on. A line counts when its line break is there.
 */

#pragma once

#include "runtime-cgroup.h"

G_BEGIN_DECLS

#define RUNTIME_RECORD_FILE "record"

typedef struct {
	gboolean known; /* the intent was written whole */
	gboolean same_boot;
	int namespaces;	       /* CLONE_NEW...: those in which the container is not in the host's */
	gboolean own_pids;     /* its pid namespace is new: the first process's end ends all */
	RuntimeCgroup *cgroup; /* NULL: the intent was not written whole, or they were left out */
	int pid;	       /* 0: there never was one */
	guint64 start_time;
} RuntimeRecord;

typedef struct {
	const char *id;
	int namespaces;
	gboolean own_pids;
	const RuntimeCgroup *cgroup;
} RuntimeRecordIntent;

/* EXISTS: there is a container. ret_fd: for the process. */
gboolean runtime_record_begin (const DavitHost *host, int dirfd, const RuntimeRecordIntent *intent,
			       int *ret_fd, GError **error);
gboolean runtime_record_add_process (int fd, int pid, guint64 start_time, GError **error);
/* The same for one that somebody else made: its namespaces are what they are. */
gboolean runtime_record_add_adopted (int dirfd, const RuntimeRecord *record, GError **error);

/* NOT_FOUND: there is none. */
gboolean runtime_record_read (const DavitHost *host, int dirfd, const char *id, RuntimeRecord *ret,
			      GError **error);
/* Without the groups: to find them every hierarchy of the host is opened. */
gboolean runtime_record_read_process (const DavitHost *host, int dirfd, const char *id,
				      RuntimeRecord *ret, GError **error);
void runtime_record_clear (RuntimeRecord *record);

/*
 * A pidfd of the first process, if it is still that process and lives: -1 if not. Its number may
 * belong to somebody else by now: the start time tells.
 */
gboolean runtime_record_open_process (const RuntimeRecord *record, int *ret_pidfd, GError **error);

G_END_DECLS
