/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A field that is not known is skipped: newer versions add some. */

#include "criu-message.h"

void
criu_message_put_inherit (GByteArray *options, const char *key, int fd)
{
	g_autoptr (GByteArray) inherit = g_byte_array_new ();

	criu_protobuf_put_string (inherit, 1, key);
	criu_protobuf_put_number (inherit, 2, (guint64) fd);
	criu_protobuf_put_message (options, CRIU_OPT_INHERIT_FD, inherit);
}

GByteArray *
criu_message_request (CriuRequestType type, const GByteArray *options)
{
	GByteArray *request = g_byte_array_new ();

	criu_protobuf_put_number (request, 1, type);
	if (options != NULL)
		criu_protobuf_put_message (request, 2, options);
	return request;
}

GByteArray *
criu_message_version_request (void)
{
	GByteArray *request = criu_message_request (CRIU_REQUEST_VERSION, NULL);

	criu_protobuf_put_number (request, 4, TRUE);
	return request;
}

GByteArray *
criu_message_features_request (void)
{
	g_autoptr (GByteArray) features = g_byte_array_new ();
	GByteArray *request = criu_message_request (CRIU_REQUEST_FEATURES, NULL);

	criu_protobuf_put_number (features, 1, TRUE);
	criu_protobuf_put_number (request, 4, TRUE);
	criu_protobuf_put_message (request, 5, features);
	return request;
}

GByteArray *
criu_message_notify_answer (gboolean success)
{
	GByteArray *request = criu_message_request (CRIU_REQUEST_NOTIFY, NULL);

	criu_protobuf_put_number (request, 3, success != FALSE);
	return request;
}

static gboolean
restore_parse (CriuProtobufReader reader, CriuResponse *ret)
{
	while (criu_protobuf_next (&reader)) {
		if (reader.field == 1)
			ret->restored_pid = criu_protobuf_int32 (&reader);
	}
	return !reader.broken;
}

static gboolean
notify_parse (CriuProtobufReader reader, CriuResponse *ret)
{
	while (criu_protobuf_next (&reader)) {
		if (reader.field == 1 && reader.is_bytes) {
			g_free (ret->script);
			ret->script = criu_protobuf_text (&reader);
		} else if (reader.field == 2) {
			ret->script_pid = criu_protobuf_int32 (&reader);
		}
	}
	return !reader.broken;
}

static gboolean
features_parse (CriuProtobufReader reader, CriuResponse *ret)
{
	ret->has_features = TRUE;
	while (criu_protobuf_next (&reader)) {
		if (reader.field == 1)
			ret->memory_tracking = reader.number != 0;
	}
	return !reader.broken;
}

static gboolean
version_parse (CriuProtobufReader reader, CriuResponse *ret)
{
	ret->has_version = TRUE;
	while (criu_protobuf_next (&reader)) {
		if (reader.field == 1)
			ret->major = criu_protobuf_int32 (&reader);
		else if (reader.field == 2)
			ret->minor = criu_protobuf_int32 (&reader);
		else if (reader.field == 4)
			ret->sublevel = criu_protobuf_int32 (&reader);
	}
	return !reader.broken;
}

static gboolean
bytes_parse (const CriuProtobufReader *reader, CriuResponse *ret)
{
	switch (reader->field) {
	case 4:
		return restore_parse (criu_protobuf_inner (reader), ret);
	case 5:
		return notify_parse (criu_protobuf_inner (reader), ret);
	case 8:
		return features_parse (criu_protobuf_inner (reader), ret);
	case 9:
		g_free (ret->message);
		ret->message = criu_protobuf_text (reader);
		return TRUE;
	case 10:
		return version_parse (criu_protobuf_inner (reader), ret);
	default:
		return TRUE;
	}
}

gboolean
criu_message_parse (const guint8 *data, gsize length, CriuResponse *ret)
{
	CriuProtobufReader reader = {.data = data, .length = length};
	gboolean has_type = FALSE;
	gboolean has_success = FALSE;

	while (criu_protobuf_next (&reader)) {
		if (reader.is_bytes) {
			if (!bytes_parse (&reader, ret))
				return FALSE;
			continue;
		}
		switch (reader.field) {
		case 1:
			ret->type = criu_protobuf_int32 (&reader);
			has_type = TRUE;
			break;
		case 2:
			ret->success = reader.number != 0;
			has_success = TRUE;
			break;
		case 7:
			ret->number = criu_protobuf_int32 (&reader);
			break;
		default:
			break;
		}
	}
	return !reader.broken && has_type && has_success;
}

void
criu_response_clear (CriuResponse *response)
{
	g_clear_pointer (&response->script, g_free);
	g_clear_pointer (&response->message, g_free);
}
