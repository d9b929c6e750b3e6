/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The socket keeps messages apart (SOCK_SEQPACKET). CRIU opens the directories of a request through
 * /proc/PID/fd of the process that made the socket, which is us.
 */

#include "criu-worker.h"

#include "criu-fd.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* An answer has a text of CRIU's at most. */
#define RESPONSE_LIMIT ((gsize) 64 * 1024)
#define COMPLAINT_LIMIT 4096
/* After the last answer it has only to end. */
#define END_TIMEOUT_MSEC 5000
#define SOCKET_FD 3

static gint64
deadline_after (guint32 timeout_msec)
{
	return timeout_msec != 0 ? g_get_monotonic_time () + (gint64) timeout_msec * 1000 : 0;
}

/* TRUE: there is something to read, or its end. */
static gboolean
wait_for (int fd, gint64 deadline)
{
	for (;;) {
		struct pollfd wanted = {.fd = fd, .events = POLLIN};
		gint64 left = (deadline - g_get_monotonic_time () + 999) / 1000;
		int status;

		if (deadline != 0 && left <= 0)
			return FALSE;
		status = poll (&wanted, 1, deadline != 0 ? (int) MIN (left, G_MAXINT32) : -1);
		if (status > 0)
			return TRUE;
		if (status < 0 && errno != EINTR)
			return FALSE;
	}
}

char *
criu_worker_path (void)
{
	const char *path = secure_getenv ("PATH");

	return g_strconcat (path != NULL ? path : "", path != NULL ? ":" : "",
			    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL);
}

static char **
environment_make (void)
{
	GStrv environment = NULL;
	g_autofree char *path = criu_worker_path ();

	environment = g_environ_setenv (environment, "PATH", path, TRUE);
	return g_environ_setenv (environment, "LC_ALL", "C", TRUE);
}

static gboolean
worker_spawn (CriuWorker *worker, CriuSpawn *what, int null_fd, int complaint_fd, int socket_fd,
	      const int *inherited, gsize n_inherited, GError **error)
{
	/* Files of the host's with defaults would change what was asked for: none is read. */
	const char *const argv[] = {worker->program, "--no-default-config", "swrk", "3", NULL};
	g_auto (GStrv) environment = environment_make ();
	int fds[CRIU_SPAWN_MAXIMUM_FDS] = {null_fd, null_fd, complaint_fd, socket_fd};

	G_STATIC_ASSERT (SOCKET_FD == 3 && CRIU_WORKER_FIRST_FD == 4);
	g_return_val_if_fail (n_inherited <= G_N_ELEMENTS (fds) - CRIU_WORKER_FIRST_FD, FALSE);
	for (gsize i = 0; i < n_inherited; i++)
		fds[CRIU_WORKER_FIRST_FD + i] = inherited[i];
	what->argv = argv;
	what->envp = (const char *const *) environment;
	what->fds = fds;
	what->n_fds = CRIU_WORKER_FIRST_FD + n_inherited;
	return criu_spawn_start (what, &worker->pid, &worker->pidfd, error);
}

gboolean
criu_worker_start (CriuWorker *worker, const char *program, CriuSpawn *what, const int *inherited,
		   gsize n_inherited, guint32 timeout_msec, GError **error)
{
	criu_autofd null_fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
	criu_autofd its_socket = -1;
	criu_autofd its_complaint = -1;
	int sockets[2];
	int pipes[2];

	/* Its end does not block either: it must not wait for us to read. */
	if (null_fd < 0 || pipe2 (pipes, O_CLOEXEC | O_NONBLOCK) < 0)
		return criu_error_errno (error, errno, "make a pipe");
	worker->complaint_fd = pipes[0];
	its_complaint = pipes[1];
	if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return criu_error_errno (error, errno, "make a socket");
	worker->socket_fd = sockets[0];
	its_socket = sockets[1];
	worker->program = program;
	worker->timeout_msec = timeout_msec;
	worker->deadline = deadline_after (timeout_msec);
	return worker_spawn (worker, what, null_fd, its_complaint, its_socket, inherited,
			     n_inherited, error);
}

/* What it said last to standard error, " : " before it; or "". */
static char *
complaint_read (const CriuWorker *worker)
{
	char text[COMPLAINT_LIMIT + 1];
	ssize_t length = read (worker->complaint_fd, text, COMPLAINT_LIMIT);
	g_autofree char *line = NULL;

	if (length <= 0)
		return g_strdup ("");
	text[length] = '\0';
	g_strstrip (text);
	line = criu_text_escape (text, G_MAXSSIZE);
	return g_strconcat (": ", line, NULL);
}

static gboolean
worker_died (CriuWorker *worker, GError **error)
{
	g_autofree char *said = NULL;
	gboolean ended = wait_for (worker->pidfd, g_get_monotonic_time () + 1000 * 1000);
	int status;

	kill (-worker->pid, SIGKILL);
	status = criu_spawn_wait (worker->pid);
	worker->pid = 0;
	said = complaint_read (worker);
	if (!ended)
		return criu_error_set (error, DAVIT_ERROR_HELPER,
				       "program \"%s\" closed the connection without an answer%s",
				       worker->program, said);
	if (WIFSIGNALED (status))
		return criu_error_set (
			error, DAVIT_ERROR_HELPER,
			"program \"%s\" was killed by signal %d before it answered%s",
			worker->program, WTERMSIG (status), said);
	return criu_error_set (error, DAVIT_ERROR_HELPER,
			       "program \"%s\" ended with status %d before it answered%s",
			       worker->program, WEXITSTATUS (status), said);
}

static int
control_fd (struct msghdr *message)
{
	int fd = -1;

	for (struct cmsghdr *control = CMSG_FIRSTHDR (message); control != NULL;
	     control = CMSG_NXTHDR (message, control)) {
		gsize count = (control->cmsg_len - CMSG_LEN (0)) / sizeof (int);

		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
			continue;
		for (gsize i = 0; i < count; i++) {
			criu_fd_close (&fd);
			memcpy (&fd, CMSG_DATA (control) + i * sizeof (int), sizeof fd);
		}
	}
	return fd;
}

/* 0: the end. */
static ssize_t
socket_receive (int socket_fd, guint8 *buffer, int *ret_fd)
{
	union {
		char bytes[CMSG_SPACE (sizeof (int) * 4)];
		struct cmsghdr align;
	} control;
	struct iovec vector = {buffer, RESPONSE_LIMIT};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control,
	};
	ssize_t length;

	do
		length = recvmsg (socket_fd, &message, MSG_CMSG_CLOEXEC | MSG_TRUNC);
	while (length < 0 && errno == EINTR);
	*ret_fd = length >= 0 ? control_fd (&message) : -1;
	return length;
}

static gboolean
worker_receive (CriuWorker *worker, CriuResponse *ret, int *ret_fd, GError **error)
{
	g_autofree guint8 *buffer = g_malloc (RESPONSE_LIMIT);
	criu_autofd fd = -1;
	ssize_t length;

	if (!wait_for (worker->socket_fd, worker->deadline)) {
		criu_worker_kill (worker);
		return criu_error_set (error, DAVIT_ERROR_TIMEOUT,
				       "program \"%s\" did not answer within %u ms and was killed",
				       worker->program, worker->timeout_msec);
	}
	length = socket_receive (worker->socket_fd, buffer, &fd);
	if (length <= 0)
		return worker_died (worker, error);
	if ((gsize) length > RESPONSE_LIMIT || !criu_message_parse (buffer, (gsize) length, ret)) {
		criu_worker_kill (worker);
		return criu_error_set (error, DAVIT_ERROR_HELPER,
				       "program \"%s\" gives an answer of %" G_GSSIZE_FORMAT
				       " bytes that is not understood; it may be another program",
				       worker->program, length);
	}
	*ret_fd = criu_fd_steal (&fd);
	return TRUE;
}

static gboolean
worker_send (CriuWorker *worker, const GByteArray *request, GError **error)
{
	ssize_t sent = send (worker->socket_fd, request->data, request->len, MSG_NOSIGNAL);

	if (sent == (ssize_t) request->len)
		return TRUE;
	if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
		return worker_died (worker, error);
	return criu_error_errno (error, errno, "program \"%s\": send a request", worker->program);
}

/* How long the callee took is not CRIU's time. */
static gboolean
worker_notify (CriuWorker *worker, const CriuResponse *notification, int fd, CriuNotify notify,
	       gpointer data, GError **failure, GError **error)
{
	gint64 before = g_get_monotonic_time ();
	g_autoptr (GByteArray) answer = NULL;
	gboolean done;

	if (notify != NULL && *failure == NULL) {
		done = notify (data, notification, fd, failure);
	} else {
		criu_fd_close (&fd);
		/* It gives up already: undoing is all that it may still do. */
		done = g_strcmp0 (notification->script, "network-unlock") == 0;
	}
	if (worker->deadline != 0)
		worker->deadline += g_get_monotonic_time () - before;
	answer = criu_message_notify_answer (done);
	return worker_send (worker, answer, error);
}

gboolean
criu_worker_ask (CriuWorker *worker, const GByteArray *request, CriuNotify notify, gpointer data,
		 CriuResponse *ret, GError **error)
{
	g_autoptr (GError) failure = NULL;

	if (!worker_send (worker, request, error))
		return FALSE;
	for (;;) {
		g_auto (CriuResponse) response = {0};
		g_autoptr (GError) local = NULL;
		int fd = -1;

		if (!worker_receive (worker, &response, &fd, &local) ||
		    (response.type == CRIU_REQUEST_NOTIFY &&
		     !worker_notify (worker, &response, fd, notify, data, &failure, &local))) {
			/* Why it was told to give up is what counts. */
			if (failure != NULL)
				g_propagate_error (error, g_steal_pointer (&failure));
			else
				g_propagate_error (error, g_steal_pointer (&local));
			return FALSE;
		}
		if (response.type == CRIU_REQUEST_NOTIFY)
			continue;
		criu_fd_close (&fd);
		*ret = response;
		memset (&response, 0, sizeof response);
		if (failure == NULL)
			return TRUE;
		g_propagate_error (error, g_steal_pointer (&failure));
		return FALSE;
	}
}

void
criu_worker_end (CriuWorker *worker)
{
	criu_fd_close (&worker->socket_fd);
	if (worker->pid > 0) {
		/* Not its group: what it has restored must live. */
		if (!wait_for (worker->pidfd, g_get_monotonic_time () + END_TIMEOUT_MSEC * 1000))
			kill (worker->pid, SIGKILL);
		criu_spawn_wait (worker->pid);
		worker->pid = 0;
	}
	criu_worker_kill (worker);
}

void
criu_worker_kill (CriuWorker *worker)
{
	if (worker->pid > 0) {
		/* It has processes beside it. Not reaped yet: the number is still its group's. */
		kill (-worker->pid, SIGKILL);
		criu_spawn_wait (worker->pid);
		worker->pid = 0;
	}
	criu_fd_close (&worker->pidfd);
	criu_fd_close (&worker->socket_fd);
	criu_fd_close (&worker->complaint_fd);
}
