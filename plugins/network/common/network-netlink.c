/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Two messages in one call, and one answer to each. */

#include "network-netlink.h"

#include <davit/error.h>

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* The loopback interface is the first one of every namespace, and can't be removed. */
#define LOOPBACK_INDEX 1

#define SEQUENCE_UP 1
#define SEQUENCE_ADDRESS 2

typedef struct {
	struct {
		struct nlmsghdr header;
		struct ifinfomsg interface;
	} up;
	/* With lo comes ::1, unless the kernel has no IPv6 or it is switched off. */
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg interface;
		struct rtattr attribute;
		struct in6_addr address;
	} address;
} Question;

G_STATIC_ASSERT (sizeof (((Question *) 0)->up) % NLMSG_ALIGNTO == 0);

static void
question_init (Question *question)
{
	*question = (Question){
		.up.header = {.nlmsg_len = sizeof question->up,
			      .nlmsg_type = RTM_NEWLINK,
			      .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
			      .nlmsg_seq = SEQUENCE_UP},
		.up.interface = {.ifi_family = AF_UNSPEC,
				 .ifi_index = LOOPBACK_INDEX,
				 .ifi_flags = IFF_UP,
				 .ifi_change = IFF_UP},
		.address.header = {.nlmsg_len = sizeof question->address,
				   .nlmsg_type = RTM_GETADDR,
				   .nlmsg_flags = NLM_F_REQUEST,
				   .nlmsg_seq = SEQUENCE_ADDRESS},
		.address.interface = {.ifa_family = AF_INET6, .ifa_index = LOOPBACK_INDEX},
		.address.attribute = {.rta_len = RTA_LENGTH (sizeof (struct in6_addr)),
				      .rta_type = IFA_ADDRESS},
		.address.address = in6addr_loopback,
	};
}

/* The type of the answer, and the errno that it tells. FALSE with errno: there was none. */
static gboolean
answer_read (int fd, guint32 sequence, guint16 *ret_type, int *ret_number)
{
	/* An address has a dozen attributes. */
	union {
		struct nlmsghdr header;
		char bytes[4096];
	} answer;
	ssize_t length;

	do
		length = recv (fd, &answer, sizeof answer, 0);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return FALSE;
	errno = EBADMSG;
	if (!NLMSG_OK (&answer.header, (gsize) length) || answer.header.nlmsg_seq != sequence)
		return FALSE;
	*ret_type = answer.header.nlmsg_type;
	*ret_number = 0;
	if (answer.header.nlmsg_type != NLMSG_ERROR)
		return TRUE;
	if (answer.header.nlmsg_len < NLMSG_LENGTH (sizeof (struct nlmsgerr)))
		return FALSE;
	*ret_number = -((const struct nlmsgerr *) NLMSG_DATA (&answer.header))->error;
	return TRUE;
}

static gboolean
fail (GError **error, int number)
{
	g_set_error (error, DAVIT_ERROR,
		     number == EPERM ? DAVIT_ERROR_PERMISSION : DAVIT_ERROR_FAILED,
		     "bring up interface \"lo\": %s", g_strerror (number));
	return FALSE;
}

gboolean
network_netlink_bring_up (int fd, NetworkLoopback *ret_loopback, GError **error)
{
	static const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	Question question;
	guint16 type = 0;
	int number = 0;
	ssize_t sent;

	question_init (&question);
	do
		sent = sendto (fd, &question, sizeof question, MSG_NOSIGNAL,
			       (const struct sockaddr *) &kernel, sizeof kernel);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 || !answer_read (fd, SEQUENCE_UP, &type, &number))
		return fail (error, errno);
	if (number != 0)
		return fail (error, number);
	if (!answer_read (fd, SEQUENCE_ADDRESS, &type, &number))
		return fail (error, errno);
	*ret_loopback = (NetworkLoopback){.up = TRUE, .has_ipv6 = type == RTM_NEWADDR};
	return TRUE;
}
