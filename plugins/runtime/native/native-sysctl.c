/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A parameter that no namespace holds would be set for the whole host: only those of a list pass.
 */

#include "native-sysctl.h"

#include "native-proc.h"
#include "runtime-json.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

typedef struct {
	const char *prefix; /* with "." or "/" at the end all below it */
	int flag;
	const char *type;
} SysctlScope;

static const SysctlScope scopes[] = {
	{"net/", CLONE_NEWNET, "network"},
	{"fs/mqueue/", CLONE_NEWIPC, "ipc"},
	{"kernel/msgmax", CLONE_NEWIPC, "ipc"},
	{"kernel/msgmnb", CLONE_NEWIPC, "ipc"},
	{"kernel/msgmni", CLONE_NEWIPC, "ipc"},
	{"kernel/msg_next_id", CLONE_NEWIPC, "ipc"},
	{"kernel/sem", CLONE_NEWIPC, "ipc"},
	{"kernel/sem_next_id", CLONE_NEWIPC, "ipc"},
	{"kernel/shmall", CLONE_NEWIPC, "ipc"},
	{"kernel/shmmax", CLONE_NEWIPC, "ipc"},
	{"kernel/shmmni", CLONE_NEWIPC, "ipc"},
	{"kernel/shm_next_id", CLONE_NEWIPC, "ipc"},
	{"kernel/shm_rmid_forced", CLONE_NEWIPC, "ipc"},
	{"kernel/auto_msgmni", CLONE_NEWIPC, "ipc"},
	{"kernel/domainname", CLONE_NEWUTS, "uts"},
	{"kernel/hostname", CLONE_NEWUTS, "uts"},
};

/*
 * "net.ipv4.conf.eth0/1.forwarding": a name of an interface may hold a dot, which is written "/"
 * then. A name with "/" before the first "." is a path as it is.
 */
static char *
name_to_path (const char *name)
{
	char *path = g_strdup (name);
	const char *slash = strchr (name, '/');
	const char *dot = strchr (name, '.');

	if (slash != NULL && (dot == NULL || slash < dot))
		return path;
	for (char *c = path; *c != '\0'; c++)
		*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
	return path;
}

static const SysctlScope *
path_scope (const char *path)
{
	for (gsize i = 0; i < G_N_ELEMENTS (scopes); i++) {
		gboolean below = g_str_has_suffix (scopes[i].prefix, "/");

		if (below ? g_str_has_prefix (path, scopes[i].prefix)
			  : g_str_equal (path, scopes[i].prefix))
			return &scopes[i];
	}
	return NULL;
}

static gboolean
path_is_clean (const char *path)
{
	g_auto (GStrv) parts = g_strsplit (path, "/", -1);

	for (guint i = 0; parts[i] != NULL; i++)
		if (*parts[i] == '\0' || g_str_equal (parts[i], ".") ||
		    g_str_equal (parts[i], ".."))
			return FALSE;
	return TRUE;
}

static gboolean
sysctl_read (const DavitHost *host, const DavitJson *value, const char *name,
	     const NativeNamespaces *namespaces, NativeSysctl *sysctl, GError **error)
{
	g_autofree char *path = name_to_path (name);
	const SysctlScope *scope = path_is_clean (path) ? path_scope (path) : NULL;

	if (host->json->type (value) != DAVIT_JSON_STRING)
		return runtime_json_fail (error, host, value, DAVIT_ERROR_CONFIG,
					  "must be a string");
	if (scope == NULL)
		return runtime_json_fail (error, host, value, DAVIT_ERROR_CONFIG,
					  "belongs to no namespace: it would be set for the whole "
					  "host");
	if (!native_namespaces_have (namespaces, scope->flag))
		return runtime_json_fail (error, host, value, DAVIT_ERROR_CONFIG,
					  "would be set for the host: the container has no %s "
					  "namespace of its own",
					  scope->type);
	sysctl->name = name;
	sysctl->value = host->json->string (value);
	sysctl->path = g_strconcat ("sys/", path, NULL);
	return TRUE;
}

gboolean
native_sysctl_parse (const DavitHost *host, const DavitJson *linux_object,
		     const NativeNamespaces *namespaces, NativeSysctls *ret, GError **error)
{
	const DavitJson *object = NULL;

	memset (ret, 0, sizeof *ret);
	if (!host->json->get_object (linux_object, "sysctl", &object, error))
		return FALSE;
	if (object == NULL)
		return TRUE;
	ret->entries = g_new0 (NativeSysctl, host->json->length (object) + 1);
	for (guint i = 0; i < host->json->length (object); i++) {
		if (!sysctl_read (host, host->json->element (object, i),
				  host->json->element_key (object, i), namespaces, &ret->entries[i],
				  error))
			return FALSE;
		ret->n_entries++;
	}
	return TRUE;
}

void
native_sysctl_clear (NativeSysctls *sysctls)
{
	for (guint i = 0; i < sysctls->n_entries; i++)
		g_free (sysctls->entries[i].path);
	g_clear_pointer (&sysctls->entries, g_free);
	sysctls->n_entries = 0;
}

gboolean
native_sysctl_apply (const NativeSysctls *sysctls, int proc_fd, NativeReport *report)
{
	int own_fd = -1;
	int status = 0;
	guint i;

	for (i = 0; i < sysctls->n_entries && status == 0; i++) {
		const NativeSysctl *sysctl = &sysctls->entries[i];
		gsize length = strlen (sysctl->value);

		status = own_fd >= 0
				 ? -EXDEV
				 : native_proc_write (proc_fd, sysctl->path, sysctl->value, length);
		if (status == -EXDEV) {
			if (own_fd < 0)
				own_fd = native_proc_make ();
			status = own_fd < 0 ? own_fd
					    : native_proc_write (own_fd, sysctl->path,
								 sysctl->value, length);
		}
	}
	if (own_fd >= 0)
		close (own_fd);
	if (status < 0)
		return native_report_fail (report, NATIVE_STEP_SYSCTL, status,
					   sysctls->entries[i - 1].name);
	return TRUE;
}
