/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One option of the command line, as data. The parser, --help, the manual and the completions are
 * all made from these tables, so that they can't drift apart. (An option of a plugin or of the
 * configuration is a DavitOption; the other word keeps the two apart.)
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
	DAVIT_FLAG_SWITCH = 1, /* --rm, --rm=false */
	DAVIT_FLAG_TEXT,       /* the last one counts */
	DAVIT_FLAG_LIST,       /* may come several times */
} DavitFlagType;

/**
 * DavitFlag: a table ends with an entry without a name.
 */
typedef struct {
	const char *name; /* without "--" */
	char letter;	  /* of the short form, or 0 */
	DavitFlagType type;
	const char *argument; /* TEXT, LIST: the word for the value, "FILE" */
	const char *choices;  /* the only values, "a|b|c", or NULL: any */
	const char *complete; /* what completions offer, see complete.c, or NULL */
	const char *help;     /* one line, lower case, no full stop; NULL: a spelling of another */
	const char *fallback; /* the value without it, for people, or NULL */
	const char *since;    /* version, or NULL: the first */
	const char *alias;    /* this is only another spelling of the flag of that name */
} DavitFlag;

G_END_DECLS
