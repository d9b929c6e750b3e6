/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Writing the log. A disk that is full or broken never holds the container up: what can't be
 * written is counted, nothing torn is left behind, and the first record that fits again says what
 * is missing.
 */

#include "monitor-log.h"

#include "monitor-text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SIZE 300

static const char stream_names[2][7] = {"stdout", "stderr"};

/* "NAME", or "NAME.1" and so on. */
static void
name_make (const struct monitor_log *log, uint64_t index, char name[NAME_SIZE])
{
	struct monitor_text text = {name, NAME_SIZE - 1, 0};

	monitor_text_add (&text, log->name);
	if (index > 0) {
		monitor_text_add (&text, ".");
		monitor_text_add_number (&text, index);
	}
	name[text.length] = '\0';
}

/* A crash of the machine may have left half a record; the next one must not be glued to it. */
static void
torn_cut (struct monitor_log *log)
{
	uint64_t from =
		log->size > MONITOR_LOG_RECORD_LIMIT ? log->size - MONITOR_LOG_RECORD_LIMIT : 0;
	ssize_t got = pread (log->fd, log->buffer, MONITOR_LOG_RECORD_LIMIT, (off_t) from);
	const char *end;

	if (got <= 0 || log->buffer[got - 1] == '\n')
		return;
	end = memrchr (log->buffer, '\n', (size_t) got);
	if (end != NULL)
		from += (uint64_t) (end - log->buffer) + 1;
	if (ftruncate (log->fd, (off_t) from) == 0)
		log->size = from;
}

static bool
file_open (struct monitor_log *log)
{
	struct stat status;

	log->fd = openat (log->dir_fd, log->name,
			  O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (log->fd < 0)
		return false;
	if (fstat (log->fd, &status) < 0 || !S_ISREG (status.st_mode)) {
		close (log->fd);
		log->fd = -1;
		errno = EINVAL;
		return false;
	}
	log->size = (uint64_t) status.st_size;
	return true;
}

bool
monitor_log_open (struct monitor_log *log)
{
	char name[NAME_SIZE];

	log->enabled = true;
	if (strlen (log->name) > NAME_SIZE - 24 || strchr (log->name, '/') != NULL)
		return false;
	if (log->max_files == 0)
		log->max_files = 1;
	name_make (log, 0, name);
	if (!file_open (log))
		return false;
	torn_cut (log);
	log->start = log->size;
	return true;
}

/*
 * NAME.1 becomes NAME.2, NAME becomes NAME.1; with one file only, the old one goes. Readers find
 * their way by inode numbers. No fsync: it would hold the container up as long as the disk likes.
 */
static bool
log_rotate (struct monitor_log *log)
{
	char from[NAME_SIZE], to[NAME_SIZE];

	if (log->max_files == 1) {
		if (unlinkat (log->dir_fd, log->name, 0) < 0 && errno != ENOENT)
			return false;
	}
	for (uint64_t index = log->max_files - 1; index > 0; index--) {
		name_make (log, index - 1, from);
		name_make (log, index, to);
		if (renameat (log->dir_fd, from, log->dir_fd, to) < 0 && errno != ENOENT)
			return false;
	}
	close (log->fd);
	log->generation++;
	log->size = 0;
	return file_open (log);
}

/* All or nothing. */
static bool
bytes_write (struct monitor_log *log, const char *data, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t wrote = write (log->fd, data + done, length - done);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0) {
			log->gap_error = wrote < 0 ? errno : ENOSPC;
			if (done > 0 && ftruncate (log->fd, (off_t) log->size) < 0)
				log->size += done;
			return false;
		}
		done += (size_t) wrote;
	}
	log->size += length;
	return true;
}

/* Room for length more bytes in the current file, by the rules of rotation. */
static bool
room_make (struct monitor_log *log, size_t length)
{
	if (log->fd < 0 && !file_open (log)) {
		log->gap_error = errno;
		return false;
	}
	if (log->max_size == 0 || log->size == 0 || log->size + length <= log->max_size)
		return true;
	if (log_rotate (log))
		return true;
	log->gap_error = errno;
	/* Where renaming fails, a file that grows too long is the lesser evil. */
	return log->fd >= 0;
}

static void
record_begin (struct monitor_text *text, const char *time, bool is_stderr, bool partial)
{
	monitor_text_add_bytes (text, time, MONITOR_TIME_LENGTH);
	monitor_text_add (text, " ");
	monitor_text_add (text, stream_names[is_stderr]);
	monitor_text_add (text, partial ? " P " : " F ");
}

static bool
gap_write (struct monitor_log *log, const char *time)
{
	char line[256];
	struct monitor_text text = {line, sizeof line, 0};

	record_begin (&text, time, true, false);
	monitor_text_add (&text, "davit-monitor: ");
	monitor_text_add_number (&text, log->gap);
	monitor_text_add (&text, " bytes of output are missing here: ");
	monitor_text_add (&text, log->gap_error == ENOSPC ? "No space left on device" : "error ");
	if (log->gap_error != ENOSPC)
		monitor_text_add_number (&text, (uint64_t) log->gap_error);
	monitor_text_add (&text, "\n");
	if (!room_make (log, text.length) || !bytes_write (log, line, text.length))
		return false;
	log->gap = 0;
	return true;
}

struct batch {
	struct monitor_text text;
	uint64_t output; /* bytes of output in it */
};

/* Returns the bytes of output that were lost. */
static uint64_t
batch_flush (struct monitor_log *log, struct batch *batch)
{
	uint64_t lost = 0;

	if (batch->text.length > 0 && !bytes_write (log, batch->text.data, batch->text.length))
		lost = batch->output;
	batch->text.length = 0;
	batch->output = 0;
	return lost;
}

static uint64_t
records_write (struct monitor_log *log, const char *time, bool is_stderr, const char *data,
	       size_t length)
{
	struct batch batch = {{log->buffer, MONITOR_LOG_RECORD_LIMIT, 0}, 0};
	const size_t before = MONITOR_TIME_LENGTH + sizeof " stdout F ";
	uint64_t lost = 0;

	while (length > 0) {
		const char *end = memchr (data, '\n', length);
		size_t text = end != NULL ? (size_t) (end - data) : length;
		size_t used = end != NULL ? text + 1 : text;
		size_t pending = batch.text.length;

		if (pending + before + text > MONITOR_LOG_RECORD_LIMIT ||
		    (log->max_size > 0 && log->size + pending + before + text > log->max_size)) {
			lost += batch_flush (log, &batch);
			if (lost > 0 || !room_make (log, before + text))
				return lost + length;
		}
		record_begin (&batch.text, time, is_stderr, end == NULL);
		monitor_text_add_bytes (&batch.text, data, text);
		monitor_text_add (&batch.text, "\n");
		batch.output += used;
		data += used;
		length -= used;
	}
	return lost + batch_flush (log, &batch);
}

uint64_t
monitor_log_write (struct monitor_log *log, bool is_stderr, const char *data, size_t length)
{
	char time[MONITOR_TIME_LENGTH];
	struct monitor_text text = {time, sizeof time, 0};
	uint64_t lost = length;

	if (!log->enabled)
		return length;
	monitor_text_add_time (&text, monitor_text_now ());
	if (room_make (log, 1) && (log->gap == 0 || gap_write (log, time)))
		lost = records_write (log, time, is_stderr, data, length);
	log->lost += lost;
	log->gap += lost;
	return lost;
}

struct monitor_log_position
monitor_log_position (const struct monitor_log *log)
{
	struct monitor_log_position position = {log->generation, log->size};

	return position;
}

int
monitor_log_open_generation (const struct monitor_log *log, uint64_t generation)
{
	uint64_t index = log->generation - generation;
	char name[NAME_SIZE];

	if (index == 0)
		return log->fd < 0 ? -1 : fcntl (log->fd, F_DUPFD_CLOEXEC, 0);
	if (index >= log->max_files)
		return -1;
	name_make (log, index, name);
	return openat (log->dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

bool
monitor_log_parse (const char *line, size_t length, struct monitor_log_record *record)
{
	const size_t before = MONITOR_TIME_LENGTH + sizeof " stdout F " - 1;
	const char *stream = line + MONITOR_TIME_LENGTH + 1;

	if (length < before || line[MONITOR_TIME_LENGTH] != ' ' || stream[6] != ' ' ||
	    stream[8] != ' ' || (stream[7] != 'F' && stream[7] != 'P'))
		return false;
	record->is_stderr = memcmp (stream, stream_names[1], 6) == 0;
	if (!record->is_stderr && memcmp (stream, stream_names[0], 6) != 0)
		return false;
	record->partial = stream[7] == 'P';
	record->text = line + before;
	record->length = length - before;
	return true;
}
