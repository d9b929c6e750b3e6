/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Between the files that show a container. */

#pragma once

#include "container/container-private.h"

G_BEGIN_DECLS

/**
 * DavitInspection: what is shown, read once.
 */
typedef struct {
	DavitContainer *container;
	const DavitRecord *record;
	const DavitJson *json; /* of the record */
	const DavitRun *run;   /* NULL: it does not run */
	DavitJsonWriter *writer;
} DavitInspection;

void davit_inspect_write_config (const DavitInspection *inspection);
void davit_inspect_write_host_config (const DavitInspection *inspection);
void davit_inspect_write_mounts (const DavitInspection *inspection);
void davit_inspect_write_state (const DavitInspection *inspection);
void davit_inspect_write_network (const DavitInspection *inspection);
/* Published ports, in docker's form: as asked for; those of a run, or without one the same. */
void davit_inspect_write_asked_ports (const DavitInspection *inspection, const char *key);
void davit_inspect_write_ports (const DavitInspection *inspection, const char *key);

/* nsec 0: docker's time for what never was. */
void davit_inspect_write_time (DavitJsonWriter *writer, const char *key, gint64 nsec);
void davit_inspect_write_log_path (const DavitInspection *inspection, const char *key);

/* The words behind "--pid" and the like: "private", "host", "container:ID". */
void davit_inspect_write_mode (const DavitInspection *inspection, const char *key,
			       const DavitNamespace *namespace);
/* A member that may be absent; an array or object that is, is written empty. */
const DavitJson *davit_inspect_member (const DavitInspection *inspection, const char *object,
				       const char *key);
void davit_inspect_write_array (const DavitInspection *inspection, const char *key,
				const DavitJson *value);
void davit_inspect_write_object (const DavitInspection *inspection, const char *key,
				 const DavitJson *value);

G_END_DECLS
