/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit ps */

#include "base/error.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/ps.h"
#include "cli/rows.h"

#include <string.h>

#define SHORT_ID 12
#define SHORT_COMMAND 20

const char davit_ps_manual[] =
	"Shows containers that run or are paused, with --all every one. It takes no lock and never "
	"waits for a command that is at work on a container.\n"
	"Filters: ancestor (image), before and since (another container), exited (status), id, "
	"label, name (regular expression), status. With --format json the fields are podman's, in "
	"one array for all.\n"
	"$ davit ps --all --filter status=exited\n"
	"$ davit ps --format '{{.ID}} {{.Names}} {{.Label \"app\"}}'\n"
	"$ davit ps --format 'table {{.Names}}\\t{{.Status}}'\n";

const DavitFlag davit_ps_flags[] = {
	{.name = "all",
	 .letter = 'a',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "also those that don't run"},
	{.name = "filter",
	 .letter = 'f',
	 .type = DAVIT_FLAG_LIST,
	 .argument = "KEY=VALUE",
	 .help = "only those that fit (may be repeated)"},
	{.name = "format",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "FORMAT",
	 .help = "table, json, \"table TEMPLATE\" or a Go template"},
	{.name = "last",
	 .letter = 'n',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "NUMBER",
	 .help = "the newest ones, whether they run or not"},
	{.name = "latest",
	 .letter = 'l',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "the newest one, whether it runs or not"},
	{.name = "no-trunc", .type = DAVIT_FLAG_SWITCH, .help = "don't shorten ids and commands"},
	{.name = "noheading", .type = DAVIT_FLAG_SWITCH, .help = "no headings"},
	{.name = "quiet", .letter = 'q', .type = DAVIT_FLAG_SWITCH, .help = "ids only"},
	{.name = "size",
	 .letter = 's',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "also how much they have written"},
	{.name = "sort",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "KEY",
	 .choices = "command|created|id|image|names|status",
	 .help = "order",
	 .fallback = "created"},
	{.name = NULL},
};

const DavitField davit_ps_fields[] = {
	{"ID", "CONTAINER ID", "its id"},
	{"Image", "IMAGE", "the image as it was named"},
	{"ImageID", "IMAGE ID", "id of the image"},
	{"Command", "COMMAND", "what it runs"},
	{"CreatedAt", "CREATED AT", "when it was made"},
	{"Created", "CREATED", "how long ago that was"},
	{"RunningFor", "CREATED", "the same, under docker's name"},
	{"CreatedHuman", "CREATED", "the same, under podman's name"},
	{"Status", "STATUS", "what became of it, and when"},
	{"State", "STATE", "created, initialized, running, paused, stopped, exited or damaged"},
	{"Ports", "PORTS", "published ports, separated by commas"},
	{"Names", "NAMES", "its name"},
	{"Labels", "LABELS", "KEY=VALUE, separated by commas; {{.Label \"KEY\"}} gives one"},
	{"Mounts", "MOUNTS", "where something is mounted, separated by commas"},
	{"Networks", "NETWORKS", "its network: none, host, container:NAME or a network's name"},
	{"Size", "SIZE", "how much it has written"},
	{"Pid", "PID", "its first process on the host, or 0"},
	{"ExitCode", "EXIT CODE", "exit status of its last run"},
	{"StartedAt", "STARTED AT", "when it was last started"},
	{"Exited", "EXITED", "whether it has ended"},
	{"ExitedAt", "EXITED AT", "when it last ended"},
	{NULL, NULL, NULL},
};

static char *
text_shorten (const char *text, glong length)
{
	g_autofree char *valid = g_utf8_make_valid (text == NULL ? "" : text, -1);
	char *end;

	if (g_utf8_strlen (valid, -1) <= length)
		return g_steal_pointer (&valid);
	end = g_utf8_offset_to_pointer (valid, length - 3);
	*end = '\0';
	return g_strconcat (valid, "...", NULL);
}

static char *
time_text (gint64 time)
{
	return time == 0 ? g_strdup ("") : davit_text_time (time);
}

/*
 * What costs something is only asked for if it is shown; one that fails does not hide the others.
 */
static void
size_set (DavitCli *cli, DavitRows *rows, DavitContainer *container)
{
	g_autoptr (GError) error = NULL;
	guint64 bytes;

	if (!davit_rows_wants (rows, "Size"))
		return;
	if (davit_ps_size (container, &bytes, &error))
		davit_rows_take (rows, "Size", davit_text_size (bytes));
	else if (error != NULL)
		davit_cli_fail (cli, &error);
}

static void
times_set (DavitRows *rows, const DavitContainer *container, gint64 now)
{
	static const char *const ages[] = {"Created", "RunningFor", "CreatedHuman"};

	if (davit_rows_wants (rows, "CreatedAt"))
		davit_rows_take (rows, "CreatedAt", time_text (container->created));
	for (guint i = 0; i < G_N_ELEMENTS (ages); i++) {
		if (davit_rows_wants (rows, ages[i]))
			davit_rows_take (rows, ages[i], davit_ps_ago (container->created, now));
	}
	if (davit_rows_wants (rows, "StartedAt"))
		davit_rows_take (rows, "StartedAt", time_text (container->started));
	if (davit_rows_wants (rows, "ExitedAt"))
		davit_rows_take (rows, "ExitedAt", time_text (container->finished));
}

/* These stand in the record, which is only read if they are shown. */
static void
record_set (DavitRows *rows, DavitContainer *container)
{
	if (davit_rows_wants (rows, "Mounts")) {
		g_auto (GStrv) mounts = davit_ps_mounts (container);

		davit_rows_take (rows, "Mounts", g_strjoinv (",", mounts));
	}
	if (davit_rows_wants (rows, "Networks"))
		davit_rows_take (rows, "Networks", davit_ps_network (container));
}

static void
container_add (DavitCli *cli, DavitRows *rows, DavitContainer *container, gboolean whole)
{
	gint64 now = davit_text_now ();
	g_autofree char *labels =
		container->labels == NULL ? NULL : g_strjoinv (",", container->labels);

	davit_rows_add (rows, (const char *const *) container->labels);
	davit_rows_take (rows, "ID",
			 whole ? g_strdup (container->id) : g_strndup (container->id, SHORT_ID));
	davit_rows_set (rows, "Image", container->image);
	davit_rows_set (rows, "ImageID", container->image_id);
	davit_rows_take (rows, "Command",
			 whole ? g_strdup (container->command)
			       : text_shorten (container->command, SHORT_COMMAND));
	times_set (rows, container, now);
	davit_rows_take (rows, "Status", davit_ps_status_text (container, now));
	davit_rows_set (rows, "State", davit_status_name (container->status));
	davit_rows_set (rows, "Names", container->name);
	davit_rows_set (rows, "Labels", labels);
	davit_rows_set_integer (rows, "Pid", container->pid);
	davit_rows_set_integer (rows, "ExitCode", container->exit_status);
	davit_rows_set (rows, "Exited",
			container->status == DAVIT_STATUS_EXITED ||
					container->status == DAVIT_STATUS_STOPPED
				? "true"
				: "false");
	if (davit_rows_wants (rows, "Ports"))
		davit_rows_take (rows, "Ports", davit_ps_ports (container));
	record_set (rows, container);
	size_set (cli, rows, container);
}

static gboolean
ids_print (GPtrArray *containers, gboolean whole, GError **error)
{
	g_autoptr (GString) text = g_string_new (NULL);

	for (guint i = 0; i < containers->len; i++) {
		const DavitContainer *container = g_ptr_array_index (containers, i);

		g_string_append_printf (text, "%.*s\n",
					whole ? (int) strlen (container->id) : SHORT_ID,
					container->id);
	}
	return davit_cli_print (text->str, error);
}

gboolean
davit_ps_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	gboolean whole = davit_arguments_switch (arguments, "no-trunc");
	gboolean size = davit_arguments_switch (arguments, "size");
	DavitRowsLook look = {
		.format = davit_arguments_text (arguments, "format"),
		.fields = davit_ps_fields,
		.columns = size ? "ID Image Command Created Status Ports Names Size"
				: "ID Image Command Created Status Ports Names",
		.no_heading = davit_arguments_switch (arguments, "noheading"),
	};
	g_autoptr (DavitRows) rows = davit_rows_new (&look, error);
	g_autoptr (GPtrArray) containers = NULL;

	if (rows == NULL)
		return FALSE;
	containers = davit_ps_select (cli, arguments, error);
	if (containers == NULL)
		return FALSE;
	if (davit_arguments_switch (arguments, "quiet") && look.format == NULL)
		return ids_print (containers, whole, error);
	if (davit_rows_is_json (rows))
		return davit_ps_json (cli, containers, size, error);
	for (guint i = 0; i < containers->len; i++)
		container_add (cli, rows, g_ptr_array_index (containers, i), whole);
	return davit_rows_print (rows, error);
}
