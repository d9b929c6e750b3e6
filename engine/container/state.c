/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What became of a container, on disk. */

#include "container/state.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define STATE_FILE "state.json"
#define STATE_VERSION 1
#define STATE_LIMIT (64 * 1024)

/* Every state has this length, so that a new one fits into the room of the old one. */
#define STATE_LENGTH 512

static gboolean
state_members (const DavitJson *json, DavitState *state, GError **error)
{
	gint64 version = 0, status = 0, number = 0;

	if (!davit_json_get_integer (json, "version", 1, G_MAXINT32, &version, error))
		return FALSE;
	if (version > STATE_VERSION)
		return davit_error_set (error, DAVIT_ERROR_CONFIG,
					"version %d is that of a newer davit", (int) version);
	if (!davit_json_get_integer (json, "started", 0, G_MAXINT64, &state->started, error) ||
	    !davit_json_get_boolean (json, "running", &state->running, error) ||
	    !davit_json_get_boolean (json, "lost", &state->lost, error) ||
	    !davit_json_get_integer (json, "finished", 0, G_MAXINT64, &state->exit.finished,
				     error) ||
	    !davit_json_get_integer (json, "exitStatus", 0, 255, &status, error) ||
	    !davit_json_get_integer (json, "signal", 0, 127, &number, error) ||
	    !davit_json_get_boolean (json, "oomKilled", &state->exit.oom_killed, error) ||
	    !davit_json_get_boolean (json, "timedOut", &state->exit.timed_out, error) ||
	    !davit_json_get_integer (json, "checkpointed", 0, G_MAXINT64, &state->checkpointed,
				     error) ||
	    !davit_json_get_integer (json, "restored", 0, G_MAXINT64, &state->restored, error))
		return FALSE;
	state->exit.status = (int) status;
	state->exit.signal = (int) number;
	return TRUE;
}

/* Takes json. */
static gboolean
state_from_json (DavitJson *json, DavitState *ret_state, GError **error)
{
	g_autoptr (DavitJson) taken = json;
	g_autoptr (GError) local = NULL;
	DavitState state = {0};

	if (state_members (taken, &state, &local)) {
		*ret_state = state;
		return TRUE;
	}
	/* The getters call a wrong type CONFIG; but nobody configures a state. */
	if (davit_error_matches (local, DAVIT_ERROR_CONFIG))
		local->code = DAVIT_ERROR_CORRUPT;
	g_propagate_prefixed_error (error, g_steal_pointer (&local), "%s: ", STATE_FILE);
	return FALSE;
}

gboolean
davit_state_parse (const char *text, gsize length, DavitState *ret_state, GError **error)
{
	DavitJson *json = davit_json_parse (text, (gssize) length, error);

	return json != NULL ? state_from_json (json, ret_state, error)
			    : davit_error_prefix (error, "%s", STATE_FILE);
}

gboolean
davit_state_read (int container_dirfd, DavitState *ret_state, GError **error)
{
	g_autoptr (GError) local = NULL;
	DavitJson *json;

	/* One that has never run has none: the text of an error would be made for nobody. */
	if (faccessat (container_dirfd, STATE_FILE, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno == ENOENT) {
		*ret_state = (DavitState){0};
		return TRUE;
	}
	json = davit_json_read (container_dirfd, STATE_FILE, STATE_LIMIT, &local);
	if (json != NULL)
		return state_from_json (json, ret_state, error);
	if (davit_error_matches (local, DAVIT_ERROR_NOT_FOUND)) {
		*ret_state = (DavitState){0};
		return TRUE;
	}
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

static char *
state_to_text (const DavitState *state)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);
	g_autofree char *text = NULL;

	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_integer (writer, "version", STATE_VERSION);
	davit_json_writer_integer (writer, "started", state->started);
	davit_json_writer_boolean (writer, "running", state->running);
	davit_json_writer_boolean (writer, "lost", state->lost);
	davit_json_writer_integer (writer, "finished", state->exit.finished);
	davit_json_writer_integer (writer, "exitStatus", state->exit.status);
	davit_json_writer_integer (writer, "signal", state->exit.signal);
	davit_json_writer_boolean (writer, "oomKilled", state->exit.oom_killed);
	davit_json_writer_boolean (writer, "timedOut", state->exit.timed_out);
	davit_json_writer_integer (writer, "checkpointed", state->checkpointed);
	davit_json_writer_integer (writer, "restored", state->restored);
	davit_json_writer_end_object (writer);
	text = davit_json_writer_finish (writer, NULL);
	return g_strdup_printf ("%-*s\n", STATE_LENGTH - 1, text);
}

/*
 * Over the old one, in the room that it has. A crash in this moment may leave half a state, which
 * is better than a container that can't be stopped because the disk is full.
 */
static gboolean
state_overwrite (int container_dirfd, const char *text, GError **error)
{
	davit_autofd fd = openat (container_dirfd, STATE_FILE, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return davit_error_errno (error, errno, "open \"%s\"", STATE_FILE);
	return davit_fd_write (fd, text, strlen (text), STATE_FILE, error);
}

/*
 * Not synced: a state that a power cut takes away is one from before, and then the container is
 * known not to run by the boot id.
 */
gboolean
davit_state_write (int container_dirfd, const DavitState *state, GError **error)
{
	g_autofree char *text = state_to_text (state);
	g_autoptr (GError) local = NULL;

	if (davit_path_replace_file (container_dirfd, STATE_FILE, text, strlen (text), 0600, FALSE,
				     &local))
		return TRUE;
	if (davit_error_matches (local, DAVIT_ERROR_NO_SPACE) &&
	    state_overwrite (container_dirfd, text, NULL))
		return TRUE;
	/* A directory of that name; but what is damaged must not keep a container for ever. */
	if (faccessat (container_dirfd, STATE_FILE "/.", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return davit_path_remove_tree (container_dirfd, STATE_FILE, error) &&
		       davit_path_replace_file (container_dirfd, STATE_FILE, text, strlen (text),
						0600, FALSE, error);
	g_propagate_error (error, g_steal_pointer (&local));
	return FALSE;
}

void
davit_state_lose (DavitState *state)
{
	state->running = FALSE;
	state->lost = TRUE;
	state->exit = (DavitExit){.status = DAVIT_STATE_LOST_STATUS};
}
