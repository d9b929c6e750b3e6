/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Visits a network namespace in a short-lived child.
 *
 * Going there and back in the engine's own process would be cheaper by some microseconds, but the
 * way back is not certain: setns allocates memory, and a rootless engine, root in its own user
 * namespace only, may enter the container's network namespace and may not return to the host's. An
 * engine that is left in the container's network would go on as if nothing had happened. A
 * namespace of a user namespace that is not ours can't be entered without entering that one, and
 * from there nothing leads back at all.
 *
 * The child shares our memory and we wait until it has ended (CLONE_VFORK): no page table is
 * copied, which would cost more than all the rest. It has no exit signal: nobody's SIGCHLD handler
 * or waitpid (-1) sees it.
 */

#include "network-loopback.h"

#include "network-child.h"

#include <davit/error.h>

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

typedef enum {
	STEP_NOT_RUN,
	STEP_USER_NAMESPACE,
	STEP_NETWORK_NAMESPACE,
	STEP_SOCKET,
	STEP_READ,
	STEP_WRITE,
	STEP_DONE,
} Step;

/* Shared with the child. */
typedef struct {
	int netns_fd;
	int userns_fd;
	NetworkLoopbackAction action;
	NetworkLoopback loopback;
	Step step;  /* the one that failed, or STEP_DONE */
	int number; /* errno of it */
} Visit;

static int
visit_fail (Visit *visit, Step step)
{
	visit->step = step;
	visit->number = errno;
	return 1;
}

/* With lo comes ::1, unless the kernel has no IPv6 or it is switched off: binding to it tells. */
static gboolean
visit_has_ipv6 (void)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
	int fd = socket (AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	gboolean bound = FALSE;

	if (fd >= 0) {
		bound = bind (fd, (const struct sockaddr *) &address, sizeof address) == 0;
		close (fd);
	}
	return bound;
}

/* Runs in the child: system calls only. What it opens goes with it, its descriptors are a copy. */
static int
visit_run (void *data)
{
	Visit *visit = (Visit *) data;
	struct ifreq request = {.ifr_name = "lo"};
	int fd;

	if (visit->userns_fd >= 0 && setns (visit->userns_fd, CLONE_NEWUSER) < 0)
		return visit_fail (visit, STEP_USER_NAMESPACE);
	if (setns (visit->netns_fd, CLONE_NEWNET) < 0)
		return visit_fail (visit, STEP_NETWORK_NAMESPACE);
	fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return visit_fail (visit, STEP_SOCKET);
	if (ioctl (fd, SIOCGIFFLAGS, &request) < 0)
		return visit_fail (visit, STEP_READ);
	if (visit->action == NETWORK_LOOPBACK_BRING_UP && !(request.ifr_flags & IFF_UP)) {
		request.ifr_flags |= IFF_UP;
		if (ioctl (fd, SIOCSIFFLAGS, &request) < 0)
			return visit_fail (visit, STEP_WRITE);
	}
	visit->loopback.up = (request.ifr_flags & IFF_UP) != 0;
	visit->loopback.has_ipv6 = visit_has_ipv6 ();
	visit->step = STEP_DONE;
	return 0;
}

static const char *
step_describe (Step step)
{
	switch (step) {
	case STEP_USER_NAMESPACE:
		return "enter the user namespace of the container";
	case STEP_NETWORK_NAMESPACE:
		return "enter the network namespace of the container";
	case STEP_SOCKET:
		return "open a socket in the network namespace of the container";
	case STEP_READ:
		return "read the state of interface \"lo\"";
	case STEP_WRITE:
		return "bring up interface \"lo\"";
	case STEP_NOT_RUN:
	case STEP_DONE:
	default:
		return "visit the network namespace of the container";
	}
}

static DavitErrorCode
number_to_code (int number)
{
	if (number == EPERM || number == EACCES)
		return DAVIT_ERROR_PERMISSION;
	if (number == EAFNOSUPPORT)
		return DAVIT_ERROR_UNAVAILABLE;
	return DAVIT_ERROR_FAILED;
}

gboolean
network_loopback_visit (int netns_fd, int userns_fd, NetworkLoopbackAction action,
			NetworkLoopback *ret_loopback, GError **error)
{
	Visit visit = {.netns_fd = netns_fd, .userns_fd = userns_fd, .action = action};

	if (!network_child_run (CLONE_VM | CLONE_VFORK, visit_run, &visit, error))
		return FALSE;
	if (visit.step != STEP_DONE) {
		g_set_error (error, DAVIT_ERROR, number_to_code (visit.number), "%s: %s",
			     step_describe (visit.step), g_strerror (visit.number));
		return FALSE;
	}
	*ret_loopback = visit.loopback;
	return TRUE;
}
