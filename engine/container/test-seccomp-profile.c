/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Seccomp profiles: conditions, forms, and what is refused. */

#include "container/test-spec-support.h"

#include "base/error.h"

#include <string.h>

static const char *const no_capabilities[] = {NULL};
static const char *const admin[] = {"CAP_KILL", "CAP_SYS_ADMIN", NULL};

static char *
evaluate (const char *text, const char *const *capabilities, GError **error)
{
	g_autoptr (DavitJson) profile = davit_json_parse (text, -1, error);
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);
	DavitSeccompFacts facts = {capabilities, "amd64", 5, 10};

	g_assert_nonnull (profile);
	davit_json_writer_begin_object (writer, NULL);
	if (!davit_spec_evaluate_seccomp (profile, "p", &facts, writer, "s", error))
		return NULL;
	davit_json_writer_end_object (writer);
	return davit_json_writer_finish (writer, NULL);
}

#define PROFILE(rules_) "{\"defaultAction\":\"D\",\"syscalls\":[" rules_ "]}"
#define RULE(name_, more_) "{\"names\":[\"" name_ "\"],\"action\":\"A\"" more_ "}"
#define RESULT(rules_) "{\"s\":{\"defaultAction\":\"D\",\"syscalls\":[" rules_ "]}}"

static void
test_conditions (void)
{
	static const struct {
		const char *condition;
		gboolean without; /* whether it applies without capabilities */
		gboolean with;	  /* and with CAP_SYS_ADMIN */
	} cases[] = {
		{"", TRUE, TRUE},
		{",\"includes\":{},\"excludes\":{}", TRUE, TRUE},
		{",\"includes\":null", TRUE, TRUE},
		{",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", FALSE, TRUE},
		{",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\",\"CAP_BPF\"]}", FALSE, FALSE},
		{",\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", TRUE, FALSE},
		{",\"excludes\":{\"caps\":[\"CAP_BPF\",\"CAP_SYS_ADMIN\"]}", TRUE, FALSE},
		{",\"includes\":{\"arches\":[\"arm64\",\"amd64\"]}", TRUE, TRUE},
		{",\"includes\":{\"arches\":[\"arm64\"]}", FALSE, FALSE},
		{",\"excludes\":{\"arches\":[\"amd64\"]}", FALSE, FALSE},
		{",\"includes\":{\"minKernel\":\"4.8\"}", TRUE, TRUE},
		{",\"includes\":{\"minKernel\":\"5.10\"}", TRUE, TRUE},
		{",\"includes\":{\"minKernel\":\"5.11\"}", FALSE, FALSE},
		{",\"includes\":{\"minKernel\":\"6.0\"}", FALSE, FALSE},
		{",\"excludes\":{\"minKernel\":\"4.8\"}", FALSE, FALSE},
		{",\"includes\":{\"minKernel\":\"4.8\",\"caps\":[\"CAP_SYS_ADMIN\"]}", FALSE, TRUE},
		{",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]},"
		 "\"excludes\":{\"arches\":[\"amd64\"]}",
		 FALSE, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
		g_autofree char *text =
			g_strdup_printf (PROFILE ("{\"names\":[\"x\"],\"action\":\"A\"%s}"),
					 cases[i].condition);
		g_autoptr (GError) error = NULL;
		g_autofree char *without = evaluate (text, no_capabilities, &error);
		g_autofree char *with = evaluate (text, admin, &error);

		g_test_message ("%s", cases[i].condition);
		g_assert_no_error (error);
		g_assert_cmpstr (without, ==,
				 cases[i].without ? RESULT (RULE ("x", "")) : RESULT (""));
		g_assert_cmpstr (with, ==, cases[i].with ? RESULT (RULE ("x", "")) : RESULT (""));
	}
}

static void
gives (const char *profile, const char *expected)
{
	g_autoptr (GError) error = NULL;
	g_autofree char *text = evaluate (profile, no_capabilities, &error);

	g_assert_no_error (error);
	g_assert_cmpstr (text, ==, expected);
}

static void
test_forms (void)
{
	/* Old profiles have one name a rule; arguments and errors go through as they are. */
	gives (PROFILE ("{\"name\":\"x\",\"action\":\"A\",\"comment\":\"c\"}"),
	       RESULT ("{\"names\":[\"x\"],\"action\":\"A\"}"));
	gives (PROFILE (RULE ("x", ",\"errnoRet\":38,\"args\":[{\"index\":0,\"value\":2114060288,"
				   "\"valueTwo\":18446744073709551615,\"op\":\"SCMP_CMP_EQ\"}]")),
	       RESULT (RULE ("x", ",\"errnoRet\":38,\"args\":[{\"index\":0,\"value\":2114060288,"
				  "\"valueTwo\":18446744073709551615,\"op\":\"SCMP_CMP_EQ\"}]")));
	gives ("{\"defaultAction\":\"D\",\"defaultErrnoRet\":1,\"archMap\":[{\"architecture\":"
	       "\"SCMP_ARCH_AARCH64\"},{\"architecture\":\"SCMP_ARCH_X86_64\","
	       "\"subArchitectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]}],\"flags\":[\"F\"]}",
	       "{\"s\":{\"defaultAction\":\"D\",\"defaultErrnoRet\":1,\"architectures\":["
	       "\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"],\"flags\":[\"F\"],"
	       "\"syscalls\":[]}}");
	gives ("{\"defaultAction\":\"D\",\"architectures\":[\"SCMP_ARCH_ARM\"]}",
	       "{\"s\":{\"defaultAction\":\"D\",\"architectures\":[\"SCMP_ARCH_ARM\"],"
	       "\"syscalls\":[]}}");
	/* podman's, which says each error twice. */
	gives ("{\"defaultAction\":\"D\",\"defaultErrnoRet\":38,\"defaultErrno\":\"ENOSYS\"}",
	       "{\"s\":{\"defaultAction\":\"D\",\"defaultErrnoRet\":38,\"syscalls\":[]}}");
}

/* Profiles of docker and podman call it so, and not as the language Go does. */
static void
test_x86 (void)
{
	g_autoptr (DavitJson) profile = davit_json_parse (
		"{\"defaultAction\":\"D\",\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86\"}],"
		"\"syscalls\":[" RULE ("x", ",\"includes\":{\"arches\":[\"x86\"]}") "," RULE (
			"y", ",\"excludes\":{\"arches\":[\"x86\"]}") "]}",
		-1, NULL);
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);
	DavitSeccompFacts facts = {no_capabilities, "x86", 5, 10};
	g_autoptr (GError) error = NULL;
	g_autofree char *text = NULL;

	g_assert_nonnull (profile);
	davit_json_writer_begin_object (writer, NULL);
	g_assert_true (davit_spec_evaluate_seccomp (profile, "p", &facts, writer, "s", &error));
	davit_json_writer_end_object (writer);
	text = davit_json_writer_finish (writer, NULL);
	g_assert_cmpstr (text, ==,
			 "{\"s\":{\"defaultAction\":\"D\",\"architectures\":[\"SCMP_ARCH_X86\"],"
			 "\"syscalls\":[{\"names\":[\"x\"],\"action\":\"A\"}]}}");
}

static void
test_refused (void)
{
	static const struct {
		const char *profile;
		int code;
		const char *text;
	} cases[] = {
		{"[]", DAVIT_ERROR_CONFIG, "must be an object"},
		{"{}", DAVIT_ERROR_CONFIG, "defaultAction is missing"},
		{"{\"defaultAction\":1}", DAVIT_ERROR_CONFIG, "defaultAction"},
		{"{\"defaultAction\":\"D\",\"syscalls\":{}}", DAVIT_ERROR_CONFIG, "syscalls"},
		{PROFILE ("1"), DAVIT_ERROR_CONFIG, "syscalls[0]: must be an object"},
		{PROFILE ("{}"), DAVIT_ERROR_CONFIG, "syscalls[0]: must have an action"},
		{PROFILE ("{\"action\":\"A\"}"), DAVIT_ERROR_CONFIG,
		 "syscalls[0]: must have names"},
		{PROFILE ("{\"action\":\"A\",\"names\":[]}"), DAVIT_ERROR_CONFIG,
		 "syscalls[0]: must have names"},
		{PROFILE ("{\"action\":\"A\",\"names\":[\"x\"],\"name\":\"y\"}"),
		 DAVIT_ERROR_CONFIG, "syscalls[0]: must have names"},
		{PROFILE ("{\"action\":\"A\",\"names\":[1]}"), DAVIT_ERROR_CONFIG,
		 "syscalls[0].names[0]: must be a string"},
		{PROFILE (RULE ("x", ",\"args\":{}")), DAVIT_ERROR_CONFIG, "syscalls[0].args"},
		{PROFILE (RULE ("x", ",\"errnoRet\":4096")), DAVIT_ERROR_CONFIG, "errnoRet"},
		{PROFILE (RULE ("x", ",\"errno\":\"EPERM\"")), DAVIT_ERROR_CONFIG,
		 "syscalls[0].errno: is not known here; give the number too"},
		{PROFILE (RULE ("x", ",\"includes\":{\"minKernel\":\"4\"}")), DAVIT_ERROR_CONFIG,
		 "syscalls[0].includes.minKernel: must be a version such as 4.8"},
		{PROFILE (RULE ("x", ",\"includes\":{\"caps\":\"CAP_KILL\"}")), DAVIT_ERROR_CONFIG,
		 "includes.caps"},
		{"{\"defaultAction\":\"D\",\"architectures\":[\"A\"],\"archMap\":[{}]}",
		 DAVIT_ERROR_CONFIG, "architectures: excludes archMap"},
		{"{\"defaultAction\":\"D\",\"listenerPath\":\"/x\"}", DAVIT_ERROR_UNSUPPORTED,
		 "notifications are not there yet"},
	};

	for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
		g_autoptr (GError) error = NULL;
		g_autofree char *text = evaluate (cases[i].profile, no_capabilities, &error);

		g_test_message ("%s", cases[i].profile);
		g_assert_null (text);
		g_assert_nonnull (error);
		g_assert_true (g_str_has_prefix (error->message, "seccomp profile \"p\": "));
		test_spec_assert_error (&error, cases[i].code, cases[i].text);
	}
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/seccomp-profile/conditions", test_conditions);
	g_test_add_func ("/seccomp-profile/forms", test_forms);
	g_test_add_func ("/seccomp-profile/x86", test_x86);
	g_test_add_func ("/seccomp-profile/refused", test_refused);
	return g_test_run ();
}
