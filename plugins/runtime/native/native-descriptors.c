/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A descriptor of the host that is open in a container is a way out of it (CVE-2016-9962,
 * CVE-2024-21626). So everything that was not asked for is closed for good long before the program
 * runs, not only marked: while a container waits for its start, too, there is nothing to find.
 */

#include "native-descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A pipe belongs to whoever made it; a program that opens /dev/stderr by name needs to own it, as
 * it does with the other runtimes. Files and devices of the caller are not touched.
 */
static void
give_pipe (int fd, const NativeProcess *process)
{
	struct stat status;

	if (fstat (fd, &status) < 0 || !S_ISFIFO (status.st_mode) || status.st_uid == process->uid)
		return;
	/* Without the right to do it things are as they were; the pipe itself works. */
	if (fchown (fd, process->uid, (gid_t) -1) < 0)
		return;
}

static gboolean
copy_above (int from, int lowest, int *ret_fd)
{
	int fd = fcntl (from, F_DUPFD_CLOEXEC, lowest);

	*ret_fd = fd;
	return fd >= 0;
}

/* First everything is copied to where no number is wanted, then to the numbers that are. */
static gboolean
descriptors_move (NativeFinal *final, int n_wanted)
{
	int n_keep = (int) G_N_ELEMENTS (final->keep);

	for (int i = 0; i < n_wanted; i++)
		if (!copy_above (i < 3 ? final->stdio[i] : final->pass_fds[i - 3],
				 n_wanted + n_keep, &final->scratch[i]))
			return FALSE;
	for (int i = 0; i < n_keep; i++)
		if (final->keep[i] != NULL &&
		    !copy_above (*final->keep[i], n_wanted + n_keep, final->keep[i]))
			return FALSE;
	for (int i = 0; i < n_wanted; i++)
		if (dup2 (final->scratch[i], i) < 0)
			return FALSE;
	for (int i = 0; i < n_keep; i++) {
		if (final->keep[i] == NULL) {
			close (n_wanted + i);
			continue;
		}
		if (dup3 (*final->keep[i], n_wanted + i, O_CLOEXEC) < 0)
			return FALSE;
		*final->keep[i] = n_wanted + i;
	}
	return close_range ((guint) (n_wanted + n_keep), ~0U, 0) == 0;
}

gboolean
native_descriptors_arrange (NativeFinal *final)
{
	for (int i = 0; i < 3; i++)
		give_pipe (final->stdio[i], final->process);
	if (!descriptors_move (final, 3 + (int) final->n_pass_fds))
		return native_report_fail (final->report, NATIVE_STEP_DESCRIPTORS, errno, NULL);
	return TRUE;
}
