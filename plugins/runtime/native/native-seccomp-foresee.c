/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a filter answers to a system call, whatever its arguments: found out by running it here. A
 * filter that allows all that is still to come before execve can be loaded while the first process
 * waits for start, instead of while the user waits: the kernel takes half a millisecond to
 * translate one.
 */

#include "native-seccomp.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define OWN_ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined(__s390x__)
#define OWN_ARCHITECTURE AUDIT_ARCH_S390X
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define OWN_ARCHITECTURE AUDIT_ARCH_PPC64LE
#else
#define OWN_ARCHITECTURE 0 /* nothing is foreseen */
#endif

/* From waiting for start to execve, and what tells of a failure. */
static const int before_program[] = {
	SYS_accept4,	SYS_sendmsg,	SYS_sendto,	  SYS_newfstatat, SYS_faccessat,
	SYS_faccessat2, SYS_openat,	SYS_openat2,	  SYS_read,	  SYS_close,
	SYS_execve,	SYS_exit_group, SYS_rt_sigreturn,
};

/* Where it stands, and what it knows. */
typedef struct {
	guint32 at;
	guint32 accumulator;
	guint32 number; /* of the system call */
} Run;

/* FALSE: the instruction looks at an argument, or is of a kind that no compiler here makes. */
static gboolean
load (Run *run, guint32 offset)
{
	if (offset == G_STRUCT_OFFSET (struct seccomp_data, nr))
		run->accumulator = run->number;
	else if (offset == G_STRUCT_OFFSET (struct seccomp_data, arch))
		run->accumulator = OWN_ARCHITECTURE;
	else
		return FALSE;
	return TRUE;
}

static gboolean
jump (Run *run, const struct sock_filter *instruction)
{
	guint32 value = instruction->k;
	gboolean holds;

	switch (BPF_OP (instruction->code)) {
	case BPF_JA:
		run->at += value;
		return TRUE;
	case BPF_JEQ:
		holds = run->accumulator == value;
		break;
	case BPF_JGT:
		holds = run->accumulator > value;
		break;
	case BPF_JGE:
		holds = run->accumulator >= value;
		break;
	case BPF_JSET:
		holds = (run->accumulator & value) != 0;
		break;
	default:
		return FALSE;
	}
	run->at += holds ? instruction->jt : instruction->jf;
	return TRUE;
}

/* Jumps lead forwards only: this ends. */
static gboolean
is_allowed (const RuntimeSeccomp *seccomp, int number)
{
	Run run = {.number = (guint32) number};

	while (run.at < seccomp->length) {
		const struct sock_filter *instruction = &seccomp->filter[run.at++];

		switch (BPF_CLASS (instruction->code)) {
		case BPF_RET:
			return instruction->code == (BPF_RET | BPF_K) &&
			       instruction->k == SECCOMP_RET_ALLOW;
		case BPF_LD:
			if (instruction->code != (BPF_LD | BPF_W | BPF_ABS) ||
			    !load (&run, instruction->k))
				return FALSE;
			break;
		case BPF_JMP:
			if (BPF_SRC (instruction->code) != BPF_K || !jump (&run, instruction))
				return FALSE;
			break;
		default:
			return FALSE;
		}
	}
	return FALSE;
}

gboolean
native_seccomp_lets_start (const RuntimeSeccomp *seccomp)
{
	if (OWN_ARCHITECTURE == 0)
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS (before_program); i++) {
		if (!is_allowed (seccomp, before_program[i]))
			return FALSE;
	}
	return TRUE;
}
