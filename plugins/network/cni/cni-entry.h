/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is known of one attachment, in a file of the state directory, ID@NETWORK@INTERFACE.json.
 *
 * It is written before the first plugin runs and again with the result, and holds all that DEL and
 * CHECK need: the configuration as it was, since its file may have been changed or removed since.
 */

#pragma once

#include "cni-network.h"
#include "cni-plan.h"

#include <davit/network.h>

G_BEGIN_DECLS

typedef struct {
	const DavitHost *host;
	char *file_name;
	DavitJson *root; /* owns the text below */
	const char *id;
	const char *container;
	const char *interface;
	const char *netns;     /* the path that ADD was called with */
	const char *arguments; /* CNI_ARGS */
	const DavitJson *capabilities;
	const DavitJson *result; /* of the last plugin that ended; NULL: none did */
	gboolean complete;	 /* the last of all has ended */
	gboolean this_boot;	 /* the host has not been restarted since */
	CniNetwork *network;
} CniEntry;

void cni_entry_free (CniEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CniEntry, cni_entry_free)

/*
 * Writes what is going to be done. STATE: the id is attached there already.
 *
 * It is not waited for the disk, which would take as long as a plugin: what a power cut leaves are
 * leases in files, for rules and interfaces are gone then. These were made after the record, so
 * that its name is there if they are, and the name is enough for DEL (a record without content is a
 * damaged one, which detach can deal with).
 */
CniEntry *cni_entry_create (const DavitHost *host, const DavitNetworkRequest *request,
			    const CniNetwork *network, const CniPlan *plan, const char *netns,
			    GError **error);
/*
 * complete: that of the last plugin, and on disk when it returns. The others are for a process that
 * is killed, and what they are needed for goes with a reboot. entry->result stays as it was.
 */
gboolean cni_entry_set_result (const CniEntry *entry, const char *result, gboolean complete,
			       GError **error);
gboolean cni_entry_remove (const DavitHost *host, const char *file_name, GError **error);

/* CORRUPT names the file. */
CniEntry *cni_entry_load (const DavitHost *host, const char *file_name, GError **error);

/* Sorted file names; NULL: any. */
GPtrArray *cni_entries_list (const DavitHost *host, const char *id, const char *network,
			     const char *interface, GError **error);
/* Takes a file name apart. Free with g_strfreev: id, network, interface. */
char **cni_entry_split (const char *file_name);

/* Entries of this boot with published ports, of other containers than id. */
GPtrArray *cni_entries_with_ports (const DavitHost *host, const char *id);

G_END_DECLS
