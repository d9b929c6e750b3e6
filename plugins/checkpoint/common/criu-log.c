/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The answer to a request has the first line of the log that says "Error" at most, which often is
 * one that does no harm: the log is read, and lines that are known are put into words. Names in it
 * are the container's: it is hostile.
 */

#include "criu-log.h"

#include "criu-fd.h"

#include <string.h>

/* With the highest level, a large container's log has some megabytes. */
#define LOG_LIMIT ((gsize) 256 * 1024 * 1024)

typedef struct {
	const char *needle;
	DavitErrorCode code;
	const char *meaning;
	const char *hint; /* or NULL */
} Known;

static const Known known[] = {
	{"Connected TCP socket", DAVIT_ERROR_UNSUPPORTED, "a TCP connection is open",
	 "keep it with tcp-established, or close it by hand before"},
	{"In-flight connection", DAVIT_ERROR_UNSUPPORTED,
	 "a TCP connection has not been accepted yet",
	 "leave such ones out with the option tcp-skip-in-flight"},
	{"file locks are hold", DAVIT_ERROR_UNSUPPORTED, "a process holds a file lock",
	 "keep it with file-locks"},
	{"Can't dump ghost file", DAVIT_ERROR_UNSUPPORTED,
	 "an open file that has no name any more is too large", "raise the option ghost-limit"},
	{"Use link-remap option", DAVIT_ERROR_UNSUPPORTED,
	 "an open file lost the name by which it was opened", "set the option link-remap"},
	{"Can't dump half of stream unix", DAVIT_ERROR_UNSUPPORTED,
	 "a Unix socket is connected with a process outside", NULL},
	{"External socket is used", DAVIT_ERROR_UNSUPPORTED, "a Unix socket has a peer outside",
	 "the flag for external Unix sockets allows it"},
	{"io_uring", DAVIT_ERROR_UNSUPPORTED, "a process uses io_uring", NULL},
	{"Can't dump file", DAVIT_ERROR_UNSUPPORTED,
	 "a process holds a descriptor of a kind that can't be saved", NULL},
	{"Can't lookup mount=", DAVIT_ERROR_UNSUPPORTED,
	 "a process holds a file of a mount that is not the container's", NULL},
	{"Open files on overmounted", DAVIT_ERROR_UNSUPPORTED,
	 "a process holds a file below a mount point that another mount covers", NULL},
	{"Can't get rlimit", DAVIT_ERROR_UNAVAILABLE, "the limits of a process can't be read",
	 "davit needs CAP_SYS_RESOURCE for processes of other users"},
	{"Unseizable", DAVIT_ERROR_UNSUPPORTED, "a process can't be stopped",
	 "a debugger may be attached to it"},
	{"doesn't live in IPC ns", DAVIT_ERROR_UNSUPPORTED,
	 "a process uses shared memory of the host's IPC namespace",
	 "give the container one of its own"},
	{"target user namespace", DAVIT_ERROR_UNSUPPORTED,
	 "a process made a user namespace inside of the container", NULL},
	{"Tracking memory is not available", DAVIT_ERROR_UNAVAILABLE,
	 "the kernel can't track changes of memory", "it needs CONFIG_MEM_SOFT_DIRTY"},
	{"doesn't have a proper root mount", DAVIT_ERROR_UNSUPPORTED,
	 "a mount in the container shows a part of a file system that is not there", NULL},
	{"Can't open /dev/net/tun", DAVIT_ERROR_UNSUPPORTED, "a process uses a tun device", NULL},
	{"has bad size", DAVIT_ERROR_CORRUPT, "an open file has changed since the checkpoint",
	 "restore with the files of that time"},
	{"has bad mode", DAVIT_ERROR_CORRUPT,
	 "the permissions of an open file have changed since the checkpoint",
	 "set them again, or the option file-check to false"},
	{"build-ID", DAVIT_ERROR_CORRUPT, "a program or library is another one than before",
	 "restore with the files of that time"},
	{"Can't open file", DAVIT_ERROR_CORRUPT, "an open file is missing",
	 "restore with the files of that time"},
	{"Can't fork for", DAVIT_ERROR_BUSY, "a process number is taken", NULL},
	{"do not match expected", DAVIT_ERROR_BUSY, "a process number is taken", NULL},
	{"Can't bind inet socket", DAVIT_ERROR_UNAVAILABLE,
	 "an address of a connection can't be taken again",
	 "the container needs the address that it had"},
	{"Can't connect inet socket", DAVIT_ERROR_UNAVAILABLE, "a connection can't be made again",
	 "the container needs the address that it had"},
	{"No space left on device", DAVIT_ERROR_NO_SPACE, "no space is left", NULL},
	{"Cannot allocate memory", DAVIT_ERROR_FAILED, "the memory does not suffice",
	 "raise the memory limit of the container"},
	{"lazy-pages", DAVIT_ERROR_UNAVAILABLE, "pages can't be fetched later", NULL},
	{"CPU instruction capabilities do not match", DAVIT_ERROR_UNAVAILABLE,
	 "the processor lacks what the processes use", "restore on a machine like the first one"},
	{"Can't find mount", DAVIT_ERROR_CORRUPT, "the images name a mount that they do not have",
	 NULL},
	{"Unexpected EOF", DAVIT_ERROR_CORRUPT, "an image ends too early", NULL},
	{"Unknown magic", DAVIT_ERROR_CORRUPT, "an image is none", NULL},
	{"Wrong magic", DAVIT_ERROR_CORRUPT, "an image is none", NULL},
	{"Failed unpacking object", DAVIT_ERROR_CORRUPT, "an image is damaged", NULL},
	{"Can't read", DAVIT_ERROR_CORRUPT, "an image is damaged", NULL},
};

/* It wants more descriptors for itself than it may have, and goes on with those it has. */
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

static const Known *
line_known (const char *line)
{
	for (gsize i = 0; i < G_N_ELEMENTS (known); i++) {
		if (strstr (line, known[i].needle) != NULL)
			return &known[i];
	}
	return NULL;
}

static char *
text_clean (const char *text)
{
	char *clean = criu_text_escape (text, G_MAXSSIZE);

	g_strchomp (clean);
	if (g_str_has_suffix (clean, "."))
		clean[strlen (clean) - 1] = '\0';
	return clean;
}

gboolean
criu_log_explain_text (char *log, const char *file, const char *what, const char *message,
		       int number, GError **error)
{
	g_autofree char *said = NULL;
	const char *first = NULL;
	char *save = NULL;

	for (char *line = strtok_r (log, "\n", &save); line != NULL;
	     line = strtok_r (NULL, "\n", &save)) {
		const Known *found;
		g_autofree char *clean = NULL;

		if (!line_is_error (line))
			continue;
		found = line_known (line_text (line));
		if (first == NULL)
			first = line_text (line);
		if (found == NULL)
			continue;
		clean = text_clean (line_text (line));
		return criu_error_set (error, found->code, "%s: %s: \"%s\"%s%s", what,
				       found->meaning, clean, found->hint != NULL ? "; " : "",
				       found->hint != NULL ? found->hint : "");
	}
	if (first == NULL && message != NULL && message[0] != '\0' &&
	    strstr (message, "RLIMIT_NOFILE") == NULL)
		first = line_text (message);
	if (first == NULL && number > 0)
		first = g_strerror (number);
	said = text_clean (first != NULL ? first : "it does not say why");
	return criu_error_set (error, DAVIT_ERROR_HELPER,
			       "%s: CRIU fails with \"%s\"; its log \"%s\" may tell more", what,
			       said, file);
}

gboolean
criu_log_explain (const DavitHost *host, int work_dirfd, const char *file, const char *what,
		  const char *message, int number, GError **error)
{
	g_autofree char *text = NULL;
	gsize length = 0;

	if (!host->files->read_file (work_dirfd, file, LOG_LIMIT, &text, &length, NULL))
		text = g_strdup ("");
	return criu_log_explain_text (text, file, what, message, number, error);
}
