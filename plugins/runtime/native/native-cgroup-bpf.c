/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Device rules of cgroup v2: a BPF program that the kernel runs at each mknod and open of a device.
 *
 * Six registers, no calls, no loops: for each rule from the last one a few comparisons that jump to
 * the next rule, and an end. A library for that would be larger than the program.
 */

#include "native-cgroup-private.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The parts of struct bpf_cgroup_dev_ctx, loaded by the first instructions. */
#define TYPE BPF_REG_2
#define ACCESS BPF_REG_3
#define MAJOR BPF_REG_4
#define MINOR BPF_REG_5
#define SCRATCH BPF_REG_1

typedef struct {
	GArray *code;
	guint rule; /* where the rule begins: jumps from there on get its end as their target */
} Program;

static void
emit (Program *program, guint8 code, guint8 to, guint8 from, gint16 offset, gint32 value)
{
	struct bpf_insn instruction = {
		.code = code, .dst_reg = to, .src_reg = from, .off = offset, .imm = value};

	g_array_append_val (program->code, instruction);
}

static void
emit_end (Program *program, gboolean allow)
{
	emit (program, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, allow);
	emit (program, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* A jump out of the rule; the offset is filled in when its end is known. */
static void
emit_leave (Program *program, guint8 operation, guint8 reg, gint32 value)
{
	emit (program, BPF_JMP | operation | BPF_K, reg, 0, 0, value);
}

static void
rule_close (Program *program)
{
	for (guint i = program->rule; i < program->code->len; i++) {
		struct bpf_insn *instruction = &g_array_index (program->code, struct bpf_insn, i);

		if ((BPF_CLASS (instruction->code) == BPF_JMP ||
		     BPF_CLASS (instruction->code) == BPF_JMP32) &&
		    BPF_OP (instruction->code) != BPF_EXIT)
			instruction->off = (gint16) (program->code->len - i - 1);
	}
}

static void
access_compare (Program *program, const NativeDeviceRule *rule)
{
	if (rule->access == NATIVE_DEVICE_ALL)
		return;
	emit (program, BPF_ALU64 | BPF_MOV | BPF_X, SCRATCH, ACCESS, 0, 0);
	if (rule->allow) {
		/* All that is wanted must be allowed, */
		emit (program, BPF_ALU64 | BPF_AND | BPF_K, SCRATCH, 0, 0,
		      (gint32) (~rule->access & NATIVE_DEVICE_ALL));
		emit_leave (program, BPF_JNE, SCRATCH, 0);
	} else {
		/* and anything that is denied denies it. */
		emit (program, BPF_ALU64 | BPF_AND | BPF_K, SCRATCH, 0, 0, (gint32) rule->access);
		emit_leave (program, BPF_JEQ, SCRATCH, 0);
	}
}

/* 32 bits on both sides: an immediate of 64 is the sign of 32 bits made longer. */
static void
number_compare (Program *program, guint8 reg, gint64 number)
{
	if (number >= 0)
		emit (program, BPF_JMP32 | BPF_JNE | BPF_K, reg, 0, 0, (gint32) (guint32) number);
}

static void
rule_emit (Program *program, const NativeDeviceRule *rule)
{
	program->rule = program->code->len;
	if (rule->type != 'a') {
		emit_leave (program, BPF_JNE, TYPE,
			    rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
		access_compare (program, rule);
		number_compare (program, MAJOR, rule->major);
		number_compare (program, MINOR, rule->minor);
	}
	emit_end (program, rule->allow);
	rule_close (program);
}

static GArray *
program_make (const GArray *rules)
{
	Program program = {g_array_new (FALSE, FALSE, sizeof (struct bpf_insn)), 0};
	const guint8 load = BPF_LDX | BPF_MEM | BPF_W;

	/* access_type: the access in the upper half, the type in the lower one. */
	emit (&program, load, TYPE, BPF_REG_1, offsetof (struct bpf_cgroup_dev_ctx, access_type),
	      0);
	emit (&program, load, MAJOR, BPF_REG_1, offsetof (struct bpf_cgroup_dev_ctx, major), 0);
	emit (&program, load, MINOR, BPF_REG_1, offsetof (struct bpf_cgroup_dev_ctx, minor), 0);
	emit (&program, BPF_ALU64 | BPF_MOV | BPF_X, ACCESS, TYPE, 0, 0);
	emit (&program, BPF_ALU64 | BPF_RSH | BPF_K, ACCESS, 0, 0, 16);
	emit (&program, BPF_ALU64 | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	for (guint i = rules->len; i-- > 0;)
		rule_emit (&program, &g_array_index (rules, NativeDeviceRule, i));
	/* The first rule is for everything. An end behind it would be refused as unreachable. */
	return program.code;
}

static int
bpf_call (int command, union bpf_attr *attributes)
{
	long result = syscall (SYS_bpf, command, attributes, sizeof *attributes);

	return result < 0 ? -errno : (int) result;
}

static int
program_load (const GArray *rules)
{
	g_autoptr (GArray) code = program_make (rules);
	union bpf_attr attributes = {0};

	attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attributes.insns = (guint64) (guintptr) code->data;
	attributes.insn_cnt = code->len;
	/* Nothing in it that only the GPL allows. */
	attributes.license = (guint64) (guintptr) "LGPL";
	g_strlcpy (attributes.prog_name, "davit_devices", sizeof attributes.prog_name);
	return bpf_call (BPF_PROG_LOAD, &attributes);
}

int
native_cgroup_bpf_attach (int dirfd, const GArray *rules)
{
	union bpf_attr attributes = {0};
	int program = program_load (rules);
	int result;

	if (program < 0)
		return program;
	/* MULTI: a program of a group below can only take away, never give. */
	attributes.attach_type = BPF_CGROUP_DEVICE;
	attributes.target_fd = (guint32) dirfd;
	attributes.attach_bpf_fd = (guint32) program;
	attributes.attach_flags = BPF_F_ALLOW_MULTI;
	result = bpf_call (BPF_PROG_ATTACH, &attributes);
	close (program);
	return result;
}
