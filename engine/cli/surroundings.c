/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a process inherits from whoever starts it, and how davit gets along with it. */

#include "cli/surroundings.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * "davit run" has about 75 files open at most, some more with many mounts. A creation that runs out
 * of them could open nothing that undoes it, either.
 */
#define FILES_NEEDED 128

/*
 * A caller may have closed 0, 1 or 2. The next file that is opened would become it, and what is
 * printed would go into, say, a container's record.
 */
static gboolean
streams_open (void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl (fd, F_GETFD) < 0 && errno == EBADF && open ("/dev/null", O_RDWR) != fd)
			return FALSE;
	}
	return TRUE;
}

static void
signals_set_up (void)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	/* Ignored, as some programs leave it, the statuses of our children would be thrown away. */
	sigaction (SIGCHLD, &standard, NULL);
	/* A file that becomes larger than the limit is an error with a text, not an end. */
	sigaction (SIGXFSZ, &ignore, NULL);
}

gboolean
davit_surroundings_set_up (void)
{
	if (!streams_open ()) {
		fprintf (stderr, "davit: open \"/dev/null\": %s\n", strerror (errno));
		return FALSE;
	}
	signals_set_up ();
	/*
	 * What is the user's own, such as the file of --cidfile, has the mode that the user wants.
	 * But a mask that takes bits from the owner would leave directories that davit can't enter.
	 */
	umask (umask (077) & 077);
	return TRUE;
}

static gboolean
user_check (const DavitVerb *verb, GError **error)
{
	if (geteuid () == 0 || !verb->needs_root)
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
				"\"%s\" needs root: it is not supported yet for other users; run "
				"davit as root, such as with sudo",
				verb->name);
}

static gboolean
files_check (GError **error)
{
	struct rlimit limit;

	if (getrlimit (RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= FILES_NEEDED)
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_UNAVAILABLE,
				"the limit of open files is %lu; davit needs %d: raise it with "
				"ulimit -n",
				(unsigned long) limit.rlim_cur, FILES_NEEDED);
}

gboolean
davit_surroundings_check (const DavitVerb *verb, GError **error)
{
	return verb->for_anyone || (user_check (verb, error) && files_check (error));
}
