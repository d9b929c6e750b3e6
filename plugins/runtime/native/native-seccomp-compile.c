/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From the profile to BPF, by libseccomp.
 *
 * It is opened when a filter is not in the cache, and only then: binding it at each start costs
 * more than reading the filter back.
 */

#include "native-seccomp-private.h"

#include "native-error.h"

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
} Library;

static gboolean
symbol_find (void *handle, const char *name, void *ret, GError **error)
{
	void *address = dlsym (handle, name);

	if (address == NULL)
		return native_error_say (error, DAVIT_ERROR_UNAVAILABLE,
					 "linux.seccomp: \"" LIBRARY "\" is too old: it has no "
					 "\"%s\"",
					 name);
	memcpy (ret, &address, sizeof address);
	return TRUE;
}

static gboolean
library_open (Library *library, GError **error)
{
	library->handle = dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (library->handle == NULL)
		return native_error_say (error, DAVIT_ERROR_UNAVAILABLE,
					 "linux.seccomp: a filter must be compiled, and that needs "
					 "libseccomp: %s",
					 dlerror ());
	return symbol_find (library->handle, "seccomp_init", &library->init, error) &&
	       symbol_find (library->handle, "seccomp_release", &library->release, error) &&
	       symbol_find (library->handle, "seccomp_arch_add", &library->arch_add, error) &&
	       symbol_find (library->handle, "seccomp_attr_set", &library->attr_set, error) &&
	       symbol_find (library->handle, "seccomp_syscall_resolve_name", &library->resolve_name,
			    error) &&
	       symbol_find (library->handle, "seccomp_rule_add_array", &library->rule_add_array,
			    error) &&
	       symbol_find (library->handle, "seccomp_export_bpf", &library->export_bpf, error);
}

static void
library_close (Library *library)
{
	if (library->handle != NULL)
		dlclose (library->handle);
}

void
native_seccomp_library_clear (NativeSeccompLibrary *library)
{
	g_clear_pointer (&library->path, g_free);
}

gboolean
native_seccomp_library_read (NativeSeccompLibrary *library)
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
library_identify (const Library *library, NativeSeccompLibrary *ret)
{
	Dl_info info = {0};
	void *address;

	memcpy (&address, &library->init, sizeof address);
	if (dladdr (address, &info) == 0 || info.dli_fname == NULL)
		return;
	ret->path = g_strdup (info.dli_fname);
	if (!native_seccomp_library_read (ret))
		native_seccomp_library_clear (ret);
}

static gboolean
architectures_add (const Library *library, scmp_filter_ctx context,
		   const NativeSeccompProfile *profile, GError **error)
{
	for (guint i = 0; i < profile->architectures->len; i++) {
		guint32 token = g_array_index (profile->architectures, guint32, i);
		int result = library->arch_add (context, token);

		/* The machine's own is there from the beginning. */
		if (result < 0 && result != -EEXIST)
			return native_error_set (error, -result,
						 "linux.seccomp.architectures[%u]: can't be joined "
						 "with those of this machine",
						 i);
	}
	return TRUE;
}

/* How much an action lets through; the more, the higher. */
static guint
action_rank (guint32 action)
{
	switch (action & 0xffff0000U) {
	case 0x7fff0000U: /* allow */
	case 0x7ffc0000U: /* log */
		return 1;
	default:
		return 0;
	}
}

static gboolean
call_add (const Library *library, scmp_filter_ctx context, const NativeSeccompProfile *profile,
	  const NativeSeccompRule *rule, const char *name, GError **error)
{
	struct scmp_arg_cmp arguments[NATIVE_SECCOMP_ARGUMENTS];
	int number = library->resolve_name (name);
	int result;

	if (number == __NR_SCMP_ERROR) {
		/* A list of what is allowed may name more than this library knows. */
		if (action_rank (rule->action) >= action_rank (profile->action))
			return TRUE;
		return native_error_say (error, DAVIT_ERROR_UNAVAILABLE,
					 "linux.seccomp: the installed libseccomp does not know "
					 "system call \"%s\", which would stay allowed; install a "
					 "newer one",
					 name);
	}
	for (guint i = 0; i < rule->n_arguments; i++) {
		const NativeSeccompArgument *argument = &rule->arguments[i];

		arguments[i].arg = argument->index;
		arguments[i].op = (enum scmp_compare) argument->operator;
		arguments[i].datum_a = argument->value;
		arguments[i].datum_b = argument->value_two;
	}
	result = library->rule_add_array (context, rule->action, number, rule->n_arguments,
					  arguments);
	if (result == 0 || result == -EEXIST)
		return TRUE;
	return native_error_set (error, -result, "linux.seccomp: rule for system call \"%s\"",
				 name);
}

static gboolean
rules_add (const Library *library, scmp_filter_ctx context, const NativeSeccompProfile *profile,
	   GError **error)
{
	for (guint i = 0; i < profile->rules->len; i++) {
		const NativeSeccompRule *rule =
			&g_array_index (profile->rules, NativeSeccompRule, i);

		/* The library refuses a rule that says what is said already. */
		if (rule->action == profile->action)
			continue;
		for (gsize j = 0; rule->names[j] != NULL; j++) {
			if (!call_add (library, context, profile, rule, rule->names[j], error))
				return FALSE;
		}
	}
	return TRUE;
}

/* Reads the filter back from the file that it was exported to. */
static NativeSeccomp *
filter_read (int fd, guint32 flags, GError **error)
{
	NativeSeccomp *seccomp;
	struct stat status;
	gsize length;

	if (fstat (fd, &status) < 0) {
		native_error_set (error, errno, "linux.seccomp: look at the compiled filter");
		return NULL;
	}
	length = (gsize) status.st_size / sizeof (struct sock_filter);
	if (length == 0 || length > BPF_MAXINSNS) {
		native_error_say (error, DAVIT_ERROR_UNSUPPORTED,
				  "linux.seccomp: the filter has %" G_GSIZE_FORMAT
				  " instructions; the kernel takes 1 to %d",
				  length, BPF_MAXINSNS);
		return NULL;
	}
	seccomp = g_new0 (NativeSeccomp, 1);
	seccomp->flags = flags;
	seccomp->length = (guint16) length;
	seccomp->filter = g_new0 (struct sock_filter, length);
	if (pread (fd, seccomp->filter, (gsize) status.st_size, 0) == status.st_size)
		return seccomp;
	native_error_set (error, errno, "linux.seccomp: read the compiled filter");
	native_seccomp_free (seccomp);
	return NULL;
}

static NativeSeccomp *
filter_export (const Library *library, scmp_filter_ctx context, guint32 flags, GError **error)
{
	int fd = memfd_create ("davit-seccomp", MFD_CLOEXEC);
	NativeSeccomp *seccomp = NULL;
	int result;

	if (fd < 0) {
		native_error_set (error, errno, "linux.seccomp: make a memory file");
		return NULL;
	}
	result = library->export_bpf (context, fd);
	if (result == 0)
		seccomp = filter_read (fd, flags, error);
	else
		native_error_set (error, -result, "linux.seccomp: compile the filter");
	close (fd);
	return seccomp;
}

static NativeSeccomp *
compile (const Library *library, const NativeSeccompProfile *profile, GError **error)
{
	scmp_filter_ctx context = library->init (profile->action);
	NativeSeccomp *seccomp = NULL;

	if (context == NULL) {
		native_error_say (error, DAVIT_ERROR_UNSUPPORTED,
				  "linux.seccomp.defaultAction: this kernel or libseccomp does not "
				  "have it");
		return NULL;
	}
	/* A tree instead of a list: a hundred comparisons less at each system call. */
	library->attr_set (context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (architectures_add (library, context, profile, error) &&
	    rules_add (library, context, profile, error))
		seccomp = filter_export (library, context, profile->flags, error);
	library->release (context);
	return seccomp;
}

NativeSeccomp *
native_seccomp_compile (const NativeSeccompProfile *profile, NativeSeccompLibrary *ret_library,
			GError **error)
{
	Library library = {0};
	NativeSeccomp *seccomp = NULL;

	if (library_open (&library, error)) {
		library_identify (&library, ret_library);
		seccomp = compile (&library, profile, error);
	}
	library_close (&library);
	return seccomp;
}
