/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Registers of a process that is stopped at a system call: each architecture has its own. */

#include "registers.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#error "which registers hold a system call is not known for this architecture"
#endif

static int
registers_get (pid_t pid, struct user_regs_struct *registers)
{
	struct iovec vector = {registers, sizeof *registers};

	return (int) ptrace (PTRACE_GETREGSET, pid, (void *) NT_PRSTATUS, &vector);
}

static int
registers_set (pid_t pid, struct user_regs_struct *registers)
{
	struct iovec vector = {registers, sizeof *registers};

	return (int) ptrace (PTRACE_SETREGSET, pid, (void *) NT_PRSTATUS, &vector);
}

int
registers_skip (pid_t pid)
{
#if defined(__x86_64__)
	struct user_regs_struct registers;

	if (registers_get (pid, &registers) < 0)
		return -1;
	registers.orig_rax = (unsigned long long) -1;
	return registers_set (pid, &registers);
#else
	int number = -1;
	struct iovec vector = {&number, sizeof number};

	return (int) ptrace (PTRACE_SETREGSET, pid, (void *) NT_ARM_SYSTEM_CALL, &vector);
#endif
}

int
registers_set_length (pid_t pid, unsigned long long length)
{
	struct user_regs_struct registers;

	if (registers_get (pid, &registers) < 0)
		return -1;
#if defined(__x86_64__)
	registers.rdx = length;
#else
	registers.regs[2] = length;
#endif
	return registers_set (pid, &registers);
}

int
registers_set_result (pid_t pid, long long result)
{
	struct user_regs_struct registers;

	if (registers_get (pid, &registers) < 0)
		return -1;
#if defined(__x86_64__)
	registers.rax = (unsigned long long) result;
#else
	registers.regs[0] = (unsigned long long) result;
#endif
	return registers_set (pid, &registers);
}
