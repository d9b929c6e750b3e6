/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The child that goes there shares our memory, unless it enters a user namespace: its change of
 * credentials would make the shared memory, and so the engine, undumpable. What it finds is in a
 * page that is shared in any case.
 */

#include "slirp4netns-visit.h"

#include "network-child.h"

#include <davit/error.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define DETECT_DUPLICATES "/proc/sys/net/ipv6/conf/default/accept_dad"

typedef enum {
	STEP_NOT_RUN,
	STEP_USER_NAMESPACE,
	STEP_NETWORK_NAMESPACE,
	STEP_SOCKET,
	STEP_DONE,
} Step;

typedef struct {
	SlirpVisit visit;
	SlirpView view;
	Step step;
	int number;
} Shared;

static int
visit_fail (Shared *shared, Step step)
{
	shared->step = step;
	shared->number = errno;
	return 1;
}

/* What can't be done costs a second in which IPv6 does not work yet, and nothing more. */
static void
set_detection (Shared *shared)
{
	int fd = open (DETECT_DUPLICATES, O_RDWR | O_CLOEXEC);
	char before = 0;

	if (fd < 0)
		return;
	if (pread (fd, &before, 1, 0) == 1 &&
	    pwrite (fd, &shared->visit.detect_duplicates, 1, 0) == 1)
		shared->view.detect_duplicates = before;
	close (fd);
}

static void
look (Shared *shared, int fd)
{
	struct ifreq request = {0};
	SlirpView *view = &shared->view;

	memcpy (request.ifr_name, shared->visit.interface,
		strnlen (shared->visit.interface, IFNAMSIZ - 1));
	if (ioctl (fd, SIOCGIFFLAGS, &request) < 0)
		return;
	view->found = TRUE;
	view->up = (request.ifr_flags & IFF_UP) != 0;
	if (ioctl (fd, SIOCGIFHWADDR, &request) == 0)
		memcpy (view->mac_address, request.ifr_hwaddr.sa_data, sizeof view->mac_address);
	if (ioctl (fd, SIOCGIFADDR, &request) == 0)
		view->address =
			((const struct sockaddr_in *) (const void *) &request.ifr_addr)->sin_addr;
}

/* Runs in the child: system calls only. */
static int
visit_run (void *data)
{
	Shared *shared = (Shared *) data;
	const SlirpVisit *visit = &shared->visit;
	int fd;

	if (visit->userns_fd >= 0 && setns (visit->userns_fd, CLONE_NEWUSER) < 0)
		return visit_fail (shared, STEP_USER_NAMESPACE);
	if (setns (visit->netns_fd, CLONE_NEWNET) < 0)
		return visit_fail (shared, STEP_NETWORK_NAMESPACE);
	if (visit->detect_duplicates != 0)
		set_detection (shared);
	if (visit->interface != NULL) {
		fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			return visit_fail (shared, STEP_SOCKET);
		look (shared, fd);
		close (fd);
	}
	shared->step = STEP_DONE;
	return 0;
}

static gboolean
visit_end (const Shared *shared, SlirpView *ret, GError **error)
{
	static const char *const steps[] = {
		[STEP_NOT_RUN] = "visit the network namespace of the container",
		[STEP_USER_NAMESPACE] = "enter the user namespace of the container",
		[STEP_NETWORK_NAMESPACE] = "enter the network namespace of the container",
		[STEP_SOCKET] = "open a socket in the network namespace of the container",
	};

	if (shared->step == STEP_DONE) {
		*ret = shared->view;
		return TRUE;
	}
	g_set_error (error, DAVIT_ERROR,
		     shared->number == EPERM ? DAVIT_ERROR_PERMISSION : DAVIT_ERROR_FAILED,
		     "%s: %s", steps[shared->step], g_strerror (shared->number));
	return FALSE;
}

gboolean
slirp4netns_visit (const SlirpVisit *visit, SlirpView *ret, GError **error)
{
	/* A page that is shared in any case. */
	Shared *shared = (Shared *) mmap (NULL, sizeof *shared, PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int flags = visit->userns_fd >= 0 ? 0 : CLONE_VM | CLONE_VFORK;
	gboolean done;

	if (shared == MAP_FAILED) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED, "memory for a child: %s",
			     g_strerror (errno));
		return FALSE;
	}
	shared->visit = *visit;
	done = network_child_run (flags, visit_run, shared, error) &&
	       visit_end (shared, ret, error);
	munmap (shared, sizeof *shared);
	return done;
}
