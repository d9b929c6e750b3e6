/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Options of confinement. What can't be applied on this host is refused and never ignored: a
 * container that runs without the confinement that was asked for is worse than none.
 */

#include "container/create-request-private.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
capability_add (GPtrArray *array, const char *option, const char *value, GError **error)
{
	g_auto (GStrv) words = g_strsplit (value, ",", -1);

	if (words[0] == NULL)
		return davit_request_refuse (error, option, value,
					     "must name a capability, or all");
	for (guint i = 0; words[i] != NULL; i++) {
		const char *name = g_ascii_strcasecmp (words[i], "all") == 0
					   ? "ALL"
					   : davit_request_capability (words[i]);

		if (name == NULL)
			return davit_request_refuse (error, option, words[i],
						     "is no capability; write NET_RAW, CAP_NET_RAW "
						     "or all");
		if (!g_ptr_array_find_with_equal_func (array, name, g_str_equal, NULL))
			g_ptr_array_add (array, (gpointer) name);
	}
	return TRUE;
}

static gboolean
add_cap_add (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return capability_add (request->security.cap_add, option, value, error);
}

static gboolean
add_cap_drop (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return capability_add (request->security.cap_drop, option, value, error);
}

static gboolean
opt_seccomp (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	g_autofree char *path = NULL;
	struct stat status;

	if (strcmp (value, "unconfined") == 0) {
		davit_request_text (&request->security.seccomp, value);
		return TRUE;
	}
	if (!davit_request_path (option, value, &path, error))
		return FALSE;
	if (stat (path, &status) < 0 || !S_ISREG (status.st_mode))
		return davit_request_refuse (error, option, value,
					     "is neither unconfined nor a file with a seccomp "
					     "profile");
	davit_request_text (&request->security.seccomp, path);
	return TRUE;
}

static gboolean
opt_no_new_privileges (DavitCreateRequest *request, const char *option, const char *value,
		       GError **error)
{
	request->security.has_no_new_privileges = TRUE;
	if (value == NULL) {
		request->security.no_new_privileges = TRUE;
		return TRUE;
	}
	return davit_request_switch (option, value, &request->security.no_new_privileges, error);
}

static gboolean
paths_add (GPtrArray *array, gboolean patterns, const char *option, const char *value,
	   GError **error)
{
	g_auto (GStrv) paths = g_strsplit (value, ":", -1);

	if (paths[0] == NULL)
		return davit_request_refuse (error, option, value, "must name paths");
	for (guint i = 0; paths[i] != NULL; i++) {
		g_autofree char *path = NULL;

		if (patterns && g_ascii_strcasecmp (paths[i], "all") == 0) {
			g_ptr_array_add (array, g_strdup ("ALL"));
			continue;
		}
		if (!davit_request_destination (option, paths[i], &path, error))
			return FALSE;
		g_ptr_array_add (array, g_steal_pointer (&path));
	}
	return TRUE;
}

static gboolean
opt_mask (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return paths_add (request->security.mask, FALSE, option, value, error);
}

static gboolean
opt_unmask (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return paths_add (request->security.unmask, TRUE, option, value, error);
}

static gboolean
opt_systempaths (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (strcmp (value, "unconfined") != 0)
		return davit_request_refuse (error, option, value, "must be unconfined");
	g_ptr_array_add (request->security.unmask, g_strdup ("ALL"));
	return TRUE;
}

static gboolean
opt_label (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (strcmp (value, "disable") == 0)
		return TRUE;
	if (access ("/sys/fs/selinux/enforce", F_OK) < 0)
		return davit_error_set (error, DAVIT_ERROR_UNAVAILABLE,
					"option \"--%s\": label \"%s\" needs SELinux, which this "
					"host does not have",
					option, value);
	return davit_request_unsupported (error, option, "SELinux labels are not there yet");
}

static gboolean
apparmor_enabled (void)
{
	g_autofree char *text = NULL;

	return g_file_get_contents ("/sys/module/apparmor/parameters/enabled", &text, NULL, NULL) &&
	       text[0] == 'Y';
}

static gboolean
opt_apparmor (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (!davit_request_is_word (value))
		return davit_request_refuse (error, option, value,
					     "must be the name of an AppArmor profile, or "
					     "unconfined");
	if (strcmp (value, "unconfined") == 0) {
		g_clear_pointer (&request->security.apparmor, g_free);
		return TRUE;
	}
	if (!apparmor_enabled ())
		return davit_error_set (error, DAVIT_ERROR_UNAVAILABLE,
					"option \"--%s\": profile \"%s\" needs AppArmor, which "
					"this host does not have",
					option, value);
	davit_request_text (&request->security.apparmor, value);
	return TRUE;
}

static gboolean
opt_later (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_unsupported (error, option, "is not there yet");
}

static gboolean
add_security_opt (DavitCreateRequest *request, const char *option, const char *value,
		  GError **error)
{
	static const DavitRequestOption table[] = {
		{"apparmor", opt_apparmor},
		{"label", opt_label},
		{"mask", opt_mask},
		{"no-new-privileges", opt_no_new_privileges},
		{"proc-opts", opt_later},
		{"seccomp", opt_seccomp},
		{"systempaths", opt_systempaths},
		{"unmask", opt_unmask},
		{"writable-cgroups", opt_later},
		{NULL, NULL},
	};
	gsize length = strcspn (value, "=:");
	g_autofree char *key = g_strndup (value, length);
	const char *text = value[length] != '\0' ? value + length + 1 : NULL;
	g_autofree char *name = g_strconcat (option, " ", key, NULL);

	for (const DavitRequestOption *entry = table; entry->name != NULL; entry++) {
		if (strcmp (entry->name, key) != 0)
			continue;
		if (text == NULL && entry->set != opt_no_new_privileges)
			return davit_request_refuse (error, option, value, "must be KEY=VALUE");
		return entry->set (request, name, text, error);
	}
	return davit_request_refuse (error, option, value,
				     "must begin with one of seccomp, no-new-privileges, mask, "
				     "unmask, label, apparmor, systempaths");
}

static gboolean
set_privileged (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_switch (option, value, &request->security.privileged, error);
}

static gboolean
set_read_only (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_switch (option, value, &request->security.read_only, error);
}

static gboolean
set_read_only_tmpfs (DavitCreateRequest *request, const char *option, const char *value,
		     GError **error)
{
	return davit_request_switch (option, value, &request->security.read_only_tmpfs, error);
}

gboolean
davit_request_security_set (DavitCreateRequest *request, const char *option, const char *value,
			    GError **error)
{
	static const DavitRequestOption table[] = {
		{"cap-add", add_cap_add},
		{"cap-drop", add_cap_drop},
		{"privileged", set_privileged},
		{"read-only", set_read_only},
		{"read-only-tmpfs", set_read_only_tmpfs},
		{"security-opt", add_security_opt},
		{NULL, NULL},
	};

	return davit_request_dispatch (table, request, option, value, error);
}
