/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * First the directory run_dirfd/ID, then in it the record of a process that waits, then that
 * process becomes the helper. Whatever stops in between is found by the id, or ends by itself: the
 * descriptor that keeps the helper is ours until the engine has it.
 */

#include "slirp4netns-attach.h"

#include "slirp4netns-address.h"
#include "slirp4netns-helper.h"
#include "slirp4netns-ports.h"
#include "slirp4netns-program.h"
#include "slirp4netns-record.h"
#include "slirp4netns-text.h"
#include "slirp4netns-visit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* One attach on its way. */
typedef struct {
	const DavitHost *host;
	const DavitNetworkRequest *request;
	DavitResult *result;
	SlirpSettings settings;
	char *program;
	char *address;
	int dirfd;
	SlirpProcess process;
	int hold_fd;
} Attach;

static void
attach_clear (Attach *attach)
{
	slirp4netns_settings_clear (&attach->settings);
	slirp4netns_spawn_clear (&attach->process);
	slirp4netns_fd_close (&attach->hold_fd);
	slirp4netns_fd_close (&attach->dirfd);
	g_clear_pointer (&attach->program, g_free);
	g_clear_pointer (&attach->address, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Attach, attach_clear)

/* -1 with errno. */
static int
directory_open (const DavitHost *host, const char *id)
{
	return openat (host->run_dirfd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static gboolean
directory_fail (const char *id, GError **error)
{
	g_set_error (error, DAVIT_ERROR, errno == ENOSPC ? DAVIT_ERROR_NO_SPACE : DAVIT_ERROR_IO,
		     "run directory \"%s\": %s", id, g_strerror (errno));
	return FALSE;
}

/* FALSE without an error: there is no record, or none that is of use. */
static gboolean
directory_read (const DavitHost *host, const char *id, int dirfd, SlirpRecord *ret)
{
	g_autoptr (GError) local = NULL;

	if (slirp4netns_record_read (host, dirfd, ret, &local))
		return TRUE;
	/* Before the record nothing runs. */
	if (!g_error_matches (local, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND)) {
		g_autofree char *text = g_strdup_printf (
			"container \"%s\": %s; a helper of it may run on until its container ends",
			id, local->message);

		host->log (host, DAVIT_LOG_WARNING, text);
	}
	return FALSE;
}

gboolean
slirp4netns_detach (const DavitHost *host, const char *id, GError **error)
{
	g_auto (SlirpRecord) record = {0};
	slirp_autofd dirfd = -1;

	if (!slirp4netns_record_id_check (id, error))
		return FALSE;
	dirfd = directory_open (host, id);
	if (dirfd < 0 && errno == ENOENT)
		return TRUE;
	if (dirfd < 0)
		return directory_fail (id, error);
	if (directory_read (host, id, dirfd, &record) &&
	    !slirp4netns_record_end_helper (&record, error))
		return FALSE;
	return host->files->remove_tree (host->run_dirfd, id, error);
}

/* One that is left of an earlier boot, or whose helper has ended, is nobody's any more. */
static gboolean
directory_clear_old (const DavitHost *host, const char *id, GError **error)
{
	g_auto (SlirpRecord) record = {0};
	slirp_autofd dirfd = directory_open (host, id);
	slirp_autofd pidfd = -1;

	if (dirfd >= 0 && directory_read (host, id, dirfd, &record) &&
	    !slirp4netns_record_open_helper (&record, &pidfd, error))
		return FALSE;
	if (pidfd < 0)
		return slirp4netns_detach (host, id, error);
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_EXISTS,
		     "container \"%s\" is connected already, by process %d", id, (int) record.pid);
	return FALSE;
}

static gboolean
directory_make (Attach *attach, GError **error)
{
	const DavitHost *host = attach->host;
	const char *id = attach->request->id;
	gboolean enters = slirp4netns_helper_enters (host, attach->request);

	if (mkdirat (host->run_dirfd, id, 0700) < 0) {
		if (errno != EEXIST)
			return directory_fail (id, error);
		if (!directory_clear_old (host, id, error))
			return FALSE;
		if (mkdirat (host->run_dirfd, id, 0700) < 0)
			return directory_fail (id, error);
	}
	attach->dirfd = directory_open (host, id);
	/*
	 * Root of the container may be a subordinate user, which makes its socket here. Nobody else
	 * gets here: the directory above is 0700.
	 */
	if (attach->dirfd < 0 || (enters && fchmod (attach->dirfd, 0777) < 0))
		return directory_fail (id, error);
	return TRUE;
}

static gboolean
versions_check (const Attach *attach, GError **error)
{
	const SlirpSettings *settings = &attach->settings;

	if (settings->mac_address != NULL &&
	    !slirp4netns_program_require (attach->host, attach->program, SLIRP_VERSION_MAC_ADDRESS,
					  "for a MAC address", error))
		return FALSE;
	return (settings->outbound == NULL && settings->outbound6 == NULL) ||
	       slirp4netns_program_require (attach->host, attach->program, SLIRP_VERSION_OUTBOUND,
					    "for the option outbound_addr", error);
}

static gboolean
helper_start (Attach *attach, GError **error)
{
	const DavitNetworkRequest *request = attach->request;
	const SlirpHelper helper = {
		.host = attach->host,
		.request = request,
		.settings = &attach->settings,
		.program = attach->program,
		.dirfd = attach->dirfd,
	};
	SlirpVisit visit = {
		.netns_fd = request->netns_fd,
		.userns_fd = request->userns_fd,
		.detect_duplicates = attach->settings.ipv6 ? '0' : 0,
	};
	SlirpView view = {0};
	gboolean started;

	/* Nobody else is on this network: there is no second to lose for finding duplicates. */
	if (attach->settings.ipv6 && !slirp4netns_visit (&visit, &view, error))
		return FALSE;
	attach->host->trace_begin (attach->host, "helper");
	started = slirp4netns_helper_start (&helper, &attach->process, &attach->hold_fd, error);
	attach->host->trace_end (attach->host);
	visit.detect_duplicates = view.detect_duplicates;
	visit.interface = attach->settings.interface;
	if (!slirp4netns_visit (&visit, &view, started ? error : NULL) || !started)
		return FALSE;
	if (!view.found || !view.up) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_HELPER,
			     "program \"%s\" says that it is ready, but interface \"%s\" is not %s",
			     attach->program, attach->settings.interface,
			     view.found ? "up" : "there");
		return FALSE;
	}
	g_clear_pointer (&attach->settings.mac_address, g_free);
	attach->settings.mac_address =
		g_strdup_printf ("%02x:%02x:%02x:%02x:%02x:%02x", view.mac_address[0],
				 view.mac_address[1], view.mac_address[2], view.mac_address[3],
				 view.mac_address[4], view.mac_address[5]);
	return TRUE;
}

static gboolean
ports_publish (const Attach *attach, GError **error)
{
	const SlirpApi api = {attach->host, attach->dirfd, attach->process.pid};

	for (const DavitPort *port = attach->request->ports;
	     port != NULL && port->container_port != 0; port++) {
		if (!slirp4netns_ports_add (&api, attach->address, port, attach->result, error))
			return FALSE;
	}
	return TRUE;
}

static char *
status_compose (const Attach *attach)
{
	const SlirpSettings *settings = &attach->settings;
	g_autofree char *network = slirp4netns_address_at (settings->network, 0);

	return g_strdup_printf ("{\"version\":1,\"cidr\":\"%s/%u\",\"mtu\":%u,\"enableIPv6\":%s,"
				"\"allowHostLoopback\":%s,\"pid\":%d}",
				network, settings->prefix, settings->mtu,
				settings->ipv6 ? "true" : "false",
				settings->host_loopback ? "true" : "false",
				(int) attach->process.pid);
}

static void
report (Attach *attach)
{
	const DavitHost *host = attach->host;
	const SlirpSettings *settings = &attach->settings;
	g_autofree char *gateway = slirp4netns_address_at (settings->network, SLIRP_OFFSET_GATEWAY);
	g_autofree char *nameserver =
		slirp4netns_address_at (settings->network, SLIRP_OFFSET_NAMESERVER);
	g_autofree char *address = g_strdup_printf ("%s %s/%u", settings->interface,
						    attach->address, settings->prefix);
	g_autofree char *mac_address =
		g_strdup_printf ("%s %s", settings->interface, settings->mac_address);
	g_autofree char *status = status_compose (attach);

	host->result_string (attach->result, "interface", settings->interface);
	host->result_string (attach->result, "address", address);
	host->result_string (attach->result, "gateway", gateway);
	host->result_string (attach->result, "mac-address", mac_address);
	host->result_string (attach->result, "nameserver", nameserver);
	host->result_string (attach->result, "status", status);
	host->result_fd (attach->result, "helper", slirp4netns_fd_steal (&attach->process.pidfd));
	host->result_fd (attach->result, "hold", slirp4netns_fd_steal (&attach->hold_fd));
}

static gboolean
attach_run (Attach *attach, GError **error)
{
	if (!helper_start (attach, error))
		return FALSE;
	if (ports_publish (attach, error)) {
		report (attach);
		return TRUE;
	}
	return FALSE;
}

gboolean
slirp4netns_attach (const DavitHost *host, const DavitNetworkRequest *request, DavitResult *result,
		    GError **error)
{
	g_auto (Attach) attach = {
		.host = host,
		.request = request,
		.result = result,
		.dirfd = -1,
		.process = SLIRP_PROCESS_INIT,
		.hold_fd = -1,
	};

	if (!slirp4netns_record_id_check (request->id, error) ||
	    !slirp4netns_settings_read (host, request, &attach.settings, error) ||
	    !slirp4netns_ports_check (request->ports, error))
		return FALSE;
	attach.address = slirp4netns_address_at (attach.settings.network, SLIRP_OFFSET_CONTAINER);
	attach.program = slirp4netns_program_find (host, error);
	if (attach.program == NULL || !versions_check (&attach, error) ||
	    !directory_make (&attach, error))
		return FALSE;
	if (attach_run (&attach, error))
		return TRUE;
	/* Whatever can't be undone here is found by the id later. */
	slirp4netns_spawn_kill (&attach.process);
	host->files->remove_tree (host->run_dirfd, request->id, NULL);
	return FALSE;
}

/* The directory and record of a container that is connected. */
static gboolean
connected_open (const DavitHost *host, const char *id, int *ret_dirfd, SlirpRecord *ret_record,
		GError **error)
{
	slirp_autofd dirfd = -1;
	slirp_autofd pidfd = -1;

	if (!slirp4netns_record_id_check (id, error))
		return FALSE;
	dirfd = directory_open (host, id);
	if (dirfd < 0 || !slirp4netns_record_read (host, dirfd, ret_record, NULL)) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_STATE,
			     "container \"%s\" is not connected by this driver", id);
		return FALSE;
	}
	if (!slirp4netns_record_open_helper (ret_record, &pidfd, error))
		return FALSE;
	if (pidfd < 0) {
		g_autofree char *words = slirp4netns_record_last_words (dirfd);

		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_STATE,
			     "process %d of slirp4netns is gone, and with it the container's "
			     "connection%s%s; restart the container",
			     (int) ret_record->pid, words != NULL ? ": its last words: " : "",
			     words != NULL ? words : "");
		return FALSE;
	}
	*ret_dirfd = slirp4netns_fd_steal (&dirfd);
	return TRUE;
}

/* The container may do with it what it likes; this is for who wonders why nothing goes through. */
static gboolean
view_check (const SlirpView *view, const SlirpRecord *record, GError **error)
{
	g_autofree char *address =
		slirp4netns_address_at (GUINT32_FROM_BE (view->address.s_addr), 0);
	g_autofree char *now = NULL;

	if (view->found && view->up && g_str_equal (address, record->address))
		return TRUE;
	if (!view->found)
		now = g_strdup ("is gone");
	else if (!view->up)
		now = g_strdup ("is down; it was up when the container was started");
	else if (view->address.s_addr == 0)
		now = g_strdup_printf ("has no IPv4 address; it had \"%s\" when the container was "
				       "started",
				       record->address);
	else
		now = g_strdup_printf ("has the address \"%s\"; it had \"%s\" when the container "
				       "was started",
				       address, record->address);
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_STATE, "interface \"%s\" %s",
		     record->interface, now);
	return FALSE;
}

gboolean
slirp4netns_check (const DavitHost *host, const DavitNetworkRequest *request, GError **error)
{
	g_auto (SlirpRecord) record = {0};
	slirp_autofd dirfd = -1;
	SlirpView view = {0};
	SlirpVisit visit = {.netns_fd = request->netns_fd, .userns_fd = request->userns_fd};

	if (!connected_open (host, request->id, &dirfd, &record, error))
		return FALSE;
	visit.interface = record.interface;
	return slirp4netns_visit (&visit, &view, error) && view_check (&view, &record, error);
}

gboolean
slirp4netns_collect (const DavitHost *host, const char *const *ids, GError **error)
{
	g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", host->run_dirfd);
	g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
	g_autoptr (GError) first = NULL;
	const char *name;

	while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
		if (ids != NULL && g_strv_contains (ids, name))
			continue;
		/* One that resists must not save the others. */
		slirp4netns_detach (host, name, first == NULL ? &first : NULL);
	}
	if (first == NULL)
		return TRUE;
	g_propagate_error (error, g_steal_pointer (&first));
	return FALSE;
}

gboolean
slirp4netns_port_add (const DavitHost *host, const DavitNetworkRequest *request,
		      const DavitPort *port, DavitResult *result, GError **error)
{
	g_auto (SlirpRecord) record = {0};
	slirp_autofd dirfd = -1;

	if (!connected_open (host, request->id, &dirfd, &record, error))
		return FALSE;
	return slirp4netns_ports_add (&(const SlirpApi){host, dirfd, record.pid}, record.address,
				      port, result, error);
}

gboolean
slirp4netns_port_remove (const DavitHost *host, const DavitNetworkRequest *request,
			 const DavitPort *port, GError **error)
{
	g_auto (SlirpRecord) record = {0};
	g_autoptr (GError) local = NULL;
	slirp_autofd dirfd = -1;

	if (connected_open (host, request->id, &dirfd, &record, &local))
		return slirp4netns_ports_remove (&(const SlirpApi){host, dirfd, record.pid}, port,
						 error);
	/* Without a helper nothing is published. */
	if (g_error_matches (local, DAVIT_ERROR, DAVIT_ERROR_STATE))
		return TRUE;
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}
