/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "criu-log.h"

#include "criu-fd.h"

#include <string.h>

#define LOG_LIMIT ((gsize) 64 * 1024 * 1024)

static gboolean
line_is_error (const char *line)
{
	return strstr (line, "Error (") != NULL && strstr (line, "RLIMIT_NOFILE") == NULL;
}

/* Behind "(00.012345) 1: Error (criu/file.c:123): ". */
static const char *
line_text (const char *line)
{
	const char *error = strstr (line, "Error (");
	const char *end = error != NULL ? strstr (error, "): ") : NULL;

	return end != NULL ? end + strlen ("): ") : line;
}

gboolean
criu_log_explain_text (char *log, const char *file, const char *what, const CriuResponse *response,
		       GError **error)
{
	char *save = NULL;
	const char *first = NULL;
	g_autofree char *said = NULL;

	for (char *line = strtok_r (log, "\n", &save); line != NULL && first == NULL;
	     line = strtok_r (NULL, "\n", &save)) {
		if (line_is_error (line))
			first = line_text (line);
	}
	said = criu_text_escape (first != NULL ? first : "it does not say why", G_MAXSSIZE);
	return criu_error_set (error, DAVIT_ERROR_HELPER, "%s failed: %s; see the log \"%s\"", what,
			       said, file);
}

gboolean
criu_log_explain (const DavitHost *host, int work_dirfd, const char *file, const char *what,
		  const CriuResponse *response, GError **error)
{
	g_autofree char *text = NULL;
	gsize length = 0;

	if (!host->files->read_file (work_dirfd, file, LOG_LIMIT, &text, &length, NULL))
		text = g_strdup ("");
	return criu_log_explain_text (text, file, what, response, error);
}
