/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The system calls of the worker: a short list, everything else answers EPERM. Written by hand and
 * not by libseccomp, which takes longer to compile such a filter than the worker to start.
 */

#include "image/archive-confine.h"

#include "base/error.h"
#include "base/sanitized.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__) && defined(__LP64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define THIS_ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define THIS_ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define THIS_ARCH AUDIT_ARCH_S390X
#elif defined(__i386__)
#define THIS_ARCH AUDIT_ARCH_I386
#elif defined(__arm__)
#define THIS_ARCH AUDIT_ARCH_ARM
#else
/* An architecture whose calls nobody has looked at keeps them all. */
#define THIS_ARCH 0
#endif

static const int allowed_calls[] = {
	/* Data. */
	SYS_read,
	SYS_write,
	SYS_pread64,
	SYS_pwrite64,
	SYS_writev,
	SYS_lseek,
#ifdef SYS__llseek
	SYS__llseek,
#endif
	SYS_close,
	SYS_ftruncate,
#ifdef SYS_ftruncate64
	SYS_ftruncate64,
#endif
#ifdef SYS_fadvise64
	SYS_fadvise64,
#endif
#ifdef SYS_fadvise64_64
	SYS_fadvise64_64,
#endif
	SYS_fcntl,
#ifdef SYS_fcntl64
	SYS_fcntl64,
#endif
	/* Names; Landlock says where. */
	SYS_openat,
	SYS_openat2,
	SYS_mkdirat,
	SYS_mknodat,
	SYS_symlinkat,
	SYS_linkat,
	SYS_unlinkat,
#ifdef SYS_renameat
	SYS_renameat,
#endif
	SYS_renameat2,
	SYS_readlinkat,
	SYS_getdents64,
	/* Attributes. */
	SYS_fstat,
#ifdef SYS_fstat64
	SYS_fstat64,
#endif
#ifdef SYS_newfstatat
	SYS_newfstatat,
#endif
#ifdef SYS_fstatat64
	SYS_fstatat64,
#endif
	SYS_statx,
	SYS_fchown,
#ifdef SYS_fchown32
	SYS_fchown32,
#endif
	SYS_fchownat,
	SYS_fchmod,
	SYS_fchmodat,
	SYS_utimensat,
#ifdef SYS_utimensat_time64
	SYS_utimensat_time64,
#endif
	SYS_fsetxattr,
	SYS_fgetxattr,
	SYS_flistxattr,
	SYS_fremovexattr,
	/* What the C library does by itself. */
	SYS_brk,
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_futex,
#ifdef SYS_futex_time64
	SYS_futex_time64,
#endif
	SYS_getrandom,
	SYS_clock_gettime,
#ifdef SYS_clock_gettime64
	SYS_clock_gettime64,
#endif
	SYS_restart_syscall,
	SYS_rt_sigreturn,
	SYS_rt_sigprocmask,
	SYS_rt_sigaction,
	SYS_getpid,
	SYS_gettid,
	SYS_tgkill,
	SYS_exit,
	SYS_exit_group,
};

/* Memory, but none that programs could be written to. */
static const int memory_calls[] = {
#ifdef SYS_mmap
	SYS_mmap,
#endif
#ifdef SYS_mmap2
	SYS_mmap2,
#endif
	SYS_mprotect,
};

#define MAXIMUM (8 + 2 * G_N_ELEMENTS (allowed_calls) + 5 * G_N_ELEMENTS (memory_calls))

typedef struct {
	struct sock_filter code[MAXIMUM];
	gsize length;
} Filter;

static void
emit (Filter *filter, struct sock_filter instruction)
{
	g_assert (filter->length < MAXIMUM);
	filter->code[filter->length++] = instruction;
}

static void
load (Filter *filter, gsize offset)
{
	emit (filter, (struct sock_filter) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, (guint32) offset));
}

static void
answer (Filter *filter, guint32 value)
{
	emit (filter, (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, value));
}

/* Goes over the next count instructions unless the loaded value is that. */
static void
unless_equal_skip (Filter *filter, guint32 value, guint8 count)
{
	emit (filter, (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, value, 0, count));
}

/* The lower half of the third argument of a call: prot. */
static gsize
protection_offset (void)
{
	gsize offset = offsetof (struct seccomp_data, args[2]);

	return G_BYTE_ORDER == G_LITTLE_ENDIAN ? offset : offset + 4;
}

static void
filter_build (Filter *filter, guint32 arch)
{
	const guint32 refuse = SECCOMP_RET_ERRNO | EPERM;

	load (filter, offsetof (struct seccomp_data, arch));
	emit (filter, (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, arch, 1, 0));
	answer (filter, SECCOMP_RET_KILL_PROCESS);
	/* The numbers of x32 are none of the list's. */
	load (filter, offsetof (struct seccomp_data, nr));
	for (gsize i = 0; i < G_N_ELEMENTS (allowed_calls); i++) {
		unless_equal_skip (filter, (guint32) allowed_calls[i], 1);
		answer (filter, SECCOMP_RET_ALLOW);
	}
	for (gsize i = 0; i < G_N_ELEMENTS (memory_calls); i++) {
		unless_equal_skip (filter, (guint32) memory_calls[i], 4);
		load (filter, protection_offset ());
		emit (filter,
		      (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1));
		answer (filter, refuse);
		answer (filter, SECCOMP_RET_ALLOW);
	}
	answer (filter, refuse);
}

gboolean
archive_confine_calls (GError **error)
{
	Filter filter = {0};
	struct sock_fprog program;

	/* AddressSanitizer looks for leaks at the end with calls of its own. */
	if (THIS_ARCH == 0 || DAVIT_SANITIZED)
		return TRUE;
	filter_build (&filter, THIS_ARCH);
	program.len = (unsigned short) filter.length;
	program.filter = filter.code;
	/* EINVAL: a kernel without filters. */
	if (prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 && errno != EINVAL)
		return davit_error_errno (error, errno, "filter the calls of the archive worker");
	return TRUE;
}
