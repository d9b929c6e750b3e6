/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The "process" object of config.json, for the first process as for further ones. */

#pragma once

#include "native-capabilities.h"
#include "native-rlimits.h"

#include <sys/types.h>

G_BEGIN_DECLS

/**
 * NativeProcess: strings belong to the document that it was read from.
 */
typedef struct {
	gboolean terminal;
	guint16 rows; /* 0: unknown */
	guint16 columns;
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	gsize n_groups;
	mode_t umask;
	const char **args;
	const char **env;
	const char *search; /* the value of PATH in env */
	const char *cwd;
	gboolean no_new_privileges;
	gboolean has_oom_score;
	char oom_score[16]; /* as text: the child writes it */
	NativeCapabilities capabilities;
	NativeRlimits rlimits;
} NativeProcess;

/* Refuses what can't be honoured. process: the object. */
gboolean native_process_parse (const DavitHost *host, const DavitJson *process, NativeProcess *ret,
			       GError **error);
void native_process_clear (NativeProcess *process);

/* For NativeClone. */
const char *native_process_inherits_score (const DavitHost *host, const NativeProcess *process);

G_END_DECLS
