/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * "networks" of run.json: each connection of a run, from the intent to make it. All of them stand
 * there before the first is made, so that whatever was made is undone, wherever it was broken off.
 */

#pragma once

#include "base/json.h"

G_BEGIN_DECLS

/**
 * DavitRunNetwork: network and interface are as asked for; the rest is what the driver has
 * reported, and empty until then.
 */
typedef struct {
	char *network; /* of the driver; NULL: its default one */
	char *interface;
	char *status;	  /* for detach */
	char **addresses; /* "INTERFACE ADDRESS/PREFIX", never NULL */
	char **gateways;  /* never NULL */
	char *mac_address;
	gint64 helper; /* pid of a process without which there is no connection; 0: none */
	guint64 helper_start;
} DavitRunNetwork;

DavitRunNetwork *davit_run_network_new (const char *network, const char *interface);
void davit_run_network_free (gpointer network);

/*
 * As the member "networks" of an object: of run.json, and of what a checkpoint keeps, so that the
 * same addresses can be asked for again. Without that member the network that version 1 of run.json
 * had, or none. CORRUPT.
 */
void davit_run_networks_write (const GPtrArray *networks, DavitJsonWriter *writer);
gboolean davit_run_networks_read (const DavitJson *json, GPtrArray **ret_networks, GError **error);

/* The first address of a family (AF_INET, AF_INET6) that is not of "lo". Free with g_free. */
char *davit_run_network_address (const DavitRunNetwork *network, int family);
/* The same with its prefix. */
const char *davit_run_network_find (const DavitRunNetwork *network, int family);

/* Whether its helper has ended. */
gboolean davit_run_network_is_lost (const DavitRunNetwork *network);

G_END_DECLS
