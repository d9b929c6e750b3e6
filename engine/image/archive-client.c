/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Asks the archive worker, and takes nothing on trust that it answers. */

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/spawn.h"
#include "image/archive-answer.h"
#include "image/archive-protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A worker that has said its last word has nothing left to do. */
#define END_MSEC 5000
#define STDERR_LIMIT 2000
/* What a process may open is 1,024 on many systems, and we have some open ourselves. */
#define MEMBER_FILES_LIMIT 512

static const char *const compression_names[] = {
	[DAVIT_COMPRESSION_NONE] = "none",   [DAVIT_COMPRESSION_GZIP] = "gzip",
	[DAVIT_COMPRESSION_ZSTD] = "zstd",   [DAVIT_COMPRESSION_XZ] = "xz",
	[DAVIT_COMPRESSION_BZIP2] = "bzip2",
};

void
davit_archive_file_free (DavitArchiveFile *file)
{
	if (file == NULL)
		return;
	g_free (file->name);
	g_free (file->stored);
	g_free (file->digest);
	g_free (file->link);
	g_free (file);
}

/* What the worker wrote to its standard error: the last words of libc or a sanitizer. */
static char *
last_words (int fd)
{
	char text[STDERR_LIMIT + 1];
	ssize_t length = pread (fd, text, STDERR_LIMIT, 0);

	if (length <= 0)
		return g_strdup ("");
	text[length] = '\0';
	return g_strconcat (": ", g_strstrip (text), NULL);
}

/* Waits for the end of a worker whose answers have ended; one that stays is killed. */
static gboolean
worker_end (int pidfd, int *ret_status, GError **error)
{
	g_autoptr (GError) late = NULL;

	if (!davit_fd_wait (pidfd, END_MSEC, &late))
		syscall (SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	return davit_spawn_wait (pidfd, ret_status, error);
}

static gboolean
worker_died (int status, int stderr_fd, GError **error)
{
	g_autofree char *words = last_words (stderr_fd);

	/* Its answers are read, so that it was the archive that it wrote to nobody. */
	if (WIFSIGNALED (status) && WTERMSIG (status) == SIGPIPE)
		return davit_error_errno (error, EPIPE, "write \"archive\"");
	if (WIFSIGNALED (status))
		return davit_error_set (error, DAVIT_ERROR_HELPER,
					"archive worker: killed by signal %d (%s)%s",
					WTERMSIG (status), strsignal (WTERMSIG (status)), words);
	return davit_error_set (error, DAVIT_ERROR_HELPER,
				"archive worker: ended with status %d and no answer%s",
				WEXITSTATUS (status), words);
}

/* Reads answers until the pipe ends. What can't be understood ends it at once. */
static gboolean
answers_read (int fd, ArchiveAnswer *answer, GError **error)
{
	g_autofree char *buffer = g_malloc (2 * ARCHIVE_LINE_LIMIT);
	gsize used = 0;

	for (;;) {
		ssize_t length = read (fd, buffer + used, 2 * ARCHIVE_LINE_LIMIT - used);
		char *line = buffer;
		char *end;

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return davit_error_errno (error, errno, "answer of the archive worker");
		if (length == 0)
			break;
		used += (gsize) length;
		while ((end = memchr (line, '\n', used - (gsize) (line - buffer))) != NULL) {
			*end = '\0';
			if ((gsize) (end - line) != strlen (line) ||
			    !archive_answer_line (answer, line))
				return davit_error_set (
					error, DAVIT_ERROR_HELPER,
					"archive worker: its answer makes no sense");
			line = end + 1;
		}
		used -= (gsize) (line - buffer);
		memmove (buffer, line, used);
		if (used > ARCHIVE_LINE_LIMIT)
			return davit_error_set (error, DAVIT_ERROR_HELPER,
						"archive worker: its answer is too long");
	}
	if (used > 0)
		return davit_error_set (error, DAVIT_ERROR_HELPER,
					"archive worker: its answer breaks off");
	return TRUE;
}

static gboolean
worker_start (const DavitArchiveWorker *worker, const GPtrArray *arguments, const GArray *fds,
	      int stderr_fd, int *ret_pidfd, int *ret_reply, GError **error)
{
	g_autofree int *pass = g_new (int, fds->len + 1);
	davit_autofd reading = -1;
	davit_autofd writing = -1;
	DavitSpawn spawn;
	int ends[2];

	if (pipe2 (ends, O_CLOEXEC) < 0)
		return davit_error_errno (error, errno, "archive worker");
	reading = ends[0];
	writing = ends[1];
	davit_spawn_init (&spawn, (const char *const *) arguments->pdata);
	spawn.stderr_fd = stderr_fd;
	pass[0] = writing;
	if (fds->len > 0)
		memcpy (pass + 1, fds->data, fds->len * sizeof (int));
	spawn.pass_fds = pass;
	spawn.n_pass_fds = fds->len + 1;
	if (!davit_spawn_start (&spawn, ret_pidfd, error))
		return FALSE;
	*ret_reply = davit_fd_steal (&reading);
	return TRUE;
}

/* Runs the worker to its end. arguments: without the program and the final NULL. */
static gboolean
worker_run (const DavitArchiveWorker *worker, GPtrArray *arguments, const GArray *fds,
	    ArchiveAnswer *answer, GError **error)
{
	davit_autofd stderr_fd = memfd_create ("davit-archive-stderr", MFD_CLOEXEC);
	davit_autofd pidfd = -1;
	davit_autofd reply = -1;
	gboolean understood;
	int status;

	if (stderr_fd < 0)
		return davit_error_errno (error, errno, "archive worker");
	g_ptr_array_insert (arguments, 0, g_strdup (worker->program));
	g_ptr_array_add (arguments, NULL);
	answer->progress = worker->progress;
	answer->data = worker->data;
	if (!worker_start (worker, arguments, fds, stderr_fd, &pidfd, &reply, error))
		return FALSE;
	understood = answers_read (reply, answer, error);
	if (!understood)
		syscall (SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	if (!worker_end (pidfd, &status, understood ? error : NULL) || !understood)
		return FALSE;
	if (answer->failure != NULL) {
		g_propagate_error (error, g_steal_pointer (&answer->failure));
		return FALSE;
	}
	if (!answer->done || status != 0)
		return worker_died (status, stderr_fd, error);
	return TRUE;
}

static gboolean
worker_summary (const DavitArchiveWorker *worker, GPtrArray *arguments, const GArray *fds,
		DavitArchiveSummary *ret_summary, GError **error)
{
	g_auto (ArchiveAnswer) answer = {0};

	if (!worker_run (worker, arguments, fds, &answer, error))
		return FALSE;
	if (!answer.has_summary)
		return davit_error_set (error, DAVIT_ERROR_HELPER,
					"archive worker: there is no summary in its answer");
	if (ret_summary != NULL) {
		*ret_summary = answer.summary;
		answer.summary = (DavitArchiveSummary){0};
	}
	return TRUE;
}

static GPtrArray *
arguments_new (const char *operation)
{
	GPtrArray *arguments = g_ptr_array_new_with_free_func (g_free);

	g_ptr_array_add (arguments, g_strdup (operation));
	return arguments;
}

static void
argument (GPtrArray *arguments, const char *value)
{
	g_ptr_array_add (arguments, g_strdup (value != NULL ? value : ARCHIVE_NO_DIGEST));
}

static void
argument_number (GPtrArray *arguments, guint64 value)
{
	g_ptr_array_add (arguments, g_strdup_printf ("%" G_GUINT64_FORMAT, value));
}

static GArray *
descriptors_new (int first, int second)
{
	GArray *fds = g_array_new (FALSE, FALSE, sizeof (int));

	g_array_append_val (fds, first);
	if (second >= 0)
		g_array_append_val (fds, second);
	return fds;
}

gboolean
davit_archive_scan (const DavitArchiveWorker *worker, const DavitArchiveScan *request,
		    DavitArchiveSummary *ret_summary, GError **error)
{
	g_autoptr (GPtrArray) arguments = arguments_new ("scan");
	g_autoptr (GArray) fds = descriptors_new (request->input_fd, request->copy_fd);

	argument_number (arguments, request->copy_fd >= 0);
	argument_number (arguments, request->input_limit);
	argument_number (arguments, worker->progress != NULL);
	return worker_summary (worker, arguments, fds, ret_summary, error);
}

gboolean
davit_archive_digest (const DavitArchiveWorker *worker, int input_fd, char **ret_digest,
		      GError **error)
{
	g_autoptr (GPtrArray) arguments = arguments_new ("digest");
	g_autoptr (GArray) fds = descriptors_new (input_fd, -1);
	DavitArchiveSummary summary = {0};

	argument_number (arguments, worker->progress != NULL);
	if (!worker_summary (worker, arguments, fds, &summary, error))
		return FALSE;
	*ret_digest = g_steal_pointer (&summary.digest);
	davit_archive_summary_clear (&summary);
	return TRUE;
}

gboolean
davit_archive_unpack (const DavitArchiveWorker *worker, const DavitArchiveUnpack *request,
		      DavitArchiveSummary *ret_summary, GError **error)
{
	g_autoptr (GPtrArray) arguments = arguments_new ("unpack");
	g_autoptr (GArray) fds = descriptors_new (request->input_fd, request->target_dirfd);

	argument_number (arguments, request->whiteouts);
	argument (arguments, request->expected_digest);
	argument (arguments, request->expected_diff_id);
	argument_number (arguments, worker->progress != NULL);
	return worker_summary (worker, arguments, fds, ret_summary, error);
}

static gboolean
argument_compression (GPtrArray *arguments, DavitCompression compression, GError **error)
{
	if (compression > DAVIT_COMPRESSION_ZSTD)
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"compression \"%s\" is only read; use gzip or zstd",
					compression <= DAVIT_COMPRESSION_BZIP2
						? compression_names[compression]
						: "?");
	argument (arguments, compression_names[compression]);
	return TRUE;
}

gboolean
davit_archive_pack (const DavitArchiveWorker *worker, const DavitArchivePack *request,
		    DavitArchiveSummary *ret_summary, GError **error)
{
	g_autoptr (GPtrArray) arguments = arguments_new ("pack");
	g_autoptr (GArray) fds = descriptors_new (request->source_dirfd, request->output_fd);

	if (!argument_compression (arguments, request->compression, error))
		return FALSE;
	argument_number (arguments, request->whiteouts);
	argument_number (arguments, worker->progress != NULL);
	return worker_summary (worker, arguments, fds, ret_summary, error);
}

static int
paths_compare (gconstpointer left, gconstpointer right)
{
	const char *a = *(const char *const *) left;
	const char *b = *(const char *const *) right;

	/* By the path; of two with the same one the deletion first. */
	return strcmp (a + 1, b + 1) != 0 ? strcmp (a + 1, b + 1) : b[0] - a[0];
}

static void
paths_add (GPtrArray *marked, const char *const *paths, char mark)
{
	for (; paths != NULL && *paths != NULL; paths++)
		g_ptr_array_add (marked, g_strdup_printf ("%c%s", mark, *paths));
}

/* A file with all of them, open at its start. */
static int
paths_write (const DavitArchiveChanges *request, GError **error)
{
	g_autoptr (GPtrArray) marked = g_ptr_array_new_with_free_func (g_free);
	g_autoptr (GString) text = g_string_new (NULL);
	davit_autofd fd = memfd_create ("davit-archive-paths", MFD_CLOEXEC);

	for (const char *const *const *paths = request->paths; *paths != NULL; paths++)
		paths_add (marked, *paths, '+');
	paths_add (marked, request->deleted, '-');
	g_ptr_array_sort (marked, paths_compare);
	for (guint i = 0; i < marked->len; i++) {
		const char *path = g_ptr_array_index (marked, i);

		g_string_append_len (text, path, (gssize) strlen (path) + 1);
	}
	if (fd < 0 || !davit_fd_write (fd, text->str, text->len, "paths", error) ||
	    lseek (fd, 0, SEEK_SET) < 0) {
		if (error != NULL && *error == NULL)
			davit_error_errno (error, errno, "archive worker");
		return -1;
	}
	return davit_fd_steal (&fd);
}

gboolean
davit_archive_pack_changes (const DavitArchiveWorker *worker, const DavitArchiveChanges *request,
			    DavitArchiveSummary *ret_summary, GError **error)
{
	g_autoptr (GPtrArray) arguments = arguments_new ("changes");
	g_autoptr (GArray) fds = descriptors_new (request->source_dirfd, request->output_fd);
	davit_autofd paths_fd = paths_write (request, error);

	if (paths_fd < 0 || !argument_compression (arguments, request->compression, error))
		return FALSE;
	g_array_append_val (fds, paths_fd);
	argument_number (arguments, worker->progress != NULL);
	return worker_summary (worker, arguments, fds, ret_summary, error);
}

gboolean
davit_archive_extract (const DavitArchiveWorker *worker, int input_fd, int target_dirfd,
		       GPtrArray **ret_files, GError **error)
{
	g_autoptr (GPtrArray) arguments = arguments_new ("extract");
	g_autoptr (GArray) fds = descriptors_new (input_fd, target_dirfd);
	g_auto (ArchiveAnswer) answer = {0};

	answer.files = g_ptr_array_new_with_free_func ((GDestroyNotify) davit_archive_file_free);
	argument_number (arguments, worker->progress != NULL);
	if (!worker_run (worker, arguments, fds, &answer, error))
		return FALSE;
	*ret_files = g_steal_pointer (&answer.files);
	return TRUE;
}

/* Adds the three arguments of a member, and what it brings with it. */
static gboolean
member_add (const DavitArchiveMember *member, GPtrArray *arguments, GArray *fds, int texts,
	    GError **error)
{
	if (member->link != NULL) {
		argument (arguments, "link");
		argument (arguments, member->name);
		argument (arguments, member->link);
		return TRUE;
	}
	if (member->text != NULL) {
		gsize length = strlen (member->text);

		argument (arguments, "text");
		argument (arguments, member->name);
		argument_number (arguments, length);
		return davit_fd_write (texts, member->text, length, member->name, error);
	}
	if (fds->len >= MEMBER_FILES_LIMIT)
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"\"%s\": more than %d files can't be written into one "
					"archive",
					member->name, MEMBER_FILES_LIMIT);
	argument (arguments, member->decompress ? "expand" : "file");
	argument (arguments, member->name);
	argument_number (arguments, ARCHIVE_FD_FILES - 2 + fds->len);
	g_array_append_val (fds, member->fd);
	return TRUE;
}

gboolean
davit_archive_write (const DavitArchiveWorker *worker, const GPtrArray *members, int output_fd,
		     GError **error)
{
	return davit_archive_write_compressed (worker, members, DAVIT_COMPRESSION_NONE, output_fd,
					       error);
}

gboolean
davit_archive_write_compressed (const DavitArchiveWorker *worker, const GPtrArray *members,
				DavitCompression compression, int output_fd, GError **error)
{
	g_autoptr (GPtrArray) arguments = arguments_new ("write");
	davit_autofd texts = memfd_create ("davit-archive-texts", MFD_CLOEXEC);
	g_autoptr (GArray) fds = descriptors_new (output_fd, texts);
	g_auto (ArchiveAnswer) answer = {0};

	if (texts < 0)
		return davit_error_errno (error, errno, "archive worker");
	argument_number (arguments, worker->progress != NULL);
	if (!argument_compression (arguments, compression, error))
		return FALSE;
	for (guint i = 0; i < members->len; i++) {
		if (!member_add (members->pdata[i], arguments, fds, texts, error))
			return FALSE;
	}
	if (lseek (texts, 0, SEEK_SET) < 0)
		return davit_error_errno (error, errno, "archive worker");
	return worker_run (worker, arguments, fds, &answer, error);
}
