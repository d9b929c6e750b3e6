/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The program: global options, the verb, its arguments, and one place where errors end. */

#include "base/error.h"
#include "base/log.h"
#include "base/trace.h"
#include "base/user.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/surroundings.h"

#include "davit-config.h"

#include <stdio.h>
#include <unistd.h>

static gboolean
log_set_up (DavitCli *cli, GError **error)
{
	const char *trace = davit_arguments_text (cli->globals, "trace");
	gboolean timings = davit_arguments_switch (cli->globals, "timings");
	DavitLogLevel level = DAVIT_LOG_WARNING;

	cli->json_log = g_strcmp0 (davit_arguments_text (cli->globals, "log-format"), "json") == 0;
	if (davit_arguments_switch (cli->globals, "verbose"))
		level = DAVIT_LOG_INFO;
	if (davit_arguments_switch (cli->globals, "debug"))
		level = DAVIT_LOG_DEBUG;
	davit_log_set_up (level, cli->json_log);
	return (trace == NULL && !timings) || davit_trace_set_up (trace, timings, error);
}

static gboolean
operands_check (const DavitVerb *verb, const DavitArguments *arguments, GError **error)
{
	guint count = davit_arguments_operand_count (arguments);

	if (count < verb->operands_min)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"%s\" needs %s; see davit %s --help", verb->name,
					verb->synopsis, verb->name);
	if (count > verb->operands_max)
		return davit_error_set (
			error, DAVIT_ERROR_USAGE,
			"\"%s\" does not know what to do with \"%s\"; see davit %s --help",
			verb->name, davit_arguments_operands (arguments)[verb->operands_max],
			verb->name);
	return TRUE;
}

/* What root does as he is an ordinary user does in a namespace of his own. */
static gboolean
user_enter (DavitCli *cli, GError **error)
{
	const DavitVerb *verb = cli->verb;
	g_autoptr (GError) local = NULL;
	DavitEngine *engine;

	if (geteuid () == 0 || verb->reads || (verb->for_anyone && !verb->looks))
		return TRUE;
	engine = davit_cli_engine (cli, error);
	if (engine == NULL)
		return FALSE;
	if (davit_engine_enter (engine, verb->starts, &local))
		return TRUE;
	/* Why nothing works here is what such a verb is asked for; if there is a way to tell. */
	if (verb->looks && davit_user_has_id (geteuid ())) {
		davit_debug ("%s", local->message);
		return TRUE;
	}
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

static gboolean
verb_run (DavitCli *cli, const char *const *words, const DavitVerbAlias *alias, GError **error)
{
	const DavitVerb *verb = cli->verb;
	const DavitFlag *tables[4];
	DavitSyntax syntax = {verb->name, tables, verb->stop_at_operand};
	g_autoptr (DavitArguments) arguments = NULL;
	g_autoptr (GPtrArray) argv = g_ptr_array_new ();
	g_autofree char *help = NULL;

	if (alias != NULL && alias->flag != NULL)
		g_ptr_array_add (argv, (gpointer) alias->flag);
	for (; *words != NULL; words++)
		g_ptr_array_add (argv, (gpointer) *words);
	g_ptr_array_add (argv, NULL);
	davit_commands_tables (verb, tables);
	arguments = davit_arguments_parse (&syntax, (const char *const *) argv->pdata, error);
	if (arguments == NULL)
		return FALSE;
	if (davit_arguments_switch (arguments, "help")) {
		help = davit_help_verb (verb);
		return davit_cli_print (help, error);
	}
	return operands_check (verb, arguments, error) && davit_surroundings_check (verb, error) &&
	       user_enter (cli, error) && verb->run (cli, arguments, error);
}

static gboolean
program_run (DavitCli *cli, GError **error)
{
	const DavitFlag *tables[] = {davit_commands_global_flags (), davit_commands_common_flags (),
				     NULL};
	DavitSyntax syntax = {NULL, tables, TRUE};
	const DavitVerbAlias *alias = NULL;
	const char *const *words;
	guint used = 0;

	cli->globals = davit_arguments_parse (&syntax, cli->words + 1, error);
	if (cli->globals == NULL || !log_set_up (cli, error))
		return FALSE;
	if (davit_arguments_switch (cli->globals, "version"))
		return davit_cli_print ("davit version " DAVIT_VERSION "\n", error);
	words = davit_arguments_operands (cli->globals);
	if (davit_arguments_switch (cli->globals, "help") || words[0] == NULL) {
		g_autofree char *help = davit_help_overview ();

		return davit_cli_print (help, error);
	}
	cli->verb = davit_commands_resolve (words, &alias, &used, error);
	return cli->verb != NULL && verb_run (cli, words + used, alias, error);
}

int
main (int argc, char **argv)
{
	DavitCli cli = {.words = (const char *const *) argv};
	g_autoptr (GError) error = NULL;
	g_autofree char *timings = NULL;

	if (argc < 1 || !davit_surroundings_set_up ())
		return DAVIT_CLI_STATUS_ENGINE;
	if (!program_run (&cli, &error))
		davit_cli_report (&cli, error);
	g_clear_pointer (&cli.engine, davit_engine_close);
	timings = davit_trace_finish ();
	if (timings != NULL)
		fputs (timings, stderr);
	g_clear_pointer (&cli.globals, davit_arguments_free);
	return cli.status;
}
