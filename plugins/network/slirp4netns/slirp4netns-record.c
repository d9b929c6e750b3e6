/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A number of a process may be another's by the time that it is used: it counts together with the
 * boot and the process's start time, and only if that process still is the program that was
 * started. It is held by a pidfd before it is looked at.
 */

#include "slirp4netns-record.h"

#include "slirp4netns-text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORD_VERSION 1
#define RECORD_LIMIT 16384
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define LOG_TAIL 4096
/* A killed process ends at once, but for a disk that hangs. */
#define END_TIMEOUT_MSEC 10000

gboolean
slirp4netns_record_id_check (const char *id, GError **error)
{
	gboolean plain = id[0] != '\0' && id[0] != '.' && strlen (id) <= 255;

	for (const char *c = id; plain && *c != '\0'; c++)
		plain = g_ascii_isalnum (*c) || strchr ("_.-+", *c) != NULL;
	if (plain)
		return TRUE;
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE,
		     "container \"%s\": an id must be of letters, digits and \"_.+-\"", id);
	return FALSE;
}

static char *
read_proc_file (const char *path, gsize *ret_length)
{
	char *text = NULL;

	return g_file_get_contents (path, &text, ret_length, NULL) ? text : NULL;
}

static char *
read_boot_id (void)
{
	char *text = read_proc_file (BOOT_ID, NULL);

	return text != NULL ? g_strchomp (text) : NULL;
}

gboolean
slirp4netns_record_write (const DavitHost *host, int dirfd, const SlirpRecord *record,
			  GError **error)
{
	g_autofree char *boot = read_boot_id ();
	g_autofree char *boot_json = slirp4netns_text_to_json (boot != NULL ? boot : "");
	g_autofree char *program = slirp4netns_text_to_json (record->program);
	g_autofree char *interface = slirp4netns_text_to_json (record->interface);
	g_autofree char *address = slirp4netns_text_to_json (record->address);
	g_autofree char *text = g_strdup_printf (
		"{\"version\":%d,\"boot\":%s,\"pid\":%d,\"startTime\":%" G_GUINT64_FORMAT
		",\"program\":%s,\"interface\":%s,"
		"\"address\":%s}\n",
		RECORD_VERSION, boot_json, (int) record->pid, record->start_time, program,
		interface, address);

	/* Not durable: after a crash of the machine the process is gone with it. */
	return host->files->replace_file (dirfd, SLIRP_RECORD_FILE, text, strlen (text), 0600,
					  FALSE, error);
}

static gboolean
record_parse (const DavitHost *host, const DavitJson *root, SlirpRecord *record, GError **error)
{
	const DavitJsonOps *json = host->json;
	g_autofree char *own_boot = read_boot_id ();
	const char *boot = "";
	const char *program = "";
	const char *interface = "";
	const char *address = "";
	gint64 version = 0;
	gint64 pid = 0;
	gint64 start_time = 0;

	if (!json->get_integer (root, "version", 1, G_MAXINT64, &version, error) ||
	    !json->get_string (root, "boot", &boot, error) ||
	    !json->get_integer (root, "pid", 1, G_MAXINT32, &pid, error) ||
	    !json->get_integer (root, "startTime", 0, G_MAXINT64, &start_time, error) ||
	    !json->get_string (root, "program", &program, error) ||
	    !json->get_string (root, "interface", &interface, error) ||
	    !json->get_string (root, "address", &address, error))
		return FALSE;
	if (version != RECORD_VERSION || pid == 0 || program[0] == '\0') {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT,
			     "version %" G_GINT64_FORMAT " with pid %" G_GINT64_FORMAT
			     " is not understood",
			     version, pid);
		return FALSE;
	}
	record->pid = (pid_t) pid;
	record->start_time = (guint64) start_time;
	record->same_boot = own_boot != NULL && g_str_equal (boot, own_boot);
	record->program = g_strdup (program);
	record->interface = g_strdup (interface);
	record->address = g_strdup (address);
	return TRUE;
}

gboolean
slirp4netns_record_read (const DavitHost *host, int dirfd, SlirpRecord *ret, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr (GError) local = NULL;
	DavitJson *root;
	gsize length = 0;
	gboolean parsed;

	if (!host->files->read_file (dirfd, SLIRP_RECORD_FILE, RECORD_LIMIT, &text, &length, error))
		return FALSE;
	root = host->json->parse (text, (gssize) length, &local);
	parsed = root != NULL && record_parse (host, root, ret, &local);
	host->json->document_free (root);
	if (!parsed)
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT,
			     "the record of the helper is damaged: %s", local->message);
	return parsed;
}

void
slirp4netns_record_clear (SlirpRecord *record)
{
	g_clear_pointer (&record->program, g_free);
	g_clear_pointer (&record->interface, g_free);
	g_clear_pointer (&record->address, g_free);
}

char *
slirp4netns_record_last_words (int dirfd)
{
	slirp_autofd fd =
		openat (dirfd, SLIRP_LOG_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	off_t end = fd >= 0 ? lseek (fd, 0, SEEK_END) : -1;
	char text[LOG_TAIL];
	ssize_t length;

	if (end <= 0)
		return NULL;
	length = pread (fd, text, sizeof text, MAX (0, end - LOG_TAIL));
	return length > 0 ? slirp4netns_text_last_lines (text, (gsize) length) : NULL;
}

gboolean
slirp4netns_record_start_time (pid_t pid, guint64 *ret_start_time)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) pid);
	g_autofree char *text = read_proc_file (path, NULL);
	const char *field = text != NULL ? strrchr (text, ')') : NULL;

	/* The name in field 2 may hold anything: fields count from its end. */
	for (guint number = 2; field != NULL && number < 22; number++) {
		field = strchr (field, ' ');
		field = field != NULL ? field + 1 : NULL;
	}
	if (field == NULL || !g_ascii_isdigit (*field))
		return FALSE;
	*ret_start_time = g_ascii_strtoull (field, NULL, 10);
	return TRUE;
}

/* One that waits at its gate is still called as the engine is; it ends by itself. */
static gboolean
process_is_helper (const SlirpRecord *record)
{
	g_autofree char *path = g_strdup_printf ("/proc/%d/cmdline", (int) record->pid);
	gsize length = 0;
	g_autofree char *text = read_proc_file (path, &length);
	const char *word = text;

	/* A script has its interpreter in front. */
	for (guint i = 0; text != NULL && i < 3 && word < text + length; i++) {
		if (g_str_equal (word, record->program))
			return TRUE;
		word += strlen (word) + 1;
	}
	return FALSE;
}

gboolean
slirp4netns_record_open_helper (const SlirpRecord *record, int *ret_pidfd, GError **error)
{
	slirp_autofd pidfd = -1;
	guint64 start_time = 0;

	*ret_pidfd = -1;
	if (!record->same_boot)
		return TRUE;
	pidfd = pidfd_open (record->pid, 0);
	if (pidfd < 0 && errno == ESRCH)
		return TRUE;
	if (pidfd < 0) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED, "process %d: %s",
			     (int) record->pid, g_strerror (errno));
		return FALSE;
	}
	if (slirp4netns_record_start_time (record->pid, &start_time) &&
	    start_time == record->start_time && process_is_helper (record) &&
	    pidfd_send_signal (pidfd, 0, NULL, 0) == 0)
		*ret_pidfd = slirp4netns_fd_steal (&pidfd);
	return TRUE;
}

/* If it is a child of this process, nobody else reaps it; another's status must not be taken. */
static void
reap (const SlirpRecord *record)
{
	slirp_autofd pidfd = record->same_boot ? pidfd_open (record->pid, 0) : -1;
	guint64 start_time = 0;
	siginfo_t information;

	if (pidfd >= 0 && slirp4netns_record_start_time (record->pid, &start_time) &&
	    start_time == record->start_time)
		waitid (P_PIDFD, (id_t) pidfd, &information, WEXITED | WNOHANG | __WALL);
}

static gboolean
wait_end (int pidfd, pid_t pid, GError **error)
{
	gint64 deadline = g_get_monotonic_time () + (gint64) END_TIMEOUT_MSEC * 1000;
	struct pollfd wanted = {.fd = pidfd, .events = POLLIN};
	int result;

	do {
		gint64 left = (deadline - g_get_monotonic_time ()) / 1000;

		result = poll (&wanted, 1, (int) MAX (left, 0));
	} while (result < 0 && errno == EINTR);
	if (result > 0)
		return TRUE;
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_TIMEOUT,
		     "process %d of slirp4netns does not end, although it was killed; try again",
		     (int) pid);
	return FALSE;
}

gboolean
slirp4netns_record_end_helper (const SlirpRecord *record, GError **error)
{
	slirp_autofd pidfd = -1;

	if (!slirp4netns_record_open_helper (record, &pidfd, error))
		return FALSE;
	if (pidfd < 0) {
		reap (record);
		return TRUE;
	}
	/* It has nothing to put in order: what it leaves is in our directory. */
	if (pidfd_send_signal (pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH) {
		g_set_error (error, DAVIT_ERROR,
			     errno == EPERM ? DAVIT_ERROR_PERMISSION : DAVIT_ERROR_FAILED,
			     "end process %d of slirp4netns: %s", (int) record->pid,
			     g_strerror (errno));
		return FALSE;
	}
	if (!wait_end (pidfd, record->pid, error))
		return FALSE;
	reap (record);
	return TRUE;
}
