/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The helper answers and closes. It talks with the container all the time and may be in its power:
 * an answer has a limit and a deadline, and is read by the strict reader.
 */

#include "slirp4netns-api.h"

#include "slirp4netns-record.h"
#include "slirp4netns-text.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* A published port takes 120 bytes of the list of them all. */
#define ANSWER_LIMIT ((gsize) 8 * 1024 * 1024)

static gboolean
socket_fail (GError **error, const char *what)
{
	g_set_error (error, DAVIT_ERROR, errno == EAGAIN ? DAVIT_ERROR_TIMEOUT : DAVIT_ERROR_HELPER,
		     "API socket of slirp4netns: %s: %s", what,
		     errno == EAGAIN ? "it does not answer in time" : g_strerror (errno));
	return FALSE;
}

static gboolean
peer_check (const SlirpApi *api, int fd, GError **error)
{
	struct ucred peer = {0};
	socklen_t size = sizeof peer;

	if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return socket_fail (error, "ask who listens");
	if (peer.pid == api->pid)
		return TRUE;
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_HELPER,
		     "API socket of slirp4netns: process %d listens there, and not process %d",
		     (int) peer.pid, (int) api->pid);
	return FALSE;
}

/* Through the descriptor: a path below our directory may be longer than a socket's may be. */
static gboolean
api_connect (const SlirpApi *api, gint64 timeout_msec, int *ret_fd, GError **error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval timeout = {.tv_sec = timeout_msec / 1000,
					.tv_usec = timeout_msec % 1000 * 1000};
	slirp_autofd fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_snprintf (address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", api->dirfd,
		    SLIRP_API_FILE);
	if (fd < 0 || setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) < 0)
		return socket_fail (error, "make a socket");
	/* It takes one connection after the other; this waits until it is our turn. */
	if (connect (fd, (const struct sockaddr *) &address, sizeof address) < 0)
		return socket_fail (error, "connect");
	if (!peer_check (api, fd, error))
		return FALSE;
	*ret_fd = slirp4netns_fd_steal (&fd);
	return TRUE;
}

static gboolean
answer_read (int fd, gint64 deadline, GString *answer, GError **error)
{
	struct pollfd wanted = {.fd = fd, .events = POLLIN};
	char buffer[4096];
	ssize_t length = 1;

	while (length > 0) {
		gint64 left = (deadline - g_get_monotonic_time ()) / 1000;
		int result = left > 0 ? poll (&wanted, 1, (int) MIN (left, G_MAXINT32)) : 0;

		if (result < 0 && errno == EINTR)
			continue;
		if (result == 0)
			errno = EAGAIN;
		if (result <= 0)
			return socket_fail (error, "read the answer");
		length = recv (fd, buffer, sizeof buffer, MSG_DONTWAIT);
		if (length < 0 && errno == EINTR) {
			length = 1;
			continue;
		}
		/* The end of a helper that has not read all of the question. */
		if (length < 0 && !(errno == ECONNRESET && answer->len > 0))
			return socket_fail (error, "read the answer");
		if (length > 0)
			g_string_append_len (answer, buffer, length);
		if (answer->len > ANSWER_LIMIT) {
			errno = EMSGSIZE;
			return socket_fail (error, "read the answer");
		}
	}
	return TRUE;
}

static gboolean
answer_is_foreign (const GString *answer, GError **error)
{
	g_autofree char *said = slirp4netns_text_escape (answer->str, answer->len);

	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_HELPER,
		     "API socket of slirp4netns: the answer \"%s\" is not understood", said);
	return FALSE;
}

static gboolean
answer_parse (const SlirpApi *api, const GString *answer, DavitJson **ret, GError **error)
{
	const DavitJsonOps *json = api->host->json;
	DavitJson *root = json->parse (answer->str, (gssize) answer->len, NULL);

	/* The list comes without "return" around it. */
	if (json->member (root, "return") == NULL && json->member (root, "error") == NULL &&
	    json->member (root, "entries") == NULL) {
		json->document_free (root);
		return answer_is_foreign (answer, error);
	}
	*ret = root;
	return TRUE;
}

static gboolean
api_ask (const SlirpApi *api, const char *question, GString *answer, GError **error)
{
	gint64 timeout = MAX (1, api->host->option_integer (api->host, "timeout"));
	gint64 deadline = g_get_monotonic_time () + timeout * 1000;
	gsize length = strlen (question);
	slirp_autofd fd = -1;

	if (!api_connect (api, timeout, &fd, error))
		return FALSE;
	if (send (fd, question, length, MSG_NOSIGNAL) != (ssize_t) length)
		return socket_fail (error, "send");
	/* The end of the question: it reads once, but its manual asks for this. */
	shutdown (fd, SHUT_WR);
	return answer_read (fd, deadline, answer, error);
}

/* ret_refused: the helper understood, and said no. */
static gboolean
api_call (const SlirpApi *api, const char *question, DavitJson **ret, gboolean *ret_refused,
	  GError **error)
{
	const DavitJsonOps *json = api->host->json;
	g_autoptr (GString) answer = g_string_new (NULL);
	g_autofree char *said = NULL;
	const char *description;

	if (ret_refused != NULL)
		*ret_refused = FALSE;
	if (!api_ask (api, question, answer, error) || !answer_parse (api, answer, ret, error))
		return FALSE;
	if (json->member (*ret, "error") == NULL)
		return TRUE;
	description = json->string (json->member (json->member (*ret, "error"), "desc"));
	said = slirp4netns_text_escape (description != NULL ? description : answer->str,
					G_MAXSSIZE);
	json->document_free (*ret);
	*ret = NULL;
	if (ret_refused != NULL)
		*ret_refused = TRUE;
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_HELPER,
		     "API socket of slirp4netns: it refuses: %s", said);
	return FALSE;
}

gboolean
slirp4netns_api_add (const SlirpApi *api, SlirpForward *forward, gboolean *ret_refused,
		     GError **error)
{
	const DavitJsonOps *json = api->host->json;
	g_autofree char *question = g_strdup_printf (
		"{\"execute\":\"add_hostfwd\",\"arguments\":{\"proto\":\"%s\",\"host_addr\":\"%s\","
		"\"host_port\":%u,\"guest_addr\":\"%s\",\"guest_port\":%u}}",
		forward->protocol, forward->host_address, forward->host_port,
		forward->container_address, forward->container_port);
	DavitJson *answer = NULL;

	if (!api_call (api, question, &answer, ret_refused, error))
		return FALSE;
	forward->id = json->integer (json->member (json->member (answer, "return"), "id"));
	json->document_free (answer);
	if (forward->id > 0)
		return TRUE;
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_HELPER,
		     "API socket of slirp4netns: the answer to add_hostfwd has no id");
	return FALSE;
}

gboolean
slirp4netns_api_remove (const SlirpApi *api, gint64 id, GError **error)
{
	g_autofree char *question =
		g_strdup_printf ("{\"execute\":\"remove_hostfwd\",\"arguments\":{\"id\":%" //
				 G_GINT64_FORMAT "}}",
				 id);
	DavitJson *answer = NULL;

	if (!api_call (api, question, &answer, NULL, error))
		return FALSE;
	api->host->json->document_free (answer);
	return TRUE;
}

static gboolean
entry_matches (const DavitJsonOps *json, const DavitJson *entry, const SlirpForward *forward)
{
	return g_strcmp0 (json->string (json->member (entry, "proto")), forward->protocol) == 0 &&
	       g_strcmp0 (json->string (json->member (entry, "host_addr")),
			  forward->host_address) == 0 &&
	       json->integer (json->member (entry, "host_port")) == forward->host_port;
}

gboolean
slirp4netns_api_find (const SlirpApi *api, const SlirpForward *forward, gint64 *ret_id,
		      GError **error)
{
	const DavitJsonOps *json = api->host->json;
	const DavitJson *entries;
	DavitJson *answer = NULL;
	gint64 id = 0;

	if (!api_call (api, "{\"execute\":\"list_hostfwd\"}", &answer, NULL, error))
		return FALSE;
	entries = json->member (answer, "entries");
	if (entries == NULL)
		entries = json->member (json->member (answer, "return"), "entries");
	for (guint i = 0; id == 0 && i < json->length (entries); i++) {
		const DavitJson *entry = json->element (entries, i);

		if (entry_matches (json, entry, forward))
			id = json->integer (json->member (entry, "id"));
	}
	json->document_free (answer);
	*ret_id = id;
	return TRUE;
}
