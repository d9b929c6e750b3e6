/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * CRIU saves the first process and what descends from it. A process that came into the container
 * from outside (exec) has its parent there: it would be killed with the container and be missing
 * after a restore, without a word. It is recognised by its parents, which are not the first one's.
 *
 * The limits of a process of another user are readable only with CAP_SYS_RESOURCE, which a confined
 * root may lack. All of this is a look from outside: what changes meanwhile, CRIU refuses.
 */

#include "criu-processes.h"

#include "criu-cgroup.h"
#include "criu-fd.h"

#include <linux/capability.h>
#include <string.h>

#define DEPTH_LIMIT 4096

typedef struct {
	gint parent;
	guint32 uids[3]; /* real, effective, saved */
	guint64 capabilities;
	char state;
	char name[32];
} Status;

/* The text behind "Key:\t"; or NULL. */
static const char *
value_find (const char *text, const char *key)
{
	const char *found = strstr (text, key);

	return found != NULL ? found + strlen (key) : NULL;
}

/* FALSE: it is gone. */
static gboolean
status_read (const char *pid, Status *ret)
{
	g_autofree char *path = g_strdup_printf ("/proc/%s/status", pid);
	g_autofree char *text = NULL;
	const char *parent;
	const char *uid;
	const char *capabilities;
	const char *state;
	g_autofree char *name = NULL;

	if (!g_file_get_contents (path, &text, NULL, NULL))
		return FALSE;
	/* The name comes first and its line breaks are escaped: no other line can be made by it. */
	state = value_find (text, "\nState:\t");
	parent = value_find (text, "\nPPid:\t");
	uid = value_find (text, "\nUid:\t");
	capabilities = value_find (text, "\nCapEff:\t");
	if (state == NULL || parent == NULL || uid == NULL || capabilities == NULL ||
	    !g_str_has_prefix (text, "Name:\t"))
		return FALSE;
	ret->state = state[0];
	ret->parent = (gint) g_ascii_strtoll (parent, NULL, 10);
	for (guint i = 0; i < G_N_ELEMENTS (ret->uids); i++) {
		char *end = NULL;

		ret->uids[i] = (guint32) g_ascii_strtoull (uid, &end, 10);
		uid = end;
	}
	ret->capabilities = g_ascii_strtoull (capabilities, NULL, 16);
	name = criu_text_escape (text + strlen ("Name:\t"),
				 strcspn (text, "\n") - strlen ("Name:\t"));
	g_strlcpy (ret->name, name, sizeof ret->name);
	return TRUE;
}

static gboolean
status_of (gint pid, Status *ret)
{
	g_autofree char *text = g_strdup_printf ("%d", pid);

	return status_read (text, ret);
}

/* Whether one of its parents is the first process. */
static gboolean
descends (gint pid, guint32 first)
{
	Status status;

	for (guint depth = 0; depth < DEPTH_LIMIT && pid > 1; depth++) {
		if (pid == (gint) first)
			return TRUE;
		/* What is gone is nobody's any more. */
		if (!status_of (pid, &status))
			return TRUE;
		pid = status.parent;
	}
	return FALSE;
}

static gboolean
has_own_users (guint32 pid)
{
	g_autofree char *path = g_strdup_printf ("/proc/%u/ns/user", pid);
	g_autofree char *theirs = g_file_read_link (path, NULL);
	g_autofree char *ours = g_file_read_link ("/proc/self/ns/user", NULL);

	return g_strcmp0 (theirs, ours) != 0;
}

static gboolean
process_check (gint pid, const DavitDumpRequest *request, const Status *own, gboolean own_users,
	       GError **error)
{
	Status status;

	if (!status_of (pid, &status) || status.state == 'Z')
		return TRUE;
	if (!descends (pid, request->pid))
		return criu_error_set (
			error, DAVIT_ERROR_UNSUPPORTED,
			"process %d (\"%s\") came into the container by exec and would "
			"be lost; end it first",
			pid, status.name);
	/* In a user namespace of its own the one who made it has all privileges. */
	if (own_users || (own->capabilities & (1ULL << CAP_SYS_RESOURCE)) ||
	    (status.uids[0] == own->uids[1] && status.uids[1] == own->uids[1] &&
	     status.uids[2] == own->uids[1]))
		return TRUE;
	return criu_error_set (
		error, DAVIT_ERROR_UNAVAILABLE,
		"process %d (\"%s\") runs as user %u: its limits can be read only with "
		"CAP_SYS_RESOURCE, which davit lacks here; a user namespace for the "
		"container helps",
		pid, status.name, status.uids[1]);
}

gboolean
criu_processes_check (const DavitDumpRequest *request, GError **error)
{
	g_autoptr (GArray) pids = criu_cgroup_processes (request->cgroups);
	gboolean own_users = has_own_users (request->pid);
	Status own;
	Status first;

	if (!status_read ("self", &own) || !status_of ((gint) request->pid, &first) ||
	    first.state == 'Z')
		return criu_error_set (error, DAVIT_ERROR_STATE, "process %u is gone",
				       request->pid);
	if (pids->len == 0)
		return process_check ((gint) request->pid, request, &own, own_users, error);
	for (guint i = 0; i < pids->len; i++) {
		if (!process_check (g_array_index (pids, gint, i), request, &own, own_users, error))
			return FALSE;
	}
	return TRUE;
}
