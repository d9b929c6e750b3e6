/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Values on their way into files of groups: written in order, and taken back if one is refused. */

#include "native-cgroup-private.h"

#include "runtime-error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void
native_cgroup_setting_free (NativeSetting *setting)
{
	g_free (setting->field);
	g_free (setting->file);
	g_free (setting->value);
	g_free (setting->other_file);
	g_free (setting->other_value);
	g_free (setting->key);
	g_free (setting->old);
	g_free (setting);
}

gboolean
native_cgroup_setting_add (NativeLimits *limits, const char *field, const char *controller,
			   const char *file, char *value, NativeSetting **ret_setting,
			   GError **error)
{
	g_autofree char *taken = value;
	RuntimeGroup *group = runtime_cgroup_group_of (limits->cgroup, controller);
	NativeSetting *setting;

	if (group == NULL)
		return runtime_error_say (
			error, DAVIT_ERROR_UNAVAILABLE,
			"%s: limit \"%s\" needs the controller \"%s\", which this "
			"host has not got%s",
			field, taken, controller,
			limits->host->facts->rootless ? " or does not delegate to its users"
						      : "; mount it or enable it in the kernel");
	setting = g_new0 (NativeSetting, 1);
	setting->group = group;
	setting->rootless = limits->host->facts->rootless;
	setting->field = g_strdup (field);
	setting->file = g_strdup (file);
	setting->value = g_steal_pointer (&taken);
	g_ptr_array_add (limits->settings, setting);
	if (ret_setting != NULL)
		*ret_setting = setting;
	return TRUE;
}

/* What is behind a bare error number. */
static const char *
problem_explain (const NativeSetting *setting, int number)
{
	if (number == ENOENT)
		return "; this kernel does not have the file, or the controller is not enabled "
		       "in the group above";
	if (number == EBUSY && strstr (setting->file, "memory") != NULL)
		return "; the container uses more than that";
	if (number == EINVAL && g_str_has_prefix (setting->file, "cpuset."))
		return "; there are no such processors or memory nodes, or the group above has not "
		       "got them";
	if (number == EACCES && g_str_has_prefix (setting->file, "cpuset."))
		return "; the group above has not got them all";
	if (number == EINVAL && g_str_has_prefix (setting->file, "cpu."))
		return "; it is out of the kernel's bounds or above what the group above has";
	if (number == ENODEV && setting->key != NULL)
		return "; there is no such device";
	return "";
}

static gboolean
setting_fail (const NativeSetting *setting, int number, GError **error)
{
	g_autofree char *value = g_strdelimit (g_strdup (setting->value), "\n", ' ');

	return runtime_error_say (error, runtime_error_code (number),
				  "%s: write \"%s\" to \"%s%s/%s\": %s%s", setting->field, value,
				  setting->group->mount, setting->group->path, setting->file,
				  g_strerror (number), problem_explain (setting, number));
}

/* Where the wished file does not exist, the other one is taken, if there is one. */
static void
file_choose (NativeSetting *setting)
{
	if (setting->other_file == NULL ||
	    faccessat (setting->group->fd, setting->file, F_OK, 0) == 0 ||
	    faccessat (setting->group->fd, setting->other_file, F_OK, 0) < 0)
		return;
	g_free (setting->file);
	setting->file = g_steal_pointer (&setting->other_file);
	if (setting->other_value != NULL) {
		g_free (setting->value);
		setting->value = g_steal_pointer (&setting->other_value);
	}
}

/* Groups are root's unless he gave some away, or the systemd user manager does. */
static const char *
refusal_explain (const NativeSetting *setting)
{
	if (!setting->group->v2)
		return "; an ordinary user can set limits only with cgroup v2";
	return "; an ordinary user has groups of his own where a systemd user manager runs, as "
	       "after \"loginctl enable-linger\", or where root gave him one and davit is started "
	       "in it";
}

static gboolean
group_fail (const NativeSetting *setting, GError **error)
{
	const RuntimeGroup *group = setting->group;
	int number = group->problem == 0 ? ENOENT : group->problem;
	gboolean refused = number == EACCES || number == EPERM || number == EROFS;
	/* NOT_FOUND would say that there is no such container. */
	DavitErrorCode code =
		number == ENOENT ? DAVIT_ERROR_UNAVAILABLE : runtime_error_code (number);

	return runtime_error_say (error, code,
				  "%s: limit \"%s\" needs control group \"%s%s\": %s%s",
				  setting->field, setting->value, group->mount, group->path,
				  g_strerror (number),
				  refused && setting->rootless ? refusal_explain (setting) : "");
}

static gboolean
setting_write (NativeSetting *setting, gboolean undo, GError **error)
{
	const RuntimeGroup *group = setting->group;
	int result;

	if (group->fd < 0)
		return group_fail (setting, error);
	file_choose (setting);
	if (undo)
		setting->old = runtime_cgroup_get_all (group->fd, setting->file);
	result = runtime_cgroup_put (group->fd, setting->file, setting->value);
	if (result == 0)
		return TRUE;
	return setting_fail (setting, -result, error);
}

/* The line of a file that begins with the key and a space, or NULL. */
static char *
key_line (const char *text, const char *key)
{
	gsize length = strlen (key);

	while (*text != '\0') {
		const char *end = strchrnul (text, '\n');

		if (strncmp (text, key, length) == 0 && text[length] == ' ')
			return g_strndup (text, (gsize) (end - text));
		text = *end == '\0' ? end : end + 1;
	}
	return NULL;
}

static void
setting_undo (const NativeSetting *setting)
{
	g_autofree char *value = NULL;

	if (setting->old == NULL)
		return;
	if (setting->key != NULL) {
		value = key_line (setting->old, setting->key);
		if (value == NULL)
			value = g_strconcat (setting->key, " ", setting->reset, NULL);
	} else if (g_str_has_prefix (setting->old, "oom_kill_disable ")) {
		value = g_strdup (strncmp (setting->old, "oom_kill_disable 1", 18) == 0 ? "1"
											: "0");
	} else {
		/* An empty list of processors is a line, too: nothing written is nothing set. */
		value = g_strdup (setting->old);
	}
	runtime_cgroup_put (setting->group->fd, setting->file, value);
}

gboolean
native_cgroup_settings_write (GPtrArray *settings, gboolean undo, GError **error)
{
	for (guint i = 0; i < settings->len; i++) {
		if (setting_write (settings->pdata[i], undo, error))
			continue;
		while (undo && i-- > 0)
			setting_undo (settings->pdata[i]);
		return FALSE;
	}
	return TRUE;
}
