/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the first process was given as its standard streams: kept at dump, replaced at restore. */

#pragma once

#include "criu-message.h"
#include "criu-record.h"

#include <davit/checkpoint.h>

G_BEGIN_DECLS

/* At dump: adds the streams to record. */
void criu_streams_find (const DavitDumpRequest *request, CriuRecord *record);

/* At dump: what CRIU must be told of them. */
void criu_streams_put_external (const CriuRecord *record, GByteArray *options);

/*
 * At restore: tells CRIU what takes their place. ret_fds has room for three: what it must inherit,
 * from number first_fd on. Returns how many there are.
 */
gsize criu_streams_put_inherited (const CriuRecord *record, const DavitExternal *externals,
				  int first_fd, int *ret_fds, GByteArray *options);

/* The descriptor of an external; -1: it is not there, or has none. */
int criu_streams_external_fd (const DavitExternal *externals, const char *type, const char *key);

G_END_DECLS
