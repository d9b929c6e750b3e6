/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit checkpoint, davit restore */

#include "base/error.h"
#include "base/json.h"
#include "cli/cmd.h"
#include "cli/each.h"
#include "container/checkpoint.h"

#define SWITCH(name_, letter_, help_)                                                              \
	{                                                                                          \
		.name = (name_), .letter = (letter_), .type = DAVIT_FLAG_SWITCH, .help = (help_)   \
	}
#define LIST(name_, argument_, help_)                                                              \
	{                                                                                          \
		.name = (name_), .type = DAVIT_FLAG_LIST, .argument = (argument_), .help = (help_) \
	}

const DavitFlag davit_checkpoint_flags[] = {
	SWITCH ("all", 'a', "all that run"),
	SWITCH ("latest", 'l', "the one that was made last"),
	SWITCH ("leave-running", 'R', "let the container run on"),
	SWITCH ("tcp-established", 0, "also if there are TCP connections, which go on at restore"),
	SWITCH ("file-locks", 0, "also if files are locked"),
	SWITCH ("keep", 'k', "keep the driver's log and figures, also of a failure"),
	SWITCH ("print-stats", 0, "show how long it took, as JSON"),
	LIST ("checkpoint-opt", "KEY=VALUE", "for the checkpoint plugin (may be repeated)"),
	{.name = NULL},
};

const DavitFlag davit_restore_flags[] = {
	SWITCH ("all", 'a', "all that ended by a checkpoint"),
	SWITCH ("latest", 'l', "the one that was made last"),
	SWITCH ("tcp-established", 0, "bring TCP connections back, as since the checkpoint"),
	SWITCH ("tcp-close", 0, "bring TCP connections back closed"),
	SWITCH ("file-locks", 0, "lock files again"),
	SWITCH ("ignore-static-ip", 0, "take another address than at the checkpoint"),
	SWITCH ("ignore-static-mac", 0, "take another MAC address than at the checkpoint"),
	SWITCH ("keep", 'k', "keep the checkpoint, and the driver's log and figures"),
	SWITCH ("print-stats", 0, "show how long it took, as JSON"),
	LIST ("checkpoint-opt", "KEY=VALUE", "for the checkpoint plugin (may be repeated)"),
	{.name = NULL},
};

const char davit_checkpoint_manual[] =
	"The processes are written to disk and end; davit restore makes them go on. What they have "
	"in memory, their open files, pipes, timers and terminal are in the checkpoint. The files "
	"of the container stay where they are. It survives a restart of the host.\n"
	"A program that davit exec has started is not part of the container's first process: while "
	"there is one, no checkpoint is made. Connections to others need --tcp-established.\n"
	"The checkpoint plugin is the one that the container was made with (--checkpoint of davit "
	"run); a runtime that makes checkpoints by itself, such as those of oci, does it by its "
	"own "
	"means.\n"
	"$ davit run -d --name counter alpine sh -c 'while :; do echo $((i+=1)); sleep 1; done'\n"
	"$ davit checkpoint counter\n"
	"$ davit restore counter";

const char davit_restore_manual[] =
	"A checkpoint is used up by a restore, unless --keep is given. Where the network can give "
	"a "
	"certain address, the container gets the one that it had. What was said with "
	"--tcp-established and --file-locks at the checkpoint need not be said again.";

/**
 * Work: for each container.
 */
typedef struct {
	DavitArguments *arguments;
	gboolean restore;
	DavitJsonWriter *statistics; /* or NULL */
} Work;

/* Our key, and the one that podman's users know it by. */
typedef struct {
	const char *key;
	const char *name;
} Figure;

static void
figures_write (DavitJsonWriter *writer, const DavitResult *result)
{
	static const Figure figures[] = {
		{"freeze-usec", "freezing_time"},     {"frozen-usec", "frozen_time"},
		{"memory-dump-usec", "memdump_time"}, {"memory-write-usec", "memwrite_time"},
		{"pages-scanned", "pages_scanned"},   {"pages-written", "pages_written"},
		{"fork-usec", "forking_time"},	      {"restore-usec", "restore_time"},
		{"pages-restored", "pages_restored"},
	};

	davit_json_writer_begin_object (writer, "criu_statistics");
	for (guint i = 0; i < G_N_ELEMENTS (figures); i++) {
		gint64 value = 0;

		if (davit_result_integer (result, figures[i].key, &value))
			davit_json_writer_integer (writer, figures[i].name, value);
	}
	davit_json_writer_end_object (writer);
}

static gboolean
container_checkpoint (const Work *work, DavitContainer *container, DavitResult *result,
		      GError **error)
{
	DavitArguments *arguments = work->arguments;
	DavitCheckpointOptions options = {
		.leave_running = davit_arguments_switch (arguments, "leave-running"),
		.tcp_established = davit_arguments_switch (arguments, "tcp-established"),
		.file_locks = davit_arguments_switch (arguments, "file-locks"),
		.keep = davit_arguments_switch (arguments, "keep"),
		.options = davit_arguments_list (arguments, "checkpoint-opt"),
	};

	return davit_container_checkpoint (container, &options, result, error);
}

static gboolean
container_restore (const Work *work, DavitContainer *container, DavitResult *result, GError **error)
{
	DavitArguments *arguments = work->arguments;
	DavitRestoreOptions options = {
		.tcp_established = davit_arguments_switch (arguments, "tcp-established"),
		.tcp_close = davit_arguments_switch (arguments, "tcp-close"),
		.file_locks = davit_arguments_switch (arguments, "file-locks"),
		.keep = davit_arguments_switch (arguments, "keep"),
		.ignore_address = davit_arguments_switch (arguments, "ignore-static-ip"),
		.ignore_mac_address = davit_arguments_switch (arguments, "ignore-static-mac"),
		.options = davit_arguments_list (arguments, "checkpoint-opt"),
	};

	return davit_container_restore (container, &options, result, error);
}

static gboolean
container_work (DavitCli *cli, DavitContainer *container, gpointer data, GError **error)
{
	const Work *work = data;
	g_autoptr (DavitResult) result = davit_result_new ();
	gint64 begin = g_get_monotonic_time ();
	gint64 duration;

	if (work->restore ? !container_restore (work, container, result, error)
			  : !container_checkpoint (work, container, result, error))
		return FALSE;
	duration = g_get_monotonic_time () - begin;
	if (work->statistics == NULL)
		return TRUE;
	davit_json_writer_begin_object (work->statistics, NULL);
	davit_json_writer_string (work->statistics, "Id", container->id);
	davit_json_writer_integer (work->statistics,
				   work->restore ? "runtime_restore_duration"
						 : "runtime_checkpoint_duration",
				   duration);
	figures_write (work->statistics, result);
	davit_json_writer_end_object (work->statistics);
	return TRUE;
}

/* NULL-terminated names of the containers that are meant by --latest, or by --all to a restore. */
static char **
names_find (DavitCli *cli, gboolean latest, GError **error)
{
	DavitEngine *engine = davit_cli_engine (cli, error);
	g_autoptr (GPtrArray) containers = NULL;
	g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

	containers = engine != NULL ? davit_container_list (engine, error) : NULL;
	if (containers == NULL)
		return NULL;
	for (guint i = 0; i < containers->len; i++) {
		const DavitContainer *container = g_ptr_array_index (containers, i);

		if (latest || container->checkpointed != 0)
			g_strv_builder_add (names, container->id);
		if (latest)
			return g_strv_builder_end (names);
	}
	if (latest) {
		davit_error_set (error, DAVIT_ERROR_NOT_FOUND, "there is no container");
		return NULL;
	}
	return g_strv_builder_end (names);
}

static gboolean
statistics_print (Work *work, gint64 begin, GError **error)
{
	g_autofree char *text = NULL;

	davit_json_writer_end_array (work->statistics);
	davit_json_writer_integer (work->statistics,
				   work->restore ? "davit_restore_duration"
						 : "davit_checkpoint_duration",
				   g_get_monotonic_time () - begin);
	davit_json_writer_end_object (work->statistics);
	text = davit_json_writer_finish (work->statistics, NULL);
	return davit_cli_print_json (text, error) && davit_cli_print ("\n", error);
}

static gboolean
containers_work (DavitCli *cli, Work *work, DavitEach *each, GError **error)
{
	gint64 begin = g_get_monotonic_time ();
	g_autoptr (DavitJsonWriter) writer = NULL;

	if (!davit_arguments_switch (work->arguments, "print-stats"))
		return davit_each_container (cli, each, error);
	writer = davit_json_writer_new (TRUE);
	work->statistics = writer;
	each->silent = TRUE;
	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_begin_array (writer, "container_statistics");
	return davit_each_container (cli, each, error) && statistics_print (work, begin, error);
}

static gboolean
verb_run (DavitCli *cli, Work *work, GError **error)
{
	gboolean latest = davit_arguments_switch (work->arguments, "latest");
	gboolean all = davit_arguments_switch (work->arguments, "all");
	g_auto (GStrv) found = NULL;
	DavitEach each = {
		.names = davit_arguments_operands (work->arguments),
		.all = all,
		.statuses = 1u << DAVIT_STATUS_RUNNING,
		.func = container_work,
		.data = work,
	};

	if (latest && (all || each.names[0] != NULL))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"%s\": --latest excludes --all and names",
					cli->verb->name);
	if (latest || (all && work->restore && each.names[0] == NULL)) {
		found = names_find (cli, latest, error);
		if (found == NULL)
			return FALSE;
		each.all = FALSE;
		each.names = (const char *const *) found;
		if (found[0] == NULL)
			return TRUE;
	}
	return containers_work (cli, work, &each, error);
}

gboolean
davit_checkpoint_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	Work work = {.arguments = arguments};

	return verb_run (cli, &work, error);
}

gboolean
davit_restore_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	Work work = {.arguments = arguments, .restore = TRUE};

	if (davit_arguments_switch (arguments, "tcp-close") &&
	    davit_arguments_switch (arguments, "tcp-established"))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"restore\": --tcp-close and --tcp-established exclude "
					"each other");
	return verb_run (cli, &work, error);
}
