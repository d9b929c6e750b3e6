/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Names of images: [DOMAIN/]PATH[:TAG][@DIGEST].
 *
 * The rule for names without a domain, here and nowhere else. Where a name is given (import, tag,
 * the name in an OCI layout) it becomes localhost/NAME. In an archive of docker, whose writer
 * leaves its own registry out, it becomes docker.io/library/NAME, or docker.io/NAME if it has a
 * slash. Where an image is looked up, localhost/NAME comes first, then docker.io, then the one
 * name of any other domain that ends in /NAME; if there are several, that is an error and no
 * guess. Without tag and digest the tag is "latest". No registry is ever searched by these rules.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
	char *domain; /* "localhost", "docker.io", "quay.io:443"; NULL: none was given */
	char *path;   /* "library/busybox" */
	char *tag;    /* NULL: none was given */
	char *digest; /* "sha256:..."; NULL: none was given */
} DavitReference;

/* As it is written, without any default. USAGE names the rule that is broken. */
DavitReference *davit_reference_parse (const char *text, GError **error);
void davit_reference_free (DavitReference *reference);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitReference, davit_reference_free)

/* Fills in the domain, "localhost" or "docker.io", and the tag. */
void davit_reference_complete (DavitReference *reference, const char *domain);

/* DOMAIN/PATH, with neither tag nor digest. NULL domain: PATH. Free with g_free. */
char *davit_reference_repository (const DavitReference *reference);
/* All of it. Free with g_free. */
char *davit_reference_text (const DavitReference *reference);

/*
 * A full name with tag for an image of ours. A digest is USAGE: it says what an image is, and
 * can't be given to one. Free with g_free.
 */
char *davit_reference_give (const char *text, const char *domain, GError **error);

/* At least 4 hexadecimal digits of an id, with or without "sha256:": gives the digits or NULL. */
const char *davit_reference_id_digits (const char *text);

G_END_DECLS
