/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * davit-check-payload WORD [ARGUMENT]: what runs in the containers that "davit plugin check" makes.
 * Linked statically: it is the only file of their root file systems.
 *
 *     wait STATUS    writes "ready" and ends with STATUS at SIGTERM
 *     exit STATUS    ends at once
 *     say TEXT       writes a line to standard output, and "complaint" to standard error
 *     copy           standard input to standard output, to its end
 *     pass TEXT      writes a line to descriptor 3
 *     count          writes a number each ten milliseconds, beginning with 1
 */

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
say (int fd, const char *text)
{
	return write (fd, text, strlen (text)) < 0 || write (fd, "\n", 1) < 0;
}

static int
wait_for_end (int status)
{
	sigset_t signals;
	int number;

	sigemptyset (&signals);
	sigaddset (&signals, SIGTERM);
	sigprocmask (SIG_BLOCK, &signals, NULL);
	if (say (STDOUT_FILENO, "ready") != 0)
		return 1;
	sigwait (&signals, &number);
	return status;
}

static int
copy (void)
{
	char buffer[4096];
	ssize_t length;

	while ((length = read (STDIN_FILENO, buffer, sizeof buffer)) > 0) {
		if (write (STDOUT_FILENO, buffer, (size_t) length) != length)
			return 1;
	}
	return length < 0;
}

static int
count (void)
{
	for (unsigned int number = 1;; number++) {
		char text[16];

		/* At once, so that a checkpoint never finds half a line. */
		snprintf (text, sizeof text, "%u\n", number);
		if (write (STDOUT_FILENO, text, strlen (text)) < 0)
			return 1;
		poll (NULL, 0, 10);
	}
}

int
main (int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	const char *argument = argc > 2 ? argv[2] : "";

	if (strcmp (word, "wait") == 0)
		return wait_for_end ((int) strtol (argument, NULL, 10));
	if (strcmp (word, "exit") == 0)
		return (int) strtol (argument, NULL, 10);
	if (strcmp (word, "say") == 0)
		return say (STDOUT_FILENO, argument) | say (STDERR_FILENO, "complaint");
	if (strcmp (word, "copy") == 0)
		return copy ();
	if (strcmp (word, "pass") == 0)
		return say (3, argument);
	if (strcmp (word, "count") == 0)
		return count ();
	return 99;
}
