/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The one table of verbs, and the other names that docker and podman have for them. */

#include "cli/commands.h"

#include "base/error.h"
#include "cli/cmd.h"
#include "cli/suggest.h"

#include <string.h>

#define ANY G_MAXUINT

#define CONTAINERS "Containers"
#define IMAGES "Images"
#define SYSTEM "System"

/* The verbs of a group stand together. */
static const DavitVerb verbs[] = {
	{
		.name = "run",
		.group = CONTAINERS,
		.synopsis = "IMAGE [COMMAND [ARGUMENT...]]",
		.summary = "make a container from an image and run a command in it",
		.run = davit_run_main,
		.flags = davit_run_flags,
		.more_flags = davit_create_flags,
		.operands_min = 1,
		.operands_max = ANY,
		.stop_at_operand = TRUE,
		.complete = "image",
		.manual = davit_run_manual,
	},
	{
		.name = "create",
		.group = CONTAINERS,
		.synopsis = "IMAGE [COMMAND [ARGUMENT...]]",
		.summary = "make a container, to be started later",
		.run = davit_create_main,
		.more_flags = davit_create_flags,
		.operands_min = 1,
		.operands_max = ANY,
		.stop_at_operand = TRUE,
		.complete = "image",
		.manual = davit_create_manual,
	},
	{
		.name = "start",
		.group = CONTAINERS,
		.synopsis = "CONTAINER...",
		.summary = "start containers that were made or have ended",
		.run = davit_start_main,
		.flags = davit_start_flags,
		.operands_max = ANY,
		.complete = "container",
	},
	{
		.name = "stop",
		.group = CONTAINERS,
		.synopsis = "CONTAINER...",
		.summary = "end containers: their stop signal first, then SIGKILL",
		.run = davit_stop_main,
		.flags = davit_stop_flags,
		.operands_max = ANY,
		.complete = "running",
	},
	{
		.name = "restart",
		.group = CONTAINERS,
		.synopsis = "CONTAINER...",
		.summary = "stop containers and start them again",
		.run = davit_restart_main,
		.flags = davit_restart_flags,
		.operands_max = ANY,
		.complete = "container",
	},
	{
		.name = "kill",
		.group = CONTAINERS,
		.synopsis = "CONTAINER...",
		.summary = "send a signal to the first process of containers",
		.run = davit_kill_main,
		.flags = davit_kill_flags,
		.operands_max = ANY,
		.complete = "running",
	},
	{
		.name = "pause",
		.group = CONTAINERS,
		.synopsis = "CONTAINER...",
		.summary = "freeze all processes of containers",
		.run = davit_pause_main,
		.flags = davit_pause_flags,
		.operands_max = ANY,
		.complete = "running",
	},
	{
		.name = "unpause",
		.group = CONTAINERS,
		.synopsis = "CONTAINER...",
		.summary = "thaw containers that are paused",
		.run = davit_unpause_main,
		.flags = davit_pause_flags,
		.operands_max = ANY,
		.complete = "container",
	},
	{
		.name = "checkpoint",
		.group = CONTAINERS,
		.synopsis = "CONTAINER...",
		.summary = "write running containers to disk, to be restored later",
		.run = davit_checkpoint_main,
		.flags = davit_checkpoint_flags,
		.operands_max = ANY,
		.complete = "running",
		.manual = davit_checkpoint_manual,
	},
	{
		.name = "restore",
		.group = CONTAINERS,
		.synopsis = "CONTAINER...",
		.summary = "let containers go on from their checkpoints",
		.run = davit_restore_main,
		.flags = davit_restore_flags,
		.operands_max = ANY,
		.complete = "container",
		.manual = davit_restore_manual,
	},
	{
		.name = "rm",
		.group = CONTAINERS,
		.synopsis = "CONTAINER...",
		.summary = "remove containers",
		.run = davit_rm_main,
		.flags = davit_rm_flags,
		.operands_max = ANY,
		.complete = "container",
		.manual = davit_rm_manual,
		.status_not_found = 1,
		.status_state = 2,
	},
	{
		.name = "ps",
		.group = CONTAINERS,
		.synopsis = "",
		.summary = "list containers",
		.run = davit_ps_main,
		.flags = davit_ps_flags,
		.fields = davit_ps_fields,
		.manual = davit_ps_manual,
	},
	{
		.name = "exec",
		.group = CONTAINERS,
		.synopsis = "CONTAINER COMMAND [ARGUMENT...]",
		.summary = "run a further command in a running container",
		.run = davit_exec_main,
		.flags = davit_exec_flags,
		.operands_min = 2,
		.operands_max = ANY,
		.stop_at_operand = TRUE,
		.complete = "running",
		.manual = davit_exec_manual,
		.status_state = 255,
	},
	{
		.name = "attach",
		.group = CONTAINERS,
		.synopsis = "CONTAINER",
		.summary = "connect to the standard streams of a running container",
		.run = davit_attach_main,
		.flags = davit_attach_flags,
		.operands_min = 1,
		.operands_max = 1,
		.complete = "running",
	},
	{
		.name = "logs",
		.group = CONTAINERS,
		.synopsis = "CONTAINER",
		.summary = "show what a container has written",
		.run = davit_logs_main,
		.flags = davit_logs_flags,
		.operands_min = 1,
		.operands_max = 1,
		.complete = "container",
	},
	{
		.name = "wait",
		.group = CONTAINERS,
		.synopsis = "CONTAINER...",
		.summary = "wait until containers end, and print their exit statuses",
		.run = davit_wait_main,
		.flags = davit_wait_flags,
		.operands_min = 1,
		.operands_max = ANY,
		.complete = "container",
	},
	{
		.name = "inspect",
		.group = CONTAINERS,
		.synopsis = "CONTAINER|IMAGE...",
		.summary = "show everything about containers and images as JSON",
		.run = davit_inspect_main,
		.flags = davit_inspect_flags,
		.operands_min = 1,
		.operands_max = ANY,
		.complete = "container image",
		.manual = davit_inspect_manual,
	},
	{
		.name = "container exists",
		.group = CONTAINERS,
		.synopsis = "CONTAINER",
		.summary = "exit with 0 if a container exists, with 1 if not",
		.run = davit_container_exists_main,
		.operands_min = 1,
		.operands_max = 1,
		.complete = "container",
	},
	{
		.name = "import",
		.group = IMAGES,
		.synopsis = "FILE|DIRECTORY|- [NAME[:TAG]]",
		.summary = "make an image of a root file system",
		.run = davit_import_main,
		.flags = davit_import_flags,
		.operands_min = 1,
		.operands_max = 2,
		.complete = "file",
		.manual = davit_import_manual,
	},
	{
		.name = "load",
		.group = IMAGES,
		.synopsis = "",
		.summary = "read images from an archive or an OCI layout",
		.run = davit_load_main,
		.flags = davit_load_flags,
	},
	{
		.name = "save",
		.group = IMAGES,
		.synopsis = "IMAGE...",
		.summary = "write images to an archive or an OCI layout",
		.run = davit_save_main,
		.flags = davit_save_flags,
		.operands_min = 1,
		.operands_max = ANY,
		.complete = "image",
	},
	{
		.name = "images",
		.group = IMAGES,
		.synopsis = "[NAME[:TAG]]",
		.summary = "list images",
		.run = davit_images_main,
		.flags = davit_images_flags,
		.fields = davit_images_fields,
		.operands_max = 1,
		.complete = "image",
		.manual = davit_images_manual,
	},
	{
		.name = "tag",
		.group = IMAGES,
		.synopsis = "IMAGE NAME[:TAG]...",
		.summary = "give an image further names",
		.run = davit_tag_main,
		.operands_min = 2,
		.operands_max = ANY,
		.complete = "image",
	},
	{
		.name = "rmi",
		.group = IMAGES,
		.synopsis = "IMAGE...",
		.summary = "remove names of images, and images without a name",
		.run = davit_rmi_main,
		.flags = davit_rmi_flags,
		.operands_max = ANY,
		.complete = "image",
		.manual = davit_rmi_manual,
		.status_not_found = 1,
		.status_state = 2,
	},
	{
		.name = "history",
		.group = IMAGES,
		.synopsis = "IMAGE",
		.summary = "show the steps in which an image was made",
		.run = davit_history_main,
		.flags = davit_history_flags,
		.fields = davit_history_fields,
		.operands_min = 1,
		.operands_max = 1,
		.complete = "image",
	},
	{
		.name = "image exists",
		.group = IMAGES,
		.synopsis = "IMAGE",
		.summary = "exit with 0 if an image exists, with 1 if not",
		.run = davit_image_exists_main,
		.operands_min = 1,
		.operands_max = 1,
		.complete = "image",
	},
	{
		.name = "image convert",
		.group = IMAGES,
		.synopsis = "IMAGE",
		.summary = "make the layers of an image in another storage plugin",
		.run = davit_image_convert_main,
		.flags = davit_image_convert_flags,
		.operands_min = 1,
		.operands_max = 1,
		.complete = "image",
		.manual = davit_image_convert_manual,
	},
	{
		.name = "info",
		.group = SYSTEM,
		.synopsis = "",
		.summary = "show the host, the store and the plugins that are in use",
		.run = davit_info_main,
		.for_anyone = TRUE,
		.flags = davit_format_flags,
	},
	{
		.name = "version",
		.group = SYSTEM,
		.synopsis = "",
		.summary = "show the version of davit and of its plugin interface",
		.run = davit_version_main,
		.for_anyone = TRUE,
		.flags = davit_format_flags,
	},
	{
		.name = "config show",
		.group = SYSTEM,
		.synopsis = "",
		.summary = "show each value of the configuration and where it comes from",
		.run = davit_config_show_main,
		.for_anyone = TRUE,
		.flags = davit_list_flags,
		.fields = davit_config_fields,
	},
	{
		.name = "plugin list",
		.group = SYSTEM,
		.synopsis = "",
		.summary = "list the plugins, and whether they load and can work here",
		.run = davit_plugin_list_main,
		.for_anyone = TRUE,
		.flags = davit_list_flags,
		.fields = davit_plugin_fields,
		.manual = davit_plugin_list_manual,
	},
	{
		.name = "plugin info",
		.group = SYSTEM,
		.synopsis = "[KIND/]NAME",
		.summary = "show what a plugin needs, its options and its operations",
		.run = davit_plugin_info_main,
		.for_anyone = TRUE,
		.flags = davit_format_flags,
		.operands_min = 1,
		.operands_max = 1,
		.complete = "plugin",
	},
	{
		.name = "system check",
		.group = SYSTEM,
		.synopsis = "",
		.summary = "look for damage and left-overs in containers and images",
		.run = davit_system_check_main,
		.flags = davit_system_check_flags,
		.manual = davit_system_check_manual,
	},
	{
		.name = "system reset",
		.group = SYSTEM,
		.synopsis = "",
		.summary = "remove all containers and images",
		.run = davit_system_reset_main,
		.flags = davit_system_reset_flags,
	},
	{
		.name = "help",
		.group = SYSTEM,
		.synopsis = "[COMMAND...]",
		.summary = "show what there is, or the options of a command",
		.run = davit_help_main,
		.for_anyone = TRUE,
		.operands_max = 2,
		.complete = "verb",
	},
	{
		/* The monitor runs it when a container has ended and nobody is there. */
		.name = "cleanup",
		.synopsis = "CONTAINER...",
		.summary = "take away what the end of containers leaves",
		.run = davit_cleanup_main,
		.operands_min = 1,
		.operands_max = ANY,
	},
	{
		.name = "__complete",
		.synopsis = "[WORD...]",
		.summary = "print what could stand in place of the last word",
		.run = davit_complete_main,
		.for_anyone = TRUE,
		.operands_max = ANY,
		.stop_at_operand = TRUE,
	},
	{
		.name = "__generate",
		.synopsis = "man|bash|zsh|fish DIRECTORY",
		.summary = "write manual pages or completions from the tables",
		.run = davit_generate_main,
		.for_anyone = TRUE,
		.operands_min = 2,
		.operands_max = 2,
	},
	{.name = NULL},
};

static const DavitVerbAlias aliases[] = {
	{"list", "ps", NULL},
	{"ls", "ps", NULL},
	{"container attach", "attach", NULL},
	{"container checkpoint", "checkpoint", NULL},
	{"container create", "create", NULL},
	{"container exec", "exec", NULL},
	{"container inspect", "inspect", "--type=container"},
	{"container kill", "kill", NULL},
	{"container list", "ps", NULL},
	{"container logs", "logs", NULL},
	{"container ls", "ps", NULL},
	{"container pause", "pause", NULL},
	{"container ps", "ps", NULL},
	{"container restart", "restart", NULL},
	{"container restore", "restore", NULL},
	{"container rm", "rm", NULL},
	{"container run", "run", NULL},
	{"container start", "start", NULL},
	{"container stop", "stop", NULL},
	{"container unpause", "unpause", NULL},
	{"container wait", "wait", NULL},
	{"image history", "history", NULL},
	{"image import", "import", NULL},
	{"image inspect", "inspect", "--type=image"},
	{"image list", "images", NULL},
	{"image load", "load", NULL},
	{"image ls", "images", NULL},
	{"image rm", "rmi", NULL},
	{"image save", "save", NULL},
	{"image tag", "tag", NULL},
	{"config", "config show", NULL},
	{"plugin inspect", "plugin info", NULL},
	{"plugin ls", "plugin list", NULL},
	{"system info", "info", NULL},
	{NULL, NULL, NULL},
};

static const DavitFlag global_flags[] = {
	{.name = "root",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "DIRECTORY",
	 .complete = "directory",
	 .help = "where images and containers are kept"},
	{.name = "runroot",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "DIRECTORY",
	 .complete = "directory",
	 .help = "where the state of running containers is"},
	{.name = "plugin-path",
	 .type = DAVIT_FLAG_LIST,
	 .argument = "DIRECTORY",
	 .complete = "directory",
	 .help = "look for plugins here first (may be repeated)"},
	{.name = "config",
	 .type = DAVIT_FLAG_LIST,
	 .argument = "GROUP.KEY=VALUE",
	 .help = "set a value of the configuration (may be repeated)"},
	{.name = "debug",
	 .letter = 'D',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "show what is done, in detail"},
	{.name = "verbose", .type = DAVIT_FLAG_SWITCH, .help = "show what is done"},
	{.name = "log-format",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "FORMAT",
	 .choices = "text|json",
	 .help = "form of messages and errors",
	 .fallback = "text"},
	{.name = "trace",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "FILE",
	 .complete = "file",
	 .help = "write the time of each step as Chrome trace events"},
	{.name = "timings",
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "show the time of each step as a table at the end"},
	{.name = "version",
	 .letter = 'v',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "show the version and exit"},
	{.name = NULL},
};

static const DavitFlag common_flags[] = {
	{.name = "help",
	 .letter = 'h',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "show this text and exit"},
	{.name = NULL},
};

const DavitVerb *
davit_commands_all (void)
{
	return verbs;
}

const DavitVerbAlias *
davit_commands_aliases (void)
{
	return aliases;
}

const DavitFlag *
davit_commands_global_flags (void)
{
	return global_flags;
}

const DavitFlag *
davit_commands_common_flags (void)
{
	return common_flags;
}

const char *const *
davit_commands_groups (void)
{
	static const char *const groups[] = {"config", "container", "image",
					     "plugin", "system",    NULL};

	return groups;
}

void
davit_commands_tables (const DavitVerb *verb, const DavitFlag **tables)
{
	if (verb->flags != NULL)
		*tables++ = verb->flags;
	if (verb->more_flags != NULL)
		*tables++ = verb->more_flags;
	*tables++ = common_flags;
	*tables = NULL;
}
