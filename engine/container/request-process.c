/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options of the first process: program, user, signals, streams. */

#include "container/create-request-private.h"

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

#include <string.h>
#include <sys/stat.h>

#define ZONE_DIRECTORY "/usr/share/zoneinfo"

/* The kernel takes 2^32-1 for "leave as it is": setresuid (-1) keeps root (CVE class 9). */
#define ID_MAXIMUM (G_MAXUINT32 - 1)

/* docker takes one word, podman also a JSON array. */
static gboolean
set_entrypoint (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	g_autoptr (DavitJson) json = NULL;
	g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);

	if (value[0] == '[') {
		json = davit_json_parse (value, -1, NULL);
		if (davit_json_type (json) != DAVIT_JSON_ARRAY)
			return davit_request_refuse (error, option, value,
						     "must be a program or a JSON array of words");
		for (guint i = 0; i < davit_json_length (json); i++) {
			const char *word = davit_json_string (davit_json_element (json, i));

			if (word == NULL)
				return davit_request_refuse (error, option, value,
							     "must hold words only");
			g_ptr_array_add (words, g_strdup (word));
		}
	} else if (value[0] != '\0') {
		g_ptr_array_add (words, g_strdup (value));
	}
	g_ptr_array_add (words, NULL);
	g_strfreev (request->entrypoint);
	request->entrypoint = (char **) g_ptr_array_free (g_steal_pointer (&words), FALSE);
	return TRUE;
}

static gboolean
set_workdir (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (!g_path_is_absolute (value))
		return davit_request_refuse (error, option, value,
					     "must be an absolute path in the container");
	davit_request_text (&request->workdir, value);
	return TRUE;
}

static gboolean
id_is_valid (const char *text)
{
	guint64 id;

	if (!davit_request_is_word (text) || strchr ("+-", text[0]) != NULL ||
	    strchr (text, '/') != NULL)
		return FALSE;
	if (text[strspn (text, "0123456789")] != '\0')
		return TRUE;
	return davit_text_parse_unsigned (text, ID_MAXIMUM, "id", &id, NULL);
}

static gboolean
set_user (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	g_auto (GStrv) parts = g_strsplit (value, ":", -1);
	guint length = g_strv_length (parts);

	/* ":GROUP" is root in that group. */
	if (length < 1 || length > 2 ||
	    (!id_is_valid (parts[0]) && (length == 1 || parts[0][0] != '\0')) ||
	    (length == 2 && !id_is_valid (parts[1])))
		return davit_request_refuse (error, option, value,
					     "must be USER or USER:GROUP, each a name or a number "
					     "up to 4294967294");
	davit_request_text (&request->user, value);
	return TRUE;
}

static gboolean
add_group (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (strcmp (value, "keep-groups") == 0)
		return davit_request_unsupported (error, option,
						  "\"keep-groups\" is not there yet; name the "
						  "groups one by one");
	if (!id_is_valid (value) || strchr (value, ':') != NULL)
		return davit_request_refuse (error, option, value,
					     "must be a group, by name or by a number up to "
					     "4294967294");
	g_ptr_array_add (request->group_add, g_strdup (value));
	return TRUE;
}

static gboolean
set_umask (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	gsize length = strlen (value);
	int mask = 0;

	if (length < 1 || length > 4 || strspn (value, "01234567") != length ||
	    (length == 4 && value[0] != '0'))
		return davit_request_refuse (error, option, value,
					     "must be an octal number from 0000 to 0777");
	for (; *value != '\0'; value++)
		mask = mask * 8 + (*value - '0');
	request->umask = mask;
	return TRUE;
}

static gboolean
set_init (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_switch (option, value, &request->init, error);
}

static gboolean
set_init_path (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	struct stat status;

	if (!davit_request_path (option, value, &request->init_path, error))
		return FALSE;
	if (stat (request->init_path, &status) < 0 || !S_ISREG (status.st_mode) ||
	    (status.st_mode & 0111) == 0)
		return davit_request_refuse (error, option, value, "is no executable file");
	return TRUE;
}

static gboolean
set_tz (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	g_autofree char *path = g_strconcat (ZONE_DIRECTORY "/", value, NULL);
	struct stat status;

	if (strcmp (value, "local") != 0) {
		if (!davit_request_is_word (value) || value[0] == '/' ||
		    strstr (value, "..") != NULL)
			return davit_request_refuse (error, option, value,
						     "must be a time zone such as Europe/Berlin, "
						     "or local");
		if (stat (path, &status) < 0 || !S_ISREG (status.st_mode))
			return davit_request_refuse (error, option, value,
						     "is no time zone: there is no file \"%s\"",
						     path);
	}
	davit_request_text (&request->tz, value);
	return TRUE;
}

static gboolean
set_stop_signal (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (!davit_text_parse_signal (value, &request->stop_signal, NULL))
		return davit_request_refuse (error, option, value,
					     "is no signal; write SIGTERM, TERM or 15");
	return TRUE;
}

static gboolean
seconds (const char *option, const char *value, gint64 *ret_msec, GError **error)
{
	guint64 number;

	if (!davit_text_parse_unsigned (value, G_MAXINT32 / 1000, option, &number, NULL))
		return davit_request_refuse (error, option, value,
					     "must be a number of seconds, at most %d",
					     G_MAXINT32 / 1000);
	*ret_msec = (gint64) number * 1000;
	return TRUE;
}

static gboolean
set_stop_timeout (DavitCreateRequest *request, const char *option, const char *value,
		  GError **error)
{
	return seconds (option, value, &request->stop_timeout_msec, error);
}

static gboolean
set_timeout (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return seconds (option, value, &request->timeout_msec, error);
}

static gboolean
set_passwd (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_switch (option, value, &request->passwd, error);
}

static gboolean
set_interactive (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_switch (option, value, &request->interactive, error);
}

static gboolean
set_tty (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_switch (option, value, &request->tty, error);
}

static gboolean
add_attach (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	g_autofree char *word = g_ascii_strdown (value, -1);

	if (strcmp (word, "stdin") != 0 && strcmp (word, "stdout") != 0 &&
	    strcmp (word, "stderr") != 0)
		return davit_request_refuse (error, option, value,
					     "must be stdin, stdout or stderr");
	g_ptr_array_add (request->attach, g_steal_pointer (&word));
	return TRUE;
}

gboolean
davit_request_process_set (DavitCreateRequest *request, const char *option, const char *value,
			   GError **error)
{
	static const DavitRequestOption table[] = {
		{"attach", add_attach},
		{"entrypoint", set_entrypoint},
		{"group-add", add_group},
		{"init", set_init},
		{"init-path", set_init_path},
		{"interactive", set_interactive},
		{"passwd", set_passwd},
		{"stop-signal", set_stop_signal},
		{"stop-timeout", set_stop_timeout},
		{"timeout", set_timeout},
		{"tty", set_tty},
		{"tz", set_tz},
		{"umask", set_umask},
		{"user", set_user},
		{"workdir", set_workdir},
		{NULL, NULL},
	};

	return davit_request_dispatch (table, request, option, value, error);
}
