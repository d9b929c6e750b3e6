/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A time namespace is made for the children of whoever makes it, and its clocks can be set only
 * until somebody is in it. So the first process makes it, sets the clocks, and then joins it: clone
 * with CLONE_NEWTIME would put it there at once.
 */

#include "native-time.h"

#include "native-proc.h"
#include "native-syscall.h"
#include "runtime-error.h"
#include "runtime-json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>

gboolean
native_time_parse (const DavitHost *host, const DavitJson *linux_object,
		   const NativeNamespaces *namespaces, char **ret_offsets, GError **error)
{
	g_autoptr (GString) lines = g_string_new (NULL);
	const DavitJson *object = NULL;

	if (!host->json->get_object (linux_object, "timeOffsets", &object, error))
		return FALSE;
	for (guint i = 0; object != NULL && i < host->json->length (object); i++) {
		const DavitJson *entry = host->json->element (object, i);
		const char *clock = host->json->element_key (object, i);
		gint64 secs = 0;
		gint64 nanosecs = 0;

		if (!g_str_equal (clock, "monotonic") && !g_str_equal (clock, "boottime"))
			return runtime_json_fail (
				error, host, entry, DAVIT_ERROR_CONFIG,
				"\"%s\" is no clock; there are: boottime, monotonic", clock);
		if (host->json->type (entry) != DAVIT_JSON_OBJECT)
			return runtime_json_fail (error, host, entry, DAVIT_ERROR_CONFIG,
						  "must be an object");
		if (!host->json->get_integer (entry, "secs", G_MININT64, G_MAXINT64, &secs,
					      error) ||
		    !host->json->get_integer (entry, "nanosecs", 0, 999999999, &nanosecs, error))
			return FALSE;
		g_string_append_printf (lines, "%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n",
					clock, secs, nanosecs);
	}
	if (lines->len > 0 && !(namespaces->new_flags & CLONE_NEWTIME))
		return runtime_json_fail (error, host, object, DAVIT_ERROR_CONFIG,
					  "needs a new time namespace in linux.namespaces");
	if (lines->len > 0)
		*ret_offsets = g_string_free (g_steal_pointer (&lines), FALSE);
	return TRUE;
}

static int
write_offsets (const char *offsets, int proc_fd)
{
	int status;

	/*
	 * The files of a process that may not be looked at are root's: not ours in a user
	 * namespace.
	 */
	if (prctl (PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return -errno;
	status = native_proc_write (proc_fd, "self/timens_offsets", offsets, strlen (offsets));
	if (prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 && status == 0)
		status = -errno;
	return status;
}

gboolean
native_time_enter (const char *offsets, int proc_fd, NativeReport *report)
{
	int fd;
	int status;

	if (unshare (CLONE_NEWTIME) < 0)
		return native_report_fail (report, NATIVE_STEP_TIME_NAMESPACE, errno, NULL);
	status = offsets != NULL ? write_offsets (offsets, proc_fd) : 0;
	if (status < 0)
		return native_report_fail (report, NATIVE_STEP_TIME_OFFSETS, status, offsets);
	fd = openat (proc_fd, "self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return native_report_fail (report, NATIVE_STEP_TIME_NAMESPACE, errno, NULL);
	status = setns (fd, CLONE_NEWTIME) < 0 ? -errno : 0;
	close (fd);
	if (status < 0)
		return native_report_fail (report, NATIVE_STEP_TIME_NAMESPACE, status, NULL);
	return TRUE;
}
