/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What docker and podman have and davit has not, or not yet. Who types it from habit is told so,
 * and what to do instead; "unknown option" would send them looking for a slip of the fingers.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DavitAbsent: one verb or one flag.
 *
 * A flag whose value asks for what davit does anyhow is taken: scripts for podman are full of
 * --systemd=false. One without "=" has the value "true".
 */
typedef struct {
	const char *verbs;    /* of a flag: " run create "; NULL: before the verb */
	const char *name;     /* the verb, or the flag without "--" */
	char letter;	      /* of a flag; 0: none */
	const char *harmless; /* of a flag: the value that changes nothing; NULL: none */
	const char *hint;     /* what to do instead, or NULL */
	gboolean never;	      /* it is not to come */
} DavitAbsent;

/* Both end with an entry without a name. */
const DavitAbsent *davit_absent_flags (void);
const DavitAbsent *davit_absent_verbs (void);

/* name: "cp" or "container cp". NULL: davit knows nothing of it. */
const DavitAbsent *davit_absent_verb (const char *name);

/* By name (of this length) or, with name NULL, by letter. verb: NULL before the verb. */
const DavitAbsent *davit_absent_flag (const char *verb, const char *name, gsize length,
				      char letter);

/* what: "option "--gpus" of "run"". Always FALSE; UNSUPPORTED, or USAGE for what will never be. */
gboolean davit_absent_refuse (const DavitAbsent *absent, const char *what, GError **error);

G_END_DECLS
