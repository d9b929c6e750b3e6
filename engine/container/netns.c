/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The namespace is made in a child that shares memory and open files with us and lives for three
 * system calls: it leaves our namespace, opens its own, and the descriptor is ours. So the engine
 * never leaves its own namespaces, from where the way back may be barred (a rootless engine may not
 * return to the host's), and no page table is copied. Letting the runtime make it would save
 * nothing, since the kernel's work is the same, and the driver must have connected it before
 * /etc/resolv.conf and config.json can be written.
 *
 * The child unshares and is not cloned into the namespace, because that would be done on our time;
 * and we go on beside it. What the two have in common besides *netns is errno: the child writes to
 * it only if one of its calls fails, and then the start fails anyway.
 */

#include "container/netns.h"

#include "base/error.h"
#include "base/fd.h"
#include "container/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct _DavitNetns {
	DavitChild child;
	/* Written by the child. */
	int fd;
	int netlink_fd;
	int number; /* errno */
};

static int
child_run (void *data)
{
	DavitNetns *netns = data;

	if (unshare (CLONE_NEWNET) == 0)
		netns->fd = open ("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (netns->fd < 0)
		netns->number = errno;
	else
		netns->netlink_fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	return 0;
}

DavitNetns *
davit_netns_begin (GError **error)
{
	g_autofree DavitNetns *netns = g_new0 (DavitNetns, 1);

	netns->fd = netns->netlink_fd = -1;
	/* No exit signal: nobody's waitpid (-1) takes it. */
	if (!davit_child_start (&netns->child, DAVIT_CHILD_STACK_SMALL, CLONE_FILES, child_run,
				netns, error))
		return NULL;
	return g_steal_pointer (&netns);
}

static void
child_wait (DavitNetns *netns)
{
	while (waitpid (netns->child.pid, NULL, __WALL) < 0 && errno == EINTR)
		continue;
	davit_child_clear (&netns->child);
}

static gboolean
explain (int number, GError **error)
{
	davit_error_errno (error, number, "make a network namespace");
	if (number == ENOSPC)
		davit_error_hint (error, "the limit in /proc/sys/user/max_net_namespaces is "
					 "reached");
	else if (number == EPERM)
		davit_error_hint (error, "this needs CAP_SYS_ADMIN");
	return FALSE;
}

gboolean
davit_netns_finish (DavitNetns *netns, int *ret_fd, int *ret_netlink_fd, GError **error)
{
	gboolean made;

	child_wait (netns);
	made = netns->fd >= 0 || explain (netns->number, error);
	if (made) {
		*ret_fd = netns->fd;
		*ret_netlink_fd = netns->netlink_fd;
	}
	g_free (netns);
	return made;
}

void
davit_netns_discard (DavitNetns *netns)
{
	if (netns == NULL)
		return;
	child_wait (netns);
	davit_fd_close (&netns->fd);
	davit_fd_close (&netns->netlink_fd);
	g_free (netns);
}
