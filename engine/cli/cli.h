/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One invocation: global options, the engine when it is wanted, output, and the exit status. */

#pragma once

#include "cli/verb.h"
#include "container/engine.h"

G_BEGIN_DECLS

/* The engine, or what was asked of it, failed. */
#define DAVIT_CLI_STATUS_ENGINE 125

struct _DavitCli {
	DavitArguments *globals;
	const DavitVerb *verb;	  /* NULL until it is known */
	const char *const *words; /* of the whole command line, the program's name first */
	gboolean json_log;
	int status; /* to exit with */

	/* Use davit_cli_engine; NULL until then. */
	DavitEngine *engine;
};

/* Where a verb needs the engine: reads the configuration when it is first called. */
DavitEngine *davit_cli_engine (DavitCli *cli, GError **error);

/* Writes to standard output, all or an error. */
gboolean davit_cli_print (const char *text, GError **error);
gboolean davit_cli_print_line (const char *text, GError **error);
/* The same for a JSON document: characters that a terminal would obey become \u escapes. */
gboolean davit_cli_print_json (const char *text, GError **error);

/* One line about an error on standard error; raises cli->status to what it means. */
void davit_cli_report (DavitCli *cli, const GError *error);
/* For a loop over names: reports and clears *error. Returns FALSE. */
gboolean davit_cli_fail (DavitCli *cli, GError **error);

/* A message for the user on standard error, not an error. */
void davit_cli_notice (const DavitCli *cli, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Whether a person looks: NO_COLOR and TERM=dumb ask for plain text. */
gboolean davit_cli_is_fancy (int fd);

/* Asks on the terminal; FALSE without one. question has no line break. */
gboolean davit_cli_confirm (const char *question);

G_END_DECLS
