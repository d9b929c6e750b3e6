/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Attaching to a container through its monitor: one loop, which reads the next message only when
 * the last one has been written, so that whoever reads our output slowly slows nothing but us.
 */

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "monitor/caller.h"
#include "monitor/message.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { POLL_MONITOR, POLL_STDIN, POLL_OUTPUT, POLL_SIGNALS, N_POLLS };

typedef struct {
	const DavitAttach *attach;
	DavitCaller caller;
	DavitMessageReader reader;
	/* What of the last message has to be written yet. */
	int output_fd;
	const guint8 *output;
	gsize n_output;
	/* What the monitor has not taken yet. */
	guint8 outgoing[2 * sizeof (DavitMessageHeader) + sizeof (DavitMessageResize) +
			DAVIT_CALLER_PIECE + DAVIT_DETACH_KEYS_LIMIT];
	gsize outgoing_start;
	gsize outgoing_end;
	gboolean detached;
	gboolean ended;
	DavitExit exit;
} Attachment;

void
davit_attach_init (DavitAttach *attach)
{
	*attach = (DavitAttach){
		.monitor_fd = -1,
		.stdin_fd = -1,
		.stdout_fd = -1,
		.stderr_fd = -1,
	};
}

static gboolean
attach_send (Attachment *attachment, guint32 flags, GError **error)
{
	const DavitAttach *attach = attachment->attach;
	DavitMessageAttach message = {flags};

	return davit_message_send (attach->monitor_fd, DAVIT_MESSAGE_ATTACH, &message,
				   sizeof message, error);
}

static gboolean
attach_begin (Attachment *attachment, GError **error)
{
	const DavitAttach *attach = attachment->attach;
	guint32 flags = 0;

	if (attach->stdin_fd >= 0)
		flags |= DAVIT_ATTACH_INPUT;
	if (attach->stdout_fd >= 0)
		flags |= DAVIT_ATTACH_OUTPUT;
	if (attach->stderr_fd >= 0)
		flags |= DAVIT_ATTACH_ERROR_OUTPUT;
	if (attach->replay)
		flags |= DAVIT_ATTACH_REPLAY;
	return attach_send (attachment, flags, error);
}

/* Puts a message into the buffer, which is large enough for the two that can be there at once. */
static void
outgoing_add (Attachment *attachment, guint16 type, const void *data, gsize length)
{
	DavitMessageHeader header = {(guint32) length, type, 0};

	memcpy (attachment->outgoing + attachment->outgoing_end, &header, sizeof header);
	attachment->outgoing_end += sizeof header;
	if (length > 0)
		memcpy (attachment->outgoing + attachment->outgoing_end, data, length);
	attachment->outgoing_end += length;
}

/* Says what happened on our side, once the monitor has taken what was said before. */
static void
outgoing_fill (Attachment *attachment)
{
	DavitCaller *caller = &attachment->caller;
	DavitMessageResize size;

	if (attachment->outgoing_start < attachment->outgoing_end)
		return;
	attachment->outgoing_start = attachment->outgoing_end = 0;
	if (caller->resized && davit_terminal_size (&caller->terminal, &size.rows, &size.columns))
		outgoing_add (attachment, DAVIT_MESSAGE_RESIZE, &size, sizeof size);
	caller->resized = FALSE;
	if (caller->n_input > 0) {
		outgoing_add (attachment, DAVIT_MESSAGE_INPUT, caller->input, caller->n_input);
		caller->n_input = 0;
	} else if (caller->input_ended) {
		outgoing_add (attachment, DAVIT_MESSAGE_INPUT, NULL, 0);
		caller->input_ended = FALSE;
	}
}

static gboolean
outgoing_send (Attachment *attachment, GError **error)
{
	gsize length = attachment->outgoing_end - attachment->outgoing_start;
	gssize sent;

	if (length == 0)
		return TRUE;
	sent = send (attachment->attach->monitor_fd,
		     attachment->outgoing + attachment->outgoing_start, length,
		     MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent >= 0)
		attachment->outgoing_start += (gsize) sent;
	/* One that is gone is noticed by reading, after all that it has said. */
	else if (errno == EPIPE || errno == ECONNRESET)
		attachment->outgoing_start = attachment->outgoing_end;
	else if (errno != EAGAIN && errno != EINTR)
		return davit_error_errno (error, errno, "write to the monitor");
	return TRUE;
}

/* A text of ours that stands in the reader: where errors are shown. */
static void
text_show (Attachment *attachment)
{
	const DavitAttach *attach = attachment->attach;
	guint8 *text = davit_message_payload (&attachment->reader);

	attachment->output_fd =
		attach->stderr_fd >= 0 || !attach->terminal ? attach->stderr_fd : attach->stdout_fd;
	attachment->output = text;
	attachment->n_output = attachment->output_fd >= 0 ? strlen ((const char *) text) : 0;
}

/* In the place where something is missing, so that nobody takes the rest for the whole. */
static void
lost_show (Attachment *attachment)
{
	const DavitAttach *attach = attachment->attach;
	DavitMessageReader *reader = &attachment->reader;
	guint8 *text = davit_message_payload (reader);
	DavitMessageLost lost = {0};

	memcpy (&lost, text, MIN (sizeof lost, reader->header.length));
	if (lost.bytes > 0)
		g_snprintf ((char *) text, DAVIT_PROTOCOL_PAYLOAD_LIMIT,
			    "davit: %" G_GUINT64_FORMAT " bytes of output are missing here%s\n",
			    lost.bytes, attach->terminal ? "\r" : "");
	else
		g_snprintf ((char *) text, DAVIT_PROTOCOL_PAYLOAD_LIMIT,
			    "davit: output is missing here%s\n", attach->terminal ? "\r" : "");
	text_show (attachment);
}

/* In the place where it was said. The text comes from another process: it is made harmless. */
static void
notice_show (Attachment *attachment)
{
	const DavitAttach *attach = attachment->attach;
	DavitMessageReader *reader = &attachment->reader;
	char *payload = (char *) davit_message_payload (reader);
	g_autofree char *text = g_strndup (payload, reader->header.length);
	g_autoptr (GString) safe = g_string_new ("davit: warning: ");

	davit_log_escape_append (safe, text);
	g_string_append (safe, attach->terminal ? "\r\n" : "\n");
	/* What is escaped may be longer, and then its end is cut off. */
	g_strlcpy (payload, safe->str, DAVIT_PROTOCOL_PAYLOAD_LIMIT);
	text_show (attachment);
}

static gboolean
message_handle (Attachment *attachment, GError **error)
{
	DavitMessageReader *reader = &attachment->reader;
	const DavitAttach *attach = attachment->attach;

	switch (reader->header.type) {
	case DAVIT_MESSAGE_HELLO:
		return davit_message_check_hello (reader, error);
	case DAVIT_MESSAGE_OUTPUT:
	case DAVIT_MESSAGE_ERROR_OUTPUT:
		attachment->output_fd = reader->header.type == DAVIT_MESSAGE_OUTPUT
						? attach->stdout_fd
						: attach->stderr_fd;
		attachment->output = davit_message_payload (reader);
		/* Not connected, but the monitor did not know yet. */
		attachment->n_output = attachment->output_fd >= 0 ? reader->header.length : 0;
		return TRUE;
	case DAVIT_MESSAGE_LOST:
		lost_show (attachment);
		return TRUE;
	case DAVIT_MESSAGE_NOTICE:
		notice_show (attachment);
		return TRUE;
	case DAVIT_MESSAGE_EXIT:
		attachment->ended = TRUE;
		return davit_message_get_exit (reader, &attachment->exit, error);
	default:
		/* UNSUPPORTED: a container without terminal was to be resized. */
		return TRUE;
	}
}

/* All that is there, up to a message whose contents must be written first. */
static gboolean
messages_read (Attachment *attachment, GError **error)
{
	while (attachment->n_output == 0 && !attachment->ended) {
		gboolean complete;

		if (!davit_message_read (&attachment->reader, attachment->attach->monitor_fd,
					 &complete, error))
			return FALSE;
		if (!complete)
			return TRUE;
		if (!message_handle (attachment, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
output_write (Attachment *attachment, GError **error)
{
	gsize done;

	if (!davit_caller_write (attachment->output_fd, attachment->output, attachment->n_output,
				 &done, error))
		return FALSE;
	attachment->output += done;
	attachment->n_output -= done;
	return TRUE;
}

static void
polls_fill (const Attachment *attachment, struct pollfd polls[N_POLLS])
{
	const DavitCaller *caller = &attachment->caller;
	gboolean sending = attachment->outgoing_start < attachment->outgoing_end;
	gboolean writing = attachment->n_output > 0;

	polls[POLL_MONITOR].fd = attachment->attach->monitor_fd;
	polls[POLL_MONITOR].events = (short) ((writing ? 0 : POLLIN) | (sending ? POLLOUT : 0));
	/* A hang-up is reported even if nothing is asked for, and would keep us busy. */
	if (polls[POLL_MONITOR].events == 0)
		polls[POLL_MONITOR].fd = -1;
	polls[POLL_STDIN].fd = sending || caller->n_input > 0 ? -1 : caller->stdin_fd;
	polls[POLL_STDIN].events = POLLIN;
	polls[POLL_OUTPUT].fd = writing ? attachment->output_fd : -1;
	polls[POLL_OUTPUT].events = POLLOUT;
	polls[POLL_SIGNALS].fd = caller->signals.fd;
	polls[POLL_SIGNALS].events = POLLIN;
}

static gboolean
attach_round (Attachment *attachment, GError **error)
{
	DavitCaller *caller = &attachment->caller;
	struct pollfd polls[N_POLLS];

	outgoing_fill (attachment);
	polls_fill (attachment, polls);
	if (poll (polls, N_POLLS, -1) < 0)
		return errno == EINTR || davit_error_errno (error, errno, "wait for the container");
	if (polls[POLL_SIGNALS].revents != 0 && !davit_caller_handle_signals (caller, error))
		return FALSE;
	if (polls[POLL_STDIN].revents != 0 &&
	    !davit_caller_read (caller, &attachment->detached, error))
		return FALSE;
	if (polls[POLL_OUTPUT].revents != 0 && !output_write (attachment, error))
		return FALSE;
	if (polls[POLL_MONITOR].revents & POLLOUT && !outgoing_send (attachment, error))
		return FALSE;
	return !(polls[POLL_MONITOR].revents & (POLLIN | POLLHUP | POLLERR)) ||
	       messages_read (attachment, error);
}

/* What was typed before the keys still belongs to the container. */
static gboolean
attach_leave (Attachment *attachment, GError **error)
{
	int fd = attachment->attach->monitor_fd;
	gsize pending = attachment->outgoing_end - attachment->outgoing_start;

	if (pending > 0 && !davit_fd_write (fd, attachment->outgoing + attachment->outgoing_start,
					    pending, "monitor", error))
		return FALSE;
	if (attachment->caller.n_input > 0 &&
	    !davit_message_send (fd, DAVIT_MESSAGE_INPUT, attachment->caller.input,
				 attachment->caller.n_input, error))
		return FALSE;
	return attach_send (attachment, 0, error);
}

static gboolean
attach_loop (Attachment *attachment, GError **error)
{
	if (!attach_begin (attachment, error))
		return FALSE;
	while (!attachment->detached && (!attachment->ended || attachment->n_output > 0)) {
		if (!attach_round (attachment, error))
			return FALSE;
	}
	return !attachment->detached || attach_leave (attachment, error);
}

gboolean
davit_attach_run (const DavitAttach *attach, gboolean *ret_detached, DavitExit *ret_exit,
		  GError **error)
{
	g_autofree Attachment *attachment = g_new0 (Attachment, 1);
	DavitCaller *caller = &attachment->caller;
	gboolean done;

	attachment->attach = attach;
	caller->stdin_fd = attach->stdin_fd;
	caller->stdout_fd = attach->stdout_fd;
	caller->stderr_fd = attach->stderr_fd;
	caller->forward = attach->signal_proxy ? attach->forward : NULL;
	caller->data = attach->data;
	done = davit_caller_open (caller, attach->terminal, attach->detach_keys, error) &&
	       attach_loop (attachment, error);
	davit_caller_close (caller);
	if (!done)
		return FALSE;
	*ret_detached = attachment->detached;
	if (attachment->ended && !attachment->detached)
		*ret_exit = attachment->exit;
	return TRUE;
}
