/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One plugin, one command: what it is given, and what its answer means. */

#pragma once

#include "cni-network.h"

G_BEGIN_DECLS

/**
 * CniCall: all that one run of a plugin is given. With id NULL there is no attachment (GC).
 */
typedef struct {
	const DavitHost *host;
	const CniNetwork *network;
	const CniPlugin *plugin;
	const char *command;
	const char *id;
	const char *interface;
	const char *netns; /* "": it is gone */
	const char *arguments;
	const DavitJson *capabilities; /* what the plugin declares of it becomes "runtimeConfig" */
	const char *previous;	       /* "prevResult" as JSON, or NULL */
	const char *attachments;       /* of GC: a JSON list, or NULL */
} CniCall;

/* ret_output may be NULL. The error begins with network and plugin. */
gboolean cni_exec (const CniCall *call, char **ret_output, GError **error);

/* UNAVAILABLE: it is in none of the directories. */
gboolean cni_exec_find (const DavitHost *host, const char *type, char **ret_path, GError **error);

/* A path that leads to the descriptor from every process, as long as this one lives. */
char *cni_exec_netns_path (int netns_fd);

/* PATH of plugins: they run iptables and the like. */
char *cni_exec_search_path (void);

G_END_DECLS
