/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One file that is only ever appended to: an exclusive creat tells two creates apart, and no rename
 * and no sync stand in the way of a start. The directory does not survive a reboot, or need not:
 * the boot's id says whether a pid still means anything.
 */

#include "runtime-record.h"

#include "runtime-error.h"
#include "runtime-json.h"
#include "runtime-proc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#define RECORD_VERSION 1
#define RECORD_LIMIT ((gsize) 256 * 1024)
#define BOOT_ID_LENGTH 36

static gboolean
read_boot_id (char boot_id[BOOT_ID_LENGTH + 1], GError **error)
{
	int fd = open ("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd >= 0 ? read (fd, boot_id, BOOT_ID_LENGTH) : -1;

	if (fd >= 0)
		close (fd);
	if (length != BOOT_ID_LENGTH)
		return runtime_error_say (error, DAVIT_ERROR_UNAVAILABLE,
					  "read \"/proc/sys/kernel/random/boot_id\": not there");
	boot_id[BOOT_ID_LENGTH] = '\0';
	return TRUE;
}

static gboolean
write_line (int fd, const char *line, GError **error)
{
	while (*line != '\0') {
		ssize_t written = write (fd, line, strlen (line));

		if (written < 0 && errno != EINTR)
			return runtime_error_set (error, errno, "write the record");
		line += MAX (written, 0);
	}
	return TRUE;
}

/* The id's form is the engine's matter; here it only must not break the line. */
static gboolean
id_is_plain (const char *id)
{
	for (const char *c = id; *c != '\0'; c++)
		if (!g_ascii_isalnum (*c) && strchr ("_.-+", *c) == NULL)
			return FALSE;
	return *id != '\0';
}

gboolean
runtime_record_begin (const DavitHost *host, int dirfd, const RuntimeRecordIntent *intent,
		      int *ret_fd, GError **error)
{
	g_autofree char *cgroup = runtime_cgroup_to_text (intent->cgroup);
	g_autofree char *line = NULL;
	char boot_id[BOOT_ID_LENGTH + 1];
	int fd;

	if (!id_is_plain (intent->id))
		return runtime_error_say (error, DAVIT_ERROR_USAGE,
					  "container \"%s\": an id must be of letters, digits and "
					  "\"_.+-\"",
					  intent->id);
	if (!read_boot_id (boot_id, error))
		return FALSE;
	fd = openat (dirfd, RUNTIME_RECORD_FILE,
		     O_CREAT | O_EXCL | O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return runtime_error_say (error, DAVIT_ERROR_EXISTS,
					  "container \"%s\" exists already; delete it first",
					  intent->id);
	if (fd < 0)
		return runtime_error_set (error, errno, "write the record");
	line = g_strdup_printf ("{\"version\":%d,\"id\":\"%s\",\"boot\":\"%s\",\"namespaces\":%d,"
				"\"ownPids\":%s,\"cgroup\":%s}\n",
				RECORD_VERSION, intent->id, boot_id, intent->namespaces,
				intent->own_pids ? "true" : "false", cgroup);
	if (!write_line (fd, line, error)) {
		close (fd);
		return FALSE;
	}
	*ret_fd = fd;
	return TRUE;
}

gboolean
runtime_record_add_process (int fd, int pid, guint64 start_time, GError **error)
{
	char line[96];

	g_snprintf (line, sizeof line, "{\"pid\":%d,\"startTime\":%" G_GUINT64_FORMAT "}\n", pid,
		    start_time);
	return write_line (fd, line, error);
}

gboolean
runtime_record_add_adopted (int dirfd, const RuntimeRecord *record, GError **error)
{
	int fd = openat (dirfd, RUNTIME_RECORD_FILE, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	g_autofree char *line =
		g_strdup_printf ("{\"pid\":%d,\"startTime\":%" G_GUINT64_FORMAT
				 ",\"namespaces\":%d}\n",
				 record->pid, record->start_time, record->namespaces);
	gboolean written;

	if (fd < 0)
		return runtime_error_set (error, errno, "write the record");
	written = write_line (fd, line, error);
	close (fd);
	return written;
}

/* What is read. */
typedef struct {
	const DavitHost *host;
	const char *id;
	gboolean with_groups;
	RuntimeRecord *record;
} Reading;

static gboolean
record_parse_intent (const Reading *reading, const DavitJson *object, GError **error)
{
	const DavitHost *host = reading->host;
	RuntimeRecord *record = reading->record;

	char own_boot_id[BOOT_ID_LENGTH + 1];
	const DavitJson *cgroup;
	const char *boot_id = NULL;
	const char *own_id = NULL;
	gint64 version = 0;
	gint64 namespaces = 0;

	if (!host->json->get_integer (object, "version", 1, G_MAXINT64, &version, error))
		return FALSE;
	if (version != RECORD_VERSION)
		return runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
					  "record: written by a newer davit (version %d)",
					  (int) version);
	if (!runtime_json_require_string (host, object, "id", &own_id, error) ||
	    !runtime_json_require_string (host, object, "boot", &boot_id, error) ||
	    !host->json->get_integer (object, "namespaces", 0, G_MAXINT32, &namespaces, error) ||
	    !host->json->get_boolean (object, "ownPids", &record->own_pids, error) ||
	    !runtime_json_require (host, object, "cgroup", &cgroup, error) ||
	    !read_boot_id (own_boot_id, error))
		return FALSE;
	if (!g_str_equal (own_id, reading->id))
		return runtime_error_say (error, DAVIT_ERROR_CORRUPT,
					  "record: is of the container \"%s\"", own_id);
	record->namespaces = (int) namespaces;
	record->same_boot = g_str_equal (boot_id, own_boot_id);
	record->known = TRUE;
	return !reading->with_groups ||
	       runtime_cgroup_from_json (host, cgroup, &record->cgroup, error);
}

static gboolean
record_parse_process (const Reading *reading, const DavitJson *object, GError **error)
{
	const DavitHost *host = reading->host;
	RuntimeRecord *record = reading->record;

	gint64 pid = 0;
	gint64 start_time = 0;
	gint64 namespaces = record->namespaces;

	if (!host->json->get_integer (object, "pid", 1, G_MAXINT32, &pid, error) ||
	    !host->json->get_integer (object, "startTime", 0, G_MAXINT64, &start_time, error) ||
	    !host->json->get_integer (object, "namespaces", 0, G_MAXINT32, &namespaces, error))
		return FALSE;
	record->pid = (int) pid;
	record->namespaces = (int) namespaces;
	record->start_time = (guint64) start_time;
	return TRUE;
}

/* One line that is whole. ret_next: behind it; NULL: there is no whole line. */
static gboolean
record_parse_line (const Reading *reading, const char *text, const char **ret_next, GError **error)
{
	const DavitHost *host = reading->host;
	const char *end = strchr (text, '\n');
	DavitJson *object;
	gboolean parsed;

	*ret_next = NULL;
	if (end == NULL)
		return TRUE;
	object = host->json->parse (text, end - text, error);
	if (object == NULL)
		return FALSE;
	parsed = reading->record->known ? record_parse_process (reading, object, error)
					: record_parse_intent (reading, object, error);
	host->json->document_free (object);
	*ret_next = end + 1;
	return parsed;
}

static gboolean
record_read (const Reading *reading, int dirfd, GError **error)
{
	const DavitHost *host = reading->host;
	RuntimeRecord *ret = reading->record;
	const char *id = reading->id;
	g_autofree char *text = NULL;
	g_autoptr (GError) local = NULL;
	const char *next = NULL;
	gsize length = 0;
	gboolean parsed;

	memset (ret, 0, sizeof *ret);
	if (!host->files->read_file (dirfd, RUNTIME_RECORD_FILE, RECORD_LIMIT, &text, &length,
				     &local)) {
		if (g_error_matches (local, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND))
			return runtime_error_say (error, DAVIT_ERROR_NOT_FOUND,
						  "there is no container \"%s\"", id);
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	parsed = record_parse_line (reading, text, &next, &local);
	if (parsed && next != NULL)
		parsed = record_parse_line (reading, next, &next, &local);
	if (parsed)
		return TRUE;
	runtime_record_clear (ret);
	if (g_error_matches (local, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED))
		g_propagate_error (error, g_steal_pointer (&local));
	else
		runtime_error_say (error, DAVIT_ERROR_CORRUPT,
				   "the record of container \"%s\" is damaged: %s", id,
				   local->message);
	return FALSE;
}

gboolean
runtime_record_read (const DavitHost *host, int dirfd, const char *id, RuntimeRecord *ret,
		     GError **error)
{
	const Reading reading = {host, id, TRUE, ret};

	return record_read (&reading, dirfd, error);
}

gboolean
runtime_record_read_process (const DavitHost *host, int dirfd, const char *id, RuntimeRecord *ret,
			     GError **error)
{
	const Reading reading = {host, id, FALSE, ret};

	return record_read (&reading, dirfd, error);
}

void
runtime_record_clear (RuntimeRecord *record)
{
	g_clear_pointer (&record->cgroup, runtime_cgroup_free);
	memset (record, 0, sizeof *record);
}

gboolean
runtime_record_open_process (const RuntimeRecord *record, int *ret_pidfd, GError **error)
{
	guint64 start_time = 0;
	char state = 'X';
	int proc_fd = -1;
	int pidfd;

	*ret_pidfd = -1;
	if (record->pid == 0 || !record->same_boot)
		return TRUE;
	/* First hold it, then ask who it is: the answer is about what is held. */
	pidfd = pidfd_open (record->pid, 0);
	/* EINVAL: gone, but others are left in its session (Linux before 6.16). */
	if (pidfd < 0 && (errno == ESRCH || errno == EINVAL))
		return TRUE;
	if (pidfd < 0)
		return runtime_error_set (error, errno, "process %d", record->pid);
	if (!runtime_proc_open (&proc_fd, error)) {
		close (pidfd);
		return FALSE;
	}
	if (runtime_proc_start_time (proc_fd, record->pid, &start_time, &state, NULL) &&
	    start_time == record->start_time && state != 'Z' && state != 'X')
		*ret_pidfd = pidfd;
	else
		close (pidfd);
	close (proc_fd);
	return TRUE;
}
