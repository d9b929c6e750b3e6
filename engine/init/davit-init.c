/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * davit-init -- PROGRAM [ARGUMENT...]: what --init puts first in a container.
 *
 * The first process of a pid namespace gets only the signals that it has asked for, and inherits
 * every orphan. Programs that were not written for that don't end at SIGTERM and leave zombies.
 * This one runs the program as its child, passes signals on to it, reaps whatever ends, and ends
 * with the program's status. It is linked statically: it is bound into root file systems of any
 * kind.
 */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
complain (const char *program, int number)
{
	const char *const parts[] = {"davit-init: run \"", program, "\": ", strerror (number),
				     "\n"};

	for (unsigned int i = 0; i < sizeof (parts) / sizeof (parts[0]); i++) {
		if (write (STDERR_FILENO, parts[i], strlen (parts[i])) < 0)
			return;
	}
}

/*
 * A group of its own in the foreground: what the terminal sends (Ctrl-C) then reaches the program
 * and its children once, and not a second time through us.
 */
static void
take_foreground (void)
{
	if (setpgid (0, 0) == 0 && isatty (STDIN_FILENO))
		tcsetpgrp (STDIN_FILENO, getpgrp ());
}

static void __attribute__ ((noreturn)) child_run (char **arguments, const sigset_t *signals)
{
	/* SIGTTOU, which tcsetpgrp raises for a group in the background, is still blocked. */
	take_foreground ();
	sigprocmask (SIG_SETMASK, signals, NULL);
	execvp (arguments[0], arguments);
	complain (arguments[0], errno);
	_exit (errno == ENOENT ? 127 : 126);
}

/* Reaps all that has ended. Whether the program was among it. */
static int
reap (pid_t program, int *ret_status)
{
	int ended = 0;
	int status;
	pid_t pid;

	while ((pid = waitpid (-1, &status, WNOHANG)) > 0 || (pid < 0 && errno == EINTR)) {
		if (pid != program)
			continue;
		ended = 1;
		*ret_status = WIFSIGNALED (status) ? 128 + WTERMSIG (status) : WEXITSTATUS (status);
	}
	return ended;
}

static int
serve (pid_t program, const sigset_t *all)
{
	for (;;) {
		int status = 0;
		siginfo_t info;
		int number = sigwaitinfo (all, &info);

		if (number < 0)
			continue;
		if (number == SIGCHLD) {
			if (reap (program, &status))
				return status;
			continue;
		}
		/* Those are about our own place behind the terminal. */
		if (number != SIGTTOU && number != SIGTTIN)
			kill (program, number);
	}
}

int
main (int argc, char **argv)
{
	sigset_t all, before;
	pid_t program;

	if (argc < 3 || strcmp (argv[1], "--") != 0) {
		complain ("", EINVAL);
		return 125;
	}
	sigfillset (&all);
	/* Faults of our own must end us. */
	sigdelset (&all, SIGSEGV);
	sigdelset (&all, SIGBUS);
	sigdelset (&all, SIGILL);
	sigdelset (&all, SIGFPE);
	sigdelset (&all, SIGABRT);
	sigprocmask (SIG_BLOCK, &all, &before);
	program = fork ();
	if (program < 0) {
		complain (argv[2], errno);
		return 126;
	}
	if (program == 0)
		child_run (argv + 2, &before);
	return serve (program, &all);
}
