/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files that are made from the tables when davit is built: manual pages and completions. */

#pragma once

#include "cli/verb.h"

G_BEGIN_DECLS

/* DIRECTORY/man1 and DIRECTORY/man5. */
gboolean davit_generate_manual (const char *directory, GError **error);

/* shell: bash, zsh or fish. */
gboolean davit_generate_completion (const char *shell, const char *directory, GError **error);

/* Writes DIRECTORY/name, in place of an old one. */
gboolean davit_generate_write (const char *directory, const char *name, const char *text,
			       GError **error);

G_END_DECLS
