/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cni-standin.h"

#include "cni-result.h"
#include "network-child.h"

#include <davit/error.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Any but that of lo: the namespace has nothing else in it. */
#define INTERFACE_INDEX 100

gboolean
cni_standin_is_wanted (const CniEntry *entry, const CniPlugin *plugin)
{
	/* Rules don't survive a reboot. */
	return entry->this_boot && entry->result != NULL &&
	       (strcmp (plugin->type, "bridge") == 0 || strcmp (plugin->type, "ptp") == 0);
}

/* Shared with the child, as are the descriptors. */
typedef struct {
	int netns_fd;
	int socket_fd;
	int number; /* errno, or 0 */
} Birth;

/* Runs in the child: system calls only. It has gone to the new namespace, we have not. */
static int
birth_run (void *data)
{
	Birth *birth = (Birth *) data;

	if (unshare (CLONE_NEWNET) < 0) {
		birth->number = errno;
		return 1;
	}
	birth->netns_fd = open ("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	birth->socket_fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	birth->number = birth->netns_fd < 0 || birth->socket_fd < 0 ? errno : 0;
	return 0;
}

typedef union {
	struct nlmsghdr header;
	char bytes[512];
} Message;

static void *
message_body (Message *message, guint16 type, gsize size)
{
	memset (message, 0, sizeof *message);
	message->header.nlmsg_len = (guint32) NLMSG_LENGTH (size);
	message->header.nlmsg_type = type;
	message->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	return NLMSG_DATA (&message->header);
}

static struct rtattr *
message_add (Message *message, guint16 type, const void *data, gsize size)
{
	gsize at = NLMSG_ALIGN (message->header.nlmsg_len);
	struct rtattr *attribute = (struct rtattr *) (gpointer) (message->bytes + at);

	g_assert (at + RTA_SPACE (size) <= sizeof message->bytes);
	attribute->rta_type = type;
	attribute->rta_len = (guint16) RTA_LENGTH (size);
	if (size > 0)
		memcpy (RTA_DATA (attribute), data, size);
	message->header.nlmsg_len = (guint32) (at + RTA_LENGTH (size));
	return attribute;
}

/* 0 or errno. */
static int
message_send (int fd, const Message *message)
{
	static const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	union {
		struct nlmsghdr header;
		char bytes[4096];
	} answer;
	gssize length;

	if (sendto (fd, message, message->header.nlmsg_len, 0, (const struct sockaddr *) &kernel,
		    sizeof kernel) < 0)
		return errno;
	do
		length = recv (fd, &answer, sizeof answer, 0);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return errno;
	if (!NLMSG_OK (&answer.header, (gsize) length) || answer.header.nlmsg_type != NLMSG_ERROR ||
	    answer.header.nlmsg_len < NLMSG_LENGTH (sizeof (struct nlmsgerr)))
		return EBADMSG;
	return -((const struct nlmsgerr *) NLMSG_DATA (&answer.header))->error;
}

/* A veth: the plugins in question need that kind of device themselves. */
static int
interface_add (int fd, const char *name)
{
	Message message;
	struct ifinfomsg *body = message_body (&message, RTM_NEWLINK, sizeof (struct ifinfomsg));
	struct rtattr *info;
	gsize start;

	body->ifi_index = INTERFACE_INDEX;
	message_add (&message, IFLA_IFNAME, name, strlen (name) + 1);
	start = NLMSG_ALIGN (message.header.nlmsg_len);
	info = message_add (&message, IFLA_LINKINFO, NULL, 0);
	message_add (&message, IFLA_INFO_KIND, "veth", strlen ("veth"));
	info->rta_len = (guint16) (message.header.nlmsg_len - start);
	return message_send (fd, &message);
}

static int
address_add (int fd, const CniAddress *address)
{
	g_auto (GStrv) parts = g_strsplit (address->address, "/", 2);
	Message message;
	struct ifaddrmsg *body = message_body (&message, RTM_NEWADDR, sizeof (struct ifaddrmsg));
	guint8 bytes[16];

	body->ifa_family = address->v6 ? AF_INET6 : AF_INET;
	body->ifa_prefixlen = (guint8) g_ascii_strtoull (parts[1], NULL, 10);
	body->ifa_index = INTERFACE_INDEX;
	body->ifa_flags = IFA_F_NODAD;
	if (inet_pton (body->ifa_family, parts[0], bytes) != 1)
		return EINVAL;
	message_add (&message, IFA_LOCAL, bytes, address->v6 ? 16 : 4);
	message_add (&message, IFA_ADDRESS, bytes, address->v6 ? 16 : 4);
	return message_send (fd, &message);
}

static int
interface_fill (int fd, const CniEntry *entry, const CniResult *result)
{
	int number = interface_add (fd, entry->interface);

	for (guint i = 0; number == 0 && i < result->addresses->len; i++) {
		const CniAddress *address = &g_array_index (result->addresses, CniAddress, i);
		const char *name = cni_result_interface_of (result, address, entry->interface);

		if (g_strcmp0 (name, entry->interface) == 0)
			number = address_add (fd, address);
	}
	return number;
}

gboolean
cni_standin_make (const CniEntry *entry, int *ret_netns_fd, GError **error)
{
	const CniNetwork *network = entry->network;
	g_auto (CniResult) result = {0};
	Birth birth = {-1, -1, 0};
	int number;

	if (!cni_result_read (network->json, entry->result, network->version, &result, error))
		return FALSE;
	if (!network_child_run (CLONE_VM | CLONE_VFORK | CLONE_FILES, birth_run, &birth, error))
		return FALSE;
	number = birth.number;
	if (number == 0)
		number = interface_fill (birth.socket_fd, entry, &result);
	if (birth.socket_fd >= 0)
		close (birth.socket_fd);
	if (number == 0) {
		*ret_netns_fd = birth.netns_fd;
		return TRUE;
	}
	if (birth.netns_fd >= 0)
		close (birth.netns_fd);
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED,
		     "network \"%s\": a namespace that stands in for the one that is gone: %s",
		     network->name, g_strerror (number));
	return FALSE;
}
