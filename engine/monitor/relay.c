/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Connecting the caller to a process that has no monitor: three channels between descriptors. */

#include "monitor/relay.h"

#include "base/error.h"
#include "base/fd.h"
#include "monitor/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* What one channel may still bring once the process has ended: more than a pipe can hold. */
#define DRAIN_LIMIT (2u << 20)

enum {
	POLL_STDIN,
	POLL_INPUT,
	POLL_FROM,		 /* the process's output and error output */
	POLL_TO = POLL_FROM + 2, /* where they go */
	POLL_SIGNALS = POLL_TO + 2,
	POLL_PROCESS,
	N_POLLS
};

typedef struct {
	int from_fd; /* -1: closed */
	int to_fd;   /* -1: thrown away */
	guint8 data[DAVIT_CALLER_PIECE];
	gsize start;
	gsize end;
	gsize total; /* since the process has ended */
} Channel;

typedef struct {
	DavitRelay *relay;
	DavitCaller caller;
	Channel channels[2];
	int input_fd; /* of the process */
	gsize input_done;
	gboolean detached;
	gboolean ended;
} Relaying;

void
davit_relay_init (DavitRelay *relay)
{
	*relay = (DavitRelay){
		.pidfd = -1,
		.terminal_fd = -1,
		.process_stdin_fd = -1,
		.process_stdout_fd = -1,
		.process_stderr_fd = -1,
		.stdin_fd = -1,
		.stdout_fd = -1,
		.stderr_fd = -1,
	};
}

static gboolean
nonblock_set (int fd, GError **error)
{
	int flags = fd < 0 ? 0 : fcntl (fd, F_GETFL);

	if (fd < 0 || (flags >= 0 && fcntl (fd, F_SETFL, flags | O_NONBLOCK) == 0))
		return TRUE;
	return davit_error_errno (error, errno, "descriptor of the process");
}

static gboolean
relaying_open (Relaying *relaying, GError **error)
{
	DavitRelay *relay = relaying->relay;
	DavitCaller *caller = &relaying->caller;
	gboolean terminal = relay->terminal_fd >= 0;

	relaying->channels[0].from_fd = terminal ? relay->terminal_fd : relay->process_stdout_fd;
	relaying->channels[0].to_fd = relay->stdout_fd;
	relaying->channels[1].from_fd = terminal ? -1 : relay->process_stderr_fd;
	relaying->channels[1].to_fd = relay->stderr_fd;
	relaying->input_fd = terminal ? relay->terminal_fd : relay->process_stdin_fd;
	caller->stdin_fd = relay->stdin_fd;
	caller->stdout_fd = relay->stdout_fd;
	caller->stderr_fd = relay->stderr_fd;
	caller->forward = relay->forward;
	caller->data = relay->data;
	caller->input_ended = relay->stdin_fd < 0;
	return davit_caller_open (caller, terminal, relay->detach_keys, error) &&
	       nonblock_set (relaying->channels[0].from_fd, error) &&
	       nonblock_set (relaying->channels[1].from_fd, error) &&
	       nonblock_set (relaying->input_fd, error);
}

static gboolean
channel_is_full (const Channel *channel)
{
	return channel->start < channel->end;
}

/* The master of a terminal serves input as well: it is closed with everything else at the end. */
static void
channel_close (Relaying *relaying, Channel *channel)
{
	DavitRelay *relay = relaying->relay;

	if (channel->from_fd == relay->process_stdout_fd)
		davit_fd_close (&relay->process_stdout_fd);
	else if (channel->from_fd == relay->process_stderr_fd)
		davit_fd_close (&relay->process_stderr_fd);
	channel->from_fd = -1;
}

/* Returns whether something came. */
static gboolean
channel_read (Relaying *relaying, Channel *channel)
{
	gssize got = read (channel->from_fd, channel->data, sizeof channel->data);

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return errno == EINTR;
	if (got <= 0) {
		channel_close (relaying, channel);
		return FALSE;
	}
	channel->start = 0;
	channel->end = channel->to_fd >= 0 ? (gsize) got : 0;
	channel->total += relaying->ended ? (gsize) got : 0;
	return TRUE;
}

static gboolean
channel_write (Channel *channel, GError **error)
{
	gsize done;

	if (!davit_caller_write (channel->to_fd, channel->data + channel->start,
				 channel->end - channel->start, &done, error))
		return FALSE;
	channel->start += done;
	return TRUE;
}

static void
input_close (Relaying *relaying)
{
	DavitRelay *relay = relaying->relay;

	if (relay->terminal_fd < 0)
		davit_fd_close (&relay->process_stdin_fd);
	relaying->input_fd = -1;
	relaying->caller.stdin_fd = -1;
	relaying->caller.n_input = relaying->input_done = 0;
}

static void
input_write (Relaying *relaying)
{
	DavitCaller *caller = &relaying->caller;
	gssize wrote = write (relaying->input_fd, caller->input + relaying->input_done,
			      caller->n_input - relaying->input_done);

	if (wrote < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (wrote < 0) {
		/* The process reads no more. That is its right, and no reason to end. */
		input_close (relaying);
		return;
	}
	relaying->input_done += (gsize) wrote;
	if (relaying->input_done == caller->n_input)
		caller->n_input = relaying->input_done = 0;
}

/* What has changed on the caller's side and needs no waiting. */
static void
caller_follow (Relaying *relaying)
{
	DavitCaller *caller = &relaying->caller;
	struct winsize size = {0};

	if (caller->resized && relaying->relay->terminal_fd >= 0 &&
	    davit_terminal_size (&caller->terminal, &size.ws_row, &size.ws_col))
		ioctl (relaying->relay->terminal_fd, TIOCSWINSZ, &size);
	caller->resized = FALSE;
	if (caller->input_ended && caller->n_input == 0 && relaying->relay->terminal_fd < 0)
		input_close (relaying);
}

static void
poll_set (struct pollfd *request, int fd, gboolean wanted, short events)
{
	request->fd = wanted ? fd : -1;
	request->events = events;
	request->revents = 0;
}

static void
polls_fill (const Relaying *relaying, struct pollfd polls[N_POLLS])
{
	const DavitCaller *caller = &relaying->caller;
	gboolean typed = caller->n_input > 0;

	poll_set (&polls[POLL_STDIN], caller->stdin_fd, !typed && relaying->input_fd >= 0, POLLIN);
	poll_set (&polls[POLL_INPUT], relaying->input_fd, typed, POLLOUT);
	for (int i = 0; i < 2; i++) {
		const Channel *channel = &relaying->channels[i];
		gboolean full = channel_is_full (channel);

		/* After the end everything is read by drain, which does not wait. */
		poll_set (&polls[POLL_FROM + i], channel->from_fd, !full && !relaying->ended,
			  POLLIN);
		poll_set (&polls[POLL_TO + i], channel->to_fd, full, POLLOUT);
	}
	poll_set (&polls[POLL_SIGNALS], caller->signals.fd, TRUE, POLLIN);
	poll_set (&polls[POLL_PROCESS], relaying->relay->pidfd, !relaying->ended, POLLIN);
}

/* Reads what the process has left behind. FALSE: there is nothing any more, and all is written. */
static gboolean
channel_drain (Relaying *relaying, Channel *channel)
{
	while (!channel_is_full (channel) && channel->from_fd >= 0 &&
	       channel->total < DRAIN_LIMIT) {
		if (!channel_read (relaying, channel))
			break;
	}
	return channel_is_full (channel);
}

static gboolean
relay_is_done (Relaying *relaying)
{
	gboolean busy;

	if (relaying->detached)
		return TRUE;
	if (!relaying->ended)
		return FALSE;
	busy = channel_drain (relaying, &relaying->channels[0]);
	busy |= channel_drain (relaying, &relaying->channels[1]);
	return !busy;
}

static gboolean
relay_round (Relaying *relaying, GError **error)
{
	DavitCaller *caller = &relaying->caller;
	struct pollfd polls[N_POLLS];

	caller_follow (relaying);
	polls_fill (relaying, polls);
	if (poll (polls, N_POLLS, -1) < 0)
		return errno == EINTR || davit_error_errno (error, errno, "wait for the process");
	if (polls[POLL_SIGNALS].revents != 0 && !davit_caller_handle_signals (caller, error))
		return FALSE;
	if (polls[POLL_STDIN].revents != 0 &&
	    !davit_caller_read (caller, &relaying->detached, error))
		return FALSE;
	if (polls[POLL_INPUT].revents != 0)
		input_write (relaying);
	for (int i = 0; i < 2; i++) {
		Channel *channel = &relaying->channels[i];

		if (polls[POLL_FROM + i].revents != 0)
			channel_read (relaying, channel);
		if (polls[POLL_TO + i].revents != 0 && !channel_write (channel, error))
			return FALSE;
	}
	if (polls[POLL_PROCESS].revents != 0)
		relaying->ended = TRUE;
	return TRUE;
}

/* What was typed before the keys still belongs to the process, as far as it takes it at once. */
static void
relay_leave (Relaying *relaying)
{
	if (relaying->detached && relaying->caller.n_input > 0 && relaying->input_fd >= 0)
		input_write (relaying);
}

static void
descriptors_close (DavitRelay *relay)
{
	davit_fd_close (&relay->terminal_fd);
	davit_fd_close (&relay->process_stdin_fd);
	davit_fd_close (&relay->process_stdout_fd);
	davit_fd_close (&relay->process_stderr_fd);
}

static gboolean
status_get (int pidfd, int *ret_status, GError **error)
{
	siginfo_t info = {0};

	while (waitid (P_PIDFD, (id_t) pidfd, &info, WEXITED) < 0) {
		if (errno != EINTR)
			return davit_error_errno (error, errno, "wait for the process");
	}
	*ret_status = info.si_code == CLD_EXITED ? W_EXITCODE (info.si_status, 0) : info.si_status;
	return TRUE;
}

gboolean
davit_relay_run (DavitRelay *relay, gboolean *ret_detached, int *ret_status, GError **error)
{
	g_autofree Relaying *relaying = g_new0 (Relaying, 1);
	gboolean done;

	relaying->relay = relay;
	done = relaying_open (relaying, error);
	while (done && !relay_is_done (relaying))
		done = relay_round (relaying, error);
	relay_leave (relaying);
	davit_caller_close (&relaying->caller);
	descriptors_close (relay);
	if (!done)
		return FALSE;
	*ret_detached = relaying->detached;
	return relaying->detached || status_get (relay->pidfd, ret_status, error);
}
