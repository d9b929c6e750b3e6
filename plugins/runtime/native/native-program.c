/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Finds the program as a shell would, in the PATH of the environment that it gets.
 *
 * A program that leads through a magic link of /proc is refused: /proc/self/exe is the engine's own
 * file at this moment, and a container that gets to run it can write to it afterwards
 * (CVE-2019-5736). The same goes for what a script names as its interpreter.
 */

#include "native-program.h"

#include "runtime-syscall.h"

#include <string.h>
#include <sys/stat.h>

static gboolean
is_magic (const char *path)
{
	int fd = runtime_openat2 (AT_FDCWD, path, O_PATH, 0, RESOLVE_NO_MAGICLINKS);

	if (fd >= 0)
		close (fd);
	if (fd != -ELOOP)
		return FALSE;
	/*
	 * Links that go round in circles give the same number, but are nothing without it either.
	 */
	fd = runtime_openat2 (AT_FDCWD, path, O_PATH, 0, 0);
	if (fd >= 0)
		close (fd);
	return fd != -ELOOP;
}

static gboolean
script_is_magic (const char *path)
{
	char head[512];
	char *start = head + 2;
	int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t length;

	if (fd < 0)
		return FALSE;
	length = read (fd, head, sizeof head - 1);
	close (fd);
	if (length < 3 || head[0] != '#' || head[1] != '!')
		return FALSE;
	head[length] = '\0';
	start += strspn (start, " \t");
	start[strcspn (start, " \t\n")] = '\0';
	return *start != '\0' && is_magic (start);
}

/* 0, or the errno of execve. */
static int
check (const char *path)
{
	struct stat status;

	if (stat (path, &status) < 0)
		return errno;
	if (S_ISDIR (status.st_mode))
		return EISDIR;
	if (!S_ISREG (status.st_mode) || faccessat (AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return EACCES;
	return 0;
}

static gboolean
accept_path (const char *path, NativeReport *report)
{
	if (is_magic (path) || script_is_magic (path))
		return native_report_fail (report, NATIVE_STEP_PROGRAM_MAGIC, 0, path);
	return TRUE;
}

/* An empty entry is the working directory. FALSE: too long. */
static gboolean
join (char path[NATIVE_PROGRAM_PATH], const char *directory, gsize length, const char *name)
{
	gsize name_length = strlen (name);

	if (length + name_length + 2 > NATIVE_PROGRAM_PATH)
		return FALSE;
	if (length == 0) {
		directory = ".";
		length = 1;
	}
	memcpy (path, directory, length);
	path[length] = '/';
	memcpy (path + length + 1, name, name_length + 1);
	return TRUE;
}

/* What a shell goes on after; anything else is a program, or a file system, that does not work. */
static gboolean
is_absent (int number)
{
	return number == ENOENT || number == ENOTDIR || number == EISDIR || number == ELOOP ||
	       number == ENAMETOOLONG;
}

static gboolean
search (const NativeProcess *process, char path[NATIVE_PROGRAM_PATH], NativeReport *report)
{
	const char *name = process->args[0];
	const char *directory = process->search;
	int found = ENOENT;

	for (;;) {
		gsize length = strcspn (directory, ":");
		int number = join (path, directory, length, name) ? check (path) : ENAMETOOLONG;

		if (number == 0)
			return accept_path (path, report);
		/* What is there and can't be run or read says more than what is not there. */
		if (!is_absent (number))
			found = number;
		if (directory[length] == '\0')
			break;
		directory += length + 1;
	}
	if (found != ENOENT)
		return native_report_fail (report, NATIVE_STEP_PROGRAM, found, name);
	native_report_fail (report, NATIVE_STEP_PROGRAM_SEARCH, 0, name);
	report->number = 0;
	memcpy (report->detail, "not found in PATH", sizeof "not found in PATH");
	return FALSE;
}

gboolean
native_program_find (const NativeProcess *process, char path[NATIVE_PROGRAM_PATH],
		     NativeReport *report)
{
	const char *name = process->args[0];
	gsize length = strlen (name);
	int number;

	if (strchr (name, '/') == NULL)
		return search (process, path, report);
	if (length >= NATIVE_PROGRAM_PATH)
		return native_report_fail (report, NATIVE_STEP_PROGRAM, ENAMETOOLONG, name);
	memcpy (path, name, length + 1);
	number = check (path);
	if (number == ENOENT || number == ENOTDIR)
		return native_report_fail (report, NATIVE_STEP_PROGRAM_SEARCH, number, name);
	if (number != 0)
		return native_report_fail (report, NATIVE_STEP_PROGRAM, number, name);
	return accept_path (path, report);
}

gboolean
native_program_explain (const char *path, int number, NativeReport *report)
{
	if (number == ENOENT && faccessat (AT_FDCWD, path, F_OK, AT_EACCESS) == 0)
		return native_report_fail (report, NATIVE_STEP_PROGRAM_INTERPRETER, 0, path);
	return native_report_fail (report,
				   number == ENOENT ? NATIVE_STEP_PROGRAM_SEARCH
						    : NATIVE_STEP_PROGRAM,
				   number, path);
}
