/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Seccomp: what the profile says is what the filter does, asked of the filter itself and of the
 * kernel; and what is kept is believed only as long as it should be.
 */

#include "native-seccomp.h"
#include "runtime-seccomp-private.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/path.h"
#include "driver/facts.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
	DavitFacts facts;
	DavitFileOps files;
	DavitHost host;
	char *directory;
	char *filters;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
	GError *error = NULL;

	davit_facts_read (&fixture->facts, NULL);
	fixture->directory = g_dir_make_tmp ("davit-test-seccomp-XXXXXX", &error);
	g_assert_no_error (error);
	fixture->filters = g_build_filename (fixture->directory, "seccomp", NULL);
	fixture->files.size = sizeof fixture->files;
	fixture->files.replace_file = davit_path_replace_file;
	fixture->host.size = sizeof fixture->host;
	fixture->host.facts = &fixture->facts;
	fixture->host.json = &davit_json_ops;
	fixture->host.files = &fixture->files;
	fixture->host.cache_dirfd = open (fixture->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint (fixture->host.cache_dirfd, >=, 0);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
	GError *error = NULL;

	davit_path_remove_tree (fixture->host.cache_dirfd, "seccomp", &error);
	g_assert_no_error (error);
	close (fixture->host.cache_dirfd);
	g_assert_cmpint (rmdir (fixture->directory), ==, 0);
	g_free (fixture->directory);
	g_free (fixture->filters);
}

static RuntimeSeccomp *
prepare (Fixture *fixture, const char *text)
{
	g_autoptr (DavitJson) root = davit_json_parse (text, -1, NULL);
	RuntimeSeccomp *seccomp = NULL;
	GError *error = NULL;

	g_assert_nonnull (root);
	runtime_seccomp_prepare (&fixture->host, root, &seccomp, &error);
	g_assert_no_error (error);
	return seccomp;
}

/* What the filter answers to a call, by the rules of classic BPF that seccomp has. */
static guint32
filter_run (const RuntimeSeccomp *seccomp, const struct seccomp_data *call)
{
	guint32 a = 0;
	guint32 x = 0;
	guint32 memory[BPF_MEMWORDS] = {0};

	for (guint at = 0; at < seccomp->length; at++) {
		const struct sock_filter *code = &seccomp->filter[at];
		gboolean jump = FALSE;

		switch (code->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy (&a, (const char *) call + code->k, sizeof a);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= code->k;
			continue;
		case BPF_ST:
			memory[code->k] = a;
			continue;
		case BPF_LD | BPF_MEM:
			a = memory[code->k];
			continue;
		case BPF_MISC | BPF_TAX:
			x = a;
			continue;
		case BPF_RET | BPF_K:
			return code->k;
		case BPF_JMP | BPF_JA:
			at += code->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			jump = a == code->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			jump = a > code->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			jump = a >= code->k;
			break;
		default:
			g_error ("unknown instruction %#x, %u", code->code, x);
		}
		at += jump ? code->jt : code->jf;
	}
	g_assert_not_reached ();
}

static guint32
answer (const RuntimeSeccomp *seccomp, guint32 architecture, int number, guint64 first,
	guint64 second)
{
	struct seccomp_data call = {.nr = number, .arch = architecture, .args = {first, second}};

	return filter_run (seccomp, &call);
}

#define ALLOW SECCOMP_RET_ALLOW
#define ERRNO(number) (SECCOMP_RET_ERRNO | (number))

#if defined(__x86_64__)

static char *
default_profile (const char *capability)
{
	g_autofree char *path = g_build_filename (g_getenv ("DAVIT_DATADIR"), "seccomp.json", NULL);
	g_autofree char *text = NULL;
	g_autoptr (DavitJson) root = NULL;
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);
	const DavitJson *rules;

	g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
	root = davit_json_parse (text, -1, NULL);
	rules = davit_json_member (root, "syscalls");
	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "defaultAction", "SCMP_ACT_ERRNO");
	davit_json_writer_value (writer, "defaultErrnoRet",
				 davit_json_member (root, "defaultErrnoRet"));
	davit_json_writer_begin_array (writer, "architectures");
	davit_json_writer_string (writer, NULL, "SCMP_ARCH_X86_64");
	davit_json_writer_string (writer, NULL, "SCMP_ARCH_X86");
	davit_json_writer_end_array (writer);
	davit_json_writer_begin_array (writer, "syscalls");
	for (guint i = 0; i < davit_json_length (rules); i++) {
		const DavitJson *rule = davit_json_element (rules, i);
		const DavitJson *includes = davit_json_member (rule, "includes");
		const DavitJson *excludes = davit_json_member (rule, "excludes");
		g_autofree const char **with = NULL;
		g_autofree const char **without = NULL;
		g_autofree const char **arches = NULL;

		g_assert_true (davit_json_get_strings (includes, "caps", &with, NULL));
		g_assert_true (davit_json_get_strings (includes, "arches", &arches, NULL));
		g_assert_true (davit_json_get_strings (excludes, "caps", &without, NULL));
		if ((with != NULL && g_strcmp0 (with[0], capability) != 0) ||
		    (without != NULL && capability != NULL &&
		     g_strv_contains (without, capability)) ||
		    (arches != NULL && !g_strv_contains (arches, "amd64")))
			continue;
		davit_json_writer_value (writer, NULL, rule);
	}
	davit_json_writer_end_array (writer);
	davit_json_writer_end_object (writer);
	return davit_json_writer_finish (writer, NULL);
}

#define X64 AUDIT_ARCH_X86_64
#define X86 AUDIT_ARCH_I386
#define HIGH (G_GUINT64_CONSTANT (0xdead) << 32)

static void
test_default (Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = default_profile (NULL);
	g_autoptr (RuntimeSeccomp) filter = prepare (fixture, text);

	g_assert_true (native_seccomp_lets_start (filter));

	g_test_message ("%u instructions", filter->length);
	g_assert_cmphex (answer (filter, X64, SYS_read, 0, 0), ==, ALLOW);
	g_assert_cmphex (answer (filter, X64, SYS_openat2, 0, 0), ==, ALLOW);
	g_assert_cmphex (answer (filter, X86, 3, 0, 0), ==, ALLOW);
	/* Unknown is absent, known and refused is not permitted. */
	g_assert_cmphex (answer (filter, X64, 1999, 0, 0), ==, ERRNO (ENOSYS));
	g_assert_cmphex (answer (filter, X64, SYS_keyctl, 0, 0), ==, ERRNO (EPERM));
	g_assert_cmphex (answer (filter, X64, SYS_add_key, 0, 0), ==, ERRNO (EPERM));
	g_assert_cmphex (answer (filter, X64, SYS_io_uring_setup, 0, 0), ==, ERRNO (EPERM));
	g_assert_cmphex (answer (filter, X64, SYS_unshare, 0, 0), ==, ERRNO (EPERM));
	g_assert_cmphex (answer (filter, X64, SYS_setns, 0, 0), ==, ERRNO (EPERM));
	g_assert_cmphex (answer (filter, X64, SYS_mount, 0, 0), ==, ERRNO (EPERM));
	g_assert_cmphex (answer (filter, X64, SYS_bpf, 0, 0), ==, ERRNO (EPERM));
	g_assert_cmphex (answer (filter, X64, SYS_userfaultfd, 0, 0), ==, ERRNO (EPERM));
	g_assert_cmphex (answer (filter, X64, SYS_clone3, 0, 0), ==, ERRNO (ENOSYS));
	/* x32 and foreign machines. */
	g_assert_cmphex (answer (filter, X64, 0x40000000 | SYS_read, 0, 0), !=, ALLOW);
	g_assert_cmphex (answer (filter, AUDIT_ARCH_AARCH64, 63, 0, 0), !=, ALLOW);
}

static void
test_default_clone (Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = default_profile (NULL);
	g_autoptr (RuntimeSeccomp) filter = prepare (fixture, text);
	static const guint64 namespaces[] = {0x00020000, 0x02000000, 0x04000000, 0x08000000,
					     0x10000000, 0x20000000, 0x40000000};

	/* A thread, and a plain child. */
	g_assert_cmphex (answer (filter, X64, SYS_clone, 0x3d0f00, 0), ==, ALLOW);
	g_assert_cmphex (answer (filter, X64, SYS_clone, 17, 0), ==, ALLOW);
	for (guint i = 0; i < 1u << G_N_ELEMENTS (namespaces); i++) {
		guint64 flags = 17;

		for (guint j = 0; j < G_N_ELEMENTS (namespaces); j++)
			flags |= i >> j & 1 ? namespaces[j] : 0;
		g_assert_cmphex (answer (filter, X64, SYS_clone, flags, 0), ==,
				 i == 0 ? ALLOW : ERRNO (EPERM));
		g_assert_cmphex (answer (filter, X64, SYS_clone, flags | HIGH, 0), ==,
				 i == 0 ? ALLOW : ERRNO (EPERM));
		g_assert_cmphex (answer (filter, X86, 120, flags, 0), ==,
				 i == 0 ? ALLOW : ERRNO (EPERM));
	}
}

static gboolean
family_is_plain (guint64 family)
{
	return family == AF_UNIX || family == AF_INET || family == AF_INET6 ||
	       family == AF_NETLINK || family == AF_PACKET;
}

static void
test_default_socket (Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = default_profile (NULL);
	g_autoptr (RuntimeSeccomp) filter = prepare (fixture, text);
	g_autofree char *network_text = default_profile ("CAP_NET_ADMIN");
	g_autoptr (RuntimeSeccomp) network = prepare (fixture, network_text);

	for (guint64 family = 0; family < 64; family++) {
		gboolean special = family == AF_ALG || family == AF_VSOCK;
		guint32 wanted = family_is_plain (family) ? ALLOW : ERRNO (EAFNOSUPPORT);
		guint32 wanted_network = special ? ERRNO (EAFNOSUPPORT) : ALLOW;

		g_assert_cmphex (answer (filter, X64, SYS_socket, family, 0), ==, wanted);
		/* Bits that the kernel does not look at don't hide a family. */
		g_assert_cmphex (answer (filter, X64, SYS_socket, family | HIGH, 0), ==, wanted);
		g_assert_cmphex (answer (filter, X86, 359, family, 0), ==, wanted);
		g_assert_cmphex (answer (network, X86, 359, family, 0), ==, wanted_network);
		g_assert_cmphex (answer (network, X64, SYS_socket, family, 0), ==, wanted_network);
		g_assert_cmphex (answer (network, X64, SYS_socket, family | HIGH, 0), ==,
				 wanted_network);
	}
	/* "int 0x80" from a program of 64 bits is no way around. */
	g_assert_cmphex (answer (filter, X86, 102, 1, 0), ==, ERRNO (ENOSYS));
	g_assert_cmphex (answer (filter, X86, 102, 1 | HIGH, 0), ==, ERRNO (ENOSYS));
	g_assert_cmphex (answer (network, X86, 102, 1, 0), ==, ERRNO (ENOSYS));
}

static void
test_default_ioctl (Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = default_profile (NULL);
	g_autoptr (RuntimeSeccomp) filter = prepare (fixture, text);

	for (guint32 request = 0; request < 0x20000; request++) {
		guint32 wanted = request == TIOCSTI || request == TIOCLINUX ? ERRNO (EPERM) : ALLOW;

		g_assert_cmphex (answer (filter, X64, SYS_ioctl, 0, request), ==, wanted);
	}
	for (guint bit = 0; bit < 32; bit++) {
		guint64 request = TIOCSTI ^ (G_GUINT64_CONSTANT (1) << bit);

		g_assert_cmphex (answer (filter, X64, SYS_ioctl, 0, request), ==, ALLOW);
	}
	/* CVE-2019-10063: the upper half is not looked at by the kernel. */
	g_assert_cmphex (answer (filter, X64, SYS_ioctl, 0, TIOCSTI | HIGH), ==, ERRNO (EPERM));
	g_assert_cmphex (answer (filter, X64, SYS_ioctl, 0, TIOCLINUX | HIGH), ==, ERRNO (EPERM));
}

/* What the library says to a rule of a profile when all machines share one filter. */
static void
rule_add (void *library, scmp_filter_ctx context, const RuntimeSeccompRule *rule)
{
	int (*resolve) (const char *) = NULL;
	int (*add) (scmp_filter_ctx, uint32_t, int, unsigned int, const struct scmp_arg_cmp *) =
		NULL;
	struct scmp_arg_cmp arguments[RUNTIME_SECCOMP_ARGUMENTS];

	*(void **) &resolve = dlsym (library, "seccomp_syscall_resolve_name");
	*(void **) &add = dlsym (library, "seccomp_rule_add_array");
	for (guint i = 0; i < rule->n_arguments; i++)
		arguments[i] = (struct scmp_arg_cmp){
			.arg = rule->arguments[i].index,
			.op = (enum scmp_compare) rule->arguments[i].operator,
			.datum_a = rule->arguments[i].value,
			.datum_b = rule->arguments[i].value_two,
		};
	for (guint i = 0; rule->names[i] != NULL; i++) {
		int number = resolve (rule->names[i]);

		g_test_message ("%s", rule->names[i]);
		if (number != __NR_SCMP_ERROR)
			g_assert_cmpint (add (context, rule->action, number, rule->n_arguments,
					      arguments),
					 ==, 0);
	}
}

/* Other runtimes read the same config.json, and give up at the first contradiction. */
static void
test_default_elsewhere (Fixture *fixture, gconstpointer data)
{
	static const char *const capabilities[] = {NULL, "CAP_NET_ADMIN", "CAP_SYS_ADMIN"};
	void *library = dlopen ("libseccomp.so.2", RTLD_NOW | RTLD_LOCAL);
	scmp_filter_ctx (*init) (uint32_t) = NULL;
	void (*release) (scmp_filter_ctx) = NULL;
	int (*arch_add) (scmp_filter_ctx, uint32_t) = NULL;

	g_assert_nonnull (library);
	*(void **) &init = dlsym (library, "seccomp_init");
	*(void **) &release = dlsym (library, "seccomp_release");
	*(void **) &arch_add = dlsym (library, "seccomp_arch_add");
	for (guint i = 0; i < G_N_ELEMENTS (capabilities); i++) {
		g_autofree char *text = default_profile (capabilities[i]);
		g_autoptr (DavitJson) root = davit_json_parse (text, -1, NULL);
		RuntimeSeccompProfile profile = {0};
		scmp_filter_ctx context;

		g_assert_true (
			runtime_seccomp_profile_parse (&fixture->host, root, &profile, NULL));
		context = init (profile.action);
		g_assert_cmpint (arch_add (context, SCMP_ARCH_X86), ==, 0);
		for (guint j = 0; j < profile.rules->len; j++) {
			const RuntimeSeccompRule *rule =
				&g_array_index (profile.rules, RuntimeSeccompRule, j);

			/* All of them leave out what says what is said already. */
			if (rule->action != profile.action)
				rule_add (library, context, rule);
		}
		release (context);
		runtime_seccomp_profile_clear (&profile);
	}
	dlclose (library);
}

static void
test_default_capability (Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = default_profile ("CAP_SYS_ADMIN");
	g_autoptr (RuntimeSeccomp) filter = prepare (fixture, text);

	g_assert_cmphex (answer (filter, X64, SYS_mount, 0, 0), ==, ALLOW);
	g_assert_cmphex (answer (filter, X64, SYS_clone3, 0, 0), ==, ALLOW);
	g_assert_cmphex (answer (filter, X64, SYS_clone, 0x10000000, 0), ==, ALLOW);
	g_assert_cmphex (answer (filter, X64, SYS_bpf, 0, 0), ==, ALLOW);
	g_assert_cmphex (answer (filter, X64, SYS_keyctl, 0, 0), ==, ERRNO (EPERM));
	g_assert_cmphex (answer (filter, X64, SYS_reboot, 0, 0), ==, ERRNO (EPERM));
}

/* Hit and miss give the same filter; a hit does not take a tenth of the time. */
static void
test_cache_speed (Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = default_profile (NULL);
	g_autoptr (RuntimeSeccomp) compiled = NULL;
	gint64 begin = g_get_monotonic_time ();
	gint64 miss;
	gint64 best = G_MAXINT64;

	compiled = prepare (fixture, text);
	miss = g_get_monotonic_time () - begin;
	for (guint i = 0; i < 20; i++) {
		g_autoptr (DavitJson) root = davit_json_parse (text, -1, NULL);
		g_autoptr (RuntimeSeccomp) kept = NULL;

		begin = g_get_monotonic_time ();
		g_assert_true (runtime_seccomp_prepare (&fixture->host, root, &kept, NULL));
		best = MIN (best, g_get_monotonic_time () - begin);
		g_assert_cmpmem (kept->filter, kept->length * sizeof (struct sock_filter),
				 compiled->filter, compiled->length * sizeof (struct sock_filter));
	}
	g_test_message ("miss %" G_GINT64_FORMAT " us, hit %" G_GINT64_FORMAT " us", miss, best);
	g_assert_cmpint (best, <, miss / 4);
}

#endif

static const char simple[] =
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"getppid\"],"
	"\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":7},{\"names\":[\"dup\"],\"action\":"
	"\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":0,\"value\":99,\"op\":\"SCMP_CMP_GE\"}]}]}";

static void
test_none (Fixture *fixture, gconstpointer data)
{
	RuntimeSeccomp *seccomp = (RuntimeSeccomp *) fixture;
	GError *error = NULL;

	g_assert_true (runtime_seccomp_prepare (&fixture->host, NULL, &seccomp, &error));
	g_assert_no_error (error);
	g_assert_null (seccomp);
	g_assert_cmpint (native_seccomp_load (NULL), ==, 0);
}

static void
test_load (Fixture *fixture, gconstpointer data)
{
	g_autoptr (RuntimeSeccomp) filter = prepare (fixture, simple);
	int status = 0;
	pid_t pid = fork ();

	g_assert_cmpint (pid, >=, 0);
	if (pid == 0) {
		if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || native_seccomp_load (filter) < 0)
			_exit (1);
		if (syscall (SYS_getppid) != -1 || errno != 7)
			_exit (2);
		if (syscall (SYS_dup, 100) != -1 || errno != EPERM)
			_exit (3);
		if (syscall (SYS_dup, 98) != -1 || errno != EBADF)
			_exit (4);
		_exit (prctl (PR_GET_SECCOMP, 0, 0, 0, 0) == 2 ? 0 : 5);
	}
	g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
	g_assert_cmpint (status, ==, 0);
}

static void
test_without_cache (Fixture *fixture, gconstpointer data)
{
	DavitHost host = fixture->host;
	g_autoptr (DavitJson) root = davit_json_parse (simple, -1, NULL);
	g_autoptr (RuntimeSeccomp) filter = NULL;
	GError *error = NULL;

	host.cache_dirfd = -1;
	runtime_seccomp_prepare (&host, root, &filter, &error);
	g_assert_no_error (error);
	g_assert_cmpuint (filter->length, >, 0);
	g_assert_false (g_file_test (fixture->filters, G_FILE_TEST_EXISTS));
}

/* The only file in the cache. Free with g_free. */
static char *
kept_file (const Fixture *fixture)
{
	g_autoptr (GDir) directory = g_dir_open (fixture->filters, 0, NULL);
	const char *name;

	g_assert_nonnull (directory);
	name = g_dir_read_name (directory);
	g_assert_nonnull (name);
	return g_build_filename (fixture->filters, name, NULL);
}

/* A filter that lets everything through, in the place of the kept one. */
static void
kept_change (const char *path, gsize offset)
{
	g_autofree char *text = NULL;
	gsize length = 0;

	g_assert_true (g_file_get_contents (path, &text, &length, NULL));
	text[MIN (offset, length - 1)] ^= 1;
	g_assert_true (g_file_set_contents_full (path, text, (gssize) length, 0, 0600, NULL));
}

static void
works (Fixture *fixture)
{
	g_autoptr (RuntimeSeccomp) filter = prepare (fixture, simple);
	struct seccomp_data call = {.nr = SYS_getppid};

	memcpy (&call.arch, &filter->filter[1].k, sizeof call.arch);
	g_assert_cmphex (filter_run (filter, &call), ==, ERRNO (7));
}

static void
test_damaged (Fixture *fixture, gconstpointer data)
{
	static const gsize offsets[] = {0, 8, 12, 16, 20, 24, 40, 64, 100, 150, 200, G_MAXUINT32};
	g_autofree char *path = NULL;
	g_autofree char *good = NULL;
	gsize length = 0;

	works (fixture);
	path = kept_file (fixture);
	g_assert_true (g_file_get_contents (path, &good, &length, NULL));
	for (gsize i = 0; i < G_N_ELEMENTS (offsets); i++) {
		g_autofree char *again = NULL;
		gsize again_length = 0;

		kept_change (path, offsets[i]);
		works (fixture);
		/* Made again, and put in its place. */
		g_assert_true (g_file_get_contents (path, &again, &again_length, NULL));
		g_assert_cmpmem (again, again_length, good, length);
	}
	g_assert_true (g_file_set_contents (path, good, (gssize) length - 8, NULL));
	works (fixture);
	g_assert_true (g_file_set_contents (path, "", 0, NULL));
	works (fixture);
}

/* Whether a file with an open mark is used: one that lets getppid through. */
static gboolean
is_believed (Fixture *fixture, const char *key)
{
	g_autoptr (RuntimeSeccomp) filter = runtime_seccomp_cache_read (&fixture->host, key);

	return filter != NULL;
}

/* What the file was made for: it ends with it, and says how long it is. */
static char *
key_of (const char *path)
{
	g_autofree char *text = NULL;
	guint32 key_length = 0;
	gsize length = 0;

	g_assert_true (g_file_get_contents (path, &text, &length, NULL));
	memcpy (&key_length, text + 24, sizeof key_length);
	g_assert_cmpuint (key_length, <, length);
	return g_strndup (text + length - key_length, key_length);
}

/* Puts a filter that was made for something else under the name of this one. */
static void
other_put (Fixture *fixture, const char *path)
{
	g_autofree char *library_path = g_build_filename (fixture->directory, "library", NULL);
	g_autoptr (RuntimeSeccomp) filter = prepare (fixture, simple);
	RuntimeSeccompLibrary library = {.path = library_path};
	g_autofree char *other = NULL;

	g_assert_true (g_file_set_contents (library_path, "1", 1, NULL));
	g_assert_true (runtime_seccomp_library_read (&library));
	g_assert_cmpint (unlink (path), ==, 0);
	runtime_seccomp_cache_write (&fixture->host, "cafe", filter, &library);
	g_assert_true (is_believed (fixture, "cafe"));
	other = kept_file (fixture);
	g_assert_cmpint (rename (other, path), ==, 0);
	g_assert_cmpint (unlink (library_path), ==, 0);
}

static void
test_not_ours (Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = NULL;
	g_autofree char *key = NULL;
	g_autofree char *moved = NULL;

	works (fixture);
	path = kept_file (fixture);
	key = key_of (path);
	g_assert_true (is_believed (fixture, key));
	g_assert_cmpint (chmod (path, 0660), ==, 0);
	g_assert_false (is_believed (fixture, key));
	g_assert_cmpint (chmod (path, 0602), ==, 0);
	g_assert_false (is_believed (fixture, key));
	g_assert_cmpint (chmod (path, 0600), ==, 0);
	g_assert_cmpint (chmod (fixture->filters, 0770), ==, 0);
	g_assert_false (is_believed (fixture, key));
	g_assert_cmpint (chmod (fixture->filters, 0700), ==, 0);
	g_assert_true (is_believed (fixture, key));
	if (geteuid () == 0) {
		g_assert_cmpint (chown (path, 65534, 65534), ==, 0);
		g_assert_false (is_believed (fixture, key));
		g_assert_cmpint (chown (path, 0, 0), ==, 0);
		g_assert_true (is_believed (fixture, key));
	}
	moved = g_strconcat (path, ".moved", NULL);
	g_assert_cmpint (rename (path, moved), ==, 0);
	g_assert_cmpint (symlink (moved, path), ==, 0);
	g_assert_false (is_believed (fixture, key));
	g_assert_cmpint (unlink (path), ==, 0);
	g_assert_cmpint (rename (moved, path), ==, 0);
	g_assert_true (is_believed (fixture, key));
	other_put (fixture, path);
	g_assert_false (is_believed (fixture, key));
	g_assert_false (is_believed (fixture, "cafe"));
	g_assert_cmpint (unlink (path), ==, 0);
	g_assert_cmpint (mkfifo (path, 0600), ==, 0);
	g_assert_false (is_believed (fixture, key));
}

/* Another library would perhaps compile something else. */
static void
test_other_library (Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename (fixture->directory, "library", NULL);
	g_autoptr (RuntimeSeccomp) filter = prepare (fixture, simple);
	RuntimeSeccompLibrary library = {.path = path};

	g_assert_true (g_file_set_contents (path, "1", 1, NULL));
	g_assert_true (runtime_seccomp_library_read (&library));
	runtime_seccomp_cache_write (&fixture->host, "cafe", filter, &library);
	g_assert_true (is_believed (fixture, "cafe"));
	g_assert_true (g_file_set_contents (path, "22", 2, NULL));
	g_assert_false (is_believed (fixture, "cafe"));
	g_assert_cmpint (unlink (path), ==, 0);
	g_assert_false (is_believed (fixture, "cafe"));
}

static void
wrong (Fixture *fixture, const char *text, DavitErrorCode code, const char *wanted)
{
	g_autoptr (DavitJson) root = davit_json_parse (text, -1, NULL);
	g_autoptr (GError) error = NULL;
	RuntimeSeccomp *seccomp = NULL;

	g_assert_nonnull (root);
	g_assert_false (runtime_seccomp_prepare (&fixture->host, root, &seccomp, &error));
	g_assert_error (error, DAVIT_ERROR, (int) code);
	g_assert_cmpstr (error->message, ==, wanted);
	g_assert_null (seccomp);
}

#define RULE(rest) "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{" rest "}]}"

static void
test_wrong (Fixture *fixture, gconstpointer data)
{
	wrong (fixture, "{}", DAVIT_ERROR_CONFIG, "linux.seccomp.defaultAction: is missing");
	wrong (fixture, "{\"defaultAction\":\"ALLOW\"}", DAVIT_ERROR_CONFIG,
	       "linux.seccomp.defaultAction: unknown action \"ALLOW\"");
	wrong (fixture, "{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}", DAVIT_ERROR_UNSUPPORTED,
	       "linux.seccomp.defaultAction: \"SCMP_ACT_NOTIFY\" is not there yet: this runtime "
	       "has no listener for system calls");
	wrong (fixture, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/x\"}",
	       DAVIT_ERROR_UNSUPPORTED,
	       "linux.seccomp.listenerPath: is not there yet: this runtime has no listener for "
	       "system calls");
	wrong (fixture, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4096}",
	       DAVIT_ERROR_CONFIG, "defaultErrnoRet: must be an integer from 0 to 4095");
	wrong (fixture, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"x86\"]}",
	       DAVIT_ERROR_CONFIG, "linux.seccomp.architectures[0]: unknown architecture \"x86\"");
	wrong (fixture, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"SECCOMP_X\"]}",
	       DAVIT_ERROR_UNSUPPORTED,
	       "linux.seccomp.flags[0]: this runtime does not have flag \"SECCOMP_X\"");
	wrong (fixture, RULE ("\"names\":[],\"action\":\"SCMP_ACT_ALLOW\""), DAVIT_ERROR_CONFIG,
	       "syscalls[0].names: at least one system call is needed");
	wrong (fixture, RULE ("\"names\":[\"dup\"]"), DAVIT_ERROR_CONFIG,
	       "syscalls[0].action: is missing");
	wrong (fixture,
	       RULE ("\"names\":[\"dup\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":6,"
		     "\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]"),
	       DAVIT_ERROR_CONFIG, "syscalls[0].args[0].index: must be an integer from 0 to 5");
	wrong (fixture,
	       RULE ("\"names\":[\"dup\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"
		     "\"value\":1,\"op\":\"EQ\"}]"),
	       DAVIT_ERROR_CONFIG, "syscalls[0].args[0].op: unknown operator \"EQ\"");
	wrong (fixture,
	       RULE ("\"names\":[\"dup\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"
		     "\"value\":1,\"op\":\"SCMP_CMP_GE\"},{\"index\":0,\"value\":9,\"op\":"
		     "\"SCMP_CMP_LE\"}]"),
	       DAVIT_ERROR_CONFIG,
	       "syscalls[0].args[1]: argument 0 has a condition already; write a rule for each");
	wrong (fixture,
	       "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"no_such_call\"],"
	       "\"action\":\"SCMP_ACT_ERRNO\"}]}",
	       DAVIT_ERROR_UNAVAILABLE,
	       "linux.seccomp: the installed libseccomp does not know system call "
	       "\"no_such_call\", which would stay allowed; install a newer one");
}

/* What is allowed but unknown stays refused, and is no error. */
static void
test_unknown_allowed (Fixture *fixture, gconstpointer data)
{
	g_autoptr (RuntimeSeccomp) filter =
		prepare (fixture, RULE ("\"names\":[\"no_such_call\",\"read\"],\"action\":"
					"\"SCMP_ACT_ALLOW\""));

	g_assert_cmpuint (filter->length, >, 0);
}

static void
test_features (Fixture *fixture, gconstpointer data)
{
	g_autofree const char **architectures = (const char **) runtime_seccomp_architectures ();
	g_autofree const char **flags = (const char **) runtime_seccomp_flags ();

	g_assert_true (g_strv_contains (architectures, "SCMP_ARCH_X86_64"));
	g_assert_true (g_strv_contains (flags, "SECCOMP_FILTER_FLAG_LOG"));
	g_assert_true (g_strv_contains (runtime_seccomp_actions (), "SCMP_ACT_ERRNO"));
	g_assert_true (g_strv_contains (runtime_seccomp_operators (), "SCMP_CMP_MASKED_EQ"));
}

/* Only one that surely allows all that is still to be done is loaded before start. */
static void
test_foresight (Fixture *fixture, gconstpointer data)
{
	static const struct {
		const char *text;
		gboolean lets;
	} profiles[] = {
		{"{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", TRUE},
		{"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mkdir\"],"
		 "\"action\":\"SCMP_ACT_ERRNO\"}]}",
		 TRUE},
		{"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"accept4\"],"
		 "\"action\":\"SCMP_ACT_ERRNO\"}]}",
		 FALSE},
		{"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
		 "\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":2,\"value\":7,"
		 "\"op\":\"SCMP_CMP_EQ\"}]}]}",
		 FALSE},
		{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"execve\","
		 "\"read\",\"exit_group\"],\"action\":\"SCMP_ACT_ALLOW\"}]}",
		 FALSE},
		{"{\"defaultAction\":\"SCMP_ACT_LOG\"}", FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS (profiles); i++) {
		g_autoptr (RuntimeSeccomp) filter = prepare (fixture, profiles[i].text);

		g_assert_cmpint (native_seccomp_lets_start (filter), ==, profiles[i].lets);
	}
}

int
main (int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*function) (Fixture *fixture, gconstpointer data);
	} tests[] = {
#if defined(__x86_64__)
		{"/seccomp/default", test_default},
		{"/seccomp/default-clone", test_default_clone},
		{"/seccomp/default-socket", test_default_socket},
		{"/seccomp/default-ioctl", test_default_ioctl},
		{"/seccomp/default-elsewhere", test_default_elsewhere},
		{"/seccomp/default-capability", test_default_capability},
		{"/seccomp/cache-speed", test_cache_speed},
#endif
		{"/seccomp/foresight", test_foresight},
		{"/seccomp/none", test_none},
		{"/seccomp/load", test_load},
		{"/seccomp/without-cache", test_without_cache},
		{"/seccomp/damaged", test_damaged},
		{"/seccomp/not-ours", test_not_ours},
		{"/seccomp/other-library", test_other_library},
		{"/seccomp/wrong", test_wrong},
		{"/seccomp/unknown-allowed", test_unknown_allowed},
		{"/seccomp/features", test_features},
	};

	g_test_init (&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
		g_test_add (tests[i].name, Fixture, NULL, set_up, tests[i].function, tear_down);
	return g_test_run ();
}
