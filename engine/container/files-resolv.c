/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * /etc/resolv.conf: what user and configuration say, else what the network driver says, else what
 * the host has. Name servers at the host's own loopback address can't be reached from another
 * network namespace and are left out; a resolver that only forwards (systemd-resolved) is replaced
 * by those that it forwards to.
 */

#include "container/files-private.h"

#include "base/error.h"

#include <string.h>

#define HOST_FILE "/etc/resolv.conf"
#define RESOLVED_FILE "/run/systemd/resolve/resolv.conf"
#define RESOLVED_STUB "127.0.0.53"

/**
 * Resolver: the lines of a resolv.conf. Each an array of texts.
 */
typedef struct {
	GPtrArray *servers;
	GPtrArray *search;
	GPtrArray *options;
} Resolver;

static void
resolver_init (Resolver *resolver)
{
	resolver->servers = g_ptr_array_new_with_free_func (g_free);
	resolver->search = g_ptr_array_new_with_free_func (g_free);
	resolver->options = g_ptr_array_new_with_free_func (g_free);
}

static void
resolver_clear (Resolver *resolver)
{
	g_ptr_array_unref (resolver->servers);
	g_ptr_array_unref (resolver->search);
	g_ptr_array_unref (resolver->options);
}

static void
words_add (GPtrArray *array, char **words)
{
	for (; *words != NULL; words++) {
		if (**words != '\0')
			g_ptr_array_add (array, g_strdup (*words));
	}
}

static void
resolver_parse (Resolver *resolver, const char *text)
{
	g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto (GStrv) words = NULL;

		lines[i][strcspn (lines[i], "#;")] = '\0';
		words = g_strsplit_set (g_strstrip (lines[i]), " \t", -1);
		if (words[0] == NULL)
			continue;
		if (strcmp (words[0], "nameserver") == 0) {
			words_add (resolver->servers, words + 1);
		} else if (strcmp (words[0], "search") == 0 || strcmp (words[0], "domain") == 0) {
			/* The last line counts. */
			g_ptr_array_set_size (resolver->search, 0);
			words_add (resolver->search, words + 1);
		} else if (strcmp (words[0], "options") == 0) {
			words_add (resolver->options, words + 1);
		}
	}
}

static gboolean
is_loopback (const char *server)
{
	return g_str_has_prefix (server, "127.") || strcmp (server, "::1") == 0;
}

/* A namespace that "ip netns" made may have files of its own. */
static char *
named_file (const DavitNamespace *namespace)
{
	g_autofree char *name = NULL;
	g_autofree char *path = NULL;

	if (namespace->mode != DAVIT_NAMESPACE_PATH ||
	    (!g_str_has_prefix (namespace->target, "/run/netns/") &&
	     !g_str_has_prefix (namespace->target, "/var/run/netns/")))
		return NULL;
	name = g_path_get_basename (namespace->target);
	path = g_build_filename ("/etc/netns", name, "resolv.conf", NULL);
	return g_file_test (path, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer (&path) : NULL;
}

static gboolean
file_parse (const char *path, Resolver *resolver, GError **error)
{
	g_autofree char *text = NULL;
	gsize length;

	if (!davit_files_read_host (path, &text, &length, error))
		return FALSE;
	resolver_parse (resolver, text);
	return TRUE;
}

static gboolean
host_parse (const DavitFiles *files, Resolver *resolver, GError **error)
{
	g_autofree char *named = named_file (&files->record->network_namespace);

	if (!file_parse (named != NULL ? named : HOST_FILE, resolver, error))
		return FALSE;
	if (files->record->network_namespace.mode == DAVIT_NAMESPACE_HOST || named != NULL)
		return TRUE;
	if (resolver->servers->len == 1 &&
	    strcmp ((const char *) resolver->servers->pdata[0], RESOLVED_STUB) == 0) {
		g_ptr_array_set_size (resolver->servers, 0);
		if (!file_parse (RESOLVED_FILE, resolver, error))
			return FALSE;
	}
	for (guint i = resolver->servers->len; i > 0; i--) {
		if (is_loopback ((const char *) resolver->servers->pdata[i - 1]))
			g_ptr_array_remove_index (resolver->servers, i - 1);
	}
	return TRUE;
}

/* A list that is given takes the place of the others. */
static void
list_replace (GPtrArray *array, const char *const *given)
{
	if (given == NULL || given[0] == NULL)
		return;
	g_ptr_array_set_size (array, 0);
	words_add (array, (char **) given);
}

static gboolean
wanted_apply (const DavitFiles *files, Resolver *resolver, GError **error)
{
	const DavitJson *dns = NULL;
	g_autofree const char **servers = NULL;
	g_autofree const char **search = NULL;
	g_autofree const char **options = NULL;

	if (!davit_json_get_object (files->json, "dns", &dns, error) ||
	    !davit_json_get_strings (dns, "servers", &servers, error) ||
	    !davit_json_get_strings (dns, "search", &search, error) ||
	    !davit_json_get_strings (dns, "options", &options, error))
		return FALSE;
	list_replace (resolver->servers, servers);
	list_replace (resolver->search, search);
	list_replace (resolver->options, options);
	/* "." stands for none at all. */
	for (guint i = 0; search != NULL && search[i] != NULL; i++) {
		if (strcmp (search[i], ".") == 0)
			g_ptr_array_set_size (resolver->search, 0);
	}
	return TRUE;
}

/* What a driver or a file says becomes a word of a line: one that is none is left out. */
static gboolean
is_word (const char *text)
{
	for (; *text != '\0'; text++) {
		if (g_ascii_isspace (*text) || g_ascii_iscntrl (*text))
			return FALSE;
	}
	return TRUE;
}

static void
line_write (GString *text, const char *key, const GPtrArray *words)
{
	gboolean begun = FALSE;

	for (guint i = 0; i < words->len; i++) {
		if (!is_word ((const char *) words->pdata[i]))
			continue;
		g_string_append_printf (text, "%s%s", begun ? " " : key,
					(const char *) words->pdata[i]);
		begun = TRUE;
	}
	if (begun)
		g_string_append_c (text, '\n');
}

static char *
resolver_text (const Resolver *resolver)
{
	GString *text = g_string_new (NULL);

	line_write (text, "search ", resolver->search);
	for (guint i = 0; i < resolver->servers->len; i++) {
		const char *server = (const char *) resolver->servers->pdata[i];

		if (is_word (server))
			g_string_append_printf (text, "nameserver %s\n", server);
	}
	line_write (text, "options ", resolver->options);
	return g_string_free (text, FALSE);
}

static gboolean
resolver_fill (const DavitFiles *files, Resolver *resolver, GError **error)
{
	if (!host_parse (files, resolver, error))
		return FALSE;
	list_replace (resolver->servers, files->request->nameservers);
	list_replace (resolver->search, files->request->search);
	list_replace (resolver->options, files->request->dns_options);
	return wanted_apply (files, resolver, error);
}

gboolean
davit_files_make_resolv_conf (DavitFiles *files, GError **error)
{
	Resolver resolver;
	g_autofree char *text = NULL;
	gboolean keep = FALSE, done;

	if (!davit_json_get_boolean (files->json, "keepResolvConf", &keep, error))
		return FALSE;
	if (keep || davit_files_is_covered (files, HOST_FILE))
		return TRUE;
	if (files->request->owner_run_dir != NULL)
		return davit_files_share (files, "resolv.conf", HOST_FILE, &keep, error);
	resolver_init (&resolver);
	done = resolver_fill (files, &resolver, error);
	if (done)
		text = resolver_text (&resolver);
	resolver_clear (&resolver);
	return done &&
	       davit_files_add (files, "resolv.conf", HOST_FILE, text, strlen (text), error);
}
