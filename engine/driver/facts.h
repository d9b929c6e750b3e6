/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is asked about the host once and told to every plugin. */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/* cgroup_parent belongs to the caller. Never fails: what can't be found out is 0 or FALSE. */
void davit_facts_read (DavitFacts *facts, const char *cgroup_parent);

/* Whether the caller's user ids are the host's own. */
gboolean davit_facts_first_user_namespace (void);

/* The mode that a /proc/PID/mountinfo shows. */
DavitCgroupMode davit_facts_cgroup_mode (const char *mountinfo);

G_END_DECLS
