/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * For whom davit works: root, or an ordinary user.
 *
 * An ordinary user may neither mount nor make namespaces, but as root of a user namespace he may.
 * So a command of his enters one first, while it has a single thread, and with it a mount namespace
 * of its own, which goes with it; from there on it works as root's does:
 *
 *   maps        the user is 0 in it; his subordinate ids follow from 1 on (user-ranges.c), written
 *               by newuidmap and newgidmap. Without such ids, or those programs, 0 is all there is.
 *   one for all the first command makes the namespace, later ones join that of any process of his
 *               that is in it (user-registry.c): a monitor, or a command that runs. So they have
 *               all rights over all of his containers, and those can share namespaces. When the
 *               last process has ended it is gone: none is there for its sake, and the next command
 *               makes another with the same maps.
 *   containers  are not in a further user namespace: their root is the user.
 *   from within what davit starts (the monitor, and davit again to clean up) knows by a variable of
 *               the environment that it is in the namespace, and whose.
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* Whether davit works for somebody else than root, with directories and settings of his own. */
gboolean davit_user_is_ordinary (void);

/* Whose davit this is, as the host counts, also inside of the namespace. */
uid_t davit_user_id (void);

/* What the calling process can use, as the maps of its namespace say; for root all. */
gboolean davit_user_has_id (uid_t uid);
gboolean davit_user_has_group (gid_t gid);
gboolean davit_user_may_set_groups (void);
gboolean davit_user_may_make_devices (void);
/* Whether there is no id but 0. */
gboolean davit_user_is_alone (void);

/*
 * Enters the user's namespace and a new mount namespace; runroot_fd leads to those who are in it.
 * The calling process must have a single thread. Not to be called twice.
 */
gboolean davit_user_enter (int runroot_fd, GError **error);

/*
 * For a process that stays when the one that made it ends: later commands find the namespace by it.
 * Without an effect for root.
 */
gboolean davit_user_register (int runroot_fd, GError **error);
/* Of a process that entered; what was killed before is forgotten by the next one. */
void davit_user_leave (int runroot_fd);

/* Whether the caller's own control group (v2) is the user's, and has that controller. */
gboolean davit_user_cgroup_is_own (void);
gboolean davit_user_cgroup_has (const char *controller);
/*
 * Before the namespace is entered: moves the caller into a group that is the user's own, if it is
 * not in one and a systemd user manager gives it. Else to ask for a limit is an error later.
 */
void davit_user_scope_enter (void);

/**
 * DavitUserRange: ids of the host.
 */
typedef struct {
	guint32 first;
	guint32 count;
} DavitUserRange;

/*
 * The subordinate ids of a user: of DavitUserRange, none is no error. text is /etc/subuid or
 * /etc/subgid; name may be NULL. Lines that make no sense are passed over, as newuidmap does.
 */
GArray *davit_user_ranges_parse (const char *text, const char *name, uid_t uid);
/* Where the system has them: in files, or what nsswitch.conf names. */
GArray *davit_user_ranges (uid_t uid, gboolean groups);

/* The lines of a map, the own id first: of guint32, three a line. Free with g_array_unref. */
GArray *davit_user_map (guint32 id, const GArray *ranges);

G_END_DECLS
