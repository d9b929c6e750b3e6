/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the checks of network plugins share: a namespace, and what attach told of it. */

#pragma once

#include "check/check-private.h"
#include "driver/network-driver.h"

G_BEGIN_DECLS

/**
 * DavitCheckSite: a container's namespace. Made by site_make, cleared by site_clear.
 */
typedef struct {
	const char *id;
	int netns_fd;
	int netlink_fd;
	DavitResult *result; /* of attach; or NULL */
	/* What is asked for beside the usual; or NULL. */
	const char *network;
	const char *address;
	const char *const *options;
	const DavitPort *ports;
} DavitCheckSite;

DavitNetwork *davit_check_network (const DavitCheck *check);

gboolean davit_check_site_make (DavitCheckSite *site, const char *id, GError **error);
void davit_check_site_clear (DavitCheckSite *site);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DavitCheckSite, davit_check_site_clear)

gboolean davit_check_attach (DavitCheck *check, DavitCheckSite *site, GError **error);
/* With what a process has that was not there: the ids, and status if it was kept. */
gboolean davit_check_detach (DavitCheck *check, const DavitCheckSite *site, gboolean gone,
			     GError **error);
/* For the optional operations. Free nothing: it points into site. */
DavitNetworkRequest davit_check_network_request (const DavitCheckSite *site);

/* Runs in a child that has entered the site's namespace; site is check->data. */
gboolean davit_check_visit (DavitCheck *check, DavitCheckSite *site, DavitCheckRun run,
			    GError **error);

/* The same, but the child lives on until ret_alive is closed. */
gboolean davit_check_visit_alive (DavitCheck *check, DavitCheckSite *site, DavitCheckRun run,
				  int *ret_alive, GError **error);

/* Whether what attach told is true: interfaces, addresses, forms. */
gboolean davit_check_told (DavitCheck *check, DavitCheckSite *site, GError **error);

extern const DavitCheckCase davit_check_network_cases[];
extern const DavitCheckCase davit_check_network_bench[];

G_END_DECLS
