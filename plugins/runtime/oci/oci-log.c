/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The log is written by a program that is none of ours, and at times by a process that is half in
 * the container: it is a regular file or nothing, its end is enough, and a line that is no JSON
 * object is skipped.
 */

#include "oci-log.h"

#include "oci-words.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL_LIMIT ((gsize) 64 * 1024)
#define MESSAGES_LIMIT 3

static gboolean
is_error (const char *level)
{
	static const char *const levels[] = {"error", "fatal", "panic", "critical"};

	for (guint i = 0; i < G_N_ELEMENTS (levels); i++) {
		if (g_ascii_strcasecmp (level, levels[i]) == 0)
			return TRUE;
	}
	return FALSE;
}

/* NULL: the line says nothing of an error. Free with g_free. */
static char *
line_read (const DavitHost *host, const char *line, gsize length)
{
	DavitJson *object = host->json->parse (line, (gssize) length, NULL);
	const char *level = host->json->string (host->json->member (object, "level"));
	const char *message = host->json->string (host->json->member (object, "msg"));
	char *plain = NULL;

	if (message != NULL && level != NULL && is_error (level))
		plain = oci_words_plain (message, -1);
	if (object != NULL)
		host->json->document_free (object);
	if (plain != NULL && plain[0] == '\0')
		g_clear_pointer (&plain, g_free);
	return plain;
}

/* The last errors, in the order in which they were said: some say first what the matter is. */
char *
oci_log_find (const DavitHost *host, const char *text)
{
	g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
	const char *end = text + strlen (text);

	while (end > text && found->len < MESSAGES_LIMIT) {
		const char *start;
		char *message;

		while (end > text && end[-1] == '\n')
			end--;
		for (start = end; start > text && start[-1] != '\n';)
			start--;
		message = end > start ? line_read (host, start, (gsize) (end - start)) : NULL;
		if (message != NULL)
			g_ptr_array_insert (found, 0, message);
		end = start;
	}
	if (found->len == 0)
		return NULL;
	g_ptr_array_add (found, NULL);
	return g_strjoinv (" / ", (char **) found->pdata);
}

/* Free with g_free; NULL: there is no such file. */
static char *
tail_read (int fd)
{
	struct stat status;
	char *text;
	ssize_t length;
	off_t from;

	if (fstat (fd, &status) < 0 || !S_ISREG (status.st_mode))
		return NULL;
	from = status.st_size > (off_t) TAIL_LIMIT ? status.st_size - (off_t) TAIL_LIMIT : 0;
	text = g_malloc (TAIL_LIMIT + 1);
	length = pread (fd, text, TAIL_LIMIT, from);
	text[MAX (length, 0)] = '\0';
	return text;
}

char *
oci_log_read (const DavitHost *host, int dirfd, const char *name)
{
	int fd = openat (dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	g_autofree char *text = NULL;

	if (fd < 0)
		return NULL;
	text = tail_read (fd);
	close (fd);
	return text != NULL ? oci_log_find (host, text) : NULL;
}
