/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From the profile to BPF, by libseccomp.
 *
 * It is opened when a filter is not in the cache, and only then: binding it at each start costs
 * more than reading the filter back.
 */

#include "runtime-seccomp-private.h"

#include "runtime-error.h"

#include <dlfcn.h>
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBRARY "libseccomp.so.2"

typedef struct {
	void *handle;
	scmp_filter_ctx (*init) (uint32_t action);
	void (*release) (scmp_filter_ctx context);
	int (*arch_add) (scmp_filter_ctx context, uint32_t token);
	int (*attr_set) (scmp_filter_ctx context, enum scmp_filter_attr attribute, uint32_t value);
	int (*resolve_name) (const char *name);
	int (*rule_add_array) (scmp_filter_ctx context, uint32_t action, int number,
			       unsigned int count, const struct scmp_arg_cmp *arguments);
	int (*export_bpf) (const scmp_filter_ctx context, int fd);
	uint32_t (*arch_native) (void);
	int (*arch_remove) (scmp_filter_ctx context, uint32_t token);
	int (*merge) (scmp_filter_ctx into, scmp_filter_ctx from);
} Library;

static gboolean
symbol_find (void *handle, const char *name, void *ret, GError **error)
{
	void *address = dlsym (handle, name);

	if (address == NULL)
		return runtime_error_say (error, DAVIT_ERROR_UNAVAILABLE,
					  "linux.seccomp: \"" LIBRARY "\" is too old: it has no "
					  "\"%s\"",
					  name);
	memcpy (ret, &address, sizeof address);
	return TRUE;
}

static gboolean
library_open (Library *library, GError **error)
{
	struct {
		const char *name;
		void *function;
	} symbols[] = {
		{"seccomp_init", &library->init},
		{"seccomp_release", &library->release},
		{"seccomp_arch_add", &library->arch_add},
		{"seccomp_arch_remove", &library->arch_remove},
		{"seccomp_arch_native", &library->arch_native},
		{"seccomp_attr_set", &library->attr_set},
		{"seccomp_syscall_resolve_name", &library->resolve_name},
		{"seccomp_rule_add_array", &library->rule_add_array},
		{"seccomp_merge", &library->merge},
		{"seccomp_export_bpf", &library->export_bpf},
	};

	library->handle = dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (library->handle == NULL)
		return runtime_error_say (
			error, DAVIT_ERROR_UNAVAILABLE,
			"linux.seccomp: a filter must be compiled, and that needs "
			"libseccomp: %s",
			dlerror ());
	for (gsize i = 0; i < G_N_ELEMENTS (symbols); i++) {
		if (!symbol_find (library->handle, symbols[i].name, symbols[i].function, error))
			return FALSE;
	}
	return TRUE;
}

static void
library_close (Library *library)
{
	if (library->handle != NULL)
		dlclose (library->handle);
}

void
runtime_seccomp_library_clear (RuntimeSeccompLibrary *library)
{
	g_clear_pointer (&library->path, g_free);
}

gboolean
runtime_seccomp_library_read (RuntimeSeccompLibrary *library)
{
	struct stat status;

	if (stat (library->path, &status) < 0)
		return FALSE;
	library->device = status.st_dev;
	library->inode = status.st_ino;
	library->size = (guint64) status.st_size;
	library->seconds = status.st_mtim.tv_sec;
	library->nanoseconds = status.st_mtim.tv_nsec;
	return TRUE;
}

static void
library_identify (const Library *library, RuntimeSeccompLibrary *ret)
{
	Dl_info info = {0};
	void *address;

	memcpy (&address, &library->init, sizeof address);
	if (dladdr (address, &info) == 0 || info.dli_fname == NULL)
		return;
	ret->path = g_strdup (info.dli_fname);
	if (!runtime_seccomp_library_read (ret))
		runtime_seccomp_library_clear (ret);
}

/* Whether what the action is for happens. */
static gboolean
action_lets_through (guint32 action)
{
	return action == SCMP_ACT_ALLOW || action == SCMP_ACT_LOG;
}

/* What is being compiled: one context for machines with socketcall, and one for the others. */
typedef struct {
	const Library *library;
	const RuntimeSeccompProfile *profile;
	scmp_filter_ctx context;
	gboolean socketcall;
	guint n_architectures;
} Part;

static gboolean
unknown_check (const Part *part, const RuntimeSeccompRule *rule, const char *name, GError **error)
{
	/* A list of what is allowed may name more than this library knows. */
	if (action_lets_through (rule->action) || !action_lets_through (part->profile->action))
		return TRUE;
	return runtime_error_say (error, DAVIT_ERROR_UNAVAILABLE,
				  "linux.seccomp: the installed libseccomp does not know system "
				  "call \"%s\", which would stay allowed; install a newer one",
				  name);
}

/*
 * The library has dropped the rule. With socketcall that may be because it had to drop the
 * condition on the family, so that two rules fell together; that is harmless where both what was
 * dropped and what is not named are refused. Everywhere else the profile says two things at once.
 */
static gboolean
double_check (const Part *part, const RuntimeSeccompRule *rule, const char *name, GError **error)
{
	if (part->socketcall && rule->n_arguments > 0 &&
	    !action_lets_through (part->profile->action))
		return TRUE;
	return runtime_error_say (error, DAVIT_ERROR_CONFIG,
				  "linux.seccomp: a rule for system call \"%s\" contradicts an "
				  "earlier one",
				  name);
}

static gboolean
call_add (const Part *part, const RuntimeSeccompRule *rule, const char *name, GError **error)
{
	struct scmp_arg_cmp arguments[RUNTIME_SECCOMP_ARGUMENTS];
	int number = part->library->resolve_name (name);
	int result;

	if (number == __NR_SCMP_ERROR)
		return unknown_check (part, rule, name, error);
	for (guint i = 0; i < rule->n_arguments; i++) {
		const RuntimeSeccompArgument *argument = &rule->arguments[i];

		arguments[i].arg = argument->index;
		arguments[i].op = (enum scmp_compare) argument->operator;
		arguments[i].datum_a = argument->value;
		arguments[i].datum_b = argument->value_two;
	}
	result = part->library->rule_add_array (part->context, rule->action, number,
						rule->n_arguments, arguments);
	if (result == -EEXIST)
		return double_check (part, rule, name, error);
	return result == 0 ||
	       runtime_error_set (error, -result, "linux.seccomp: rule for system call \"%s\"",
				  name);
}

static gboolean
rules_add (const Part *part, GError **error)
{
	const RuntimeSeccompProfile *profile = part->profile;

	for (guint i = 0; i < profile->rules->len; i++) {
		const RuntimeSeccompRule *rule =
			&g_array_index (profile->rules, RuntimeSeccompRule, i);

		/* The library refuses a rule that says what is said already. */
		if (rule->action == profile->action)
			continue;
		for (gsize j = 0; rule->names[j] != NULL; j++) {
			if (!call_add (part, rule, rule->names[j], error))
				return FALSE;
		}
	}
	return TRUE;
}

/* Reads the filter back from the file that it was exported to. */
/* FALSE with errno; a file that ends too early is EIO. */
static gboolean
bytes_read (int fd, gpointer bytes, gsize length)
{
	gsize done = 0;

	while (done < length) {
		ssize_t got = pread (fd, (char *) bytes + done, length - done, (off_t) done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = EIO;
		if (got <= 0)
			return FALSE;
		done += (gsize) got;
	}
	return TRUE;
}

static RuntimeSeccomp *
filter_read (int fd, guint32 flags, GError **error)
{
	RuntimeSeccomp *seccomp;
	struct stat status;
	gsize length;

	if (fstat (fd, &status) < 0) {
		runtime_error_set (error, errno, "linux.seccomp: look at the compiled filter");
		return NULL;
	}
	length = (gsize) status.st_size / sizeof (struct sock_filter);
	if (length == 0 || length > BPF_MAXINSNS - RUNTIME_SECCOMP_DOORS_MAX) {
		runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
				   "linux.seccomp: the filter has %" G_GSIZE_FORMAT
				   " instructions; the kernel takes 1 to %d",
				   length, BPF_MAXINSNS - RUNTIME_SECCOMP_DOORS_MAX);
		return NULL;
	}
	seccomp = g_new0 (RuntimeSeccomp, 1);
	seccomp->flags = flags;
	seccomp->length = (guint16) length;
	seccomp->filter = g_new0 (struct sock_filter, length);
	if (bytes_read (fd, seccomp->filter, length * sizeof (struct sock_filter)))
		return seccomp;
	runtime_error_set (error, errno, "linux.seccomp: read the compiled filter");
	runtime_seccomp_free (seccomp);
	return NULL;
}

/* Whether it ends, whatever way is taken: libseccomp does not look how much of it was written. */
static gboolean
filter_is_whole (const RuntimeSeccomp *seccomp)
{
	for (guint i = 0; i < seccomp->length; i++) {
		const struct sock_filter *step = &seccomp->filter[i];
		guint32 far = BPF_OP (step->code) == BPF_JA ? step->k : MAX (step->jt, step->jf);

		if (BPF_CLASS (step->code) == BPF_JMP && far >= seccomp->length - i - 1)
			return FALSE;
	}
	return BPF_CLASS (seccomp->filter[seccomp->length - 1].code) == BPF_RET;
}

static RuntimeSeccomp *
filter_export (const Library *library, scmp_filter_ctx context, guint32 flags, GError **error)
{
	int fd = memfd_create ("davit-seccomp", MFD_CLOEXEC);
	RuntimeSeccomp *seccomp = NULL;
	int result;

	if (fd < 0) {
		runtime_error_set (error, errno, "linux.seccomp: make a memory file");
		return NULL;
	}
	result = library->export_bpf (context, fd);
	if (result == 0)
		seccomp = filter_read (fd, flags, error);
	else
		runtime_error_set (error, -result, "linux.seccomp: compile the filter");
	close (fd);
	if (seccomp != NULL && !filter_is_whole (seccomp)) {
		runtime_error_set (error, ENOSPC, "linux.seccomp: compile the filter");
		g_clear_pointer (&seccomp, runtime_seccomp_free);
	}
	return seccomp;
}

static gboolean
architecture_add (Part *part, guint32 token, GError **error)
{
	int result;

	if (runtime_seccomp_socketcall_is_on (token) != part->socketcall)
		return TRUE;
	result = part->library->arch_add (part->context, token);
	/* Named twice. */
	if (result == -EEXIST)
		return TRUE;
	if (result < 0)
		return runtime_error_set (
			error, -result,
			"linux.seccomp.architectures: one of them can't be joined "
			"with those of this machine");
	part->n_architectures++;
	return TRUE;
}

/* Opens the context, with those architectures of the profile that belong into it. */
static gboolean
part_open (Part *part, GError **error)
{
	const RuntimeSeccompProfile *profile = part->profile;
	guint32 native = part->library->arch_native ();

	part->context = part->library->init (profile->action);
	if (part->context == NULL)
		return runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
					  "linux.seccomp.defaultAction: this kernel or libseccomp "
					  "does not have it");
	/* A tree instead of a list: a hundred comparisons less at each system call. */
	part->library->attr_set (part->context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	part->library->arch_remove (part->context, native);
	if (!architecture_add (part, native, error))
		return FALSE;
	for (guint i = 0; i < profile->architectures->len; i++) {
		if (!architecture_add (part, g_array_index (profile->architectures, guint32, i),
				       error))
			return FALSE;
	}
	return part->n_architectures == 0 || rules_add (part, error);
}

static gboolean
parts_join (Part *one, Part *two, GError **error)
{
	int result;

	if (two->n_architectures == 0)
		return TRUE;
	if (one->n_architectures == 0) {
		scmp_filter_ctx empty = one->context;

		one->context = two->context;
		two->context = empty;
		return TRUE;
	}
	result = one->library->merge (one->context, two->context);
	if (result < 0)
		return runtime_error_set (error, -result, "linux.seccomp: join the filters");
	/* Released with the first one from now on. */
	two->context = NULL;
	return TRUE;
}

static RuntimeSeccomp *
compile (const Library *library, const RuntimeSeccompProfile *profile, GError **error)
{
	Part plain = {.library = library, .profile = profile};
	Part socketcall = {.library = library, .profile = profile, .socketcall = TRUE};
	RuntimeSeccomp *seccomp = NULL;

	if (part_open (&plain, error) && part_open (&socketcall, error) &&
	    parts_join (&plain, &socketcall, error))
		seccomp = filter_export (library, plain.context, profile->flags, error);
	if (seccomp != NULL)
		runtime_seccomp_socketcall_close (profile, library->arch_native (), seccomp);
	if (plain.context != NULL)
		library->release (plain.context);
	if (socketcall.context != NULL)
		library->release (socketcall.context);
	return seccomp;
}

RuntimeSeccomp *
runtime_seccomp_compile (const RuntimeSeccompProfile *profile, RuntimeSeccompLibrary *ret_library,
			 GError **error)
{
	Library library = {0};
	RuntimeSeccomp *seccomp = NULL;

	if (library_open (&library, error)) {
		library_identify (&library, ret_library);
		seccomp = compile (&library, profile, error);
	}
	library_close (&library);
	return seccomp;
}
