/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A connection's buffers. Nothing here ever waits. */

#include "monitor-client.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* More than what two pipes hold: the most that can come after the end of a container. */
#define GROW_LIMIT (4u << 20)

static void *
memory_map (size_t size)
{
	void *memory =
		mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

struct monitor_client *
monitor_client_new (int fd)
{
	struct monitor_client *client = memory_map (sizeof *client);

	if (client == NULL)
		return NULL;
	client->out = memory_map (MONITOR_CLIENT_OUT_SIZE);
	if (client->out == NULL) {
		munmap (client, sizeof *client);
		return NULL;
	}
	client->out_size = MONITOR_CLIENT_OUT_SIZE;
	client->fd = fd;
	client->behind_fd = -1;
	return client;
}

void
monitor_client_free (struct monitor_client *client)
{
	if (client->behind_fd >= 0)
		close (client->behind_fd);
	close (client->fd);
	munmap (client->out, client->out_size);
	munmap (client, sizeof *client);
}

/* Room for length more bytes behind those that are kept. */
static bool
room_make (struct monitor_client *client, size_t length)
{
	size_t kept = client->out_end - client->out_start;
	size_t size = client->out_size;
	void *memory;

	if (length > size - client->out_end && client->out_start > 0) {
		memmove (client->out, client->out + client->out_start, kept);
		client->out_start = 0;
		client->out_end = kept;
	}
	if (length <= size - client->out_end)
		return true;
	if (!client->grow || size >= GROW_LIMIT)
		return false;
	memory = mremap (client->out, size, size * 2, MREMAP_MAYMOVE);
	if (memory == MAP_FAILED)
		return false;
	client->out = memory;
	client->out_size = size * 2;
	return room_make (client, length);
}

static void
bytes_keep (struct monitor_client *client, const struct iovec *vectors, size_t sent)
{
	for (size_t i = 0; i < 2; i++) {
		size_t skip = sent < vectors[i].iov_len ? sent : vectors[i].iov_len;

		/* An empty message has no second part: memcpy must not see NULL. */
		if (vectors[i].iov_len > skip)
			memcpy (client->out + client->out_end,
				(const char *) vectors[i].iov_base + skip,
				vectors[i].iov_len - skip);
		client->out_end += vectors[i].iov_len - skip;
		sent -= skip;
	}
}

/* A dead client takes everything. */
static ssize_t
bytes_send (struct monitor_client *client, struct iovec *vectors, size_t n_vectors)
{
	struct msghdr message = {.msg_iov = vectors, .msg_iovlen = n_vectors};
	ssize_t sent;

	do
		sent = sendmsg (client->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return sent;
	if (errno != EAGAIN)
		client->hung = true;
	return 0;
}

bool
monitor_client_send (struct monitor_client *client, uint16_t type, const void *data, size_t length)
{
	DavitMessageHeader header = {(uint32_t) length, type, 0};
	struct iovec vectors[2] = {{&header, sizeof header}, {(void *) data, length}};
	size_t total = sizeof header + length;
	size_t sent = 0;

	if (client->hung || client->dead)
		return true;
	/* Before anything is sent: half a message that can't be kept would end the connection. */
	if (!room_make (client, total))
		return false;
	if (monitor_client_is_idle (client))
		sent = (size_t) bytes_send (client, vectors, 2);
	bytes_keep (client, vectors, sent);
	return true;
}

void
monitor_client_tell (struct monitor_client *client, uint16_t type, const void *data, size_t length)
{
	if (!monitor_client_send (client, type, data, length))
		client->dead = true;
}

void
monitor_client_flush (struct monitor_client *client)
{
	while (!client->hung && !monitor_client_is_idle (client)) {
		struct iovec vector = {client->out + client->out_start,
				       client->out_end - client->out_start};
		ssize_t sent = bytes_send (client, &vector, 1);

		if (sent == 0)
			break;
		client->out_start += (size_t) sent;
	}
	if (client->hung || monitor_client_is_idle (client))
		client->out_start = client->out_end = 0;
}

void
monitor_client_tell_lost (struct monitor_client *client)
{
	DavitMessageLost lost = {client->lost};

	if (client->lost == 0 && !client->lost_unknown)
		return;
	monitor_client_tell (client, DAVIT_MESSAGE_LOST, &lost, sizeof lost);
	client->lost = 0;
	client->lost_unknown = false;
}

void
monitor_client_fall_behind (struct monitor_client *client, const struct monitor_log *log,
			    const struct monitor_log_position *position)
{
	client->behind = *position;
	while (client->behind.generation <= log->generation) {
		client->behind_fd = monitor_log_open_generation (log, client->behind.generation);
		if (client->behind_fd >= 0)
			return;
		client->behind.generation++;
		client->behind.offset = 0;
		client->lost_unknown = true;
	}
}

static bool
room_for_output (struct monitor_client *client, size_t length)
{
	return room_make (client, sizeof (DavitMessageHeader) + length + MONITOR_CLIENT_RESERVE);
}

void
monitor_client_output (struct monitor_client *client, const struct monitor_log *log,
		       const struct monitor_log_position *position, uint64_t lost, bool is_stderr,
		       const char *data, size_t length)
{
	if (client->behind_fd >= 0) {
		client->lost += lost;
		return;
	}
	if (room_for_output (client, length)) {
		monitor_client_tell_lost (client);
		monitor_client_tell (client,
				     is_stderr ? DAVIT_MESSAGE_ERROR_OUTPUT : DAVIT_MESSAGE_OUTPUT,
				     data, length);
		return;
	}
	/* The log has a part of it at most when it failed: then all of it counts as lost. */
	client->lost += log->enabled ? lost : length;
	if (log->enabled)
		monitor_client_fall_behind (client, log, position);
}

/* Output of one stream, collected from records until it fills a message. */
struct collected {
	char *data;
	size_t length;
	bool is_stderr;
};

static void
collected_send (struct monitor_client *client, struct collected *collected)
{
	if (collected->length > 0)
		monitor_client_tell (client,
				     collected->is_stderr ? DAVIT_MESSAGE_ERROR_OUTPUT
							  : DAVIT_MESSAGE_OUTPUT,
				     collected->data, collected->length);
	collected->length = 0;
}

static void
record_give (struct monitor_client *client, struct collected *collected, const char *line,
	     size_t length)
{
	struct monitor_log_record record;

	if (!monitor_log_parse (line, length, &record) ||
	    record.length >= DAVIT_PROTOCOL_PAYLOAD_LIMIT + (size_t) record.partial) {
		client->lost_unknown = true;
		return;
	}
	if (!(client->flags & (record.is_stderr ? DAVIT_ATTACH_ERROR_OUTPUT : DAVIT_ATTACH_OUTPUT)))
		return;
	if (collected->is_stderr != record.is_stderr ||
	    collected->length + record.length + 1 > DAVIT_PROTOCOL_PAYLOAD_LIMIT)
		collected_send (client, collected);
	collected->is_stderr = record.is_stderr;
	memcpy (collected->data + collected->length, record.text, record.length);
	collected->length += record.length;
	if (!record.partial)
		collected->data[collected->length++] = '\n';
}

/* The bytes up to the last line break among them; 0 if there is no whole record. */
static size_t
records_give (struct monitor_client *client, const char *data, size_t length, char *chunk)
{
	struct collected collected = {.data = chunk};
	size_t done = 0;

	while (done < length) {
		const char *end = memchr (data + done, '\n', length - done);

		if (end == NULL)
			break;
		record_give (client, &collected, data + done, (size_t) (end - data) - done);
		done = (size_t) (end - data) + 1;
	}
	collected_send (client, &collected);
	return done;
}

/* The end of a generation: the next one, or the client has all. */
static void
generation_leave (struct monitor_client *client, const struct monitor_log *log)
{
	struct monitor_log_position next = {client->behind.generation + 1, 0};

	close (client->behind_fd);
	client->behind_fd = -1;
	if (next.generation <= log->generation)
		monitor_client_fall_behind (client, log, &next);
	if (client->behind_fd < 0)
		monitor_client_tell_lost (client);
}

void
monitor_client_catch_up (struct monitor_client *client, const struct monitor_log *log, char *chunk)
{
	/* A few rounds only: a client that reads fast must not keep the others waiting. */
	for (int round = 0; round < 16; round++) {
		ssize_t got;
		size_t done;

		if (client->behind_fd < 0 || client->hung || !monitor_client_is_idle (client))
			return;
		got = pread (client->behind_fd, log->buffer, MONITOR_LOG_RECORD_LIMIT,
			     (off_t) client->behind.offset);
		done = got > 0 ? records_give (client, log->buffer, (size_t) got, chunk) : 0;
		if (done == 0 && got == MONITOR_LOG_RECORD_LIMIT) {
			/* No record of ours is that long. */
			client->lost_unknown = true;
			done = MONITOR_LOG_RECORD_LIMIT;
		}
		client->behind.offset += done;
		if (done == 0)
			generation_leave (client, log);
	}
}
