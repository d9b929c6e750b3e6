/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From a seccomp profile in docker's form to linux.seccomp of the specification, which knows no
 * conditions: rules that ask for capabilities, architectures or kernels are kept or left out here.
 */

#include "container/spec-private.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define PROFILE_LIMIT (1024 * 1024)
#define DEFAULT_PROFILE "seccomp.json"

/* As profiles call it. */
const char *
davit_spec_architecture (void)
{
#if defined(__x86_64__) && defined(__ILP32__)
	return "x32";
#elif defined(__x86_64__)
	return "amd64";
#elif defined(__i386__)
	return "x86";
#elif defined(__aarch64__)
	return "arm64";
#elif defined(__arm__)
	return "arm";
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
	return "ppc64le";
#elif defined(__s390x__)
	return "s390x";
#elif defined(__riscv) && __riscv_xlen == 64
	return "riscv64";
#elif defined(__loongarch64)
	return "loong64";
#else
	return "unknown";
#endif
}

/* The specification's word for an architecture. */
static const char *
architecture_word (const char *architecture)
{
	static const char *const words[][2] = {
		{"amd64", "SCMP_ARCH_X86_64"},
		{"x86", "SCMP_ARCH_X86"},
		{"x32", "SCMP_ARCH_X32"},
		{"arm64", "SCMP_ARCH_AARCH64"},
		{"arm", "SCMP_ARCH_ARM"},
		{"ppc64le", "SCMP_ARCH_PPC64LE"},
		{"s390x", "SCMP_ARCH_S390X"},
		{"riscv64", "SCMP_ARCH_RISCV64"},
		{"loong64", "SCMP_ARCH_LOONGARCH64"},
	};

	for (guint i = 0; i < G_N_ELEMENTS (words); i++) {
		if (strcmp (words[i][0], architecture) == 0)
			return words[i][1];
	}
	return NULL;
}

static gboolean
wrong (GError **error, const DavitJson *value, const char *what)
{
	g_autofree char *path = davit_json_path (value);

	return davit_error_set (error, DAVIT_ERROR_CONFIG, "%s: %s", path, what);
}

static gboolean
kernel_reaches (const char *text, const DavitSeccompFacts *facts, gboolean *ret)
{
	guint major, minor;
	char rest;

	if (sscanf (text, "%u.%u%c", &major, &minor, &rest) != 2)
		return FALSE;
	*ret = facts->kernel_major > major ||
	       (facts->kernel_major == major && facts->kernel_minor >= minor);
	return TRUE;
}

/**
 * Match: what of a condition is true. all: everything that it names; any: at least one thing.
 */
typedef struct {
	gboolean all;
	gboolean any;
} Match;

static void
match_add (Match *match, gboolean is)
{
	match->all &= is;
	match->any |= is;
}

static gboolean
condition_match (const DavitJson *condition, const DavitSeccompFacts *facts, Match *ret,
		 GError **error)
{
	const DavitJson *architectures = NULL;
	g_autofree const char **capabilities = NULL;
	const char *kernel = NULL;
	gboolean is = FALSE;

	*ret = (Match){TRUE, FALSE};
	/* Most rules have none, and there are hundreds. */
	if (davit_json_length (condition) == 0)
		return TRUE;
	if (!davit_json_get_strings (condition, "caps", &capabilities, error) ||
	    !davit_json_get_array (condition, "arches", &architectures, error) ||
	    !davit_json_get_string (condition, "minKernel", &kernel, error))
		return FALSE;
	for (guint i = 0; capabilities != NULL && capabilities[i] != NULL; i++)
		match_add (ret, g_strv_contains (facts->capabilities, capabilities[i]));
	for (guint i = 0; i < davit_json_length (architectures); i++)
		is |= g_strcmp0 (davit_json_string (davit_json_element (architectures, i)),
				 facts->architecture) == 0;
	if (davit_json_length (architectures) > 0)
		match_add (ret, is);
	if (kernel == NULL || kernel[0] == '\0')
		return TRUE;
	if (!kernel_reaches (kernel, facts, &is))
		return wrong (error, davit_json_member (condition, "minKernel"),
			      "must be a version such as 4.8");
	match_add (ret, is);
	return TRUE;
}

static gboolean
rule_applies (const DavitJson *rule, const DavitSeccompFacts *facts, gboolean *ret, GError **error)
{
	const DavitJson *includes = NULL, *excludes = NULL;
	Match match;

	if (!davit_json_get_object (rule, "includes", &includes, error) ||
	    !davit_json_get_object (rule, "excludes", &excludes, error) ||
	    !condition_match (includes, facts, &match, error))
		return FALSE;
	*ret = match.all;
	if (!condition_match (excludes, facts, &match, error))
		return FALSE;
	*ret &= !match.any;
	return TRUE;
}

/* podman writes errors by name, too; where only the name stands, the number would be guessed. */
static gboolean
errno_write (const DavitJson *object, const char *key, const char *name_key,
	     DavitJsonWriter *writer, GError **error)
{
	gint64 number = -1;

	if (!davit_json_get_integer (object, key, 0, 4095, &number, error))
		return FALSE;
	if (number >= 0)
		davit_json_writer_integer (writer, key, number);
	else if (davit_json_string (davit_json_member (object, name_key)) != NULL)
		return wrong (error, davit_json_member (object, name_key),
			      "is not known here; give the number too");
	return TRUE;
}

static gboolean
rule_names (const DavitJson *rule, DavitJsonWriter *writer, GError **error)
{
	const DavitJson *names = NULL;
	const char *name = NULL;

	if (!davit_json_get_array (rule, "names", &names, error) ||
	    !davit_json_get_string (rule, "name", &name, error))
		return FALSE;
	if (name != NULL && name[0] == '\0')
		name = NULL;
	if ((name == NULL) == (davit_json_length (names) == 0))
		return wrong (error, rule, "must have names");
	for (guint i = 0; i < davit_json_length (names); i++) {
		if (davit_json_string (davit_json_element (names, i)) == NULL)
			return wrong (error, davit_json_element (names, i), "must be a string");
	}
	if (names != NULL && name == NULL) {
		davit_json_writer_value (writer, "names", names);
		return TRUE;
	}
	davit_json_writer_begin_array (writer, "names");
	davit_json_writer_string (writer, NULL, name);
	davit_json_writer_end_array (writer);
	return TRUE;
}

static gboolean
rule_write (const DavitJson *rule, DavitJsonWriter *writer, GError **error)
{
	const DavitJson *arguments = NULL;
	const char *action = NULL;

	if (!davit_json_get_string (rule, "action", &action, error) ||
	    !davit_json_get_array (rule, "args", &arguments, error))
		return FALSE;
	if (action == NULL)
		return wrong (error, rule, "must have an action");
	davit_json_writer_begin_object (writer, NULL);
	if (!rule_names (rule, writer, error))
		return FALSE;
	davit_json_writer_string (writer, "action", action);
	if (!errno_write (rule, "errnoRet", "errno", writer, error))
		return FALSE;
	if (davit_json_length (arguments) > 0)
		davit_json_writer_value (writer, "args", arguments);
	davit_json_writer_end_object (writer);
	return TRUE;
}

static gboolean
rules_write (const DavitJson *profile, const DavitSeccompFacts *facts, DavitJsonWriter *writer,
	     GError **error)
{
	const DavitJson *rules = NULL;

	if (!davit_json_get_array (profile, "syscalls", &rules, error))
		return FALSE;
	davit_json_writer_begin_array (writer, "syscalls");
	for (guint i = 0; i < davit_json_length (rules); i++) {
		const DavitJson *rule = davit_json_element (rules, i);
		gboolean applies = FALSE;

		if (davit_json_type (rule) != DAVIT_JSON_OBJECT)
			return wrong (error, rule, "must be an object");
		if (!rule_applies (rule, facts, &applies, error) ||
		    (applies && !rule_write (rule, writer, error)))
			return FALSE;
	}
	davit_json_writer_end_array (writer);
	return TRUE;
}

/* The entry of the map that is for this machine: itself, and those whose programs it runs, too. */
static gboolean
map_write (const DavitJson *map, const char *word, DavitJsonWriter *writer, GError **error)
{
	for (guint i = 0; i < davit_json_length (map); i++) {
		const DavitJson *entry = davit_json_element (map, i);
		g_autofree const char **others = NULL;
		const char *name = NULL;

		if (!davit_json_get_string (entry, "architecture", &name, error) ||
		    !davit_json_get_strings (entry, "subArchitectures", &others, error))
			return FALSE;
		if (g_strcmp0 (name, word) != 0)
			continue;
		davit_json_writer_begin_array (writer, "architectures");
		davit_json_writer_string (writer, NULL, name);
		for (guint j = 0; others != NULL && others[j] != NULL; j++)
			davit_json_writer_string (writer, NULL, others[j]);
		davit_json_writer_end_array (writer);
		return TRUE;
	}
	return TRUE;
}

static gboolean
architectures_write (const DavitJson *profile, const DavitSeccompFacts *facts,
		     DavitJsonWriter *writer, GError **error)
{
	const DavitJson *map = NULL, *list = NULL;
	const char *word = architecture_word (facts->architecture);

	if (!davit_json_get_array (profile, "archMap", &map, error) ||
	    !davit_json_get_array (profile, "architectures", &list, error))
		return FALSE;
	if (davit_json_length (map) > 0 && davit_json_length (list) > 0)
		return wrong (error, list, "excludes archMap");
	if (davit_json_length (list) > 0)
		davit_json_writer_value (writer, "architectures", list);
	return word == NULL || map_write (map, word, writer, error);
}

static gboolean
profile_write (const DavitJson *profile, const DavitSeccompFacts *facts, DavitJsonWriter *writer,
	       GError **error)
{
	const DavitJson *flags = NULL;
	const char *action = NULL, *listener = NULL;

	if (davit_json_type (profile) != DAVIT_JSON_OBJECT)
		return davit_error_set (error, DAVIT_ERROR_CONFIG, "must be an object");
	if (!davit_json_get_string (profile, "defaultAction", &action, error) ||
	    !davit_json_get_string (profile, "listenerPath", &listener, error) ||
	    !davit_json_get_array (profile, "flags", &flags, error))
		return FALSE;
	if (action == NULL)
		return davit_error_set (error, DAVIT_ERROR_CONFIG, "defaultAction is missing");
	if (listener != NULL)
		return davit_error_set (error, DAVIT_ERROR_UNSUPPORTED,
					"listenerPath: notifications are not there yet");
	davit_json_writer_string (writer, "defaultAction", action);
	if (!errno_write (profile, "defaultErrnoRet", "defaultErrno", writer, error) ||
	    !architectures_write (profile, facts, writer, error))
		return FALSE;
	if (davit_json_length (flags) > 0)
		davit_json_writer_value (writer, "flags", flags);
	return rules_write (profile, facts, writer, error);
}

gboolean
davit_spec_evaluate_seccomp (const DavitJson *profile, const char *name,
			     const DavitSeccompFacts *facts, DavitJsonWriter *writer,
			     const char *key, GError **error)
{
	davit_json_writer_begin_object (writer, key);
	if (!profile_write (profile, facts, writer, error))
		return davit_error_prefix (error, "seccomp profile \"%s\"", name);
	davit_json_writer_end_object (writer);
	return TRUE;
}

static gboolean
facts_fill (DavitSeccompFacts *facts, GError **error)
{
	struct utsname host;

	facts->architecture = davit_spec_architecture ();
	if (uname (&host) < 0 ||
	    sscanf (host.release, "%u.%u", &facts->kernel_major, &facts->kernel_minor) != 2)
		return davit_error_set (error, DAVIT_ERROR_FAILED,
					"the kernel's version can't be read");
	return TRUE;
}

/* The text of linux.seccomp. Free with g_free. */
static char *
default_evaluate (int dirfd, const DavitSeccompFacts *facts, GError **error)
{
	g_autoptr (DavitJson) json = davit_json_read (dirfd, DEFAULT_PROFILE, PROFILE_LIMIT, error);
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);

	if (json == NULL ||
	    !davit_spec_evaluate_seccomp (json, "default", facts, writer, NULL, error))
		return NULL;
	return davit_json_writer_finish (writer, NULL);
}

static gboolean
default_write (const DavitSpecBuild *build, const DavitSeccompFacts *facts, GError **error)
{
	const DavitEngine *engine = build->request->engine;
	const char *directory = engine->paths->datadir;
	davit_autofd fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autofree char *key = NULL;
	g_autofree char *text = NULL;
	struct stat status;

	if (fd < 0)
		return davit_error_errno (error, errno, "open \"%s\"", directory);
	/* Before it is read: one that is replaced in between is then of no key. */
	if (fstatat (fd, DEFAULT_PROFILE, &status, 0) == 0)
		key = davit_seccomp_cache_key (&status, facts);
	if (key != NULL)
		text = davit_seccomp_cache_read (engine, key);
	if (text == NULL) {
		text = default_evaluate (fd, facts, error);
		if (text == NULL)
			return davit_error_prefix (error, "default seccomp profile \"%s/%s\"",
						   directory, DEFAULT_PROFILE);
		if (key != NULL)
			davit_seccomp_cache_write (engine, key, text);
	}
	davit_json_writer_text (build->writer, "seccomp", text);
	return TRUE;
}

gboolean
davit_spec_write_seccomp (const DavitSpecBuild *build, GError **error)
{
	const DavitJson *seccomp = NULL, *document = NULL;
	g_autofree const char **capabilities = NULL;
	DavitSeccompFacts facts = {0};
	const char *profile = "default";

	if (!davit_json_get_object (build->json, "seccomp", &seccomp, error) ||
	    !davit_json_get_string (seccomp, "profile", &profile, error) ||
	    !davit_json_get_object (seccomp, "document", &document, error))
		return FALSE;
	if (strcmp (profile, "unconfined") == 0)
		return TRUE;
	if (!facts_fill (&facts, error) ||
	    !davit_spec_capabilities (build->record, &capabilities, error))
		return FALSE;
	facts.capabilities = capabilities;
	if (strcmp (profile, "default") == 0)
		return default_write (build, &facts, error);
	if (document == NULL)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"seccomp profile \"%s\": its content is missing in the "
					"record",
					profile);
	return davit_spec_evaluate_seccomp (document, profile, &facts, build->writer, "seccomp",
					    error);
}
