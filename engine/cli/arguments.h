/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The parser of command lines, over tables of flags.
 *
 * Why not GOption: docker's and podman's users write "--rm=false", "-it", "-p=80:80", "-eA -eB";
 * and "run IMAGE ls -l" must hand "-l" to ls. GOption gives a switch no value, and its messages
 * can't name the verb or what was meant. What remains is a loop over argv.
 */

#pragma once

#include "cli/flag.h"

G_BEGIN_DECLS

typedef struct _DavitArguments DavitArguments;

/**
 * DavitSyntax: what to expect.
 */
typedef struct {
	const char *verb;		/* for messages; NULL: before the verb */
	const DavitFlag *const *tables; /* NULL-terminated; the first that knows a letter has it */
	gboolean stop_at_operand;	/* what follows the first operand is not looked at */
} DavitSyntax;

/*
 * argv: NULL-terminated, without the verb; must outlive the result. USAGE says what is wrong. When
 * --help is met, parsing ends there.
 */
DavitArguments *davit_arguments_parse (const DavitSyntax *syntax, const char *const *argv,
				       GError **error);
void davit_arguments_free (DavitArguments *arguments);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitArguments, davit_arguments_free)

gboolean davit_arguments_has (const DavitArguments *arguments, const char *name);
/* FALSE without it. */
gboolean davit_arguments_switch (const DavitArguments *arguments, const char *name);
/* NULL without it. */
const char *davit_arguments_text (const DavitArguments *arguments, const char *name);
/* NULL-terminated, never NULL, owned by arguments. */
const char *const *davit_arguments_list (DavitArguments *arguments, const char *name);

/* Everything that was given, in its order; a switch has the value "true" or "false". */
guint davit_arguments_count (const DavitArguments *arguments);
const DavitFlag *davit_arguments_nth (const DavitArguments *arguments, guint index,
				      const char **ret_value);

/* NULL-terminated. */
const char *const *davit_arguments_operands (const DavitArguments *arguments);
guint davit_arguments_operand_count (const DavitArguments *arguments);

const DavitFlag *davit_arguments_find_name (const DavitFlag *const *tables, const char *name,
					    gsize length);
const DavitFlag *davit_arguments_find_letter (const DavitFlag *const *tables, char letter);

G_END_DECLS
