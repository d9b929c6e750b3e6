/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* "State" of inspect: what is so now, from the state on disk and from the kernel. */

#include "container/inspect-private.h"

#include "base/fd.h"
#include "base/text.h"

#include <fcntl.h>
#include <string.h>

#define PROC_LIMIT 65536

static char *
proc_read (gint64 pid, const char *name)
{
	g_autofree char *path = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/%s", pid, name);
	davit_autofd fd = open (path, O_RDONLY | O_CLOEXEC);
	char *text = NULL;
	gsize length;

	if (fd < 0 || !davit_fd_read (fd, PROC_LIMIT, path, &text, &length, NULL))
		return g_strdup ("");
	return text;
}

/* Of the hierarchies the one in which the container has a group of its own; "" if in none. */
static void
write_cgroup (const DavitInspection *inspection)
{
	g_autofree char *text = proc_read (inspection->container->pid, "cgroup");
	g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
	const char *found = "";

	for (char **line = lines; *line != NULL; line++) {
		const char *path = strstr (*line, ":/");

		if (path != NULL && strstr (path, inspection->container->id) != NULL)
			found = path + 1;
	}
	davit_json_writer_string (inspection->writer, "CgroupPath", found);
}

/* podman's name: the process that stays with the container. */
static void
write_monitor (const DavitInspection *inspection)
{
	g_autofree char *text = proc_read (inspection->container->pid, "status");
	const char *line = strstr (text, "\nPPid:");

	davit_json_writer_integer (inspection->writer, "ConmonPid",
				   line != NULL
					   ? g_ascii_strtoll (line + strlen ("\nPPid:"), NULL, 10)
					   : 0);
}

void
davit_inspect_write_state (const DavitInspection *inspection)
{
	const DavitContainer *container = inspection->container;
	DavitJsonWriter *writer = inspection->writer;
	DavitStatus status = container->status;

	davit_json_writer_begin_object (writer, "State");
	davit_json_writer_string (writer, "OciVersion", "1.2.0");
	davit_json_writer_string (writer, "Status", davit_status_name (status));
	davit_json_writer_boolean (writer, "Running",
				   status == DAVIT_STATUS_RUNNING || status == DAVIT_STATUS_PAUSED);
	davit_json_writer_boolean (writer, "Paused", status == DAVIT_STATUS_PAUSED);
	davit_json_writer_boolean (writer, "Restarting", FALSE);
	davit_json_writer_boolean (writer, "OOMKilled", container->oom_killed);
	davit_json_writer_boolean (writer, "Dead", FALSE);
	davit_json_writer_integer (writer, "Pid", container->pid);
	write_monitor (inspection);
	write_cgroup (inspection);
	davit_json_writer_integer (writer, "ExitCode", container->exit_status);
	davit_json_writer_string (writer, "Error",
				  container->network_lost
					  ? "a process that connects it has ended; restart it"
					  : "");
	davit_inspect_write_time (writer, "StartedAt", container->started);
	davit_inspect_write_time (writer, "FinishedAt", container->finished);
	davit_json_writer_boolean (writer, "Checkpointed", container->checkpointed != 0);
	davit_inspect_write_time (writer, "CheckpointedAt", container->checkpointed);
	davit_json_writer_boolean (writer, "Restored",
				   container->restored != 0 && container->pid != 0);
	davit_inspect_write_time (writer, "RestoredAt", container->restored);
	/* There is none: templates ask for it before they ask for its members. */
	davit_json_writer_null (writer, "Health");
	davit_json_writer_end_object (writer);
}
