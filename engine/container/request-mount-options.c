/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Options of mounts. Of each pair or group only one may be said: which of "ro,rw" counts is
 * something that docker, podman and the kernel don't agree upon.
 */

#include "container/request-mount-options.h"

#include "container/create-request-private.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

typedef enum {
	GROUP_ACCESS = 0,
	GROUP_SUID,
	GROUP_DEV,
	GROUP_EXEC,
	GROUP_ATIME,
	GROUP_PROPAGATION,
	GROUP_RECURSION,
	GROUP_COPY,
	GROUP_LABEL,
	GROUP_COUNT,
} Group;

typedef struct {
	const char *word;
	Group group;
	const char *option; /* NULL: nothing to pass on, it is the default */
} Word;

static const Word common_words[] = {
	{"ro", GROUP_ACCESS, "ro"},
	{"rw", GROUP_ACCESS, "rw"},
	{"nosuid", GROUP_SUID, "nosuid"},
	{"suid", GROUP_SUID, "suid"},
	{"nodev", GROUP_DEV, "nodev"},
	{"dev", GROUP_DEV, "dev"},
	{"noexec", GROUP_EXEC, "noexec"},
	{"exec", GROUP_EXEC, "exec"},
	{"noatime", GROUP_ATIME, "noatime"},
	{"relatime", GROUP_ATIME, "relatime"},
	{"strictatime", GROUP_ATIME, "strictatime"},
	{"atime", GROUP_ATIME, NULL},
	{NULL},
};

static const Word bind_words[] = {
	{"private", GROUP_PROPAGATION, "private"},
	{"rprivate", GROUP_PROPAGATION, "rprivate"},
	{"shared", GROUP_PROPAGATION, "shared"},
	{"rshared", GROUP_PROPAGATION, "rshared"},
	{"slave", GROUP_PROPAGATION, "slave"},
	{"rslave", GROUP_PROPAGATION, "rslave"},
	{"unbindable", GROUP_PROPAGATION, "unbindable"},
	{"runbindable", GROUP_PROPAGATION, "runbindable"},
	{"bind", GROUP_RECURSION, "bind"},
	{"rbind", GROUP_RECURSION, "rbind"},
	{"z", GROUP_LABEL, NULL},
	{"Z", GROUP_LABEL, NULL},
	{NULL},
};

static const Word tmpfs_words[] = {
	{"tmpcopyup", GROUP_COPY, "tmpcopyup"},
	{"notmpcopyup", GROUP_COPY, NULL},
	{NULL},
};

static const Word *
word_find (const Word *table, const char *text)
{
	for (; table->word != NULL; table++) {
		if (strcmp (table->word, text) == 0)
			return table;
	}
	return NULL;
}

/* Whether a word of the tables was taken; an error if its group has one already. */
static gboolean
word_take (const char *option, const char *text, const Word *table, const char **groups,
	   GPtrArray *options, GError **error)
{
	const Word *word = word_find (common_words, text);

	if (word == NULL)
		word = word_find (table, text);
	if (word == NULL)
		return FALSE;
	if (groups[word->group] != NULL) {
		davit_request_refuse (error, option, text, "excludes \"%s\"", groups[word->group]);
		return FALSE;
	}
	groups[word->group] = word->word;
	if (word->option != NULL)
		g_ptr_array_add (options, g_strdup (word->option));
	return TRUE;
}

static gboolean
label_check (const char *option, const char *word, GError **error)
{
	/* Without SELinux nothing keeps the container from the files: there is nothing to do. */
	if (word == NULL || access ("/sys/fs/selinux/enforce", F_OK) < 0)
		return TRUE;
	return davit_request_unsupported (error, option,
					  "SELinux labels (\"%s\") are not there yet", word);
}

static gboolean
bind_word_other (const char *option, const char *text, GError **error)
{
	static const char *const later[] = {"U", "O", "copy", "nocopy", "nocreate", NULL};
	static const char *const meaningless[] = {"consistent", "cached", "delegated", NULL};

	if (g_strv_contains (later, text) || g_str_has_prefix (text, "idmap") ||
	    g_str_has_prefix (text, "upperdir=") || g_str_has_prefix (text, "workdir="))
		return davit_request_unsupported (error, option, "\"%s\" is not there yet", text);
	if (g_strv_contains (meaningless, text)) {
		davit_warning ("option \"--%s\": \"%s\" has no effect on Linux", option, text);
		return TRUE;
	}
	return davit_request_refuse (
		error, option, text,
		"is no option of a mount; there are ro, rw, nosuid, nodev, "
		"noexec, bind, rbind, z, Z, and [r]private, [r]shared, [r]slave, "
		"[r]unbindable");
}

/* mount_setattr came with Linux 5.12. */
static gboolean
kernel_sets_recursively (void)
{
	struct utsname host;
	guint major = 0, minor = 0;

	return uname (&host) == 0 && sscanf (host.release, "%u.%u", &major, &minor) == 2 &&
	       (major > 5 || (major == 5 && minor >= 12));
}

/*
 * Who says read-only means all that is there: without "rro" what is mounted below the source could
 * be written to, which docker had for years.
 */
static void
bind_defaults (const char *const *groups, GPtrArray *options)
{
	const char *recursion = groups[GROUP_RECURSION];

	if (recursion == NULL)
		g_ptr_array_add (options, g_strdup ("rbind"));
	if (groups[GROUP_PROPAGATION] == NULL)
		g_ptr_array_add (options, g_strdup ("rprivate"));
	if (g_strcmp0 (groups[GROUP_ACCESS], "ro") == 0 && g_strcmp0 (recursion, "bind") != 0 &&
	    kernel_sets_recursively ())
		g_ptr_array_add (options, g_strdup ("rro"));
}

gboolean
davit_request_bind_options (const char *option, const char *text, GPtrArray *options,
			    GError **error)
{
	g_auto (GStrv) words = g_strsplit (text, ",", -1);
	const char *groups[GROUP_COUNT] = {NULL};

	for (guint i = 0; words[i] != NULL; i++) {
		g_autoptr (GError) local = NULL;

		if (words[i][0] == '\0' && words[i + 1] == NULL)
			break;
		if (word_take (option, words[i], bind_words, groups, options, &local))
			continue;
		if (local != NULL) {
			g_propagate_error (error, g_steal_pointer (&local));
			return FALSE;
		}
		if (!bind_word_other (option, words[i], error))
			return FALSE;
	}
	bind_defaults (groups, options);
	return label_check (option, groups[GROUP_LABEL], error);
}

/* size=, mode= and the like; the kernel's own words. */
static gboolean
tmpfs_value (const char *option, const char *text, GPtrArray *options, GError **error)
{
	gsize length = strcspn (text, "=");
	g_autofree char *key = g_strndup (text, length);
	const char *value = text[length] == '=' ? text + length + 1 : "";
	guint64 number;

	if (strcmp (key, "size") == 0) {
		if (!davit_request_size (option, value, &number, error))
			return FALSE;
		g_ptr_array_add (options, g_strdup_printf ("size=%" G_GUINT64_FORMAT, number));
		return TRUE;
	}
	if (strcmp (key, "mode") == 0) {
		if (value[0] == '\0' || strlen (value) > 5 ||
		    value[strspn (value, "01234567")] != '\0')
			return davit_request_refuse (error, option, text,
						     "must have an octal number, such as 1777");
	} else if (strcmp (key, "uid") == 0 || strcmp (key, "gid") == 0) {
		if (!davit_request_unsigned (option, value, 0, G_MAXUINT32 - 1, &number, error))
			return FALSE;
	} else if (strcmp (key, "nr_inodes") == 0 || strcmp (key, "nr_blocks") == 0) {
		if (!davit_request_size (option, value, &number, error))
			return FALSE;
	} else {
		return davit_request_refuse (error, option, text,
					     "is no option of a tmpfs; there are size=, mode=, "
					     "uid=, gid=, nr_inodes=, nr_blocks=, ro, rw, nosuid, "
					     "nodev, noexec, tmpcopyup, notmpcopyup");
	}
	g_ptr_array_add (options, g_strdup (text));
	return TRUE;
}

/* rw, nosuid, nodev, noexec and a copy of what the image has there, unless said otherwise. */
static void
tmpfs_defaults (const char *const *groups, GPtrArray *options)
{
	static const struct {
		Group group;
		const char *option;
	} defaults[] = {
		{GROUP_ACCESS, "rw"},	{GROUP_SUID, "nosuid"},	   {GROUP_DEV, "nodev"},
		{GROUP_EXEC, "noexec"}, {GROUP_COPY, "tmpcopyup"},
	};

	for (guint i = 0; i < G_N_ELEMENTS (defaults); i++) {
		if (groups[defaults[i].group] == NULL)
			g_ptr_array_add (options, g_strdup (defaults[i].option));
	}
}

gboolean
davit_request_tmpfs_options (const char *option, const char *text, GPtrArray *options,
			     GError **error)
{
	g_auto (GStrv) words = g_strsplit (text, ",", -1);
	const char *groups[GROUP_COUNT] = {NULL};

	for (guint i = 0; words[i] != NULL; i++) {
		g_autoptr (GError) local = NULL;

		if (words[i][0] == '\0' && words[i + 1] == NULL)
			break;
		if (word_take (option, words[i], tmpfs_words, groups, options, &local))
			continue;
		if (local != NULL) {
			g_propagate_error (error, g_steal_pointer (&local));
			return FALSE;
		}
		if (!tmpfs_value (option, words[i], options, error))
			return FALSE;
	}
	tmpfs_defaults (groups, options);
	return TRUE;
}

GPtrArray *
davit_request_split_fields (const char *text)
{
	g_autoptr (GPtrArray) fields = g_ptr_array_new_with_free_func (g_free);
	g_autoptr (GString) field = g_string_new (NULL);
	gboolean quoted = FALSE;

	for (; *text != '\0'; text++) {
		if (*text == '"' && quoted && text[1] == '"') {
			g_string_append_c (field, *text++);
		} else if (*text == '"') {
			quoted = !quoted;
		} else if (*text == ',' && !quoted) {
			g_ptr_array_add (fields, g_strdup (field->str));
			g_string_truncate (field, 0);
		} else {
			g_string_append_c (field, *text);
		}
	}
	if (quoted)
		return NULL;
	g_ptr_array_add (fields, g_strdup (field->str));
	return g_steal_pointer (&fields);
}
