/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What this runtime can do, made from the tables by which it does it wherever there is one, so that
 * the document can't promise more.
 */

#include "native-features.h"

#include "native-capabilities.h"
#include "native-mounts.h"
#include "native-namespaces.h"
#include "runtime-seccomp.h"

#include <unistd.h>

/* All that is added here is words of ours, without a character that JSON escapes. */
static void
add_word (GString *json, const char *word)
{
	if (json->str[json->len - 1] != '[')
		g_string_append_c (json, ',');
	g_string_append_printf (json, "\"%s\"", word);
}

static void
add_words (GString *json, const char *key, const char *const *words)
{
	g_string_append_printf (json, "\"%s\":[", key);
	for (guint i = 0; words != NULL && words[i] != NULL; i++)
		add_word (json, words[i]);
	g_string_append_c (json, ']');
}

static void
add_mount_options (GString *json)
{
	const char *word;

	g_string_append (json, "\"mountOptions\":[");
	for (guint i = 0; (word = native_mount_options_word (i)) != NULL; i++)
		add_word (json, word);
	g_string_append_c (json, ']');
}

static void
add_namespaces (GString *json)
{
	g_string_append (json, "\"namespaces\":[");
	for (guint i = 0; i < NATIVE_N_NAMESPACES; i++)
		add_word (json, native_namespaces_kind (i)->type);
	g_string_append_c (json, ']');
}

static void
add_capabilities (GString *json)
{
	g_string_append (json, "\"capabilities\":[");
	for (guint i = 0; native_capabilities_name (i) != NULL; i++)
		add_word (json, native_capabilities_name (i));
	g_string_append_c (json, ']');
}

static void
add_seccomp (GString *json)
{
	g_autofree const char *const *architectures = runtime_seccomp_architectures ();
	g_autofree const char *const *flags = runtime_seccomp_flags ();

	g_string_append (json, "\"seccomp\":{\"enabled\":true,");
	add_words (json, "actions", runtime_seccomp_actions ());
	g_string_append_c (json, ',');
	add_words (json, "operators", runtime_seccomp_operators ());
	g_string_append_c (json, ',');
	add_words (json, "archs", architectures);
	g_string_append_c (json, ',');
	add_words (json, "supportedFlags", flags);
	g_string_append_c (json, '}');
}

char *
native_features_describe (void)
{
	GString *json = g_string_new ("{\"ociVersionMin\":\"1.0.0\",\"ociVersionMax\":\"1.3.0\","
				      "\"hooks\":[],");

	add_mount_options (json);
	g_string_append (json, ",\"linux\":{");
	add_namespaces (json);
	g_string_append_c (json, ',');
	add_capabilities (json);
	g_string_append (json, ",\"cgroup\":{\"v1\":true,\"v2\":true,\"systemd\":false,"
			       "\"systemdUser\":false,\"rdma\":false},");
	add_seccomp (json);
	g_string_append (json, ",\"apparmor\":{\"enabled\":false},\"selinux\":{\"enabled\":false},"
			       "\"intelRdt\":{\"enabled\":false},"
			       "\"mountExtensions\":{\"idmap\":{\"enabled\":false}},"
			       "\"netDevices\":{\"enabled\":false}}}");
	return g_string_free (json, FALSE);
}
