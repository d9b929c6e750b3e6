/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parts that need neither CRIU nor a container. */

#include "criu-fd.h"
#include "criu-log.h"
#include "criu-message.h"
#include "criu-mountinfo.h"
#include "criu-pages.h"
#include "criu-record.h"
#include "criu-statistics.h"

#include "base/json.h"

#include <string.h>

static void
test_protobuf (void)
{
	static const guint64 values[] = {0, 1, 127, 128, 300, G_MAXUINT32, G_MAXUINT64};
	g_autoptr (GByteArray) message = g_byte_array_new ();
	CriuProtobufReader reader;

	for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
		criu_protobuf_put_number (message, (guint) i * 20 + 1, values[i]);
	criu_protobuf_put_string (message, 5, "text");
	reader = (CriuProtobufReader){.data = message->data, .length = message->len};
	for (gsize i = 0; i < G_N_ELEMENTS (values); i++) {
		g_assert_true (criu_protobuf_next (&reader));
		g_assert_cmpuint (reader.field, ==, i * 20 + 1);
		g_assert_cmpuint (reader.number, ==, values[i]);
		g_assert_false (reader.is_bytes);
	}
	g_assert_true (criu_protobuf_next (&reader));
	g_assert_true (reader.is_bytes);
	{
		g_autofree char *text = criu_protobuf_text (&reader);

		g_assert_cmpstr (text, ==, "text");
	}
	g_assert_false (criu_protobuf_next (&reader));
	g_assert_false (reader.broken);
	/* Whatever is cut off is broken, or ends before. */
	for (gsize length = 0; length < message->len; length++) {
		reader = (CriuProtobufReader){.data = message->data, .length = length};
		while (criu_protobuf_next (&reader))
			g_assert_cmpuint (reader.position, <=, length);
	}
}

/* Bytes that no message may have. */
static void
test_protobuf_hostile (void)
{
	static const struct {
		const char *bytes;
		gsize length;
	} wrong[] = {
		{"\x08", 1},					      /* a number is missing */
		{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11}, /* above 64 bits */
		{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12},
		{"\x0a\x05\x61", 3},					  /* longer than it is */
		{"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x61", 12}, /* 2^64 - 1 bytes */
		{"\x09\x01\x02", 3},					  /* 64 bits are cut off */
		{"\x0b", 1},						  /* a group */
		{"\x00\x01", 2},					  /* field 0 */
	};

	for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
		CriuProtobufReader reader = {.data = (const guint8 *) wrong[i].bytes,
					     .length = wrong[i].length};

		while (criu_protobuf_next (&reader))
			continue;
		g_assert_true (reader.broken);
	}
}

static void
test_message (void)
{
	g_autoptr (GByteArray) options = g_byte_array_new ();
	g_autoptr (GByteArray) request = NULL;
	g_auto (CriuResponse) response = {0};
	static const guint8 restored[] = "\x08\x02\x10\x01\x22\x03\x08\xd2\x09";
	static const guint8 notified[] = "\x08\x06\x10\x01\x2a\x05\x0a\x01x\x10\x07";

	criu_protobuf_put_number (options, CRIU_OPT_PID, 7);
	criu_message_put_inherit (options, "pipe:[5]", 4);
	request = criu_message_request (CRIU_REQUEST_DUMP, options);
	g_assert_cmpmem (request->data, request->len,
			 "\x08\x01\x12\x11\x10\x07\xda\x01\x0c\x0a\x08pipe:[5]\x10\x04", 21);
	g_assert_true (criu_message_parse (restored, sizeof restored - 1, &response));
	g_assert_cmpint (response.restored_pid, ==, 1234);
	criu_response_clear (&response);
	g_assert_true (criu_message_parse (notified, sizeof notified - 1, &response));
	g_assert_cmpstr (response.script, ==, "x");
	g_assert_cmpint (response.script_pid, ==, 7);
	/* Without what it must have. */
	g_assert_false (criu_message_parse ((const guint8 *) "\x08\x02", 2, &response));
	g_assert_false (criu_message_parse ((const guint8 *) "", 0, &response));
}

static void
test_log (void)
{
	static const struct {
		const char *log;
		DavitErrorCode code;
		const char *text;
	} logs[] = {
		{"", DAVIT_ERROR_HELPER,
		 "checkpoint: CRIU fails with \"it does not say why\"; its log \"dump.log\" may "
		 "tell "
		 "more"},
		{"Error (criu/util.c:1): rlimit: Can't setup RLIMIT_NOFILE for self\n"
		 "(00.01) 1: Error (criu/x.c:2): something \033[31m odd\n",
		 DAVIT_ERROR_HELPER,
		 "checkpoint: CRIU fails with \"something ?[31m odd\"; its log \"dump.log\" may "
		 "tell "
		 "more"},
		{"(00.01) Error (criu/x.c:2): first\n"
		 "(00.02) Error (criu/files-ext.c:98): Can't dump file 3 of that type [600] (anon "
		 "anon_inode:[io_uring])\n",
		 DAVIT_ERROR_UNSUPPORTED,
		 "checkpoint: a process uses io_uring: \"Can't dump file 3 of that type [600] "
		 "(anon "
		 "anon_inode:[io_uring])\""},
		{"(00.02) Error (criu/files-reg.c:1031): Can't dump ghost file /x of 9 size, "
		 "increase "
		 "limit\n",
		 DAVIT_ERROR_UNSUPPORTED,
		 "checkpoint: an open file that has no name any more is too large: \"Can't dump "
		 "ghost "
		 "file /x of 9 size, increase limit\"; raise the option ghost-limit"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (logs); i++) {
		g_autofree char *log = g_strdup (logs[i].log);
		g_autoptr (GError) error = NULL;

		g_assert_false (
			criu_log_explain_text (log, "dump.log", "checkpoint", NULL, 0, &error));
		g_assert_cmpstr (error->message, ==, logs[i].text);
		g_assert_cmpint (error->code, ==, (int) logs[i].code);
	}
}

static void
test_record (void)
{
	g_autoptr (CriuRecord) record = criu_record_new ();
	g_autoptr (CriuRecord) again = NULL;
	g_autofree char *text = NULL;
	g_autofree char *second = NULL;
	g_autoptr (GError) error = NULL;
	static const char *const wrong[] = {
		"{\"version\":1,\"criu\":\"4\",\"kernel\":\"6\",\"machine\":\"m\",\"mounts\":[{}]}",
		"{\"version\":1,\"criu\":\"4\",\"kernel\":\"6\",\"machine\":\"m\",\"mounts\":[{"
		"\"kind\":\"bind\",\"path\":\"/a/../b\",\"name\":\"\",\"below\":\"\"}]}",
		"{\"version\":1,\"criu\":\"4\",\"kernel\":\"6\",\"machine\":\"m\",\"mounts\":[{"
		"\"kind\":\"bind\",\"path\":\"/a\",\"name\":\"\",\"below\":\"../x\"}]}",
		"{\"version\":1,\"criu\":\"4\",\"kernel\":\"6\",\"machine\":\"m\",\"mounts\":[{"
		"\"kind\":\"disk\",\"path\":\"/a\",\"name\":\"\",\"below\":\"\"}]}",
		"{\"version\":1,\"criu\":\"4\",\"kernel\":\"6\",\"machine\":\"m\",\"streams\":[{"
		"\"key\":\"3\",\"type\":\"pipe\",\"id\":\"\"}]}",
	};

	record->criu_version = g_strdup ("4.2");
	record->kernel = g_strdup ("6.1");
	record->machine = g_strdup ("m");
	criu_record_add_mount (record, CRIU_MOUNT_BIND, "/a \"b\"\n", "/c", "d/e");
	criu_record_add_stream (record, "1", "pipe", "pipe:[1]");
	text = criu_record_text (record);
	again = criu_record_parse (&davit_json_ops, text, strlen (text), &error);
	g_assert_no_error (error);
	second = criu_record_text (again);
	g_assert_cmpstr (text, ==, second);
	for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
		g_autoptr (GError) local = NULL;

		g_assert_null (
			criu_record_parse (&davit_json_ops, wrong[i], strlen (wrong[i]), &local));
		g_assert_cmpint (local->code, ==, DAVIT_ERROR_CORRUPT);
		g_assert_true (g_str_has_prefix (local->message, "file \"davit.json\": "));
	}
}

static void
test_mountinfo (void)
{
	g_autofree char *text =
		g_strdup ("90 101 0:51 / / rw - overlay o rw\n"
			  "91 90 254:0 /a\\040b /c\\134d rw shared:1 master:2 - ext4 /dev/x rw\n");
	g_autofree char *wrong = g_strdup ("90 101 0:51 / /\n");
	g_autoptr (GArray) mounts = criu_mountinfo_parse (text);
	const CriuMountinfo *second;

	g_assert_cmpuint (mounts->len, ==, 2);
	second = &g_array_index (mounts, CriuMountinfo, 1);
	g_assert_cmpint (second->id, ==, 91);
	g_assert_cmpint (second->parent, ==, 90);
	g_assert_cmpstr (second->root, ==, "/a b");
	g_assert_cmpstr (second->path, ==, "/c\\d");
	g_assert_cmpstr (second->file_system, ==, "ext4");
	g_assert_null (criu_mountinfo_parse (wrong));
}

static void
test_pages (void)
{
	/* Image 1: 1 page that is there, 3 of an earlier one. */
	static const guint8 map[] = "\x19\x43\x56\x54\x25\x40\x08\x56\x02\x00\x00\x00\x08\x01"
				    "\x08\x00\x00\x00\x08\x00\x10\x00\x20\x04\x28\x01"
				    "\x08\x00\x00\x00\x08\x00\x10\x00\x20\x01\x28\x03";
	guint64 pages = 0;
	guint32 id = 0;

	g_assert_true (criu_pages_parse (map, sizeof map - 1, &id, &pages));
	g_assert_cmpuint (id, ==, 1);
	g_assert_cmpuint (pages, ==, 1);
	for (gsize length = 0; length < sizeof map - 1; length++) {
		/* Cut between two entries it is a shorter map. */
		if (length != 14 && length != 26)
			g_assert_false (criu_pages_parse (map, length, &id, &pages));
	}
}

static void
number_found (gpointer data, const char *key, gint64 value)
{
	g_string_append_printf ((GString *) data, "%s=%d ", key, (int) value);
}

static void
test_statistics (void)
{
	static const guint8 file[] = "\x40\x59\x10\x55\x06\x33\x09\x57\x0a\x00\x00\x00"
				     "\x0a\x08\x08\x05\x10\x06\x18\x07\x38\x12";
	g_autoptr (GString) found = g_string_new (NULL);

	g_assert_true (criu_statistics_parse (file, sizeof file - 1, number_found, found));
	g_assert_cmpstr (found->str, ==,
			 "freeze-usec=5 frozen-usec=6 memory-dump-usec=7 pages-written=18 ");
	for (gsize length = 0; length < sizeof file - 1; length++)
		g_assert_false (criu_statistics_parse (file, length, number_found, found));
}

static void
test_escape (void)
{
	g_autofree char *text = criu_text_escape ("a\n\033[1m\xc2\x9b\xff", G_MAXSSIZE);

	g_assert_cmpstr (text, ==, "a ?[1m??\xef\xbf\xbd");
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/criu/protobuf", test_protobuf);
	g_test_add_func ("/criu/protobuf-hostile", test_protobuf_hostile);
	g_test_add_func ("/criu/message", test_message);
	g_test_add_func ("/criu/log", test_log);
	g_test_add_func ("/criu/record", test_record);
	g_test_add_func ("/criu/mountinfo", test_mountinfo);
	g_test_add_func ("/criu/pages", test_pages);
	g_test_add_func ("/criu/statistics", test_statistics);
	g_test_add_func ("/criu/escape", test_escape);
	return g_test_run ();
}
