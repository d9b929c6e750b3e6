/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Device rules: all is denied first, then come those of the document, then those devices that every
 * container may use. The last one that matches decides, in v1 as in v2.
 */

#include "native-cgroup-private.h"

#include "runtime-error.h"
#include "runtime-number.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FIELD "linux.resources.devices"

/* null, zero, full, random, urandom, tty, console, ptmx, pts/N. */
static const NativeDeviceRule defaults[] = {
	{TRUE, 'c', 1, 3, NATIVE_DEVICE_ALL},	 {TRUE, 'c', 1, 5, NATIVE_DEVICE_ALL},
	{TRUE, 'c', 1, 7, NATIVE_DEVICE_ALL},	 {TRUE, 'c', 1, 8, NATIVE_DEVICE_ALL},
	{TRUE, 'c', 1, 9, NATIVE_DEVICE_ALL},	 {TRUE, 'c', 5, 0, NATIVE_DEVICE_ALL},
	{TRUE, 'c', 5, 1, NATIVE_DEVICE_ALL},	 {TRUE, 'c', 5, 2, NATIVE_DEVICE_ALL},
	{TRUE, 'c', 136, -1, NATIVE_DEVICE_ALL},
};

static gboolean
access_parse (const char *text, guint *ret)
{
	guint access = 0;

	for (; *text != '\0'; text++) {
		if (*text == 'm')
			access |= NATIVE_DEVICE_MKNOD;
		else if (*text == 'r')
			access |= NATIVE_DEVICE_READ;
		else if (*text == 'w')
			access |= NATIVE_DEVICE_WRITE;
		else
			return FALSE;
	}
	*ret = access;
	return access != 0;
}

static gboolean
rule_parse (const DavitHost *host, const DavitJson *object, guint index, NativeDeviceRule *ret,
	    GError **error)
{
	NativeDeviceRule rule = {FALSE, 'a', -1, -1, NATIVE_DEVICE_ALL};
	const char *type = "a";
	const char *access = "rwm";

	if (!host->json->get_boolean (object, "allow", &rule.allow, error) ||
	    !host->json->get_string (object, "type", &type, error) ||
	    !host->json->get_string (object, "access", &access, error) ||
	    !host->json->get_integer (object, "major", -1, G_MAXUINT32, &rule.major, error) ||
	    !host->json->get_integer (object, "minor", -1, G_MAXUINT32, &rule.minor, error))
		return FALSE;
	/* "u" is an old name of "c". */
	if (strlen (type) != 1 || strchr ("abcu", type[0]) == NULL)
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  FIELD "[%u].type: \"%s\" must be a, b or c", index, type);
	if (!access_parse (access, &rule.access))
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  FIELD "[%u].access: \"%s\" must be made of r, w and m",
					  index, access);
	rule.type = type[0] == 'u' ? 'c' : type[0];
	if (rule.type == 'a' &&
	    (rule.major >= 0 || rule.minor >= 0 || rule.access != NATIVE_DEVICE_ALL))
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  FIELD "[%u]: type \"a\" is all devices with all access; "
						"name b and c for less",
					  index);
	*ret = rule;
	return TRUE;
}

gboolean
native_cgroup_devices_parse (const DavitHost *host, const DavitJson *resources, GArray **ret_rules,
			     GError **error)
{
	g_autoptr (GArray) rules = g_array_new (FALSE, FALSE, sizeof (NativeDeviceRule));
	const NativeDeviceRule nothing = {FALSE, 'a', -1, -1, NATIVE_DEVICE_ALL};
	const DavitJson *array = NULL;

	if (!host->json->get_array (resources, "devices", &array, error))
		return FALSE;
	g_array_append_val (rules, nothing);
	for (guint i = 0; i < host->json->length (array); i++) {
		NativeDeviceRule rule;

		if (!rule_parse (host, host->json->element (array, i), i, &rule, error))
			return FALSE;
		/* What stands before a rule for everything no longer matters. */
		if (rule.type == 'a')
			g_array_set_size (rules, 0);
		g_array_append_val (rules, rule);
	}
	g_array_append_vals (rules, defaults, G_N_ELEMENTS (defaults));
	*ret_rules = g_steal_pointer (&rules);
	return TRUE;
}

static char *
number_text (gint64 number)
{
	return number < 0 ? g_strdup ("*") : g_strdup_printf ("%" G_GINT64_FORMAT, number);
}

static char *
rule_text (const NativeDeviceRule *rule)
{
	g_autofree char *major = number_text (rule->major);
	g_autofree char *minor = number_text (rule->minor);

	if (rule->type == 'a')
		return g_strdup ("a");
	return g_strdup_printf ("%c %s:%s %s%s%s", rule->type, major, minor,
				rule->access & NATIVE_DEVICE_READ ? "r" : "",
				rule->access & NATIVE_DEVICE_WRITE ? "w" : "",
				rule->access & NATIVE_DEVICE_MKNOD ? "m" : "");
}

static gboolean
numbers_overlap (gint64 one, gint64 two)
{
	return one < 0 || two < 0 || one == two;
}

/*
 * v1 keeps a list of exceptions from one rule, and takes away from it only what stands there word
 * for word: "deny c 1:3" after "allow c 1:*" is taken and does nothing.
 */
static gboolean
rule_is_lost_on_v1 (const GArray *rules, guint index)
{
	const NativeDeviceRule *rule = &g_array_index (rules, NativeDeviceRule, index);
	gboolean base = g_array_index (rules, NativeDeviceRule, 0).allow;

	if (rule->allow != base)
		return FALSE;
	for (guint i = 1; i < index; i++) {
		const NativeDeviceRule *other = &g_array_index (rules, NativeDeviceRule, i);

		if (other->allow == base || other->type != rule->type ||
		    (other->access & rule->access) == 0 ||
		    !numbers_overlap (other->major, rule->major) ||
		    !numbers_overlap (other->minor, rule->minor))
			continue;
		if (other->major != rule->major || other->minor != rule->minor)
			return TRUE;
	}
	return FALSE;
}

/* One rule a write; the files stay open from rule to rule. fds: of deny and allow. 0 or -errno. */
static int
v1_write (const RuntimeGroup *group, const NativeDeviceRule *rule, const char *text, int fds[2])
{
	static const char *const files[] = {"devices.deny", "devices.allow"};
	int *fd = &fds[rule->allow ? 1 : 0];

	if (*fd < 0)
		*fd = openat (group->fd, files[rule->allow ? 1 : 0],
			      O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	return *fd >= 0 && write (*fd, text, strlen (text)) >= 0 ? 0 : -errno;
}

static gboolean
v1_rule_apply (const RuntimeGroup *group, const GArray *rules, guint index, int fds[2],
	       GError **error)
{
	const NativeDeviceRule *rule = &g_array_index (rules, NativeDeviceRule, index);
	g_autofree char *text = rule_text (rule);
	const char *file = rule->allow ? "devices.allow" : "devices.deny";
	int result;

	if (rule_is_lost_on_v1 (rules, index))
		return runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
					  FIELD ": \"%s\" in \"%s\" would be without effect in "
						"cgroup v1, since an earlier rule is wider or "
						"narrower",
					  text, file);
	result = v1_write (group, rule, text, fds);
	return result == 0 ||
	       runtime_error_set (error, -result, FIELD ": write \"%s\" to \"%s%s/%s\"", text,
				  group->mount, group->path, file);
}

static gboolean
v1_apply (const RuntimeGroup *group, const GArray *rules, GError **error)
{
	/* With everything allowed there is nothing that the defaults could add. */
	gboolean all = g_array_index (rules, NativeDeviceRule, 0).allow;
	guint length = rules->len - (all ? (guint) G_N_ELEMENTS (defaults) : 0);
	int fds[2] = {-1, -1};
	gboolean good = TRUE;

	for (guint i = 0; good && i < length; i++)
		good = v1_rule_apply (group, rules, i, fds, error);
	for (gsize i = 0; i < G_N_ELEMENTS (fds); i++) {
		if (fds[i] >= 0)
			close (fds[i]);
	}
	return good;
}

static gboolean
v2_apply (const RuntimeCgroup *cgroup, const RuntimeGroup *group, const GArray *rules,
	  GError **error)
{
	int result = native_cgroup_bpf_attach (group->fd, rules);

	/* In a user namespace that is not the first one no device can be made or opened anyway. */
	if (result == 0 || (result == -EPERM && cgroup->host->facts->rootless))
		return TRUE;
	return runtime_error_set (error, -result, FIELD ": attach a program to \"%s%s\"",
				  group->mount, group->path);
}

gboolean
native_cgroup_devices_apply (const RuntimeCgroup *cgroup, const DavitJson *resources,
			     GError **error)
{
	g_autoptr (GArray) rules = NULL;
	RuntimeGroup *v1 = runtime_cgroup_group_of (cgroup, "devices");
	RuntimeGroup *v2 = runtime_cgroup_group_v2 (cgroup);
	gboolean has_rules =
		cgroup->host->json->length (cgroup->host->json->member (resources, "devices")) > 0;

	if (!native_cgroup_devices_parse (cgroup->host, resources, &rules, error))
		return FALSE;
	/* Everything is allowed, and nothing was taken away from that. */
	if (g_array_index (rules, NativeDeviceRule, 0).allow &&
	    rules->len == 1 + G_N_ELEMENTS (defaults) && (v1 == NULL || v1->fd < 0))
		return TRUE;
	if (v1 != NULL && v1->fd >= 0)
		return v1_apply (v1, rules, error);
	if (v2 != NULL && v2->fd >= 0)
		return v2_apply (cgroup, v2, rules, error);
	/* Who may make no device has none to be kept from. */
	if (cgroup->host->facts->rootless || !has_rules)
		return TRUE;
	return runtime_error_say (error, DAVIT_ERROR_UNAVAILABLE,
				  FIELD ": rules for devices need the controller \"devices\" or "
					"cgroup v2, and a group that can be made there");
}
