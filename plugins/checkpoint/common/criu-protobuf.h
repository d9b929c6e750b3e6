/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The encoding of Protocol Buffers, as far as CRIU's messages use it: numbers (varints) and bytes.
 * A message is written field by field, and read field by field with a cursor that can't leave it.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

void criu_protobuf_put_number (GByteArray *message, guint field, guint64 value);
void criu_protobuf_put_bytes (GByteArray *message, guint field, const void *data, gsize length);
void criu_protobuf_put_string (GByteArray *message, guint field, const char *text);
void criu_protobuf_put_message (GByteArray *message, guint field, const GByteArray *inner);

/* The 32-bit number at bytes, as images have it between their messages. */
guint32 criu_protobuf_word (const guint8 *bytes);

/* What is being read. Zeroed at data and length before the first field. */
typedef struct {
	const guint8 *data;
	gsize length;
	gsize position;
	gboolean broken; /* it ended in the middle, or has what the encoding does not know */

	/* The field that was read last. */
	guint field;
	gboolean is_bytes;
	guint64 number;
	const guint8 *bytes; /* inside data */
	gsize n_bytes;
} CriuProtobufReader;

/* FALSE: there is none any more, or reader->broken. */
gboolean criu_protobuf_next (CriuProtobufReader *reader);

/* A reader of the bytes that were read last. */
CriuProtobufReader criu_protobuf_inner (const CriuProtobufReader *reader);

/* The bytes that were read last as text, up to a NUL: new, of any encoding. */
char *criu_protobuf_text (const CriuProtobufReader *reader);

/* The number that was read last as a 32-bit one with sign, as "int32" is written. */
gint32 criu_protobuf_int32 (const CriuProtobufReader *reader);

G_END_DECLS
