/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* linux.seccomp, read and checked: a filter that means something else than it says is the worst. */

#include "runtime-seccomp-private.h"

#include "runtime-error.h"
#include "runtime-number.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FIELD "linux.seccomp"
#define ERRNO_MAX 4095

static const char *const actions[] = {
	"SCMP_ACT_KILL",  "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
	"SCMP_ACT_TRAP",  "SCMP_ACT_ERRNO",	   "SCMP_ACT_TRACE",
	"SCMP_ACT_ALLOW", "SCMP_ACT_LOG",	   NULL,
};

static const char *const operators[] = {
	"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",	    "SCMP_CMP_EQ",
	"SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ", NULL,
};

static const int operator_values[] = {
	SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE,	      SCMP_CMP_EQ,
	SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ,
};

static const struct {
	const char *name;
	guint32 token;
} architectures[] = {
	{"SCMP_ARCH_X86", SCMP_ARCH_X86},
	{"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64},
	{"SCMP_ARCH_X32", SCMP_ARCH_X32},
	{"SCMP_ARCH_ARM", SCMP_ARCH_ARM},
	{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64},
	{"SCMP_ARCH_MIPS", SCMP_ARCH_MIPS},
	{"SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64},
	{"SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32},
	{"SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL},
	{"SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64},
	{"SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32},
	{"SCMP_ARCH_PPC", SCMP_ARCH_PPC},
	{"SCMP_ARCH_PPC64", SCMP_ARCH_PPC64},
	{"SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE},
	{"SCMP_ARCH_S390", SCMP_ARCH_S390},
	{"SCMP_ARCH_S390X", SCMP_ARCH_S390X},
	{"SCMP_ARCH_PARISC", SCMP_ARCH_PARISC},
	{"SCMP_ARCH_PARISC64", SCMP_ARCH_PARISC64},
	{"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64},
};

static const struct {
	const char *name;
	guint32 value;
} flags[] = {
	{"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
	{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
};

const char *const *
runtime_seccomp_actions (void)
{
	return actions;
}

const char *const *
runtime_seccomp_operators (void)
{
	return operators;
}

const char *const *
runtime_seccomp_architectures (void)
{
	const char **names = g_new0 (const char *, G_N_ELEMENTS (architectures) + 1);

	for (gsize i = 0; i < G_N_ELEMENTS (architectures); i++)
		names[i] = architectures[i].name;
	return names;
}

const char *const *
runtime_seccomp_flags (void)
{
	const char **names = g_new0 (const char *, G_N_ELEMENTS (flags) + 1);
	gsize count = 0;

	/* Without a filter, a flag that the kernel knows is EFAULT, and any other EINVAL. */
	for (gsize i = 0; i < G_N_ELEMENTS (flags); i++) {
		if (syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags[i].value, NULL) < 0 &&
		    errno == EFAULT)
			names[count++] = flags[i].name;
	}
	return names;
}

static gboolean
action_parse (const char *field, const char *name, guint32 number, guint32 *ret, GError **error)
{
	if (name == NULL)
		return runtime_error_say (error, DAVIT_ERROR_CONFIG, "%s: is missing", field);
	if (strcmp (name, "SCMP_ACT_KILL") == 0 || strcmp (name, "SCMP_ACT_KILL_THREAD") == 0)
		*ret = SCMP_ACT_KILL_THREAD;
	else if (strcmp (name, "SCMP_ACT_KILL_PROCESS") == 0)
		*ret = SCMP_ACT_KILL_PROCESS;
	else if (strcmp (name, "SCMP_ACT_TRAP") == 0)
		*ret = SCMP_ACT_TRAP;
	else if (strcmp (name, "SCMP_ACT_ERRNO") == 0)
		*ret = SCMP_ACT_ERRNO (number);
	else if (strcmp (name, "SCMP_ACT_TRACE") == 0)
		*ret = SCMP_ACT_TRACE (number);
	else if (strcmp (name, "SCMP_ACT_ALLOW") == 0)
		*ret = SCMP_ACT_ALLOW;
	else if (strcmp (name, "SCMP_ACT_LOG") == 0)
		*ret = SCMP_ACT_LOG;
	else if (strcmp (name, "SCMP_ACT_NOTIFY") == 0)
		return runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
					  "%s: \"%s\" is not there yet: this runtime has no "
					  "listener for system calls",
					  field, name);
	else
		return runtime_error_say (error, DAVIT_ERROR_CONFIG, "%s: unknown action \"%s\"",
					  field, name);
	return TRUE;
}

/* The action of a member, with the number of the member that belongs to it. */
static gboolean
action_read (const DavitHost *host, const DavitJson *object, const char *field, const char *key,
	     const char *number_key, guint32 *ret, GError **error)
{
	g_autofree char *name_field = g_strconcat (field, ".", key, NULL);
	const char *name = NULL;
	guint64 number = EPERM;

	return host->json->get_string (object, key, &name, error) &&
	       runtime_number_unsigned (host, object, number_key, ERRNO_MAX, &number, NULL,
					error) &&
	       action_parse (name_field, name, (guint32) number, ret, error);
}

static gboolean
operator_find (const char *name, int *ret)
{
	for (gsize i = 0; operators[i] != NULL; i++) {
		if (name != NULL && strcmp (operators[i], name) == 0) {
			*ret = operator_values[i];
			return TRUE;
		}
	}
	return FALSE;
}

static gboolean
argument_read (const DavitHost *host, const DavitJson *object, const char *field,
	       RuntimeSeccompRule *rule, GError **error)
{
	RuntimeSeccompArgument argument = {0};
	gboolean has_index = FALSE;
	gboolean has_value = FALSE;
	guint64 index = 0;
	const char *name = NULL;

	if (!runtime_number_unsigned (host, object, "index", RUNTIME_SECCOMP_ARGUMENTS - 1, &index,
				      &has_index, error) ||
	    !runtime_number_unsigned (host, object, "value", G_MAXUINT64, &argument.value,
				      &has_value, error) ||
	    !runtime_number_unsigned (host, object, "valueTwo", G_MAXUINT64, &argument.value_two,
				      NULL, error) ||
	    !host->json->get_string (object, "op", &name, error))
		return FALSE;
	if (!has_index || !has_value)
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  "%s: index and value are needed", field);
	if (!operator_find (name, &argument.operator))
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  "%s.op: unknown operator \"%s\"", field,
					  name == NULL ? "" : name);
	argument.index = (guint32) index;
	/*
	 * Some runtimes take two conditions on one argument as "and", some as "or". moby had a rule
	 * of which it meant the one and got the other.
	 */
	for (guint i = 0; i < rule->n_arguments; i++) {
		if (rule->arguments[i].index == argument.index)
			return runtime_error_say (error, DAVIT_ERROR_CONFIG,
						  "%s: argument %u has a condition already; write "
						  "a rule for each",
						  field, argument.index);
	}
	rule->arguments[rule->n_arguments++] = argument;
	return TRUE;
}

static gboolean
rule_read (const DavitHost *host, const DavitJson *object, RuntimeSeccompRule *rule, GError **error)
{
	g_autofree char *field = host->json->path (object);
	const DavitJson *array = NULL;

	if (!host->json->get_strings (object, "names", &rule->names, error) ||
	    !host->json->get_array (object, "args", &array, error) ||
	    !action_read (host, object, field, "action", "errnoRet", &rule->action, error))
		return FALSE;
	if (rule->names == NULL || rule->names[0] == NULL)
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  "%s.names: at least one system call is needed", field);
	for (guint i = 0; i < host->json->length (array); i++) {
		g_autofree char *place = g_strdup_printf ("%s.args[%u]", field, i);

		if (!argument_read (host, host->json->element (array, i), place, rule, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
rules_read (const DavitHost *host, const DavitJson *seccomp, GArray *rules, GError **error)
{
	const DavitJson *array = NULL;

	if (!host->json->get_array (seccomp, "syscalls", &array, error))
		return FALSE;
	for (guint i = 0; i < host->json->length (array); i++) {
		RuntimeSeccompRule rule = {0};

		if (!rule_read (host, host->json->element (array, i), &rule, error)) {
			g_free (rule.names);
			return FALSE;
		}
		g_array_append_val (rules, rule);
	}
	return TRUE;
}

static gboolean
architectures_read (const DavitHost *host, const DavitJson *seccomp, GArray *tokens, GError **error)
{
	g_autofree const char **names = NULL;

	if (!host->json->get_strings (seccomp, "architectures", &names, error))
		return FALSE;
	for (gsize i = 0; names != NULL && names[i] != NULL; i++) {
		gsize known = 0;

		while (known < G_N_ELEMENTS (architectures) &&
		       strcmp (architectures[known].name, names[i]) != 0)
			known++;
		if (known == G_N_ELEMENTS (architectures))
			return runtime_error_say (error, DAVIT_ERROR_CONFIG,
						  FIELD ".architectures[%" G_GSIZE_FORMAT
							"]: unknown architecture \"%s\"",
						  i, names[i]);
		g_array_append_val (tokens, architectures[known].token);
	}
	return TRUE;
}

static gboolean
flags_read (const DavitHost *host, const DavitJson *seccomp, guint32 *ret, GError **error)
{
	g_autofree const char **names = NULL;
	guint32 value = 0;

	if (!host->json->get_strings (seccomp, "flags", &names, error))
		return FALSE;
	for (gsize i = 0; names != NULL && names[i] != NULL; i++) {
		gsize known = 0;

		while (known < G_N_ELEMENTS (flags) && strcmp (flags[known].name, names[i]) != 0)
			known++;
		if (known == G_N_ELEMENTS (flags))
			return runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
						  FIELD ".flags[%" G_GSIZE_FORMAT
							"]: this runtime does not have flag \"%s\"",
						  i, names[i]);
		value |= flags[known].value;
	}
	*ret = value;
	return TRUE;
}

static void
rule_clear (gpointer rule)
{
	g_free (((RuntimeSeccompRule *) rule)->names);
}

void
runtime_seccomp_profile_clear (RuntimeSeccompProfile *profile)
{
	g_clear_pointer (&profile->architectures, g_array_unref);
	g_clear_pointer (&profile->rules, g_array_unref);
}

gboolean
runtime_seccomp_profile_parse (const DavitHost *host, const DavitJson *seccomp,
			       RuntimeSeccompProfile *ret, GError **error)
{
	RuntimeSeccompProfile profile = {
		.architectures = g_array_new (FALSE, FALSE, sizeof (guint32)),
		.rules = g_array_new (FALSE, FALSE, sizeof (RuntimeSeccompRule)),
	};
	const char *listener = NULL;

	g_array_set_clear_func (profile.rules, rule_clear);
	if (host->json->get_string (seccomp, "listenerPath", &listener, error) &&
	    action_read (host, seccomp, FIELD, "defaultAction", "defaultErrnoRet", &profile.action,
			 error) &&
	    architectures_read (host, seccomp, profile.architectures, error) &&
	    flags_read (host, seccomp, &profile.flags, error) &&
	    rules_read (host, seccomp, profile.rules, error)) {
		if (listener == NULL) {
			*ret = profile;
			return TRUE;
		}
		runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
				   FIELD ".listenerPath: is not there yet: this runtime has no "
					 "listener for system calls");
	}
	runtime_seccomp_profile_clear (&profile);
	return FALSE;
}
