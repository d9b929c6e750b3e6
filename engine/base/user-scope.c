/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A control group from the systemd user manager: a scope, with delegation, into which this process
 * is moved, and which goes with the last process in it. From a group of a login session a user may
 * neither make groups nor move a process into those that he has, so that what starts processes in
 * containers asks for one.
 *
 * It is done by a child: libsystemd, bound at run time, and what that loads would stay in this
 * process. It talks to the manager itself where that listens, as systemctl does, since there need
 * be no message bus of the user's. The job's end is told by a signal.
 */

#include "base/user.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIBRARY "libsystemd.so.0"
#define MANAGER "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE "org.freedesktop.systemd1.Manager"
/* Of a manager that is well, some milliseconds pass. */
#define LIMIT_MSEC 5000
#define TEXT_LIMIT 1024

typedef struct sd_bus Bus;
typedef struct sd_bus_message Message;
typedef struct sd_bus_slot Slot;

/* The part of libsystemd that is used, named as there without its prefix. */
typedef struct {
	void *handle;
	int (*bus_new) (Bus **bus);
	int (*bus_set_address) (Bus *bus, const char *address);
	int (*bus_set_bus_client) (Bus *bus, int is_client);
	int (*bus_start) (Bus *bus);
	int (*bus_match_signal) (Bus *bus, Slot **slot, const char *sender, const char *path,
				 const char *interface, const char *member,
				 int (*callback) (Message *, void *, void *), void *data);
	int (*bus_message_new_method_call) (Bus *bus, Message **message, const char *destination,
					    const char *path, const char *interface,
					    const char *member);
	int (*bus_message_append) (Message *message, const char *types, ...);
	int (*bus_message_read) (Message *message, const char *types, ...);
	int (*bus_call) (Bus *bus, Message *message, guint64 usec, void *error, Message **reply);
	int (*bus_process) (Bus *bus, Message **message);
	int (*bus_wait) (Bus *bus, guint64 usec);
} Library;

static gboolean
library_find (const Library *library, const char *name, void **ret_function)
{
	*ret_function = dlsym (library->handle, name);
	return *ret_function != NULL;
}

#define FIND(name) library_find (library, "sd_" #name, (void **) &library->name)

static gboolean
library_open (Library *library)
{
	library->handle = dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL);
	return library->handle != NULL && FIND (bus_new) && FIND (bus_set_address) &&
	       FIND (bus_set_bus_client) && FIND (bus_start) && FIND (bus_match_signal) &&
	       FIND (bus_message_new_method_call) && FIND (bus_message_append) &&
	       FIND (bus_message_read) && FIND (bus_call) && FIND (bus_process) && FIND (bus_wait);
}

/**
 * Job: what the manager does for us, and whether it has done it.
 */
typedef struct {
	const Library *library;
	const char *path;
	const char *result; /* "done", or how it failed */
} Job;

static int
job_removed (Message *message, void *data, void *error)
{
	Job *job = (Job *) data;
	const char *path = NULL, *unit = NULL, *result = NULL;
	guint32 id = 0;

	if (job->library->bus_message_read (message, "uoss", &id, &path, &unit, &result) >= 0 &&
	    g_strcmp0 (path, job->path) == 0)
		job->result = g_strdup (result);
	return 0;
}

static int
scope_ask (const Library *library, Bus *bus, pid_t pid, Message **ret_reply)
{
	g_autofree char *unit =
		g_strdup_printf ("davit-%d-%ld.scope", (int) pid, (long) time (NULL));
	Message *message = NULL;
	int status = library->bus_message_new_method_call (bus, &message, MANAGER, MANAGER_PATH,
							   MANAGER_INTERFACE, "StartTransientUnit");

	if (status >= 0)
		status = library->bus_message_append (message, "ssa(sv)a(sa(sv))", unit, "fail", 4,
						      "Description", "s", "containers of davit",
						      "Delegate", "b", 1, "CollectMode", "s",
						      "inactive-or-failed", "PIDs", "au", 1,
						      (guint32) pid, 0);
	return status < 0 ? status
			  : library->bus_call (bus, message, LIMIT_MSEC * 1000, NULL, ret_reply);
}

/* 0, or -errno. Whoever runs this ends soon: nothing is freed. */
static int
scope_start (const Library *library, Bus *bus, pid_t pid)
{
	Job job = {.library = library};
	Message *reply = NULL;
	int status = library->bus_match_signal (bus, NULL, NULL, MANAGER_PATH, MANAGER_INTERFACE,
						"JobRemoved", job_removed, &job);

	if (status >= 0)
		status = scope_ask (library, bus, pid, &reply);
	if (status >= 0)
		status = library->bus_message_read (reply, "o", &job.path);
	/* The signal may have come before the answer: then it waits in the queue. */
	while (status >= 0 && job.result == NULL) {
		status = library->bus_process (bus, NULL);
		if (status == 0)
			status = library->bus_wait (bus, LIMIT_MSEC * 1000);
	}
	if (status < 0)
		return status;
	return g_strcmp0 (job.result, "done") == 0 ? 0 : -ECANCELED;
}

static int
manager_open (const Library *library, const char *address, gboolean is_bus, Bus **ret_bus)
{
	Bus *bus = NULL;
	int status = library->bus_new (&bus);

	if (status >= 0)
		status = library->bus_set_address (bus, address);
	if (status >= 0 && is_bus)
		status = library->bus_set_bus_client (bus, 1);
	if (status >= 0)
		status = library->bus_start (bus);
	*ret_bus = bus;
	return status;
}

static char *
runtime_directory (void)
{
	const char *given = secure_getenv ("XDG_RUNTIME_DIR");

	if (given != NULL && given[0] == '/')
		return g_strdup (given);
	return g_strdup_printf ("/run/user/%u", (guint) geteuid ());
}

/* The manager's own socket, or the user's message bus. */
static int
manager_find (const Library *library, Bus **ret_bus)
{
	g_autofree char *directory = runtime_directory ();
	g_autofree char *manager = g_strdup_printf ("unix:path=%s/systemd/private", directory);
	g_autofree char *usual = g_strdup_printf ("unix:path=%s/bus", directory);
	const char *given = secure_getenv ("DBUS_SESSION_BUS_ADDRESS");
	int status = manager_open (library, manager, FALSE, ret_bus);

	if (status < 0)
		status = manager_open (library, given != NULL ? given : usual, TRUE, ret_bus);
	return status;
}

static G_GNUC_NORETURN void
child_run (pid_t pid, int report_fd)
{
	Library library = {0};
	Bus *bus = NULL;
	int status;

	alarm (LIMIT_MSEC / 1000);
	if (!library_open (&library)) {
		dprintf (report_fd, "libsystemd is not installed");
		_exit (1);
	}
	status = manager_find (&library, &bus);
	if (status >= 0)
		status = scope_start (&library, bus, pid);
	if (status < 0)
		dprintf (report_fd, "%s", g_strerror (-status));
	_exit (status < 0 ? 1 : 0);
}

/* Whether there may be a manager: most often its directory tells that there is none. */
static gboolean
manager_is_there (void)
{
	g_autofree char *directory = runtime_directory ();
	g_autofree char *manager = g_build_filename (directory, "systemd", "private", NULL);
	g_autofree char *bus = g_build_filename (directory, "bus", NULL);

	return access (manager, W_OK) == 0 || access (bus, W_OK) == 0 ||
	       secure_getenv ("DBUS_SESSION_BUS_ADDRESS") != NULL;
}

void
davit_user_scope_enter (void)
{
	g_autofree char *text = NULL;
	pid_t own = getpid ();
	int ends[2];
	pid_t child;

	if (davit_user_cgroup_is_own () || !manager_is_there () || pipe2 (ends, O_CLOEXEC) < 0)
		return;
	child = fork ();
	if (child == 0)
		child_run (own, ends[1]);
	davit_fd_close (&ends[1]);
	if (child > 0)
		davit_fd_read (ends[0], TEXT_LIMIT, "pipe", &text, NULL, NULL);
	davit_fd_close (&ends[0]);
	while (child > 0 && waitpid (child, NULL, 0) < 0 && errno == EINTR)
		continue;
	if (!davit_user_cgroup_is_own ())
		davit_debug ("no control group from the systemd user manager: %s",
			     text != NULL && *text != '\0' ? text : "it did not answer");
}
