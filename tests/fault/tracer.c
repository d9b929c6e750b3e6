/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Runs a command and hits one system call of it and of all that it starts:
 *
 *     tracer [OPTION...] -- COMMAND...
 *
 *     --nth N          the call that is hit; without it those are only counted that could be
 *     --kill WHOM      at its entry SIGKILL for the caller, for main (the command) or for the tree
 *     --fail ERROR     instead of being made it fails; counts only calls that can fail so
 *     --only WORD      counts only calls of this class or name (calls.c); with --kill: "change"
 *     --short          every read and write moves less than it was asked for: a third, or one byte
 *     --spare NAME     who executes a program of this name is let go: a container's own process
 *     --until WHEN     ends with main (default), or when all have ended; after a kill with main in
 *                      any case, since those that are left may wait for ever
 *     --report FILE    what happened, in lines: "calls N", "WORD N" for each class in calls.c,
 *                      "hit N NAME CALL", "status N",
 *                      "crash NAME SIGNAL" for a process that a signal of its own has ended
 *     --list FILE      each call that was counted: "N PID NAME CALL"
 *
 * Calls are counted over all processes together, from the command's execve on. What the kernel lets
 * run side by side may be counted in another order the next time.
 * Exit status: 0, whatever the command's is; 2 if the command can't be traced.
 */

#include "calls.h"
#include "registers.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define CGROUP_MAGIC 0x27e0eb
/* More than that would take too long byte by byte. */
#define FEW_BYTES 64

typedef enum {
	WHOM_NOBODY,
	WHOM_CALLER,
	WHOM_MAIN,
	WHOM_TREE,
} Whom;

typedef struct {
	pid_t pid;
	int failing; /* the result of the call that it is in is ours */
} Process;

typedef struct {
	long nth; /* 0: none */
	Whom whom;
	int error;
	unsigned classes;
	long only; /* the number of a call, or -1 */
	int shorten;
	int until_all;
	const char *spare;
	const char *report;
	FILE *list;

	Process *processes;
	size_t n_processes;
	pid_t main_pid;
	int main_status; /* -1: goes on */
	int started;	 /* the command was executed */
	int done;	 /* the call was hit */
	long count;
	long class_counts[CALL_WORDS];
	char hit[128];
	char crash[64];
} Tracer;

static Process *
process_find (Tracer *tracer, pid_t pid)
{
	for (size_t i = 0; i < tracer->n_processes; i++) {
		if (tracer->processes[i].pid == pid)
			return &tracer->processes[i];
	}
	return NULL;
}

static Process *
process_add (Tracer *tracer, pid_t pid)
{
	Process *known = process_find (tracer, pid);
	Process *processes;

	if (known != NULL)
		return known;
	processes = realloc (tracer->processes, (tracer->n_processes + 1) * sizeof *processes);
	if (processes == NULL)
		exit (2);
	tracer->processes = processes;
	processes[tracer->n_processes] = (Process){.pid = pid};
	return &processes[tracer->n_processes++];
}

static void
process_remove (Tracer *tracer, const Process *process)
{
	size_t index = (size_t) (process - tracer->processes);

	tracer->processes[index] = tracer->processes[--tracer->n_processes];
}

static void
name_of (pid_t pid, char *name, size_t size)
{
	char path[64];
	FILE *file;

	snprintf (path, sizeof path, "/proc/%d/comm", (int) pid);
	file = fopen (path, "re");
	if (file == NULL || fgets (name, (int) size, file) == NULL)
		snprintf (name, size, "?");
	name[strcspn (name, "\n")] = '\0';
	if (file != NULL)
		fclose (file);
}

static int
is_spared (const Tracer *tracer, pid_t pid)
{
	char path[64], target[PATH_MAX];
	const char *base;
	ssize_t length;

	if (tracer->spare == NULL)
		return 0;
	snprintf (path, sizeof path, "/proc/%d/exe", (int) pid);
	length = readlink (path, target, sizeof target - 1);
	if (length < 0)
		return 0;
	target[length] = '\0';
	base = strrchr (target, '/');
	return strcmp (base != NULL ? base + 1 : target, tracer->spare) == 0;
}

static void
hit_kill (const Tracer *tracer, pid_t caller)
{
	if (tracer->whom == WHOM_CALLER)
		kill (caller, SIGKILL);
	else if (tracer->whom == WHOM_MAIN)
		kill (tracer->main_pid, SIGKILL);
	else
		for (size_t i = 0; i < tracer->n_processes; i++)
			kill (tracer->processes[i].pid, SIGKILL);
}

static void
hit (Tracer *tracer, Process *process, long number, unsigned classes)
{
	char name[32];

	name_of (process->pid, name, sizeof name);
	snprintf (tracer->hit, sizeof tracer->hit, "%ld %s %s", tracer->count, name,
		  call_name (number) != NULL ? call_name (number) : "?");
	tracer->done = 1;
	if (tracer->error == 0) {
		hit_kill (tracer, process->pid);
		return;
	}
	process->failing = 1;
	if (!(classes & CALL_RUNS))
		registers_skip (process->pid);
}

/*
 * Only where the kernel itself may stop half-way: not at files of proc, sysfs and cgroups, each
 * write to which is a command, nor at messages. What is written to a pipe at once arrives at once.
 * The loader gives up on a library whose head it does not get at once, and libseccomp does not look
 * how much of a memory file it has written.
 */
static int
may_be_short (pid_t pid, int fd, unsigned classes)
{
	char path[64], target[PATH_MAX] = "";
	struct statfs system;
	struct stat status;

	snprintf (path, sizeof path, "/proc/%d/fd/%d", (int) pid, fd);
	if (stat (path, &status) < 0 || readlink (path, target, sizeof target - 1) < 0 ||
	    strstr (target, ".so") != NULL || strncmp (target, "/memfd:", 7) == 0)
		return 0;
	if (S_ISFIFO (status.st_mode))
		return (classes & CALL_READ) != 0;
	return S_ISREG (status.st_mode) && statfs (path, &system) == 0 &&
	       system.f_type != PROC_SUPER_MAGIC && system.f_type != SYSFS_MAGIC &&
	       system.f_type != CGROUP_MAGIC && system.f_type != CGROUP2_SUPER_MAGIC;
}

static void
shorten (pid_t pid, const struct __ptrace_syscall_info *info, unsigned classes)
{
	unsigned long long length = info->entry.args[2];

	if ((classes & (CALL_READ | CALL_WRITE)) != 0 && length > 1 &&
	    may_be_short (pid, (int) info->entry.args[0], classes))
		registers_set_length (pid, length <= FEW_BYTES ? 1 : length / 3);
}

static int
is_counted (const Tracer *tracer, long number, unsigned classes)
{
	if (tracer->only >= 0)
		return tracer->only == number;
	return tracer->classes == ~0U || (classes & tracer->classes) != 0;
}

static void
call_enter (Tracer *tracer, Process *process, const struct __ptrace_syscall_info *info)
{
	unsigned long long arguments[6];
	long number = (long) info->entry.nr;
	unsigned classes;

	for (int i = 0; i < 6; i++)
		arguments[i] = info->entry.args[i];
	classes = call_classes (process->pid, number, arguments);
	if (tracer->shorten)
		shorten (process->pid, info, classes);
	if (tracer->done)
		return;
	for (size_t i = 0; i < CALL_WORDS; i++)
		tracer->class_counts[i] += (classes & call_word (i, NULL)) != 0;
	if (!is_counted (tracer, number, classes))
		return;
	tracer->count++;
	if (tracer->list != NULL) {
		char name[32];

		name_of (process->pid, name, sizeof name);
		fprintf (tracer->list, "%ld %d %s %s\n", tracer->count, (int) process->pid, name,
			 call_name (number) != NULL ? call_name (number) : "?");
	}
	if (tracer->count == tracer->nth)
		hit (tracer, process, number, classes);
}

static void
call_stop (Tracer *tracer, Process *process)
{
	struct __ptrace_syscall_info info;

	if (ptrace (PTRACE_GET_SYSCALL_INFO, process->pid, sizeof info, &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY && tracer->started)
		call_enter (tracer, process, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT && process->failing) {
		process->failing = 0;
		registers_set_result (process->pid, -(long long) tracer->error);
	}
}

/* Once nothing is to be changed any more, calls need not stop. */
static void
resume (const Tracer *tracer, const Process *process, int deliver)
{
	int calls = !tracer->done || process->failing || tracer->shorten;

	ptrace (calls ? PTRACE_SYSCALL : PTRACE_CONT, process->pid, NULL,
		(void *) (intptr_t) deliver);
}

static void
newcomer (Tracer *tracer, pid_t parent)
{
	unsigned long pid = 0;

	if (ptrace (PTRACE_GETEVENTMSG, parent, NULL, &pid) == 0 && pid != 0)
		process_add (tracer, (pid_t) pid);
}

/* The first; others may follow from it. */
static void
crash_note (Tracer *tracer, pid_t pid, int number)
{
	char name[32];

	if (tracer->crash[0] != '\0' ||
	    (number != SIGSEGV && number != SIGBUS && number != SIGILL && number != SIGFPE &&
	     number != SIGABRT && number != SIGTRAP))
		return;
	name_of (pid, name, sizeof name);
	snprintf (tracer->crash, sizeof tracer->crash, "%s %s", name, sigabbrev_np (number));
}

static void
stopped (Tracer *tracer, Process *process, int status)
{
	int number = WSTOPSIG (status), event = status >> 16, deliver = 0;
	pid_t pid = process->pid;

	if (number == (SIGTRAP | 0x80)) {
		call_stop (tracer, process);
	} else if (event == PTRACE_EVENT_EXEC) {
		tracer->started = 1;
		if (is_spared (tracer, pid)) {
			ptrace (PTRACE_DETACH, pid, NULL, NULL);
			process_remove (tracer, process);
			return;
		}
	} else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
		   event == PTRACE_EVENT_CLONE) {
		newcomer (tracer, pid);
		process = process_find (tracer, pid);
	} else if (event == PTRACE_EVENT_STOP) {
		if (number != SIGTRAP) {
			ptrace (PTRACE_LISTEN, pid, NULL, NULL);
			return;
		}
		/* It was on its way when the others were killed. */
		if (tracer->done && tracer->whom == WHOM_TREE)
			kill (pid, SIGKILL);
	} else {
		deliver = number;
		crash_note (tracer, pid, number);
	}
	resume (tracer, process, deliver);
}

static int
is_awaited (const Tracer *tracer)
{
	int killed = tracer->done && tracer->error == 0;

	return tracer->main_status < 0 || (tracer->until_all && !killed);
}

static void
follow (Tracer *tracer)
{
	while (tracer->n_processes > 0 && is_awaited (tracer)) {
		int status;
		pid_t pid = waitpid (-1, &status, __WALL);
		Process *process;

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return;
		process = process_add (tracer, pid);
		if (WIFSTOPPED (status)) {
			stopped (tracer, process, status);
			continue;
		}
		process_remove (tracer, process);
		if (pid == tracer->main_pid)
			tracer->main_status =
				WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
	}
}

static int
start (Tracer *tracer, char **command)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
	pid_t pid = fork ();
	int status;

	if (pid == 0) {
		raise (SIGSTOP);
		execvp (command[0], command);
		perror (command[0]);
		_exit (127);
	}
	if (pid < 0 || waitpid (pid, &status, WUNTRACED) < 0 ||
	    ptrace (PTRACE_SEIZE, pid, NULL, (void *) options) < 0) {
		perror ("tracer");
		return -1;
	}
	tracer->main_pid = pid;
	process_add (tracer, pid);
	kill (pid, SIGCONT);
	return 0;
}

static int
report (const Tracer *tracer)
{
	FILE *file = tracer->report != NULL ? fopen (tracer->report, "we") : stderr;

	if (file == NULL) {
		perror (tracer->report);
		return 2;
	}
	fprintf (file, "calls %ld\n", tracer->count);
	for (size_t i = 0; i < CALL_WORDS; i++) {
		const char *word = NULL;

		call_word (i, &word);
		fprintf (file, "%s %ld\n", word, tracer->class_counts[i]);
	}
	if (tracer->done)
		fprintf (file, "hit %s\n", tracer->hit);
	if (tracer->crash[0] != '\0')
		fprintf (file, "crash %s\n", tracer->crash);
	fprintf (file, "status %d\n", tracer->main_status);
	return fflush (file) == 0 && (tracer->list == NULL || fclose (tracer->list) == 0) ? 0 : 2;
}

static Whom
whom_parse (const char *word)
{
	return strcmp (word, "caller") == 0 ? WHOM_CALLER
	       : strcmp (word, "main") == 0 ? WHOM_MAIN
	       : strcmp (word, "tree") == 0 ? WHOM_TREE
					    : WHOM_NOBODY;
}

static int
option_take (Tracer *tracer, int option)
{
	switch (option) {
	case 'n':
		tracer->nth = strtol (optarg, NULL, 10);
		return tracer->nth > 0;
	case 'k':
		tracer->whom = whom_parse (optarg);
		tracer->classes = CALL_CHANGE;
		return tracer->whom != WHOM_NOBODY;
	case 'f':
		tracer->error = call_error_parse (optarg, &tracer->classes);
		return tracer->error != 0;
	case 'o':
		tracer->only = call_number (optarg);
		if (tracer->only < 0)
			tracer->classes = call_class_parse (optarg);
		return tracer->only >= 0 || tracer->classes != 0;
	case 's':
		tracer->shorten = 1;
		return 1;
	case 'x':
		tracer->spare = optarg;
		return 1;
	case 'u':
		tracer->until_all = strcmp (optarg, "all") == 0;
		return tracer->until_all || strcmp (optarg, "main") == 0;
	case 'r':
		tracer->report = optarg;
		return 1;
	case 'l':
		tracer->list = fopen (optarg, "we");
		return tracer->list != NULL;
	default:
		return 0;
	}
}

int
main (int argc, char **argv)
{
	static const struct option options[] = {
		{"nth", required_argument, NULL, 'n'},	 {"kill", required_argument, NULL, 'k'},
		{"fail", required_argument, NULL, 'f'},	 {"only", required_argument, NULL, 'o'},
		{"short", no_argument, NULL, 's'},	 {"spare", required_argument, NULL, 'x'},
		{"until", required_argument, NULL, 'u'}, {"report", required_argument, NULL, 'r'},
		{"list", required_argument, NULL, 'l'},	 {NULL, 0, NULL, 0},
	};
	Tracer tracer = {.classes = ~0U, .only = -1, .main_status = -1};
	int option;

	while ((option = getopt_long (argc, argv, "+", options, NULL)) >= 0)
		if (!option_take (&tracer, option)) {
			fprintf (stderr, "tracer: wrong options; the top of tracer.c says which "
					 "there are\n");
			return 2;
		}
	if (optind >= argc || (tracer.nth > 0 && tracer.whom == WHOM_NOBODY && tracer.error == 0)) {
		fprintf (stderr,
			 "tracer: needs a command, and with --nth either --kill or --fail\n");
		return 2;
	}
	if (start (&tracer, argv + optind) < 0)
		return 2;
	follow (&tracer);
	free (tracer.processes);
	return report (&tracer);
}
