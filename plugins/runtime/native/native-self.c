/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A process that is cloned and not executed has the engine's program as /proc/PID/exe until it
 * executes the container's. What names that path as a program or as an interpreter, with a link
 * that changes in the right moment, gets the host's file executed inside, and can write to it
 * afterwards (CVE-2019-5736). Looking at paths first only makes it hard; so the child unmaps the
 * program and takes an empty sealed file for "exe" in its place, which can't be executed at all.
 *
 * Others execute a sealed copy of themselves for each container: a copy of some megabytes and a
 * further execve, where this takes two system calls. It needs CONFIG_CHECKPOINT_RESTORE, which all
 * distributions set. Without it what native-program.c looks for still holds.
 */

#include "native-self.h"

#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* The first object is the program. */
static int
find_program (struct dl_phdr_info *information, size_t size, void *data)
{
	NativeSelf *self = (NativeSelf *) data;
	gsize page = (gsize) sysconf (_SC_PAGESIZE);
	gsize first = G_MAXSIZE;
	gsize last = 0;

	for (guint i = 0; i < information->dlpi_phnum; i++) {
		const ElfW (Phdr) *header = &information->dlpi_phdr[i];

		if (header->p_type != PT_LOAD)
			continue;
		first = MIN (first, information->dlpi_addr + header->p_vaddr);
		last = MAX (last, information->dlpi_addr + header->p_vaddr + header->p_memsz);
	}
	if (first < last) {
		first &= ~(page - 1);
		last = (last + page - 1) & ~(page - 1);
		self->start = GSIZE_TO_POINTER (first);
		self->length = last - first;
	}
	return 1;
}

/* Linked without a dynamic linker's help everything is the program, this code included. */
static gboolean
program_is_other (const NativeSelf *self)
{
	gsize here = (gsize) (gpointer) &native_self_leave;
	gsize start = (gsize) self->start;

	return self->start != NULL && (here < start || here >= start + self->length);
}

void
native_self_prepare (NativeSelf *self)
{
	*self = (NativeSelf){.exe_fd = -1};
	if (!NATIVE_SELF_CAN_LEAVE)
		return;
	dl_iterate_phdr (find_program, self);
	if (!program_is_other (self))
		return;
	self->exe_fd = memfd_create ("davit", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	/* Linux before 6.3 does not know the last flag, and needs none. */
	if (self->exe_fd < 0)
		self->exe_fd = memfd_create ("davit", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (self->exe_fd >= 0 && fcntl (self->exe_fd, F_ADD_SEALS, SEALS) < 0)
		native_self_clear (self);
}

void
native_self_clear (NativeSelf *self)
{
	if (self->exe_fd >= 0)
		close (self->exe_fd);
	self->exe_fd = -1;
}

void
native_self_leave (const NativeSelf *self)
{
	/* The kernel wants the whole description. It only must be possible: it goes with execve. */
	guint64 place = (guint64) (gsize) self->start;
	struct prctl_mm_map map = {
		.start_code = place,
		.end_code = place + 1,
		.start_data = place,
		.end_data = place + 1,
		.start_brk = place + 2,
		.brk = place + 2,
		.start_stack = place,
		.arg_start = place,
		.arg_end = place,
		.env_start = place,
		.env_end = place,
		.exe_fd = (guint32) self->exe_fd,
	};

	if (self->exe_fd < 0 || munmap (self->start, self->length) < 0)
		return;
	/* Where it can't be done the program stays "exe", as it was. */
	if (prctl (PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0) < 0)
		return;
}
