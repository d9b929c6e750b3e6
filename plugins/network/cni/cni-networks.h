/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The directories with network configurations. */

#pragma once

#include "cni-network.h"

G_BEGIN_DECLS

/*
 * All networks in the order of their directories and file names: CniNetwork, those with a problem
 * among them. With until, it ends behind the first one of that name.
 */
GPtrArray *cni_networks_load (const DavitHost *host, const char *until);

/*
 * The network of that name; NULL: the default one, which is that of the option "network" or the
 * first that has no problem. NOT_FOUND says what there is; CONFIG what is wrong with it.
 */
CniNetwork *cni_networks_find (const DavitHost *host, const char *name, GError **error);

/* Of the option: never NULL. */
const char *const *cni_networks_directories (const DavitHost *host);

G_END_DECLS
