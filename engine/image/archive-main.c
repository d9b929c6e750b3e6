/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * davit-archive: takes a request from the engine (archive-protocol.h), gives up everything that it
 * does not need for it, does it, and answers. It is of no use to a person at a shell.
 */

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "base/user.h"
#include "image/archive-confine.h"
#include "image/archive-protocol.h"
#include "image/archive-work.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Of what a container has changed. */
#define PATHS_LIMIT ((gsize) 256 * 1024 * 1024)

/**
 * Job: the request, as far as it is understood, and where the answer goes.
 */
typedef struct {
	char **arguments; /* behind the operation */
	guint n_arguments;
	ArchiveReply reply;
} Job;

static gboolean
argument_number (Job *job, guint index, guint64 maximum, guint64 *ret, GError **error)
{
	return davit_text_parse_unsigned (job->arguments[index], maximum, "argument", ret, error);
}

static gboolean
argument_whiteouts (Job *job, guint index, DavitWhiteouts *ret, GError **error)
{
	guint64 value;

	if (!argument_number (job, index, DAVIT_WHITEOUTS_OVERLAY_USER, &value, error))
		return FALSE;
	if (value < DAVIT_WHITEOUTS_APPLY)
		return davit_error_set (error, DAVIT_ERROR_USAGE, "argument: no form of whiteouts");
	*ret = (DavitWhiteouts) value;
	return TRUE;
}

/* The last of the fixed arguments. */
static gboolean
argument_progress (Job *job, guint index, GError **error)
{
	guint64 value;

	if (!argument_number (job, index, 1, &value, error))
		return FALSE;
	job->reply.progress = value != 0;
	return TRUE;
}

static const char *
argument_digest (Job *job, guint index)
{
	return strcmp (job->arguments[index], ARCHIVE_NO_DIGEST) != 0 ? job->arguments[index]
								      : NULL;
}

/* Closes what is not in the request, and gives up the rest. */
static gboolean
confine (int last_fd, ArchiveAccess access, int dirfd, DavitWhiteouts whiteouts, GError **error)
{
	ArchiveConfine request = {access, dirfd, whiteouts == DAVIT_WHITEOUTS_OVERLAY};

	if (close_range ((guint) last_fd + 1, ~0U, 0) < 0 && errno != ENOSYS)
		return davit_error_errno (error, errno, "archive worker");
	return archive_confine (&request, error);
}

static gboolean
answer_summary (Job *job, DavitArchiveSummary *summary)
{
	archive_reply_summary (&job->reply, summary);
	davit_archive_summary_clear (summary);
	return TRUE;
}

static gboolean
job_scan (Job *job, GError **error)
{
	g_autoptr (ArchiveInput) input = NULL;
	DavitArchiveSummary summary;
	guint64 copy, limit;

	if (!argument_number (job, 0, 1, &copy, error) ||
	    !argument_number (job, 1, G_MAXUINT64, &limit, error) ||
	    !argument_progress (job, 2, error))
		return FALSE;
	input = archive_input_new (ARCHIVE_FD_FIRST, &job->reply);
	/* Before the confinement: the copy is opened anew to read it. */
	archive_input_set_copy (input, copy != 0 ? ARCHIVE_FD_SECOND : -1, limit);
	if (!archive_confine (&(ArchiveConfine){ARCHIVE_ACCESS_NONE, -1, FALSE}, error))
		return FALSE;
	return archive_work_scan (input, &summary, error) && answer_summary (job, &summary);
}

static gboolean
job_digest (Job *job, GError **error)
{
	DavitArchiveSummary summary = {0};

	return argument_progress (job, 0, error) &&
	       confine (ARCHIVE_FD_FIRST, ARCHIVE_ACCESS_NONE, -1, DAVIT_WHITEOUTS_APPLY, error) &&
	       archive_work_digest (ARCHIVE_FD_FIRST, &job->reply, &summary, error) &&
	       answer_summary (job, &summary);
}

static gboolean
job_unpack (Job *job, GError **error)
{
	DavitArchiveUnpack request = {
		.input_fd = ARCHIVE_FD_FIRST,
		.target_dirfd = ARCHIVE_FD_SECOND,
		.expected_digest = argument_digest (job, 1),
		.expected_diff_id = argument_digest (job, 2),
		.alone = davit_user_is_alone (),
		.no_devices = !davit_user_may_make_devices (),
	};
	DavitArchiveSummary summary = {0};

	if (!argument_whiteouts (job, 0, &request.whiteouts, error) ||
	    !argument_progress (job, 3, error) ||
	    !confine (ARCHIVE_FD_SECOND, ARCHIVE_ACCESS_OWNER, request.target_dirfd,
		      request.whiteouts, error))
		return FALSE;
	if (archive_work_unpack (&request, &job->reply, &summary, error))
		return answer_summary (job, &summary);
	davit_archive_summary_clear (&summary);
	return FALSE;
}

static gboolean
argument_compression (Job *job, guint index, DavitCompression *ret, GError **error)
{
	static const struct {
		const char *name;
		DavitCompression compression;
	} known[] = {
		{"none", DAVIT_COMPRESSION_NONE},
		{"gzip", DAVIT_COMPRESSION_GZIP},
		{"zstd", DAVIT_COMPRESSION_ZSTD},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (known); i++) {
		if (strcmp (job->arguments[index], known[i].name) == 0) {
			*ret = known[i].compression;
			return TRUE;
		}
	}
	return davit_error_set (error, DAVIT_ERROR_USAGE, "argument: no compression to write");
}

static gboolean
job_pack (Job *job, GError **error)
{
	DavitArchivePack request = {
		.source_dirfd = ARCHIVE_FD_FIRST,
		.output_fd = ARCHIVE_FD_SECOND,
	};
	DavitArchiveSummary summary;

	return argument_compression (job, 0, &request.compression, error) &&
	       argument_whiteouts (job, 1, &request.whiteouts, error) &&
	       argument_progress (job, 2, error) &&
	       confine (ARCHIVE_FD_SECOND, ARCHIVE_ACCESS_READ, request.source_dirfd,
			request.whiteouts, error) &&
	       archive_work_pack (&request, &job->reply, &summary, error) &&
	       answer_summary (job, &summary);
}

static gboolean
job_changes (Job *job, GError **error)
{
	DavitArchivePack request = {
		.source_dirfd = ARCHIVE_FD_FIRST,
		.output_fd = ARCHIVE_FD_SECOND,
	};
	g_autofree char *paths = NULL;
	DavitArchiveSummary summary;
	gsize length = 0;

	return argument_compression (job, 0, &request.compression, error) &&
	       argument_progress (job, 1, error) &&
	       davit_fd_read (ARCHIVE_FD_FILES, PATHS_LIMIT, "paths", &paths, &length, error) &&
	       confine (ARCHIVE_FD_SECOND, ARCHIVE_ACCESS_READ, request.source_dirfd,
			request.whiteouts, error) &&
	       archive_work_pack_changes (&request, paths, length, &job->reply, &summary, error) &&
	       answer_summary (job, &summary);
}

static gboolean
job_extract (Job *job, GError **error)
{
	return argument_progress (job, 0, error) &&
	       confine (ARCHIVE_FD_SECOND, ARCHIVE_ACCESS_WRITE, ARCHIVE_FD_SECOND,
			DAVIT_WHITEOUTS_APPLY, error) &&
	       archive_work_extract (ARCHIVE_FD_FIRST, ARCHIVE_FD_SECOND, &job->reply, error);
}

/* Three arguments from index. Descriptors come one after the other. */
static gboolean
argument_member (Job *job, guint index, int *next_fd, ArchiveWorkMember *ret_member, GError **error)
{
	const char *kind = job->arguments[index];
	guint64 number;

	*ret_member = (ArchiveWorkMember){.name = job->arguments[index + 1], .fd = -1};
	if (strcmp (kind, "link") == 0) {
		ret_member->link = job->arguments[index + 2];
		return TRUE;
	}
	if (!argument_number (job, index + 2, G_MAXINT64, &number, error))
		return FALSE;
	if (strcmp (kind, "text") == 0) {
		ret_member->length = number;
		return TRUE;
	}
	ret_member->expand = strcmp (kind, "expand") == 0;
	if ((!ret_member->expand && strcmp (kind, "file") != 0) || number != (guint64) *next_fd)
		return davit_error_set (error, DAVIT_ERROR_USAGE, "argument: no member");
	ret_member->fd = (*next_fd)++;
	return TRUE;
}

static gboolean
job_write (Job *job, GError **error)
{
	g_autoptr (GArray) members = g_array_new (FALSE, FALSE, sizeof (ArchiveWorkMember));
	ArchiveWorkWrite request = {
		.output_fd = ARCHIVE_FD_FIRST,
		.texts_fd = ARCHIVE_FD_SECOND,
	};
	int next_fd = ARCHIVE_FD_FILES;

	if (!argument_progress (job, 0, error) ||
	    !argument_compression (job, 1, &request.compression, error))
		return FALSE;
	if (job->n_arguments % 3 != 2)
		return davit_error_set (error, DAVIT_ERROR_USAGE, "argument: half a member");
	for (guint i = 2; i < job->n_arguments; i += 3) {
		ArchiveWorkMember member;

		if (!argument_member (job, i, &next_fd, &member, error))
			return FALSE;
		g_array_append_val (members, member);
	}
	return confine (next_fd - 1, ARCHIVE_ACCESS_NONE, -1, DAVIT_WHITEOUTS_APPLY, error) &&
	       archive_work_write (&request, members, &job->reply, error);
}

/**
 * Operation: arguments are those that it always has; more: it takes any number of others.
 */
typedef struct {
	const char *name;
	guint arguments;
	gboolean more;
	gboolean (*run) (Job *job, GError **error);
} Operation;

static gboolean
job_run (Job *job, const char *name, GError **error)
{
	static const Operation operations[] = {
		{"scan", 3, FALSE, job_scan},	    {"digest", 1, FALSE, job_digest},
		{"unpack", 4, FALSE, job_unpack},   {"pack", 3, FALSE, job_pack},
		{"extract", 1, FALSE, job_extract}, {"write", 2, TRUE, job_write},
		{"changes", 2, FALSE, job_changes},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (operations); i++) {
		const Operation *operation = &operations[i];

		if (strcmp (operation->name, name) != 0)
			continue;
		if (job->n_arguments < operation->arguments ||
		    (job->n_arguments > operation->arguments && !operation->more))
			break;
		return operation->run (job, error);
	}
	return davit_error_set (
		error, DAVIT_ERROR_USAGE,
		"archive worker: no such request; are davit and davit-archive of one "
		"version?");
}

int
main (int argc, char **argv)
{
	g_autoptr (GError) error = NULL;
	Job job = {.reply = {.fd = ARCHIVE_FD_REPLY}};

	if (argc < 2 || fcntl (ARCHIVE_FD_REPLY, F_GETFD) < 0) {
		static const char text[] = "davit-archive is run by davit\n";

		return write (STDERR_FILENO, text, sizeof (text) - 1) < 0 ? 2 : 1;
	}
	job.arguments = argv + 2;
	job.n_arguments = (guint) argc - 2;
	if (archive_confine_process (&error) && job_run (&job, argv[1], &error)) {
		archive_reply_done (&job.reply);
		return 0;
	}
	archive_reply_error (&job.reply, error);
	return 1;
}
