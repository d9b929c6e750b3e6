/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What clients say. A client is another process of the same user: mistrusted, but not hostile. */

#include "monitor.h"

#include <string.h>
#include <sys/ioctl.h>

static void
client_refuse (struct monitor_client *client, const char *reason)
{
	monitor_client_tell (client, DAVIT_MESSAGE_REFUSED, reason, strlen (reason));
	client->dead = true;
}

static void
unsupported_answer (struct monitor_client *client, uint16_t type)
{
	DavitMessageUnsupported answer = {type, 0};

	monitor_client_tell (client, DAVIT_MESSAGE_UNSUPPORTED, &answer, sizeof answer);
}

static bool
input_has_client (const struct monitor *monitor)
{
	for (unsigned i = 0; i < MONITOR_CLIENT_LIMIT; i++) {
		if (monitor->clients[i] != NULL && monitor->clients[i]->flags & DAVIT_ATTACH_INPUT)
			return true;
	}
	return false;
}

void
monitor_message_release_input (struct monitor *monitor, struct monitor_client *client, bool ended)
{
	if (!(client->flags & DAVIT_ATTACH_INPUT))
		return;
	client->flags &= ~DAVIT_ATTACH_INPUT;
	/* A terminal has no end that could be closed without ending its output too. */
	if (monitor->arguments.terminal_fd < 0 && !input_has_client (monitor) &&
	    (ended || !monitor->arguments.stdin_open))
		monitor_stream_close_input (monitor);
}

static void
attach_handle (struct monitor *monitor, struct monitor_client *client, const char *payload)
{
	struct monitor_log_position start = {0, monitor->log.start};
	bool was_attached = client->flags & (DAVIT_ATTACH_OUTPUT | DAVIT_ATTACH_ERROR_OUTPUT);
	DavitMessageAttach attach;

	memcpy (&attach, payload, sizeof attach);
	if (!(attach.flags & DAVIT_ATTACH_INPUT))
		monitor_message_release_input (monitor, client, false);
	client->flags = attach.flags;
	/* The first client has everything already. */
	if (attach.flags & DAVIT_ATTACH_REPLAY && !client->first && !was_attached &&
	    monitor->log.enabled)
		monitor_client_fall_behind (client, &monitor->log, &start);
}

static void
resize_handle (struct monitor *monitor, struct monitor_client *client, const char *payload)
{
	struct winsize size = {0};
	DavitMessageResize resize;

	memcpy (&resize, payload, sizeof resize);
	size.ws_row = resize.rows;
	size.ws_col = resize.columns;
	if (monitor->output_fds[0] < 0 || monitor->arguments.terminal_fd < 0 ||
	    ioctl (monitor->output_fds[0], TIOCSWINSZ, &size) < 0)
		unsupported_answer (client, DAVIT_MESSAGE_RESIZE);
}

/* Returns how much of the payload is done with; less than length: it waits for the container. */
static size_t
input_handle (struct monitor *monitor, struct monitor_client *client, const char *payload,
	      size_t length)
{
	size_t done;

	if (!(client->flags & DAVIT_ATTACH_INPUT))
		return length;
	if (length == 0) {
		monitor_message_release_input (monitor, client, true);
		return 0;
	}
	done = monitor_stream_write (monitor, payload, length);
	client->input_blocked = done < length;
	return done;
}

static void
message_handle (struct monitor *monitor, struct monitor_client *client,
		const DavitMessageHeader *header, const char *payload)
{
	static const struct {
		uint16_t type;
		uint16_t length;
	} sizes[] = {
		{DAVIT_MESSAGE_ATTACH, sizeof (DavitMessageAttach)},
		{DAVIT_MESSAGE_RESIZE, sizeof (DavitMessageResize)},
		{DAVIT_MESSAGE_CLEANED, 0},
		{DAVIT_MESSAGE_STOPPING, 0},
	};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		if (header->type == sizes[i].type && header->length != sizes[i].length) {
			client_refuse (client, "a message has a wrong length");
			return;
		}
	}
	switch (header->type) {
	case DAVIT_MESSAGE_ATTACH:
		attach_handle (monitor, client, payload);
		break;
	case DAVIT_MESSAGE_RESIZE:
		resize_handle (monitor, client, payload);
		break;
	case DAVIT_MESSAGE_CLEANED:
		monitor->cleaned = true;
		break;
	case DAVIT_MESSAGE_STOPPING:
		monitor->stopping = true;
		break;
	default:
		unsupported_answer (client, header->type);
		break;
	}
}

/* Takes length bytes of the message at the start of the buffer away; 0 left: the header too. */
static void
payload_take (struct monitor_client *client, DavitMessageHeader *header, size_t length)
{
	size_t start = sizeof *header + length;

	header->length -= (uint32_t) length;
	if (header->length == 0) {
		memmove (client->in, client->in + start, client->in_used - start);
		client->in_used -= start;
		return;
	}
	memmove (client->in + sizeof *header, client->in + start, client->in_used - start);
	memcpy (client->in, header, sizeof *header);
	client->in_used -= length;
}

void
monitor_message_handle (struct monitor *monitor, struct monitor_client *client)
{
	DavitMessageHeader header;

	while (!client->dead && !client->input_blocked && client->in_used >= sizeof header) {
		const char *payload = client->in + sizeof header;
		size_t done;

		memcpy (&header, client->in, sizeof header);
		if (header.length > DAVIT_PROTOCOL_PAYLOAD_LIMIT) {
			client_refuse (client, "a message is too long");
			return;
		}
		if (client->in_used < sizeof header + header.length)
			return;
		done = header.length;
		if (header.type == DAVIT_MESSAGE_INPUT)
			done = input_handle (monitor, client, payload, header.length);
		else
			message_handle (monitor, client, &header, payload);
		payload_take (client, &header, done);
	}
}
