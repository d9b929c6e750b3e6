/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of what comes from the program, its log and its images, and of our own record beside them
 * (libFuzzer). The first byte chooses. A record that is read is written and read again as the same;
 * what gets into an error has no control character.
 */

#include "criu-fd.h"
#include "criu-log.h"
#include "criu-message.h"
#include "criu-mountinfo.h"
#include "criu-pages.h"
#include "criu-record.h"
#include "criu-statistics.h"

#include "base/json.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

static void
message_try (const guint8 *bytes, gsize size)
{
	g_auto (CriuResponse) response = {0};

	criu_message_parse (bytes, size, &response);
}

static void
record_try (const char *text, gsize size)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (CriuRecord) record = criu_record_parse (&davit_json_ops, text, size, &error);
	g_autoptr (CriuRecord) again = NULL;
	g_autofree char *written = NULL;
	g_autofree char *second = NULL;

	if (record == NULL) {
		if (error == NULL)
			__builtin_trap ();
		return;
	}
	written = criu_record_text (record);
	again = criu_record_parse (&davit_json_ops, written, strlen (written), NULL);
	if (again == NULL)
		__builtin_trap ();
	second = criu_record_text (again);
	if (!g_str_equal (written, second))
		__builtin_trap ();
}

static void
log_try (char *text)
{
	g_autoptr (GError) error = NULL;

	if (criu_log_explain_text (text, "dump.log", "checkpoint", "Error (a.c:1): \033", 0,
				   &error) ||
	    error == NULL || strpbrk (error->message, "\r\n\t\033") != NULL)
		__builtin_trap ();
}

static void
number_found (gpointer data, const char *key, gint64 value)
{
	if (value < 0)
		__builtin_trap ();
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	g_autofree char *text = size > 0 ? g_strndup ((const char *) bytes + 1, size - 1) : NULL;
	GArray *mounts;
	guint64 pages;
	guint32 id;

	if (size == 0)
		return 0;
	switch (bytes[0]) {
	case 'm':
		message_try (bytes + 1, size - 1);
		break;
	case 'r':
		record_try (text, strlen (text));
		break;
	case 'l':
		log_try (text);
		break;
	case 's':
		criu_statistics_parse (bytes + 1, size - 1, number_found, NULL);
		break;
	case 'p':
		criu_pages_parse (bytes + 1, size - 1, &id, &pages);
		break;
	default:
		mounts = criu_mountinfo_parse (text);
		if (mounts != NULL)
			g_array_unref (mounts);
		break;
	}
	return 0;
}
