/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Filters: which values are alternatives, and which must all fit. */

#include "base/error.h"
#include "cli/filter.h"

#include <string.h>

typedef struct {
	const char *name;
	const char *const *labels;
} Thing;

static gboolean
name_fits (gconstpointer object, const char *value, gpointer data)
{
	return strcmp (((const Thing *) object)->name, value) == 0;
}

static gboolean
label_fits (gconstpointer object, const char *value, gpointer data)
{
	return davit_filter_label_fits (((const Thing *) object)->labels, value);
}

static const DavitFilterTest tests[] = {
	{"name", FALSE, name_fits},
	{"label", TRUE, label_fits},
	{NULL, FALSE, NULL},
};

static gboolean
fits (const char *line)
{
	static const char *const labels[] = {"app=web", "tier=", "x=a=b", NULL};
	const Thing thing = {"one", labels};
	g_auto (GStrv) texts = line[0] == '\0' ? g_new0 (char *, 1) : g_strsplit (line, " ", -1);
	DavitFilter filter = {tests, (const char *const *) texts, NULL};

	g_assert_true (davit_filter_check (&filter, NULL));
	return davit_filter_fits (&filter, &thing);
}

static void
test_fits (void)
{
	g_assert_true (fits (""));
	g_assert_true (fits ("name=one"));
	g_assert_false (fits ("name=two"));
	g_assert_true (fits ("name=two name=one"));
	g_assert_true (fits ("label=app"));
	g_assert_true (fits ("label=app=web"));
	g_assert_false (fits ("label=app=we"));
	g_assert_false (fits ("label=ap"));
	g_assert_true (fits ("label=tier"));
	g_assert_true (fits ("label=x=a=b"));
	g_assert_true (fits ("label=app label=tier"));
	g_assert_false (fits ("label=app label=none"));
	g_assert_false (fits ("label=none label=app"));
	g_assert_true (fits ("name=one label=app"));
	g_assert_false (fits ("name=two label=app"));
	g_assert_false (fits ("name=one label=none"));
}

static void
refuse (const char *text)
{
	const char *const texts[] = {text, NULL};
	DavitFilter filter = {tests, texts, NULL};
	g_autofree char *wanted = g_strdup_printf (
		"filter \"%s\": must be KEY=VALUE, where KEY is one of name, label", text);
	g_autoptr (GError) error = NULL;

	g_assert_false (davit_filter_check (&filter, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE);
	g_assert_cmpstr (error->message, ==, wanted);
}

static void
test_refused (void)
{
	refuse ("");
	refuse ("name");
	refuse ("name=");
	refuse ("names=x");
	refuse ("=x");
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/cli/filter/fits", test_fits);
	g_test_add_func ("/cli/filter/refused", test_refused);
	return g_test_run ();
}
