/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A verb of the command line, as data. The table of all of them is in commands.c. */

#pragma once

#include "cli/arguments.h"

G_BEGIN_DECLS

typedef struct _DavitCli DavitCli;

/* Runs a verb. cli->status is what the program exits with; FALSE: the error decides on it. */
typedef gboolean (*DavitVerbFunc) (DavitCli *cli, DavitArguments *arguments, GError **error);

/**
 * DavitField: a field that --format knows. A table ends with an entry without a name.
 */
typedef struct {
	const char *name;
	const char *heading; /* over its column */
	const char *help;    /* one line, lower case, no full stop */
} DavitField;

/**
 * DavitVerb: the row of a verb.
 */
typedef struct {
	const char *name;     /* "run", "plugin list" */
	const char *group;    /* heading in the overview; NULL: hidden */
	const char *synopsis; /* operands: "IMAGE [COMMAND [ARGUMENT...]]" */
	const char *summary;  /* one line, lower case, no full stop */
	DavitVerbFunc run;
	const DavitFlag *flags;	     /* or NULL */
	const DavitFlag *more_flags; /* or NULL */
	const DavitField *fields;    /* of --format, or NULL */
	guint operands_min;
	guint operands_max;	  /* G_MAXUINT: any number */
	gboolean stop_at_operand; /* options end at the first operand */
	gboolean for_anyone;	  /* needs no rights: an ordinary user stays where he is */
	gboolean looks;		  /* and goes where containers would run, if he can */
	gboolean reads;		  /* what the caller may read as he is: the same */
	gboolean needs_root;	  /* an ordinary user's namespace is not enough */
	gboolean starts;	  /* processes in containers */
	const char *complete;	  /* what its operands are, see complete.c; or NULL */
	const char *manual;	  /* more about it: paragraphs, and examples that begin with "$ " */

	/* Exit statuses other than 125, for compatibility; 0: 125. */
	int status_not_found;
	int status_state;
} DavitVerb;

/**
 * DavitVerbAlias: another name, as docker and podman have them.
 */
typedef struct {
	const char *name; /* "container ls" */
	const char *verb; /* "ps" */
	const char *flag; /* put before the arguments, or NULL */
} DavitVerbAlias;

G_END_DECLS
