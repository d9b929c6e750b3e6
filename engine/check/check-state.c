/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The process as /proc shows it: check-state.h. */

#include "check/check-state.h"

#include "base/fd.h"
#include "base/path.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* The value of "KEY:" in the text of a status file. */
static char *
status_value (const char *text, const char *key)
{
	const char *line = strstr (text, key);
	const char *end = line != NULL ? strchr (line, '\n') : NULL;

	if (end == NULL)
		return g_strdup ("");
	line += strlen (key);
	return g_strstrip (g_strndup (line, (gsize) (end - line)));
}

void
davit_check_state_take (DavitCheckState *state, int output_fd)
{
	g_autofree char *status = NULL;
	struct stat output = {0};

	/* What is in a buffer was printed too. */
	fflush (NULL);
	if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
		status = g_strdup ("");
	if (stat (".", &state->directory) < 0)
		memset (&state->directory, 0, sizeof state->directory);
	state->umask = status_value (status, "Umask:");
	state->blocked = status_value (status, "SigBlk:");
	state->ignored = status_value (status, "SigIgn:");
	state->threads = status_value (status, "Threads:");
	state->environment = environ != NULL ? g_strjoinv ("\n", environ) : g_strdup ("");
	state->printed = fstat (output_fd, &output) == 0 ? output.st_size : 0;
}

void
davit_check_state_clear (DavitCheckState *state)
{
	g_clear_pointer (&state->umask, g_free);
	g_clear_pointer (&state->blocked, g_free);
	g_clear_pointer (&state->ignored, g_free);
	g_clear_pointer (&state->threads, g_free);
	g_clear_pointer (&state->environment, g_free);
}

/* The first line that was printed behind offset. */
static char *
printed_text (int output_fd, gint64 offset)
{
	char text[80];
	gssize length = pread (output_fd, text, sizeof text - 1, offset);

	text[MAX (length, 0)] = '\0';
	text[strcspn (text, "\r\n")] = '\0';
	return g_utf8_make_valid (text, -1);
}

char *
davit_check_state_compare (const DavitCheckState *before, const DavitCheckState *after, guint parts,
			   int output_fd)
{
	if ((parts & DAVIT_CHECK_STATE_DIRECTORY) != 0 &&
	    (before->directory.st_ino != after->directory.st_ino ||
	     before->directory.st_dev != after->directory.st_dev))
		return g_strdup ("changed the working directory");
	if ((parts & DAVIT_CHECK_STATE_UMASK) != 0 && strcmp (before->umask, after->umask) != 0)
		return g_strdup_printf ("changed the umask from %s to %s", before->umask,
					after->umask);
	if ((parts & DAVIT_CHECK_STATE_SIGNALS) != 0 &&
	    strcmp (before->blocked, after->blocked) != 0)
		return g_strdup ("changed the signal mask");
	if ((parts & DAVIT_CHECK_STATE_SIGNALS) != 0 &&
	    strcmp (before->ignored, after->ignored) != 0)
		return g_strdup ("changed which signals are ignored");
	if ((parts & DAVIT_CHECK_STATE_THREADS) != 0 &&
	    strcmp (before->threads, after->threads) != 0)
		return g_strdup_printf ("changed the number of threads from %s to %s",
					before->threads, after->threads);
	if ((parts & DAVIT_CHECK_STATE_ENVIRONMENT) != 0 &&
	    strcmp (before->environment, after->environment) != 0)
		return g_strdup ("changed the environment");
	if ((parts & DAVIT_CHECK_STATE_OUTPUT) != 0 && before->printed != after->printed) {
		g_autofree char *text = printed_text (output_fd, before->printed);

		return g_strdup_printf ("printed \"%s\"; host->log is for what people should read",
					text);
	}
	return NULL;
}

/* By the number that each line begins with. */
static int
line_compare (gconstpointer left, gconstpointer right)
{
	gint64 one = g_ascii_strtoll (*(const char *const *) left, NULL, 10);
	gint64 other = g_ascii_strtoll (*(const char *const *) right, NULL, 10);

	return (one > other) - (one < other);
}

char *
davit_check_state_descriptors (void)
{
	davit_autofd fd = open ("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr (GPtrArray) names = NULL;
	g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

	if (fd < 0 || !davit_path_list (fd, &names, NULL))
		return g_strdup ("");
	for (guint i = 0; i < names->len; i++) {
		const char *name = (const char *) names->pdata[i];
		char target[4096];
		gssize length = readlinkat (fd, name, target, sizeof target - 1);

		/* The descriptors of this very look are gone or are it. */
		if (length < 0 || g_ascii_strtoll (name, NULL, 10) == fd)
			continue;
		target[length] = '\0';
		g_ptr_array_add (lines, g_strdup_printf ("%s (%s)", name, target));
	}
	g_ptr_array_sort (lines, line_compare);
	g_ptr_array_add (lines, NULL);
	return g_strjoinv ("\n", (char **) lines->pdata);
}

char *
davit_check_state_more (const char *before, const char *after)
{
	g_auto (GStrv) had = g_strsplit (before, "\n", -1);
	g_auto (GStrv) has = g_strsplit (after, "\n", -1);

	for (guint i = 0; has[i] != NULL; i++) {
		if (has[i][0] != '\0' && !g_strv_contains ((const char *const *) had, has[i]))
			return g_strdup (has[i]);
	}
	return NULL;
}
