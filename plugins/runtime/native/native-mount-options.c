/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The words in a mount's options. What is not in the table belongs to the file system, which
 * refuses what it does not know; a bind mount has no file system to ask, so that there an unknown
 * word is refused here.
 */

#include "native-mounts.h"
#include "runtime-json.h"

#include <string.h>
#include <sys/mount.h>

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

typedef enum {
	OPTION_ATTRIBUTE, /* set and clear say which */
	OPTION_RECURSIVE_ATTRIBUTE,
	OPTION_PROPAGATION,
	OPTION_RECURSIVE_PROPAGATION,
	OPTION_BIND,
	OPTION_RECURSIVE_BIND,
	OPTION_COPY_UP,
	OPTION_SUPERBLOCK, /* passed on as it is, a flag of every file system */
	OPTION_NOTHING,	   /* is so anyway */
	OPTION_REFUSED,
} OptionKind;

typedef struct {
	const char *word;
	OptionKind kind;
	guint64 set;
	guint64 clear;
} OptionWord;

#define BOTH_WAYS(on, off, attribute)                                                              \
	{on, OPTION_ATTRIBUTE, attribute, 0}, {off, OPTION_ATTRIBUTE, 0, attribute},               \
		{"r" on, OPTION_RECURSIVE_ATTRIBUTE, attribute, 0},                                \
	{                                                                                          \
		"r" off, OPTION_RECURSIVE_ATTRIBUTE, 0, attribute                                  \
	}

/* The three ways of keeping access times are one field: setting one clears the others. */
#define ATIME(word, attribute)                                                                     \
	{word, OPTION_ATTRIBUTE, attribute, MOUNT_ATTR__ATIME},                                    \
	{                                                                                          \
		"r" word, OPTION_RECURSIVE_ATTRIBUTE, attribute, MOUNT_ATTR__ATIME                 \
	}

static const OptionWord words[] = {
	BOTH_WAYS ("ro", "rw", MOUNT_ATTR_RDONLY),
	BOTH_WAYS ("nosuid", "suid", MOUNT_ATTR_NOSUID),
	BOTH_WAYS ("nodev", "dev", MOUNT_ATTR_NODEV),
	BOTH_WAYS ("noexec", "exec", MOUNT_ATTR_NOEXEC),
	BOTH_WAYS ("nodiratime", "diratime", MOUNT_ATTR_NODIRATIME),
	BOTH_WAYS ("nosymfollow", "symfollow", MOUNT_ATTR_NOSYMFOLLOW),
	ATIME ("noatime", MOUNT_ATTR_NOATIME),
	ATIME ("relatime", MOUNT_ATTR_RELATIME),
	ATIME ("strictatime", MOUNT_ATTR_STRICTATIME),
	ATIME ("atime", MOUNT_ATTR_RELATIME),
	ATIME ("norelatime", MOUNT_ATTR_STRICTATIME),
	ATIME ("nostrictatime", MOUNT_ATTR_RELATIME),
	{"bind", OPTION_BIND, 0, 0},
	{"rbind", OPTION_RECURSIVE_BIND, 0, 0},
	{"private", OPTION_PROPAGATION, MS_PRIVATE, 0},
	{"rprivate", OPTION_RECURSIVE_PROPAGATION, MS_PRIVATE, 0},
	{"shared", OPTION_PROPAGATION, MS_SHARED, 0},
	{"rshared", OPTION_RECURSIVE_PROPAGATION, MS_SHARED, 0},
	{"slave", OPTION_PROPAGATION, MS_SLAVE, 0},
	{"rslave", OPTION_RECURSIVE_PROPAGATION, MS_SLAVE, 0},
	{"unbindable", OPTION_PROPAGATION, MS_UNBINDABLE, 0},
	{"runbindable", OPTION_RECURSIVE_PROPAGATION, MS_UNBINDABLE, 0},
	{"tmpcopyup", OPTION_COPY_UP, 0, 0},
	{"sync", OPTION_SUPERBLOCK, 0, 0},
	{"dirsync", OPTION_SUPERBLOCK, 0, 0},
	{"lazytime", OPTION_SUPERBLOCK, 0, 0},
	{"defaults", OPTION_NOTHING, 0, 0},
	{"async", OPTION_NOTHING, 0, 0},
	{"nolazytime", OPTION_NOTHING, 0, 0},
	{"loud", OPTION_NOTHING, 0, 0},
	{"silent", OPTION_NOTHING, 0, 0},
	{"nomand", OPTION_NOTHING, 0, 0},
	{"noiversion", OPTION_NOTHING, 0, 0},
	{"mand", OPTION_REFUSED, 0, 0},
	{"iversion", OPTION_REFUSED, 0, 0},
	{"remount", OPTION_REFUSED, 0, 0},
	{"idmap", OPTION_REFUSED, 0, 0},
	{"ridmap", OPTION_REFUSED, 0, 0},
	{"copy-symlink", OPTION_REFUSED, 0, 0},
	{"src-nofollow", OPTION_REFUSED, 0, 0},
	{"dest-nofollow", OPTION_REFUSED, 0, 0},
};

/* What comes later wins, as in mount(8). */
static void
bits_apply (guint64 *set, guint64 *clear, const OptionWord *word)
{
	*set = (*set & ~word->clear) | word->set;
	*clear = (*clear & ~word->set) | word->clear;
}

static gboolean
option_apply (const DavitHost *host, const DavitJson *value, const OptionWord *word,
	      NativeMountOptions *options, GError **error)
{
	switch (word->kind) {
	case OPTION_ATTRIBUTE:
		bits_apply (&options->set, &options->clear, word);
		return TRUE;
	case OPTION_RECURSIVE_ATTRIBUTE:
		bits_apply (&options->set_recursive, &options->clear_recursive, word);
		return TRUE;
	case OPTION_PROPAGATION:
	case OPTION_RECURSIVE_PROPAGATION:
		options->propagation = word->set;
		options->propagation_recursive = word->kind == OPTION_RECURSIVE_PROPAGATION;
		return TRUE;
	case OPTION_BIND:
	case OPTION_RECURSIVE_BIND:
		options->bind = TRUE;
		options->recursive |= word->kind == OPTION_RECURSIVE_BIND;
		return TRUE;
	case OPTION_COPY_UP:
		options->copy_up = TRUE;
		return TRUE;
	case OPTION_SUPERBLOCK:
		g_ptr_array_add (options->data, g_strdup (word->word));
		return TRUE;
	case OPTION_NOTHING:
		return TRUE;
	case OPTION_REFUSED:
	default:
		return runtime_json_fail (error, host, value, DAVIT_ERROR_UNSUPPORTED,
					  "this runtime does not do the mount option \"%s\"",
					  word->word);
	}
}

static gboolean
option_parse (const DavitHost *host, const DavitJson *value, NativeMountOptions *options,
	      GError **error)
{
	const char *text = host->json->string (value);

	if (text == NULL || *text == '\0')
		return runtime_json_fail (error, host, value, DAVIT_ERROR_CONFIG,
					  "must be a string that is not empty");
	for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
		if (g_str_equal (text, words[i].word))
			return option_apply (host, value, &words[i], options, error);
	g_ptr_array_add (options->data, g_strdup (text));
	return TRUE;
}

/* A bind mount has no options of a file system. */
static gboolean
options_check_bind (const DavitHost *host, const DavitJson *array, NativeMountOptions *options,
		    GError **error)
{
	if (options->copy_up)
		return runtime_json_fail (error, host, array, DAVIT_ERROR_CONFIG,
					  "\"tmpcopyup\" is for tmpfs only");
	for (guint i = 0; i < options->data->len; i++)
		return runtime_json_fail (error, host, array, DAVIT_ERROR_CONFIG,
					  "\"%s\" is no option of a bind mount",
					  (const char *) options->data->pdata[i]);
	return TRUE;
}

gboolean
native_mount_options_parse (const DavitHost *host, const DavitJson *mount, NativeMountOptions *ret,
			    GError **error)
{
	const DavitJson *array = NULL;
	const char *type = NULL;

	ret->data = g_ptr_array_new_with_free_func (g_free);
	if (!host->json->get_string (mount, "type", &type, error) ||
	    !host->json->get_array (mount, "options", &array, error))
		return FALSE;
	ret->bind = g_strcmp0 (type, "bind") == 0;
	ret->recursive = g_strcmp0 (type, "rbind") == 0;
	ret->bind |= ret->recursive;
	for (guint i = 0; array != NULL && i < host->json->length (array); i++)
		if (!option_parse (host, host->json->element (array, i), ret, error))
			return FALSE;
	return !ret->bind || options_check_bind (host, array, ret, error);
}

const char *
native_mount_options_word (guint number)
{
	/* Those that are refused stand at the end of the table. */
	if (number >= G_N_ELEMENTS (words) || words[number].kind == OPTION_REFUSED)
		return NULL;
	return words[number].word;
}
