/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which containers ps shows: filters, -a, -l, -n, and their order. */

#include "base/error.h"
#include "base/text.h"
#include "cli/filter.h"
#include "cli/ps.h"

#include <string.h>

typedef struct {
	gint64 before; /* created before this; 0: was not given */
	gint64 since;
} Bounds;

static gboolean
id_fits (gconstpointer object, const char *value, gpointer data)
{
	const DavitContainer *container = object;

	return g_str_has_prefix (container->id, value);
}

/* As docker: the pattern may stand anywhere in the name. A wrong one was refused before. */
static gboolean
name_fits (gconstpointer object, const char *value, gpointer data)
{
	const DavitContainer *container = object;

	return container->name != NULL && g_regex_match_simple (value, container->name, 0, 0);
}

static gboolean
status_fits (gconstpointer object, const char *value, gpointer data)
{
	const DavitContainer *container = object;

	return strcmp (davit_status_name (container->status), value) == 0;
}

static gboolean
label_fits (gconstpointer object, const char *value, gpointer data)
{
	const DavitContainer *container = object;

	return davit_filter_label_fits ((const char *const *) container->labels, value);
}

/* The image as it was named, its full name, the name without a tag, or the beginning of its id. */
static gboolean
ancestor_fits (gconstpointer object, const char *value, gpointer data)
{
	const DavitContainer *container = object;
	const char *id = container->image_id;
	g_autofree char *wanted = NULL;
	g_autofree char *has = NULL;

	if (container->image == NULL)
		return FALSE;
	if (strcmp (container->image, value) == 0)
		return TRUE;
	if (id != NULL && strlen (value) >= 4 &&
	    (g_str_has_prefix (id, value) || (g_str_has_prefix (id, "sha256:") &&
					      g_str_has_prefix (id + strlen ("sha256:"), value))))
		return TRUE;
	wanted = davit_image_normalize_name (value, NULL);
	has = davit_image_normalize_name (container->image, NULL);
	return wanted != NULL && g_strcmp0 (wanted, has) == 0;
}

static gboolean
exited_fits (gconstpointer object, const char *value, gpointer data)
{
	const DavitContainer *container = object;
	g_autofree char *status = g_strdup_printf ("%d", container->exit_status);

	return (container->status == DAVIT_STATUS_EXITED ||
		container->status == DAVIT_STATUS_STOPPED) &&
	       strcmp (status, value) == 0;
}

static gboolean
before_fits (gconstpointer object, const char *value, gpointer data)
{
	return ((const DavitContainer *) object)->created < ((const Bounds *) data)->before;
}

static gboolean
since_fits (gconstpointer object, const char *value, gpointer data)
{
	return ((const DavitContainer *) object)->created > ((const Bounds *) data)->since;
}

static const DavitFilterTest tests[] = {
	{"ancestor", FALSE, ancestor_fits},
	{"before", FALSE, before_fits},
	{"exited", FALSE, exited_fits},
	{"id", FALSE, id_fits},
	{"label", TRUE, label_fits},
	{"name", FALSE, name_fits},
	{"since", FALSE, since_fits},
	{"status", FALSE, status_fits},
	{NULL, FALSE, NULL},
};

/* Values that have a form of their own are checked here, once, and not for every container. */
static gboolean
value_check (DavitCli *cli, const char *text, Bounds *bounds, GError **error)
{
	static const char *const statuses[] = {"created", "initialized", "running", "paused",
					       "stopped", "exited",	 "damaged", NULL};
	const char *value = strchr (text, '=') + 1;
	g_autoptr (GRegex) pattern = NULL;
	g_autoptr (DavitContainer) container = NULL;

	if (g_str_has_prefix (text, "name=")) {
		pattern = g_regex_new (value, 0, 0, NULL);
		return pattern != NULL ||
		       davit_error_set (error, DAVIT_ERROR_USAGE,
					"filter \"%s\": is no regular expression", text);
	}
	if (g_str_has_prefix (text, "status="))
		return g_strv_contains (statuses, value) ||
		       davit_error_set (error, DAVIT_ERROR_USAGE,
					"filter \"%s\": must be one of created, initialized, "
					"running, paused, stopped, exited, damaged",
					text);
	if (!g_str_has_prefix (text, "before=") && !g_str_has_prefix (text, "since="))
		return TRUE;
	container = davit_container_find (cli->engine, value, error);
	if (container == NULL)
		return davit_error_prefix (error, "filter \"%s\"", text);
	if (text[0] == 'b')
		bounds->before = container->created;
	else
		bounds->since = container->created;
	return TRUE;
}

static gboolean
values_check (DavitCli *cli, const DavitFilter *filter, GError **error)
{
	for (const char *const *text = filter->texts; *text != NULL; text++) {
		if (!value_check (cli, *text, filter->data, error))
			return FALSE;
	}
	return TRUE;
}

static int
command_compare (gconstpointer a, gconstpointer b)
{
	return g_strcmp0 ((*(DavitContainer *const *) a)->command,
			  (*(DavitContainer *const *) b)->command);
}

/* Newest first, as without --sort. */
static int
created_compare (gconstpointer a, gconstpointer b)
{
	gint64 left = (*(DavitContainer *const *) a)->created;
	gint64 right = (*(DavitContainer *const *) b)->created;

	return (left < right) - (left > right);
}

static int
id_compare (gconstpointer a, gconstpointer b)
{
	return strcmp ((*(DavitContainer *const *) a)->id, (*(DavitContainer *const *) b)->id);
}

static int
image_compare (gconstpointer a, gconstpointer b)
{
	return g_strcmp0 ((*(DavitContainer *const *) a)->image,
			  (*(DavitContainer *const *) b)->image);
}

static int
name_compare (gconstpointer a, gconstpointer b)
{
	return g_strcmp0 ((*(DavitContainer *const *) a)->name,
			  (*(DavitContainer *const *) b)->name);
}

static int
status_compare (gconstpointer a, gconstpointer b)
{
	return (int) (*(DavitContainer *const *) a)->status -
	       (int) (*(DavitContainer *const *) b)->status;
}

static void
order_apply (GPtrArray *containers, const char *key)
{
	static const struct {
		const char *key;
		GCompareFunc compare;
	} orders[] = {
		{"command", command_compare}, {"created", created_compare},
		{"id", id_compare},	      {"image", image_compare},
		{"names", name_compare},      {"status", status_compare},
	};

	for (gsize i = 0; key != NULL && i < G_N_ELEMENTS (orders); i++) {
		if (strcmp (orders[i].key, key) == 0)
			g_ptr_array_sort (containers, orders[i].compare);
	}
}

static gboolean
last_parse (const DavitArguments *arguments, guint *ret, GError **error)
{
	const char *text = davit_arguments_text (arguments, "last");
	guint64 number = davit_arguments_switch (arguments, "latest") ? 1 : 0;

	if (text != NULL &&
	    !davit_text_parse_unsigned (text, G_MAXUINT32, "option \"--last\"", &number, error))
		return FALSE;
	*ret = (guint) number;
	return TRUE;
}

/* Asking for a state or an exit status means those, too, that don't run. */
static gboolean
wants_all (const DavitArguments *arguments, const DavitFilter *filter, guint last)
{
	if (davit_arguments_switch (arguments, "all") || last > 0)
		return TRUE;
	for (const char *const *text = filter->texts; *text != NULL; text++) {
		if (g_str_has_prefix (*text, "status=") || g_str_has_prefix (*text, "exited="))
			return TRUE;
	}
	return FALSE;
}

GPtrArray *
davit_ps_select (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	Bounds bounds = {0, 0};
	DavitFilter filter = {tests, davit_arguments_list (arguments, "filter"), &bounds};
	g_autoptr (GPtrArray) containers = NULL;
	guint last, kept = 0;

	if (!last_parse (arguments, &last, error) || !davit_filter_check (&filter, error) ||
	    davit_cli_engine (cli, error) == NULL || !values_check (cli, &filter, error))
		return NULL;
	containers = wants_all (arguments, &filter, last)
			     ? davit_container_list (cli->engine, error)
			     : davit_container_list_running (cli->engine, error);
	if (containers == NULL)
		return NULL;
	for (guint i = 0; i < containers->len;) {
		const DavitContainer *container = g_ptr_array_index (containers, i);

		if (davit_filter_fits (&filter, container) && (last == 0 || kept < last)) {
			kept++;
			i++;
		} else {
			g_ptr_array_remove_index (containers, i);
		}
	}
	order_apply (containers, davit_arguments_text (arguments, "sort"));
	return g_steal_pointer (&containers);
}
