/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Network configurations: a list of plugins with a name (".conflist"), or a single plugin, which is
 * a list of one (".conf", ".json").
 *
 * One that is damaged is still an object, with what is wrong with it: it must not hide the others,
 * and who asks for it by its name must get the reason and not "not found".
 */

#pragma once

#include "cni-version.h"

#include <davit/host.h>

G_BEGIN_DECLS

typedef struct {
	const char *type;	 /* the name of the program */
	const DavitJson *config; /* its object */
} CniPlugin;

typedef struct {
	const DavitJsonOps *json;
	char *file;	  /* for messages */
	const char *name; /* or NULL, if there is a problem */
	CniVersion version;
	gboolean disable_check;
	gboolean disable_gc;
	GArray *plugins;      /* CniPlugin, at least one */
	GPtrArray *documents; /* DavitJson, which own all text here */
	GError *problem;      /* or NULL: it can be used */
} CniNetwork;

void cni_network_free (CniNetwork *network);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CniNetwork, cni_network_free)

/* Never NULL. */
CniNetwork *cni_network_parse (const DavitJsonOps *json, const char *file, const char *text);

/* Appends the plugins of another file to the chain. */
void cni_network_append (CniNetwork *network, const char *file, const char *text);

/* The list as one document that cni_network_parse reads again. */
void cni_network_write (const CniNetwork *network, GString *out, const char *key);

/* Whether a plugin says "capabilities": {"NAME": true}. */
gboolean cni_network_plugin_can (const CniNetwork *network, const CniPlugin *plugin,
				 const char *capability);
/* The first plugin that can, or NULL. */
const CniPlugin *cni_network_capable (const CniNetwork *network, const char *capability);
const CniPlugin *cni_network_plugin (const CniNetwork *network, guint index);
/* "ipam.type" of a plugin, or NULL. */
const char *cni_network_ipam (const CniNetwork *network, const CniPlugin *plugin);

G_END_DECLS
