/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit plugin check: what engine/check/ finds out, in TAP. */

#include "base/error.h"
#include "base/text.h"
#include "check/check.h"
#include "cli/cli.h"
#include "cli/cmd.h"

#include <string.h>
#include <unistd.h>

#define TIMEOUT "30s"

const char davit_plugin_check_manual[] =
	"Looks whether a plugin keeps to the contract of its kind, davit-plugin(7), and prints "
	"TAP: "
	"the file and its symbols; the descriptor; what open, probe and close leave behind; then "
	"what its kind has to do, in directories and namespaces made for it. Each check is a "
	"process with a time limit: a plugin that crashes or hangs is one line that says where.\n"
	"The plugin has the options of its group of the configuration. What the host lacks is "
	"skipped, with the reason. The exit status is 0 if nothing failed, and 1 otherwise.\n"
	"$ davit plugin check build/mine.so\n"
	"$ davit --config storage.mine.level=3 plugin check --only whiteouts build/mine.so\n"
	"$ davit plugin check --bench /usr/lib/davit/plugins/storage/overlay.so\n";

const DavitFlag davit_plugin_check_flags[] = {
	{.name = "bench",
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "measure the operations instead of checking them: median and 95th percentile"},
	{.name = "directory",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "DIRECTORY",
	 .complete = "directory",
	 .help = "make the directories of the checks here",
	 .fallback = "TMPDIR, or /tmp"},
	{.name = "only",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "TEXT",
	 .help = "make only the checks whose name has this text"},
	{.name = "timeout",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "DURATION",
	 .help = "how long a check may take",
	 .fallback = TIMEOUT},
	{.name = "variant",
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "VARIANT",
	 .help = "check a plugin that has variants as NAME:VARIANT"},
	{.name = NULL},
};

typedef struct {
	guint count;
	GError *error; /* of printing */
} Tap;

/* What stands behind "#" would be a directive. */
static char *
line_clean (const char *text)
{
	g_autofree char *valid = g_utf8_make_valid (text, -1);

	return g_strdelimit (g_steal_pointer (&valid), "#\n\r", ' ');
}

static void
point_print (const DavitCheckPoint *point, gpointer data)
{
	static const char *const words[] = {"ok", "not ok", "ok"};
	Tap *tap = (Tap *) data;
	g_autofree char *text = line_clean (point->text != NULL ? point->text : "");
	g_autoptr (GString) lines = g_string_new (NULL);

	g_string_append_printf (lines, "%s %u - %s", words[point->outcome], ++tap->count,
				point->name);
	if (point->outcome == DAVIT_CHECK_SKIPPED)
		g_string_append_printf (lines, " # SKIP %s", text);
	if (point->outcome == DAVIT_CHECK_FAILED)
		g_string_append_printf (lines, "\n# %s", text);
	for (const char *const *note = point->notes; *note != NULL; note++) {
		g_autofree char *clean = line_clean (*note);

		g_string_append_printf (lines, "\n# %s", clean);
	}
	if (tap->error == NULL)
		davit_cli_print_line (lines->str, &tap->error);
}

/* The names of the flags are known, their values are what a person wrote. */
static gboolean
request_read (DavitArguments *arguments, DavitCheckRequest *request, GError **error)
{
	const char *timeout = davit_arguments_text (arguments, "timeout");
	gint64 msec = 0;

	request->variant = davit_arguments_text (arguments, "variant");
	request->only = davit_arguments_text (arguments, "only");
	request->bench = davit_arguments_switch (arguments, "bench");
	if (!davit_text_parse_duration (timeout != NULL ? timeout : TIMEOUT, "--timeout", &msec,
					error))
		return FALSE;
	if (msec <= 0 || msec > G_MAXINT)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--timeout\" of \"plugin check\" can't be \"%s\"",
					timeout);
	request->timeout_msec = (guint) msec;
	return TRUE;
}

static gboolean
checks_print (const DavitCheckRequest *request, gboolean *ret_passed, GError **error)
{
	g_autofree char *plan = NULL;
	Tap tap = {0};

	if (!davit_check_run (request, point_print, &tap, ret_passed, error)) {
		g_clear_error (&tap.error);
		return FALSE;
	}
	if (tap.error != NULL) {
		g_propagate_error (error, tap.error);
		return FALSE;
	}
	if (tap.count == 0)
		return davit_error_set (error, DAVIT_ERROR_USAGE, "no check has \"%s\" in its name",
					request->only);
	plan = g_strdup_printf ("1..%u", tap.count);
	return davit_cli_print_line (plan, error);
}

gboolean
davit_plugin_check_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	const char *directory = davit_arguments_text (arguments, "directory");
	g_autofree char *path =
		g_canonicalize_filename (davit_arguments_operands (arguments)[0], NULL);
	g_autofree char *scratch =
		g_canonicalize_filename (directory != NULL ? directory : g_get_tmp_dir (), NULL);
	DavitCheckRequest request = {.path = path, .scratch = scratch, .uid = geteuid ()};
	gboolean passed = FALSE;

	if (davit_cli_engine (cli, error) == NULL || !request_read (arguments, &request, error))
		return FALSE;
	request.paths = cli->engine->paths;
	request.config = cli->engine->config;
	request.plugin_path = davit_arguments_list (cli->globals, "plugin-path");
	if (!checks_print (&request, &passed, error))
		return FALSE;
	cli->status = passed ? 0 : 1;
	return TRUE;
}
