/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The second door to socket.
 *
 * A rule that allows socket for some families is turned by libseccomp, on machines that know
 * socketcall, into one that allows socketcall's socket for every family: the arguments are in
 * memory, where a filter can't see them. A program of 64 bits gets there by "int 0x80". So what
 * can't be compared is refused, unless the profile names socketcall itself.
 */

#include "runtime-seccomp-private.h"

#include <linux/audit.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>

static const struct {
	guint32 architecture;
	guint32 number; /* of socketcall */
} doors[] = {
	{AUDIT_ARCH_I386, 102},	 {AUDIT_ARCH_S390, 102},    {AUDIT_ARCH_S390X, 102},
	{AUDIT_ARCH_PPC, 102},	 {AUDIT_ARCH_PPC64, 102},   {AUDIT_ARCH_PPC64LE, 102},
	{AUDIT_ARCH_MIPS, 4102}, {AUDIT_ARCH_MIPSEL, 4102},
};

gboolean
runtime_seccomp_socketcall_is_on (guint32 architecture)
{
	for (gsize i = 0; i < G_N_ELEMENTS (doors); i++) {
		if (doors[i].architecture == architecture)
			return TRUE;
	}
	return FALSE;
}

static gboolean
names_hold (const char **names, const char *wanted)
{
	for (; *names != NULL; names++) {
		if (strcmp (*names, wanted) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Whether there are rules that the compiled filter would not keep. */
static gboolean
is_needed (const RuntimeSeccompProfile *profile)
{
	gboolean compared = FALSE;

	if (profile->action == SCMP_ACT_ALLOW || profile->action == SCMP_ACT_LOG)
		return FALSE;
	for (guint i = 0; i < profile->rules->len; i++) {
		const RuntimeSeccompRule *rule =
			&g_array_index (profile->rules, RuntimeSeccompRule, i);

		if (names_hold (rule->names, "socketcall"))
			return FALSE;
		compared =
			compared || (rule->n_arguments > 0 && names_hold (rule->names, "socket"));
	}
	return compared;
}

static void
emit (GArray *code, guint16 operation, guint8 true_jump, guint8 false_jump, guint32 value)
{
	struct sock_filter instruction = {operation, true_jump, false_jump, value};

	g_array_append_val (code, instruction);
}

static void
door_close (GArray *code, guint32 architecture, guint32 number, guint32 action)
{
	const guint16 load = BPF_LD | BPF_W | BPF_ABS;
	const guint16 equal = BPF_JMP | BPF_JEQ | BPF_K;
	/* The kernel looks at the lower half only. */
	guint32 argument = offsetof (struct seccomp_data, args) +
			   (G_BYTE_ORDER == G_BIG_ENDIAN ? sizeof (guint32) : 0);

	emit (code, load, 0, 0, offsetof (struct seccomp_data, arch));
	emit (code, equal, 0, 5, architecture);
	emit (code, load, 0, 0, offsetof (struct seccomp_data, nr));
	emit (code, equal, 0, 3, number);
	emit (code, load, 0, 0, argument);
	emit (code, equal, 0, 1, SYS_SOCKET);
	emit (code, BPF_RET | BPF_K, 0, 0, action);
}

void
runtime_seccomp_socketcall_close (const RuntimeSeccompProfile *profile, guint32 native,
				  RuntimeSeccomp *seccomp)
{
	g_autoptr (GArray) code = g_array_new (FALSE, FALSE, sizeof (struct sock_filter));

	if (!is_needed (profile))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS (doors); i++) {
		gboolean wanted = doors[i].architecture == native;

		for (guint j = 0; j < profile->architectures->len; j++)
			wanted = wanted || g_array_index (profile->architectures, guint32, j) ==
						   doors[i].architecture;
		if (wanted)
			door_close (code, doors[i].architecture, doors[i].number, profile->action);
	}
	/* Jumps are relative: what is put in front disturbs none. */
	g_array_append_vals (code, seccomp->filter, seccomp->length);
	g_free (seccomp->filter);
	seccomp->length = (guint16) code->len;
	seccomp->filter = (struct sock_filter *) g_array_free (g_steal_pointer (&code), FALSE);
}
