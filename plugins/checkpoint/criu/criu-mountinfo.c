/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Paths are the container's: they may have any bytes; blanks and backslashes are octal numbers. */

#include "criu-mountinfo.h"

#include "criu-fd.h"

#include <string.h>

#define FIELD_COUNT 6

static void
mountinfo_clear (gpointer data)
{
	CriuMountinfo *mount = (CriuMountinfo *) data;

	g_free (mount->root);
	g_free (mount->path);
	g_free (mount->file_system);
}

static gboolean
is_octal (char c)
{
	return c >= '0' && c <= '7';
}

static char *
unescape (const char *text)
{
	GString *out = g_string_sized_new (strlen (text));

	for (; *text != '\0'; text++) {
		if (text[0] == '\\' && is_octal (text[1]) && is_octal (text[2]) &&
		    is_octal (text[3])) {
			g_string_append_c (out, (char) ((text[1] - '0') << 6 |
							(text[2] - '0') << 3 | (text[3] - '0')));
			text += 3;
		} else {
			g_string_append_c (out, *text);
		}
	}
	return g_string_free (out, FALSE);
}

/* ID PARENT MAJOR:MINOR ROOT PATH OPTIONS [OPTIONAL]... - TYPE SOURCE OPTIONS */
static gboolean
line_parse (char *line, CriuMountinfo *ret)
{
	char *fields[FIELD_COUNT];
	char *separator = strstr (line, " - ");
	char *save = NULL;
	guint64 id;
	guint64 parent;

	if (separator == NULL)
		return FALSE;
	*separator = '\0';
	for (guint i = 0; i < FIELD_COUNT; i++) {
		fields[i] = strtok_r (i == 0 ? line : NULL, " ", &save);
		if (fields[i] == NULL)
			return FALSE;
	}
	if (!g_ascii_string_to_unsigned (fields[0], 10, 0, G_MAXINT32, &id, NULL) ||
	    !g_ascii_string_to_unsigned (fields[1], 10, 0, G_MAXINT32, &parent, NULL))
		return FALSE;
	ret->id = (gint) id;
	ret->parent = (gint) parent;
	ret->root = unescape (fields[3]);
	ret->path = unescape (fields[4]);
	separator += strlen (" - ");
	ret->file_system = g_strndup (separator, strcspn (separator, " "));
	return TRUE;
}

GArray *
criu_mountinfo_parse (char *text)
{
	g_autoptr (GArray) mounts = g_array_new (FALSE, TRUE, sizeof (CriuMountinfo));
	char *save = NULL;

	g_array_set_clear_func (mounts, mountinfo_clear);
	for (char *line = strtok_r (text, "\n", &save); line != NULL;
	     line = strtok_r (NULL, "\n", &save)) {
		CriuMountinfo mount = {0};

		if (!line_parse (line, &mount))
			return NULL;
		g_array_append_val (mounts, mount);
	}
	return g_steal_pointer (&mounts);
}

GArray *
criu_mountinfo_read (guint32 pid, GError **error)
{
	g_autofree char *path = g_strdup_printf ("/proc/%u/mountinfo", pid);
	g_autofree char *text = NULL;
	g_autoptr (GError) local = NULL;
	GArray *mounts;

	if (!g_file_get_contents (path, &text, NULL, &local)) {
		criu_error_set (error, DAVIT_ERROR_FAILED, "read \"%s\": %s", path, local->message);
		return NULL;
	}
	mounts = criu_mountinfo_parse (text);
	if (mounts == NULL)
		criu_error_set (error, DAVIT_ERROR_FAILED, "file \"%s\": it is not understood",
				path);
	return mounts;
}
