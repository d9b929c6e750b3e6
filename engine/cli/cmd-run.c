/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit run: create, start, and stay connected until the end. */

#include "base/error.h"
#include "cli/cmd.h"
#include "cli/create.h"
#include "cli/streams.h"

#include <unistd.h>

const char davit_run_manual[] =
	"Options end at IMAGE: what follows the command belongs to it. The image must be in the "
	"store (davit-load(1), davit-import(1)); the image hello comes with davit and is loaded "
	"when it is first asked for. An IMAGE that begins with \"/\", \"./\" or \"../\" is a "
	"squashfs file, known by its content, that is run where it is and not taken into the "
	"store. "
	"Nothing is copied; when the file was changed later, or is gone, a container that was made "
	"from it can't be started and says so.\n"
	"Unless --detach is given, the command is connected to the standard output and error of "
	"davit, with --interactive also to its standard input, and signals are passed on to it. "
	"The keys of --detach-keys leave it running alone.\n"
	"Mounts: a source that is a relative path begins with \"./\". Options of --volume stand "
	"behind the target and are separated by commas: ro, nosuid, nodev, noexec, noatime and "
	"their opposites; bind (without the mounts below the source) or rbind; and what happens to "
	"mounts that are made later: private, slave, shared, and the same with r in front for "
	"those "
	"below, rprivate unless another is given. z and Z, for SELinux, change nothing on a host "
	"without it. --mount takes the same words. A tmpfs has size=, mode=, uid=, gid=, "
	"nr_inodes=, "
	"nr_blocks=, and notmpcopyup if it is not to begin with what the image has there.\n"
	"With --tmpfs-upper what the container writes is kept in memory, up to that size, and is "
	"gone "
	"whenever it ends: started again, it begins with its image. It counts as memory of the "
	"container. Mounts are not concerned.\n"
	"What an image calls a volume is a directory in the container and goes with it. With "
	"--read-only it is a temporary file system.\n"
	"--user takes names of the container's /etc/passwd and /etc/group, or numbers; :GROUP is "
	"root in another group.\n"
	"$ davit run hello\n"
	"$ davit run --rm -it debian bash\n"
	"$ davit run -d --name db -v /srv/db:/var/lib/db localhost/db\n"
	"$ davit run --rm ./image.sqfs make check\n"
	"$ davit run --rm -v ./source:/source:ro --tmpfs /build:size=1g localhost/compiler make\n";

const DavitFlag davit_run_flags[] = {
	{.name = "detach",
	 .letter = 'd',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "leave it in the background and print its id"},
	{.name = "detach-keys",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "KEYS",
	 .help = "keys that leave a terminal; \"\" for none",
	 .fallback = "ctrl-p,ctrl-q"},
	{.name = "sig-proxy",
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "pass signals on to the command",
	 .fallback = "true"},
	{.name = NULL},
};

/* --attach leaves out the streams that it does not name. */
static void
streams_choose (DavitContainerStart *start, DavitArguments *arguments)
{
	const char *const *names = davit_arguments_list (arguments, "attach");
	gboolean input = davit_arguments_switch (arguments, "interactive");
	gboolean output = names[0] == NULL, errors = names[0] == NULL;

	for (; *names != NULL; names++) {
		input |= g_ascii_strcasecmp (*names, "stdin") == 0;
		output |= g_ascii_strcasecmp (*names, "stdout") == 0;
		errors |= g_ascii_strcasecmp (*names, "stderr") == 0;
	}
	davit_streams_init (start, arguments, input);
	if (!output)
		start->stdout_fd = -1;
	if (!errors)
		start->stderr_fd = -1;
}

static gboolean
run_check (DavitArguments *arguments, GError **error)
{
	if (davit_arguments_switch (arguments, "detach") &&
	    davit_arguments_has (arguments, "attach"))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"options \"--detach\" and \"--attach\" of \"run\" exclude "
					"each other");
	return davit_streams_check_terminal (arguments, error);
}

static gboolean
run_detached (DavitContainer *container, GError **error)
{
	DavitContainerStart start;

	davit_container_start_init (&start);
	return davit_container_start (container, &start, NULL, NULL, error) &&
	       davit_cli_print_line (container->id, error);
}

static gboolean
run_attached (DavitCli *cli, DavitContainer *container, DavitArguments *arguments, GError **error)
{
	DavitContainerStart start;
	DavitExit ended = {0};
	gboolean detached = FALSE;

	streams_choose (&start, arguments);
	if (!davit_container_start (container, &start, &detached, &ended, error))
		return FALSE;
	cli->status = detached ? 0 : ended.status;
	return TRUE;
}

gboolean
davit_run_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	g_autoptr (DavitContainer) container = NULL;
	gboolean done;

	if (!run_check (arguments, error) ||
	    !davit_create_from_arguments (cli, arguments, TRUE, &container, error))
		return FALSE;
	if (davit_arguments_switch (arguments, "detach"))
		done = run_detached (container, error);
	else
		done = run_attached (cli, container, arguments, error);
	/* One that never ran has no end that would remove it; one that runs on is not forced. */
	if (!done && davit_arguments_switch (arguments, "rm"))
		davit_container_remove (container, FALSE, 0, NULL);
	return done;
}
