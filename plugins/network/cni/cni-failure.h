/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A plugin's own words for what went wrong, and what to do about those that are well known. */

#pragma once

#include <davit/json.h>

G_BEGIN_DECLS

typedef struct {
	const DavitJsonOps *json;
	const char *program;
	int status;
	const char *output;
	const char *complaint; /* its standard error, or NULL */
} CniFailure;

/* FALSE, always. */
gboolean cni_failure_set (const CniFailure *failure, GError **error);

G_END_DECLS
