/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is known of a container's helper after the engine that started it has ended. All of it is
 * in one directory, run_dirfd/ID: the record, the helper's log, its API socket.
 */

#pragma once

#include <davit/host.h>

#include <sys/types.h>

G_BEGIN_DECLS

#define SLIRP_RECORD_FILE "record"
#define SLIRP_LOG_FILE "log"
#define SLIRP_API_FILE "api"

typedef struct {
	pid_t pid;
	guint64 start_time;
	gboolean same_boot;
	char *program;
	char *interface;
	char *address; /* of the container */
} SlirpRecord;

/* An id is a plain name: it becomes one of a directory. */
gboolean slirp4netns_record_id_check (const char *id, GError **error);

gboolean slirp4netns_record_write (const DavitHost *host, int dirfd, const SlirpRecord *record,
				   GError **error);

/* NOT_FOUND if there is none, CORRUPT if it is damaged. */
gboolean slirp4netns_record_read (const DavitHost *host, int dirfd, SlirpRecord *ret,
				  GError **error);
void slirp4netns_record_clear (SlirpRecord *record);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SlirpRecord, slirp4netns_record_clear)

/* The last lines of the helper's log, or NULL. */
char *slirp4netns_record_last_words (int dirfd);

/* Field 22 of /proc/PID/stat; FALSE if the process is gone. */
gboolean slirp4netns_record_start_time (pid_t pid, guint64 *ret_start_time);

/* *ret_pidfd is -1 if the helper does not run any more. */
gboolean slirp4netns_record_open_helper (const SlirpRecord *record, int *ret_pidfd, GError **error);

/* Ends the helper, if it still runs, and waits for its end. Repeatable. */
gboolean slirp4netns_record_end_helper (const SlirpRecord *record, GError **error);

G_END_DECLS
