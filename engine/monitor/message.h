/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages of monitor/protocol.h, as a client sends and receives them. */

#pragma once

#include "monitor/client.h"
#include "monitor/protocol.h"

G_BEGIN_DECLS

/**
 * DavitMessageReader: one message while it arrives. Never holds a byte of the next one, so that the
 * connection can be used by something else in between.
 */
typedef struct {
	gsize got;
	union {
		DavitMessageHeader header;
		guint8 data[sizeof (DavitMessageHeader) + DAVIT_PROTOCOL_PAYLOAD_LIMIT];
	};
} DavitMessageReader;

static inline guint8 *
davit_message_payload (DavitMessageReader *reader)
{
	return reader->data + sizeof (DavitMessageHeader);
}

/*
 * Reads what there is, without waiting. ret_complete: a whole message is there; the next call
 * begins the next one. NOT_FOUND: the monitor is gone. REFUSED is turned into an error.
 */
gboolean davit_message_read (DavitMessageReader *reader, int fd, gboolean *ret_complete,
			     GError **error);

/* Waits for a whole message; deadline by g_get_monotonic_time, -1: for ever. TIMEOUT. */
gboolean davit_message_wait (DavitMessageReader *reader, int fd, gint64 deadline, GError **error);

/* Sends one, waiting for room. NOT_FOUND: the monitor is gone. */
gboolean davit_message_send (int fd, guint16 type, const void *data, gsize length, GError **error);

/* The contents of messages whose length is known. CORRUPT. */
gboolean davit_message_get_exit (const DavitMessageReader *reader, DavitExit *ret_exit,
				 GError **error);
/* Whether we understand each other. UNSUPPORTED. */
gboolean davit_message_check_hello (const DavitMessageReader *reader, GError **error);

G_END_DECLS
