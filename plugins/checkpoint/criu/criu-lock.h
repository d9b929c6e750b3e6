/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The rules that hold up packets of connections while they are saved. */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/*
 * Takes away CRIU's rules in a network that it left because it died. Nobody else saves processes in
 * that network. Repeatable; what can't be removed is said in the log.
 */
void criu_lock_remove (const DavitHost *host, int netns_fd);

G_END_DECLS
