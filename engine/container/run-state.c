/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One run of a container: what is on record, and what the kernel says about it. */

#include "container/run-state.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define RUN_FILE "run.json"
#define RUN_VERSION 2
#define RUN_LIMIT (1024 * 1024)

static const char *const phases[] = {
	[DAVIT_RUN_STARTING] = "starting",
	[DAVIT_RUN_CREATED] = "created",
	[DAVIT_RUN_RUNNING] = "running",
};

void
davit_run_clear (DavitRun *run)
{
	g_free (run->boot_id);
	g_free (run->runtime);
	g_free (run->storage);
	g_free (run->network);
	g_clear_pointer (&run->networks, g_ptr_array_unref);
	g_strfreev (run->ports);
	g_free (run->freezer);
	*run = (DavitRun){0};
}

static gboolean
plugin_check (const char *name, gboolean (*is_name) (const char *text), GError **error)
{
	return name == NULL || is_name (name) ||
	       davit_error_set (error, DAVIT_ERROR_CORRUPT, "\"%s\" is no name of a plugin", name);
}

static gboolean
run_parse_plugins (const DavitJson *json, DavitRun *run, GError **error)
{
	return davit_json_dup_string (json, "runtime", &run->runtime, error) &&
	       davit_json_dup_string (json, "storage", &run->storage, error) &&
	       davit_json_dup_string (json, "network", &run->network, error) &&
	       plugin_check (run->runtime, davit_text_is_plugin_choice, error) &&
	       plugin_check (run->storage, davit_text_is_plugin_name, error) &&
	       plugin_check (run->network, davit_text_is_plugin_name, error);
}

static gboolean
run_parse_phase (const DavitJson *json, DavitRun *run, GError **error)
{
	const char *word = NULL;

	if (!davit_json_get_string (json, "phase", &word, error))
		return FALSE;
	for (guint i = DAVIT_RUN_STARTING; i < G_N_ELEMENTS (phases); i++) {
		if (g_strcmp0 (word, phases[i]) == 0)
			run->phase = (DavitRunPhase) i;
	}
	return run->phase != 0 ||
	       davit_error_set (error, DAVIT_ERROR_CORRUPT, "phase: unknown word \"%s\"",
				word != NULL ? word : "");
}

static gboolean
run_parse_network (const DavitJson *json, DavitRun *run, GError **error)
{
	g_autofree const char **ports = NULL;

	if (!davit_run_networks_read (json, &run->networks, error) ||
	    !davit_json_get_strings (json, "ports", &ports, error))
		return FALSE;
	run->ports = g_strdupv ((char **) ports);
	return TRUE;
}

static gboolean
run_parse (const DavitJson *json, DavitRun *run, GError **error)
{
	gint64 version = 0, start_time = 0;

	if (!davit_json_get_integer (json, "version", 1, RUN_VERSION, &version, error) ||
	    !run_parse_phase (json, run, error) ||
	    !davit_json_dup_string (json, "bootId", &run->boot_id, error) ||
	    !run_parse_plugins (json, run, error) || !run_parse_network (json, run, error) ||
	    !davit_json_dup_string (json, "freezer", &run->freezer, error) ||
	    !davit_json_get_integer (json, "started", 0, G_MAXINT64, &run->started, error) ||
	    !davit_json_get_integer (json, "pid", 0, G_MAXINT32, &run->pid, error) ||
	    !davit_json_get_integer (json, "startTime", 0, G_MAXINT64, &start_time, error) ||
	    !davit_json_get_boolean (json, "autoRemove", &run->auto_remove, error))
		return FALSE;
	run->start_time = (guint64) start_time;
	return TRUE;
}

gboolean
davit_run_read (int run_dirfd, DavitRun *ret_run, GError **error)
{
	g_autoptr (DavitJson) json = davit_json_read (run_dirfd, RUN_FILE, RUN_LIMIT, error);
	g_autoptr (GError) local = NULL;
	DavitRun run = {0};

	if (json == NULL)
		return FALSE;
	if (run_parse (json, &run, &local)) {
		*ret_run = run;
		return TRUE;
	}
	davit_run_clear (&run);
	/* The getters call a wrong type CONFIG; but nobody configures a run. */
	if (davit_error_matches (local, DAVIT_ERROR_CONFIG))
		local->code = DAVIT_ERROR_CORRUPT;
	g_propagate_prefixed_error (error, g_steal_pointer (&local), "%s: ", RUN_FILE);
	return FALSE;
}

gboolean
davit_run_write (int run_dirfd, const DavitRun *run, GError **error)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);
	g_autofree char *text = NULL;
	gsize length = 0;

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_integer (writer, "version", RUN_VERSION);
	davit_json_writer_string (writer, "phase", phases[run->phase]);
	davit_json_writer_string_if (writer, "bootId", run->boot_id);
	davit_json_writer_string_if (writer, "runtime", run->runtime);
	davit_json_writer_string_if (writer, "storage", run->storage);
	davit_json_writer_string_if (writer, "network", run->network);
	if (run->networks != NULL)
		davit_run_networks_write (run->networks, writer);
	davit_json_writer_strings_if (writer, "ports", run->ports);
	davit_json_writer_string_if (writer, "freezer", run->freezer);
	davit_json_writer_integer (writer, "started", run->started);
	davit_json_writer_integer (writer, "pid", run->pid);
	davit_json_writer_unsigned (writer, "startTime", run->start_time);
	davit_json_writer_boolean (writer, "autoRemove", run->auto_remove);
	davit_json_writer_end_object (writer);
	text = davit_json_writer_finish (writer, &length);
	/* Not synced: it means nothing after a reboot. */
	return davit_path_replace_file (run_dirfd, RUN_FILE, text, length, 0600, FALSE, error);
}

gboolean
davit_run_open_process (const DavitRun *run, int *ret_pidfd, GError **error)
{
	if (run->pid == 0)
		return davit_error_set (error, DAVIT_ERROR_NOT_FOUND, "there is no process yet");
	return davit_fd_open_process ((pid_t) run->pid, run->start_time, ret_pidfd, error);
}

gboolean
davit_run_check_alive (const DavitRun *run, gboolean *ret_alive, GError **error)
{
	g_autoptr (GError) local = NULL;
	davit_autofd pidfd = -1;

	*ret_alive = FALSE;
	if (!davit_run_open_process (run, &pidfd, &local)) {
		if (davit_error_matches (local, DAVIT_ERROR_NOT_FOUND))
			return TRUE;
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	/* One that has ended and that its parent has not yet asked about still has its number. */
	if (davit_fd_wait (pidfd, 0, &local))
		return TRUE;
	*ret_alive = davit_error_matches (local, DAVIT_ERROR_TIMEOUT);
	if (*ret_alive)
		return TRUE;
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

gboolean
davit_run_is_alive (const DavitRun *run)
{
	gboolean alive = FALSE;

	return davit_run_check_alive (run, &alive, NULL) && alive;
}

gboolean
davit_run_is_cut_off (const DavitRun *run)
{
	for (guint i = 0; run->networks != NULL && i < run->networks->len; i++) {
		if (davit_run_network_is_lost ((DavitRunNetwork *) run->networks->pdata[i]))
			return TRUE;
	}
	return FALSE;
}

/* freezer.state of cgroup v1 says THAWED, FREEZING or FROZEN, cgroup.freeze of v2 0 or 1. */
gboolean
davit_run_is_frozen (const DavitRun *run)
{
	char text[16];
	ssize_t length;
	davit_autofd fd = -1;

	if (run->freezer == NULL)
		return FALSE;
	fd = open (run->freezer, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	length = fd < 0 ? -1 : read (fd, text, sizeof text - 1);
	if (length <= 0)
		return FALSE;
	text[length] = '\0';
	return text[0] == '1' || g_str_has_prefix (text, "FR");
}
