/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A list of typed values under keys. Results are short: looking through them beats an index. */

#include "driver/result.h"

#include "base/fd.h"

#include <string.h>

typedef enum {
	RESULT_STRING,
	RESULT_INTEGER,
	RESULT_FD,
} ResultType;

typedef struct {
	char *key;
	ResultType type;
	char *string;
	gint64 integer;
	int fd;
} ResultEntry;

struct _DavitResult {
	GArray *entries; /* ResultEntry */
};

static void
entry_clear (gpointer data)
{
	ResultEntry *entry = (ResultEntry *) data;

	davit_fd_close (&entry->fd);
	g_free (entry->key);
	g_free (entry->string);
}

DavitResult *
davit_result_new (void)
{
	DavitResult *result = g_new0 (DavitResult, 1);

	result->entries = g_array_new (FALSE, TRUE, sizeof (ResultEntry));
	g_array_set_clear_func (result->entries, entry_clear);
	return result;
}

void
davit_result_free (DavitResult *result)
{
	if (result == NULL)
		return;
	g_array_unref (result->entries);
	g_free (result);
}

guint
davit_result_length (const DavitResult *result)
{
	return result != NULL ? result->entries->len : 0;
}

void
davit_result_truncate (DavitResult *result, guint length)
{
	if (result != NULL && length < result->entries->len)
		g_array_set_size (result->entries, length);
}

static ResultEntry *
result_append (DavitResult *result, const char *key, ResultType type)
{
	ResultEntry *entry;

	g_array_set_size (result->entries, result->entries->len + 1);
	entry = &g_array_index (result->entries, ResultEntry, result->entries->len - 1);
	entry->key = g_strdup (key);
	entry->type = type;
	entry->fd = -1;
	return entry;
}

void
davit_result_add_string (DavitResult *result, const char *key, const char *value)
{
	if (result != NULL)
		result_append (result, key, RESULT_STRING)->string = g_strdup (value);
}

void
davit_result_add_integer (DavitResult *result, const char *key, gint64 value)
{
	if (result != NULL)
		result_append (result, key, RESULT_INTEGER)->integer = value;
}

void
davit_result_add_fd (DavitResult *result, const char *key, int fd)
{
	if (result == NULL) {
		davit_fd_close (&fd);
		return;
	}
	/* A plugin that forgot it must not leak its descriptor into what is executed next. */
	if (fd >= 0)
		davit_fd_set_cloexec (fd, TRUE, NULL);
	result_append (result, key, RESULT_FD)->fd = fd;
}

/* The next entry from index on that matches, or NULL; index moves behind it. */
static ResultEntry *
result_next (const DavitResult *result, const char *key, ResultType type, guint *index)
{
	while (*index < result->entries->len) {
		ResultEntry *entry = &g_array_index (result->entries, ResultEntry, (*index)++);

		if (entry->type == type && g_str_equal (entry->key, key))
			return entry;
	}
	return NULL;
}

const char *
davit_result_string (const DavitResult *result, const char *key)
{
	guint index = 0;
	const ResultEntry *entry = result_next (result, key, RESULT_STRING, &index);

	return entry != NULL ? entry->string : NULL;
}

const char **
davit_result_strings (const DavitResult *result, const char *key)
{
	GPtrArray *strings = g_ptr_array_new ();
	const ResultEntry *entry;
	guint index = 0;

	while ((entry = result_next (result, key, RESULT_STRING, &index)) != NULL)
		g_ptr_array_add (strings, entry->string);
	g_ptr_array_add (strings, NULL);
	return (const char **) g_ptr_array_free (strings, FALSE);
}

gboolean
davit_result_integer (const DavitResult *result, const char *key, gint64 *ret)
{
	guint index = 0;
	const ResultEntry *entry = result_next (result, key, RESULT_INTEGER, &index);

	if (entry == NULL)
		return FALSE;
	*ret = entry->integer;
	return TRUE;
}

gint64 *
davit_result_integers (const DavitResult *result, const char *key, guint *ret_count)
{
	GArray *integers = g_array_new (FALSE, FALSE, sizeof (gint64));
	const ResultEntry *entry;
	guint index = 0;

	while ((entry = result_next (result, key, RESULT_INTEGER, &index)) != NULL)
		g_array_append_val (integers, entry->integer);
	*ret_count = integers->len;
	return (gint64 *) g_array_free (integers, FALSE);
}

/* One that was taken stays in the list, empty: the next of that key is meant then. */
static ResultEntry *
result_next_fd (const DavitResult *result, const char *key)
{
	guint index = 0;
	ResultEntry *entry;

	while ((entry = result_next (result, key, RESULT_FD, &index)) != NULL) {
		if (entry->fd >= 0)
			return entry;
	}
	return NULL;
}

int
davit_result_fd (const DavitResult *result, const char *key)
{
	const ResultEntry *entry = result_next_fd (result, key);

	return entry != NULL ? entry->fd : -1;
}

int
davit_result_steal_fd (DavitResult *result, const char *key)
{
	ResultEntry *entry = result_next_fd (result, key);

	return entry != NULL ? davit_fd_steal (&entry->fd) : -1;
}
