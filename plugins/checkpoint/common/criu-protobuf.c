/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A library for this would be a dependency of the whole plugin for two dozens of lines: what CRIU
 * is asked and answers uses two of the encoding's types. What is read is hostile: images may come
 * from elsewhere, and a program that answers may be another one.
 */

#include "criu-protobuf.h"

#include <string.h>

enum {
	TYPE_VARINT = 0,
	TYPE_64_BITS = 1,
	TYPE_BYTES = 2,
	TYPE_32_BITS = 5,
};

static void
put_varint (GByteArray *message, guint64 value)
{
	guint8 bytes[10];
	guint count = 0;

	do {
		bytes[count] = (guint8) (value & 0x7f);
		value >>= 7;
		if (value != 0)
			bytes[count] |= 0x80;
		count++;
	} while (value != 0);
	g_byte_array_append (message, bytes, count);
}

void
criu_protobuf_put_number (GByteArray *message, guint field, guint64 value)
{
	put_varint (message, (guint64) field << 3 | TYPE_VARINT);
	put_varint (message, value);
}

void
criu_protobuf_put_bytes (GByteArray *message, guint field, const void *data, gsize length)
{
	put_varint (message, (guint64) field << 3 | TYPE_BYTES);
	put_varint (message, length);
	g_byte_array_append (message, (const guint8 *) data, (guint) length);
}

void
criu_protobuf_put_string (GByteArray *message, guint field, const char *text)
{
	criu_protobuf_put_bytes (message, field, text, strlen (text));
}

void
criu_protobuf_put_message (GByteArray *message, guint field, const GByteArray *inner)
{
	criu_protobuf_put_bytes (message, field, inner->data, inner->len);
}

guint32
criu_protobuf_word (const guint8 *bytes)
{
	return (guint32) bytes[0] | (guint32) bytes[1] << 8 | (guint32) bytes[2] << 16 |
	       (guint32) bytes[3] << 24;
}

static gboolean
reader_break (CriuProtobufReader *reader)
{
	reader->broken = TRUE;
	return FALSE;
}

static gboolean
read_varint (CriuProtobufReader *reader, guint64 *ret)
{
	guint64 value = 0;

	for (guint shift = 0; shift < 64; shift += 7) {
		guint8 byte;

		if (reader->position >= reader->length)
			return reader_break (reader);
		byte = reader->data[reader->position++];
		/* The tenth byte has room for one bit. */
		if (shift == 63 && byte > 1)
			return reader_break (reader);
		value |= (guint64) (byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return TRUE;
		}
	}
	return reader_break (reader);
}

static gboolean
read_fixed (CriuProtobufReader *reader, gsize length)
{
	reader->number = 0;
	if (reader->length - reader->position < length)
		return reader_break (reader);
	for (gsize i = 0; i < length; i++)
		reader->number |= (guint64) reader->data[reader->position + i] << (8 * i);
	reader->position += length;
	return TRUE;
}

static gboolean
read_bytes (CriuProtobufReader *reader)
{
	guint64 length;

	if (!read_varint (reader, &length))
		return FALSE;
	if (length > reader->length - reader->position)
		return reader_break (reader);
	reader->is_bytes = TRUE;
	reader->bytes = reader->data + reader->position;
	reader->n_bytes = (gsize) length;
	reader->position += (gsize) length;
	return TRUE;
}

gboolean
criu_protobuf_next (CriuProtobufReader *reader)
{
	guint64 key;

	reader->is_bytes = FALSE;
	reader->number = 0;
	reader->bytes = NULL;
	reader->n_bytes = 0;
	if (reader->broken || reader->position >= reader->length || !read_varint (reader, &key))
		return FALSE;
	if (key >> 3 == 0 || key >> 3 > G_MAXINT32)
		return reader_break (reader);
	reader->field = (guint) (key >> 3);
	switch (key & 7) {
	case TYPE_VARINT:
		return read_varint (reader, &reader->number);
	case TYPE_64_BITS:
		return read_fixed (reader, 8);
	case TYPE_32_BITS:
		return read_fixed (reader, 4);
	case TYPE_BYTES:
		return read_bytes (reader);
	default:
		return reader_break (reader);
	}
}

CriuProtobufReader
criu_protobuf_inner (const CriuProtobufReader *reader)
{
	return (CriuProtobufReader){.data = reader->bytes, .length = reader->n_bytes};
}

char *
criu_protobuf_text (const CriuProtobufReader *reader)
{
	return g_strndup ((const char *) reader->bytes, reader->n_bytes);
}

gint32
criu_protobuf_int32 (const CriuProtobufReader *reader)
{
	return (gint32) (guint32) reader->number;
}
