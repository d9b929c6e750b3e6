/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options that put directories and files of the host, or memory, into a container. */

#include "container/create-request-private.h"
#include "container/request-mount-options.h"

#include "base/error.h"

#include <string.h>
#include <sys/stat.h>

void
davit_request_mount_free (gpointer mount)
{
	DavitRequestMount *entry = (DavitRequestMount *) mount;

	g_free (entry->destination);
	g_free (entry->type);
	g_free (entry->source);
	g_strfreev (entry->options);
	g_free (entry);
}

/*
 * Nothing goes over /proc: what writes there on behalf of the container would be led elsewhere
 * (CVE-2019-19921, CVE-2025-52881).
 */
static gboolean
destination_check (const char *option, const char *value, const char *destination, GError **error)
{
	if (strcmp (destination, "/proc") == 0 || g_str_has_prefix (destination, "/proc/"))
		return davit_request_refuse (error, option, value,
					     "can't be mounted: nothing may lie over /proc; choose "
					     "another place in the container");
	return TRUE;
}

/* Takes options and the vector over. */
static void
mount_add (DavitCreateRequest *request, const char *type, const char *source, char *destination,
	   GPtrArray *options)
{
	DavitRequestMount *mount = g_new0 (DavitRequestMount, 1);

	mount->type = g_strdup (type);
	mount->source = g_strdup (source);
	mount->destination = destination;
	g_ptr_array_add (options, NULL);
	mount->options = (char **) g_ptr_array_free (options, FALSE);
	g_ptr_array_add (request->mounts, mount);
}

/* What begins with "." or "/" is a path, a bare word is a volume: as with docker and podman. */
static gboolean
source_resolve (const char *option, const char *value, const char *source, char **ret,
		GError **error)
{
	g_autofree char *path = NULL;
	struct stat status;

	if (source[0] == '\0')
		return davit_request_refuse (error, option, value, "has no source");
	if (source[0] != '/' && source[0] != '.')
		return davit_request_unsupported (error, option,
						  "\"%s\" is the name of a volume, and named "
						  "volumes are not there yet; write a path such as "
						  "\"./%s\" for a directory",
						  source, source);
	path = g_canonicalize_filename (source, NULL);
	if (stat (path, &status) < 0)
		return davit_request_refuse (error, option, value,
					     "has a source that can't be mounted: there is no "
					     "\"%s\"",
					     path);
	*ret = g_steal_pointer (&path);
	return TRUE;
}

static gboolean
add_volume (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	g_auto (GStrv) parts = g_strsplit (value, ":", -1);
	g_autoptr (GPtrArray) options = g_ptr_array_new_with_free_func (g_free);
	g_autofree char *source = NULL;
	g_autofree char *destination = NULL;
	guint length = g_strv_length (parts);

	if (length == 1 && value[0] == '/')
		return davit_request_unsupported (error, option,
						  "\"%s\" asks for an anonymous volume, and these "
						  "are not there yet; write SOURCE:TARGET",
						  value);
	if (length < 2 || length > 3)
		return davit_request_refuse (error, option, value,
					     "must be SOURCE:TARGET[:OPTIONS]");
	if (!source_resolve (option, value, parts[0], &source, error) ||
	    !davit_request_destination (option, parts[1], &destination, error) ||
	    !destination_check (option, value, destination, error) ||
	    !davit_request_bind_options (option, length == 3 ? parts[2] : "", options, error))
		return FALSE;
	mount_add (request, "bind", source, g_steal_pointer (&destination),
		   g_steal_pointer (&options));
	return TRUE;
}

static gboolean
add_tmpfs (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	g_auto (GStrv) parts = g_strsplit (value, ":", 2);
	g_autoptr (GPtrArray) options = g_ptr_array_new_with_free_func (g_free);
	g_autofree char *destination = NULL;

	if (parts[0] == NULL)
		return davit_request_refuse (error, option, value, "must be TARGET[:OPTIONS]");
	if (!davit_request_destination (option, parts[0], &destination, error) ||
	    !destination_check (option, value, destination, error) ||
	    !davit_request_tmpfs_options (option, parts[1] != NULL ? parts[1] : "", options, error))
		return FALSE;
	mount_add (request, "tmpfs", NULL, g_steal_pointer (&destination),
		   g_steal_pointer (&options));
	return TRUE;
}

/**
 * MountWords: a --mount taken apart; its options put together as -v and --tmpfs write them.
 */
typedef struct {
	char *type;
	char *source;
	char *destination;
	GString *options;
} MountWords;

static void
mount_words_clear (MountWords *words)
{
	g_free (words->type);
	g_free (words->source);
	g_free (words->destination);
	g_string_free (words->options, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MountWords, mount_words_clear)

static void
option_append (MountWords *words, const char *text)
{
	if (words->options->len > 0)
		g_string_append_c (words->options, ',');
	g_string_append (words->options, text);
}

/* A key that stands for one word if it is true and for another if it is false. */
static gboolean
mount_switch (MountWords *words, const char *option, const char *key, const char *text,
	      GError **error)
{
	static const struct {
		const char *key;
		const char *yes;
		const char *no;
	} switches[] = {
		{"ro", "ro", "rw"},
		{"readonly", "ro", "rw"},
		{"rw", "rw", "ro"},
		{"bind-nonrecursive", "bind", "rbind"},
		{"U", "U", ""},
		{"chown", "U", ""},
		{"noexec", "noexec", "exec"},
		{"exec", "exec", "noexec"},
		{"nosuid", "nosuid", "suid"},
		{"suid", "suid", "nosuid"},
		{"nodev", "nodev", "dev"},
		{"dev", "dev", "nodev"},
		{"noatime", "noatime", "atime"},
		{"tmpcopyup", "tmpcopyup", "notmpcopyup"},
		{"notmpcopyup", "notmpcopyup", "tmpcopyup"},
	};
	gboolean on = TRUE;

	for (guint i = 0; i < G_N_ELEMENTS (switches); i++) {
		if (strcmp (switches[i].key, key) != 0)
			continue;
		if (text != NULL && !davit_request_switch (option, text, &on, error))
			return davit_error_prefix (error, "\"%s\"", key);
		option_append (words, on ? switches[i].yes : switches[i].no);
		return TRUE;
	}
	return davit_request_refuse (error, option, key,
				     "is no key of a mount; there are type, source, target, "
				     "readonly, bind-propagation, bind-nonrecursive, relabel, "
				     "tmpfs-size, tmpfs-mode, noexec, nosuid, nodev, notmpcopyup");
}

/* docker's word for what is mounted below the source. */
static gboolean
mount_recursion (MountWords *words, const char *option, const char *text, GError **error)
{
	if (strcmp (text, "writable") == 0)
		return davit_request_unsupported (error, option,
						  "\"bind-recursive=writable\" is not there yet");
	if (strcmp (text, "enabled") != 0 && strcmp (text, "readonly") != 0 &&
	    strcmp (text, "disabled") != 0)
		return davit_request_refuse (error, option, text,
					     "must be enabled, readonly or disabled");
	option_append (words, text[0] == 'd' ? "bind" : "rbind");
	return TRUE;
}

static gboolean
mount_key (MountWords *words, const char *option, const char *key, const char *text, GError **error)
{
	static const struct {
		const char *key;
		const char *prefix; /* of the option */
	} options[] = {
		{"bind-propagation", ""}, {"tmpfs-size", "size="}, {"size", "size="},
		{"tmpfs-mode", "mode="},  {"mode", "mode="},	   {"uid", "uid="},
		{"gid", "gid="},
	};

	for (guint i = 0; text != NULL && i < G_N_ELEMENTS (options); i++) {
		g_autofree char *word = NULL;

		if (strcmp (options[i].key, key) != 0)
			continue;
		word = g_strconcat (options[i].prefix, text, NULL);
		option_append (words, word);
		return TRUE;
	}
	if (text != NULL && strcmp (key, "relabel") == 0) {
		if (strcmp (text, "shared") != 0 && strcmp (text, "private") != 0)
			return davit_request_refuse (error, option, text,
						     "must be shared or private");
		option_append (words, text[0] == 's' ? "z" : "Z");
		return TRUE;
	}
	if (text != NULL && strcmp (key, "bind-recursive") == 0)
		return mount_recursion (words, option, text, error);
	if (strcmp (key, "idmap") == 0 || strcmp (key, "subpath") == 0 ||
	    strcmp (key, "volume-opt") == 0)
		return davit_request_unsupported (error, option, "key \"%s\" is not there yet",
						  key);
	return mount_switch (words, option, key, text, error);
}

static gboolean
mount_word (MountWords *words, const char *option, const char *word, GError **error)
{
	gsize length = strcspn (word, "=");
	g_autofree char *key = g_strndup (word, length);
	const char *text = word[length] == '=' ? word + length + 1 : NULL;
	char **target = NULL;

	if (strcmp (key, "type") == 0)
		target = &words->type;
	else if (strcmp (key, "source") == 0 || strcmp (key, "src") == 0)
		target = &words->source;
	else if (strcmp (key, "target") == 0 || strcmp (key, "destination") == 0 ||
		 strcmp (key, "dst") == 0)
		target = &words->destination;
	if (target == NULL)
		return mount_key (words, option, key, text, error);
	if (text == NULL || text[0] == '\0' || *target != NULL)
		return davit_request_refuse (error, option, word,
					     "must be KEY=VALUE, once for each key");
	*target = g_strdup (text);
	return TRUE;
}

static gboolean
mount_bind (DavitCreateRequest *request, const char *option, const char *value, MountWords *words,
	    GError **error)
{
	g_autoptr (GPtrArray) options = g_ptr_array_new_with_free_func (g_free);
	g_autofree char *source = NULL;
	g_autofree char *destination = NULL;

	if (words->source == NULL)
		return davit_request_refuse (error, option, value, "has no source");
	/* With type=bind a bare word is a path too. */
	source = g_canonicalize_filename (words->source, NULL);
	if (!g_file_test (source, G_FILE_TEST_EXISTS))
		return davit_request_refuse (error, option, value,
					     "has a source that can't be mounted: there is no "
					     "\"%s\"",
					     source);
	if (!davit_request_destination (option, words->destination, &destination, error) ||
	    !destination_check (option, value, destination, error) ||
	    !davit_request_bind_options (option, words->options->str, options, error))
		return FALSE;
	mount_add (request, "bind", source, g_steal_pointer (&destination),
		   g_steal_pointer (&options));
	return TRUE;
}

static gboolean
mount_tmpfs (DavitCreateRequest *request, const char *option, const char *value, MountWords *words,
	     GError **error)
{
	g_autofree char *text = g_strconcat (words->destination, ":", words->options->str, NULL);

	if (words->source != NULL)
		return davit_request_refuse (error, option, value,
					     "has a source, which a tmpfs can't have");
	if (strchr (words->destination, ':') != NULL)
		return davit_request_refuse (error, option, value,
					     "has a target with a \":\" in it");
	return add_tmpfs (request, option, text, error);
}

static gboolean
add_mount (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	static const char *const later[] = {"volume", "image", "ramfs",	   "devpts",
					    "glob",   "npipe", "artifact", NULL};
	g_auto (MountWords) words = {.options = g_string_new (NULL)};
	g_autoptr (GPtrArray) fields = davit_request_split_fields (value);

	if (fields == NULL)
		return davit_request_refuse (error, option, value,
					     "has a quote that is not closed");
	for (guint i = 0; i < fields->len; i++) {
		if (!mount_word (&words, option, (const char *) fields->pdata[i], error))
			return FALSE;
	}
	if (words.type == NULL || g_strv_contains (later, words.type))
		return davit_request_unsupported (error, option,
						  "mounts of type \"%s\" are not there yet; write "
						  "type=bind or type=tmpfs",
						  words.type != NULL ? words.type : "volume");
	if (words.destination == NULL)
		return davit_request_refuse (error, option, value, "has no target");
	if (strcmp (words.type, "bind") == 0)
		return mount_bind (request, option, value, &words, error);
	if (strcmp (words.type, "tmpfs") == 0)
		return mount_tmpfs (request, option, value, &words, error);
	return davit_request_refuse (error, option, words.type, "is no type; write bind or tmpfs");
}

static gboolean
set_rootfs (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_switch (option, value, &request->rootfs, error);
}

gboolean
davit_request_mounts_set (DavitCreateRequest *request, const char *option, const char *value,
			  GError **error)
{
	static const DavitRequestOption table[] = {
		{"mount", add_mount},	{"rootfs", set_rootfs}, {"tmpfs", add_tmpfs},
		{"volume", add_volume}, {NULL, NULL},
	};

	return davit_request_dispatch (table, request, option, value, error);
}
