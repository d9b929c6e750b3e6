/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is asked for, in the words that plugins take it in: "capability arguments" for plugins that
 * declare the capability, and CNI_ARGS. What no plugin of the chain can honour is refused.
 */

#pragma once

#include "cni-network.h"

#include <davit/network.h>

G_BEGIN_DECLS

typedef struct {
	char *arguments;    /* CNI_ARGS */
	char *capabilities; /* a JSON object: capability → its argument */
} CniPlan;

/* ports: CniPort. */
gboolean cni_plan_make (const DavitHost *host, const CniNetwork *network,
			const DavitNetworkRequest *request, const GArray *ports, CniPlan *ret_plan,
			GError **error);
void cni_plan_clear (CniPlan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CniPlan, cni_plan_clear)

/* id, interface and addresses of the request, before anything is done with them. */
gboolean cni_plan_check (const DavitNetworkRequest *request, GError **error);

G_END_DECLS
