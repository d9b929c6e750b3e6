/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit checkpoint, davit restore */

#include "base/error.h"
#include "base/json.h"
#include "cli/cmd.h"
#include "cli/each.h"
#include "container/checkpoint.h"

#include <string.h>

#define SWITCH(name_, letter_, help_)                                                              \
	{                                                                                          \
		.name = (name_), .letter = (letter_), .type = DAVIT_FLAG_SWITCH, .help = (help_)   \
	}
#define LIST(name_, argument_, help_)                                                              \
	{                                                                                          \
		.name = (name_), .type = DAVIT_FLAG_LIST, .argument = (argument_), .help = (help_) \
	}

const DavitFlag davit_checkpoint_flags[] = {
	{.name = "export",
	 .letter = 'e',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "FILE",
	 .complete = "file",
	 .help = "write all that a restore needs elsewhere into this file"},
	{.name = "compress",
	 .letter = 'c',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "FORMAT",
	 .choices = "zstd|gzip|none",
	 .help = "how that file is compressed",
	 .fallback = "zstd"},
	SWITCH ("ignore-rootfs", 0, "leave changed files out of that file"),
	SWITCH ("ignore-volumes", 0, "leave volumes out of that file, where none ever are"),
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
	{.name = "import",
	 .letter = 'i',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "FILE",
	 .complete = "file",
	 .help = "make the container from a file that a checkpoint was exported to"},
	{.name = "name",
	 .letter = 'n',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "NAME",
	 .help = "with --import: as a new container of this name"},
	SWITCH ("ignore-rootfs", 0, "with --import: leave files as the image has them"),
	SWITCH ("ignore-volumes", 0, "with --import: leave volumes alone, which is always so"),
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
	"With --export the checkpoint, the files that the container has changed, its log and its "
	"options "
	"are written to a file, which is readable by its owner alone: it has the memory of all "
	"processes in it. What is mounted with --volume is not in it.\n"
	"$ davit run -d --name counter alpine sh -c 'while :; do echo $((i+=1)); sleep 1; done'\n"
	"$ davit checkpoint counter\n"
	"$ davit restore counter";

const char davit_restore_manual[] =
	"A checkpoint is used up by a restore, unless --keep is given. Where the network can give "
	"a "
	"certain address, the container gets the one that it had. What was said with "
	"--tcp-established and --file-locks at the checkpoint need not be said again.\n"
	"With --import nothing need be here but the image of the container. All of the file is "
	"verified before anything is made. It says what the container may do, as the options of "
	"davit run do: import only what you trust as much as a command line.\n"
	"$ davit checkpoint --export /tmp/counter.tar.zst counter\n"
	"$ davit restore --import /tmp/counter.tar.zst --name second";

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

static DavitCompression
compression_of (const DavitArguments *arguments)
{
	const char *word = davit_arguments_text (arguments, "compress");

	if (word == NULL || strcmp (word, "zstd") == 0)
		return DAVIT_COMPRESSION_ZSTD;
	return strcmp (word, "gzip") == 0 ? DAVIT_COMPRESSION_GZIP : DAVIT_COMPRESSION_NONE;
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
		.export_path = davit_arguments_text (arguments, "export"),
		.compression = compression_of (arguments),
		.ignore_rootfs = davit_arguments_switch (arguments, "ignore-rootfs"),
	};

	return davit_container_checkpoint (container, &options, result, error);
}

static DavitRestoreOptions
restore_options (DavitArguments *arguments)
{
	return (DavitRestoreOptions){
		.tcp_established = davit_arguments_switch (arguments, "tcp-established"),
		.tcp_close = davit_arguments_switch (arguments, "tcp-close"),
		.file_locks = davit_arguments_switch (arguments, "file-locks"),
		.keep = davit_arguments_switch (arguments, "keep"),
		.ignore_address = davit_arguments_switch (arguments, "ignore-static-ip"),
		.ignore_mac_address = davit_arguments_switch (arguments, "ignore-static-mac"),
		.ignore_rootfs = davit_arguments_switch (arguments, "ignore-rootfs"),
		.options = davit_arguments_list (arguments, "checkpoint-opt"),
		.name = davit_arguments_text (arguments, "name"),
	};
}

static gboolean
container_restore (const Work *work, DavitContainer *container, DavitResult *result, GError **error)
{
	DavitRestoreOptions options = restore_options (work->arguments);

	return davit_container_restore (container, &options, result, error);
}

static void
statistics_add (const Work *work, const char *id, const DavitResult *result, gint64 duration)
{
	if (work->statistics == NULL)
		return;
	davit_json_writer_begin_object (work->statistics, NULL);
	davit_json_writer_string (work->statistics, "Id", id);
	davit_json_writer_integer (work->statistics,
				   work->restore ? "runtime_restore_duration"
						 : "runtime_checkpoint_duration",
				   duration);
	figures_write (work->statistics, result);
	davit_json_writer_end_object (work->statistics);
}

static gboolean
container_work (DavitCli *cli, DavitContainer *container, gpointer data, GError **error)
{
	const Work *work = data;
	g_autoptr (DavitResult) result = davit_result_new ();
	gint64 begin = g_get_monotonic_time ();

	if (work->restore ? !container_restore (work, container, result, error)
			  : !container_checkpoint (work, container, result, error))
		return FALSE;
	statistics_add (work, container->id, result, g_get_monotonic_time () - begin);
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

/* A container that is made first. */
static gboolean
archive_work (DavitCli *cli, Work *work, GError **error)
{
	DavitRestoreOptions options = restore_options (work->arguments);
	DavitEngine *engine = davit_cli_engine (cli, error);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (DavitResult) result = davit_result_new ();
	gint64 begin = g_get_monotonic_time ();

	if (engine == NULL ||
	    !davit_container_import (engine, davit_arguments_text (work->arguments, "import"),
				     &options, result, &container, error))
		return FALSE;
	statistics_add (work, container->id, result, g_get_monotonic_time () - begin);
	return work->statistics != NULL || davit_cli_print_line (container->id, error);
}

static gboolean
each_work (DavitCli *cli, Work *work, DavitEach *each, GError **error)
{
	return work->restore && davit_arguments_has (work->arguments, "import")
		       ? archive_work (cli, work, error)
		       : davit_each_container (cli, each, error);
}

static gboolean
containers_work (DavitCli *cli, Work *work, DavitEach *each, GError **error)
{
	gint64 begin = g_get_monotonic_time ();
	g_autoptr (DavitJsonWriter) writer = NULL;

	if (!davit_arguments_switch (work->arguments, "print-stats"))
		return each_work (cli, work, each, error);
	writer = davit_json_writer_new (TRUE);
	work->statistics = writer;
	each->silent = TRUE;
	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_begin_array (writer, "container_statistics");
	return each_work (cli, work, each, error) && statistics_print (work, begin, error);
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

/* Options that say something only about a file that is not asked for. */
static gboolean
needs_file (const DavitArguments *arguments, const char *file, const char *const *options,
	    GError **error)
{
	for (; !davit_arguments_has (arguments, file) && *options != NULL; options++) {
		if (davit_arguments_has (arguments, *options))
			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"option \"--%s\" has no effect without \"--%s\"",
						*options, file);
	}
	return TRUE;
}

gboolean
davit_checkpoint_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	static const char *const of_file[] = {"compress", "ignore-rootfs", "ignore-volumes", NULL};
	Work work = {.arguments = arguments};

	if (!needs_file (arguments, "export", of_file, error))
		return FALSE;
	if (davit_arguments_has (arguments, "export") &&
	    (davit_arguments_switch (arguments, "all") ||
	     davit_arguments_operand_count (arguments) > 1))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"checkpoint\": --export takes one container");
	return verb_run (cli, &work, error);
}

gboolean
davit_restore_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	static const char *const of_file[] = {"name", "ignore-rootfs", "ignore-volumes", NULL};
	Work work = {.arguments = arguments, .restore = TRUE};

	if (!needs_file (arguments, "import", of_file, error))
		return FALSE;
	if (davit_arguments_has (arguments, "import") &&
	    (davit_arguments_switch (arguments, "all") ||
	     davit_arguments_switch (arguments, "latest") ||
	     davit_arguments_operand_count (arguments) > 0))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"restore\": --import takes no container");
	if (davit_arguments_has (arguments, "name") &&
	    davit_arguments_switch (arguments, "tcp-established"))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"restore\": --name and --tcp-established exclude each "
					"other: connections are bound to the address");
	if (davit_arguments_switch (arguments, "tcp-close") &&
	    davit_arguments_switch (arguments, "tcp-established"))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"restore\": --tcp-close and --tcp-established exclude "
					"each other");
	return verb_run (cli, &work, error);
}
