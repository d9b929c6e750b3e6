/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The helper gets its namespaces as descriptors, which it opens again through /proc/self/fd: no
 * process of the container is needed, and no path of ours must be reachable for it.
 *
 * An ordinary user's helper is root of the container's user namespace from the start. By its own
 * means it would enter that late, and with a namespace by path never (to make its sandbox it looks
 * for the user namespace of a process); all else that it then does would still be done by the user.
 */

#include "slirp4netns-helper.h"

#include "slirp4netns-address.h"
#include "slirp4netns-program.h"
#include "slirp4netns-record.h"
#include "slirp4netns-text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the helper has at which number. */
enum {
	FD_READY = 3,
	FD_EXIT = 4,
	FD_NETNS = 5,
	FD_USERNS = 6,
	N_FDS = 7,
};

gboolean
slirp4netns_helper_enters (const DavitHost *host, const DavitNetworkRequest *request)
{
	return request->userns_fd >= 0 && host->facts->uid != 0;
}

static void add_argument (GPtrArray *argv, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
add_argument (GPtrArray *argv, const char *format, ...)
{
	va_list arguments;

	va_start (arguments, format);
	g_ptr_array_add (argv, g_strdup_vprintf (format, arguments));
	va_end (arguments);
}

static GPtrArray *
arguments_make (const SlirpHelper *helper)
{
	const SlirpSettings *settings = helper->settings;
	const DavitNetworkRequest *request = helper->request;
	g_autofree char *network = slirp4netns_address_at (settings->network, 0);
	GPtrArray *argv = g_ptr_array_new_with_free_func (g_free);

	add_argument (argv, "%s", helper->program);
	add_argument (argv, "--configure");
	add_argument (argv, "--ready-fd=%d", FD_READY);
	add_argument (argv, "--exit-fd=%d", FD_EXIT);
	add_argument (argv, "--mtu=%u", settings->mtu);
	add_argument (argv, "--cidr=%s/%u", network, settings->prefix);
	/* In its working directory: a path below ours may be longer than a socket's may be. */
	add_argument (argv, "--api-socket=%s", SLIRP_API_FILE);
	if (!settings->host_loopback)
		add_argument (argv, "--disable-host-loopback");
	if (settings->ipv6)
		add_argument (argv, "--enable-ipv6");
	if (settings->sandbox)
		add_argument (argv, "--enable-sandbox");
	if (settings->seccomp)
		add_argument (argv, "--enable-seccomp");
	if (settings->outbound != NULL)
		add_argument (argv, "--outbound-addr=%s", settings->outbound);
	if (settings->outbound6 != NULL)
		add_argument (argv, "--outbound-addr6=%s", settings->outbound6);
	if (settings->mac_address != NULL)
		add_argument (argv, "--macaddress=%s", settings->mac_address);
	if (request->userns_fd >= 0 && !slirp4netns_helper_enters (helper->host, request))
		add_argument (argv, "--userns-path=/proc/self/fd/%d", FD_USERNS);
	add_argument (argv, "--netns-type=path");
	add_argument (argv, "/proc/self/fd/%d", FD_NETNS);
	add_argument (argv, "%s", settings->interface);
	g_ptr_array_add (argv, NULL);
	return argv;
}

/* Our ends and the helper's ends of what connects us. */
typedef struct {
	int null_fd;
	int log_fd;
	int ready[2];
	int exit[2];
} Ends;

static void
ends_clear (Ends *ends)
{
	slirp4netns_fd_close (&ends->null_fd);
	slirp4netns_fd_close (&ends->log_fd);
	for (guint i = 0; i < 2; i++) {
		slirp4netns_fd_close (&ends->ready[i]);
		slirp4netns_fd_close (&ends->exit[i]);
	}
}

static gboolean
ends_open (Ends *ends, int dirfd, GError **error)
{
	*ends = (Ends){.null_fd = -1, .log_fd = -1, .ready = {-1, -1}, .exit = {-1, -1}};
	ends->null_fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
	if (ends->null_fd >= 0)
		ends->log_fd = openat (dirfd, SLIRP_LOG_FILE,
				       O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	if (ends->log_fd >= 0 && pipe2 (ends->ready, O_CLOEXEC) == 0 &&
	    pipe2 (ends->exit, O_CLOEXEC) == 0)
		return TRUE;
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED,
		     "prepare descriptors for program \"slirp4netns\": %s", g_strerror (errno));
	ends_clear (ends);
	return FALSE;
}

static gboolean
record_process (const SlirpHelper *helper, const SlirpProcess *process, GError **error)
{
	g_autofree char *address =
		slirp4netns_address_at (helper->settings->network, SLIRP_OFFSET_CONTAINER);
	SlirpRecord record = {
		.pid = process->pid,
		.program = (char *) helper->program,
		.interface = helper->settings->interface,
		.address = address,
	};

	if (!slirp4netns_record_start_time (process->pid, &record.start_time)) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_FAILED,
			     "read \"/proc/%d/stat\": it is not there; is /proc mounted?",
			     (int) process->pid);
		return FALSE;
	}
	return slirp4netns_record_write (helper->host, helper->dirfd, &record, error);
}

static gboolean
process_start (const SlirpHelper *helper, Ends *ends, SlirpProcess *process, GError **error)
{
	const DavitNetworkRequest *request = helper->request;
	gboolean enters = slirp4netns_helper_enters (helper->host, request);
	g_autoptr (GPtrArray) argv = arguments_make (helper);
	static const char *const envp[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
					   NULL};
	const int fds[N_FDS] = {ends->null_fd, ends->null_fd,	  ends->log_fd,	     ends->ready[1],
				ends->exit[0], request->netns_fd, request->userns_fd};
	const SlirpSpawn spawn = {
		.argv = (const char *const *) argv->pdata,
		.envp = envp,
		.fds = fds,
		.n_fds = request->userns_fd >= 0 && !enters ? N_FDS : N_FDS - 1,
		.cwd_dirfd = helper->dirfd,
		.userns_fd = enters ? request->userns_fd : -1,
		/*
		 * The sandbox mounts on /tmp. Where that is a shared mount of its own, as with
		 * systemd, the host would see it; inside a user namespace it can't get out.
		 */
		.private_mounts = helper->settings->sandbox && !enters,
	};

	if (!slirp4netns_spawn_begin (&spawn, process, error))
		return FALSE;
	if (!record_process (helper, process, error)) {
		slirp4netns_spawn_kill (process);
		return FALSE;
	}
	return slirp4netns_spawn_go (process, helper->program, error);
}

/* What became of it, in words; the process is reaped. */
static char *
end_describe (SlirpProcess *process)
{
	siginfo_t information = {0};
	int result;

	/* It is not reaped yet: its number is its own still. */
	kill (-process->pid, SIGKILL);
	do
		result = waitid (P_PIDFD, (id_t) process->pidfd, &information, WEXITED | __WALL);
	while (result < 0 && errno == EINTR);
	process->pid = 0;
	if (result < 0)
		return g_strdup ("ended");
	if (information.si_code == CLD_EXITED)
		return g_strdup_printf ("ended with status %d", information.si_status);
	return g_strdup_printf ("was killed by signal %d", information.si_status);
}

/* Part of what it prints, and what helps then. */
static const char *const hints[][2] = {
	{"open(\"/dev/net/tun\"): No such", "; load the kernel module tun"},
	{"open(\"/dev/net/tun\"): Permission", "; chmod 0666 /dev/net/tun as root"},
	{"ioctl(TUNSETIFF): Device or resource busy",
	 "; the namespace has an interface of that name already"},
	{"ioctl(TUNSETIFF): Operation not permitted",
	 "; privilege over the network namespace is missing"},
	{"pivot_root", "; where / is a ramfs, set sandbox=false in [network.slirp4netns]"},
	{"cannot mount tmpfs", "; where nothing may be mounted, set sandbox=false in "
			       "[network.slirp4netns]"},
	{"cannot unshare new mount namespace",
	 "; where that is not allowed, set sandbox=false in [network.slirp4netns]"},
	{"seccomp", "; where that is not allowed, set seccomp=false in [network.slirp4netns]"},
};

static const char *
hint_for (const char *words)
{
	for (guint i = 0; words != NULL && i < G_N_ELEMENTS (hints); i++) {
		if (strstr (words, hints[i][0]) != NULL)
			return hints[i][1];
	}
	return "";
}

static gboolean
ended_early (const SlirpHelper *helper, SlirpProcess *process, GError **error)
{
	g_autofree char *end = end_describe (process);
	g_autofree char *words = slirp4netns_record_last_words (helper->dirfd);

	/* It does not know one of the options: is it too old? */
	if (words != NULL && strstr (words, "unrecognized option") != NULL &&
	    !slirp4netns_program_require (helper->host, helper->program, SLIRP_VERSION_MINIMUM,
					  NULL, error))
		return FALSE;
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_HELPER,
		     "program \"%s\" %s before the network was ready%s%s%s", helper->program, end,
		     words != NULL ? ": " : "", words != NULL ? words : "", hint_for (words));
	return FALSE;
}

static gboolean
not_in_time (const SlirpHelper *helper, SlirpProcess *process, gint64 timeout, GError **error)
{
	g_autofree char *words = slirp4netns_record_last_words (helper->dirfd);

	slirp4netns_spawn_kill (process);
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_TIMEOUT,
		     "program \"%s\": the network was not ready after %" G_GINT64_FORMAT
		     " ms, and it was killed%s%s",
		     helper->program, timeout, words != NULL ? ": " : "",
		     words != NULL ? words : "");
	return FALSE;
}

static gboolean
wait_ready (const SlirpHelper *helper, int ready_fd, SlirpProcess *process, GError **error)
{
	gint64 timeout = helper->host->option_integer (helper->host, "timeout");
	gint64 deadline = g_get_monotonic_time () + timeout * 1000;
	struct pollfd wanted[] = {{ready_fd, POLLIN, 0}, {process->pidfd, POLLIN, 0}};
	g_autofree char *said = NULL;
	char text[32] = "";
	ssize_t length;
	int result;

	do {
		gint64 left = (deadline - g_get_monotonic_time ()) / 1000;

		result = poll (wanted, G_N_ELEMENTS (wanted), (int) CLAMP (left, 0, G_MAXINT32));
	} while (result < 0 && errno == EINTR);
	if (result <= 0)
		return not_in_time (helper, process, timeout, error);
	length = wanted[0].revents != 0 ? read (ready_fd, text, sizeof text) : 0;
	if (length == 1 && text[0] == '1')
		return TRUE;
	if (length > 0) {
		said = slirp4netns_text_escape (text, (gsize) length);
		slirp4netns_spawn_kill (process);
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_HELPER,
			     "program \"%s\" said \"%s\" where \"1\" was expected; it may be "
			     "another program",
			     helper->program, said);
		return FALSE;
	}
	/* It closed its end, which it does when it ends; or something else, and then it hangs. */
	result = poll (&wanted[1], 1,
		       (int) CLAMP ((deadline - g_get_monotonic_time ()) / 1000, 0, G_MAXINT32));
	if (result <= 0)
		return not_in_time (helper, process, timeout, error);
	return ended_early (helper, process, error);
}

gboolean
slirp4netns_helper_start (const SlirpHelper *helper, SlirpProcess *ret_process, int *ret_hold_fd,
			  GError **error)
{
	g_auto (SlirpProcess) process = SLIRP_PROCESS_INIT;
	gboolean ready;
	Ends ends;

	if (!ends_open (&ends, helper->dirfd, error))
		return FALSE;
	ready = process_start (helper, &ends, &process, error);
	/* Ours must be the only ones, or the end of its ends would not be seen. */
	slirp4netns_fd_close (&ends.ready[1]);
	slirp4netns_fd_close (&ends.exit[0]);
	ready = ready && wait_ready (helper, ends.ready[0], &process, error);
	if (ready) {
		*ret_hold_fd = slirp4netns_fd_steal (&ends.exit[1]);
		*ret_process = process;
		process = SLIRP_PROCESS_INIT;
	}
	ends_clear (&ends);
	return ready;
}
