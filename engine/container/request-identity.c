/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Options that say what a container is called. */

#include "container/create-request-private.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>
#include <sys/stat.h>

/* What the kernel keeps of a host name. */
#define HOSTNAME_LENGTH 64

static gboolean
set_name (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	/* Scripts write --name "$NAME"; docker and podman make one up then, and so do we. */
	if (value[0] == '\0') {
		g_clear_pointer (&request->name, g_free);
		return TRUE;
	}
	if (!davit_text_is_container_name (value))
		return davit_request_refuse (error, option, value,
					     "must begin with a letter or digit and hold only "
					     "letters, digits, \"_\", \".\" and \"-\"");
	davit_request_text (&request->name, value);
	return TRUE;
}

static gboolean
hostname_is_valid (const char *value)
{
	if (value[0] == '\0' || value[0] == '-' || value[0] == '.' ||
	    strlen (value) > HOSTNAME_LENGTH)
		return FALSE;
	for (; *value != '\0'; value++) {
		if (!g_ascii_isalnum (*value) && strchr ("-._", *value) == NULL)
			return FALSE;
	}
	return TRUE;
}

static gboolean
set_hostname (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	if (!hostname_is_valid (value))
		return davit_request_refuse (error, option, value,
					     "must hold 1 to %d letters, digits, \"-\", \".\" and "
					     "\"_\", and not begin with \"-\" or \".\"",
					     HOSTNAME_LENGTH);
	davit_request_text (&request->hostname, value);
	return TRUE;
}

static gboolean
add_label (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	gsize length = strcspn (value, "=");

	if (length == 0)
		return davit_request_refuse (error, option, value, "must be KEY=VALUE");
	davit_request_put (request->labels, value, length,
			   value[length] == '=' ? value + length + 1 : "");
	return TRUE;
}

static gboolean
add_label_file (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_read_lines (request, option, value, add_label, error);
}

static gboolean
add_annotation (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	gsize length = strcspn (value, "=");

	if (length == 0 || value[length] == '\0')
		return davit_request_refuse (error, option, value, "must be KEY=VALUE");
	davit_request_put (request->annotations, value, length, value + length + 1);
	return TRUE;
}

/* A file that is written later: its directory must be there now. */
static gboolean
set_file (const char *option, const char *value, char **target, GError **error)
{
	g_autofree char *directory = NULL;
	struct stat status;

	if (!davit_request_path (option, value, target, error))
		return FALSE;
	directory = g_path_get_dirname (*target);
	if (stat (directory, &status) < 0 || !S_ISDIR (status.st_mode))
		return davit_request_refuse (error, option, value,
					     "can't be made: there is no directory \"%s\"",
					     directory);
	return TRUE;
}

static gboolean
set_cidfile (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return set_file (option, value, &request->cidfile, error);
}

static gboolean
set_pidfile (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return set_file (option, value, &request->pidfile, error);
}

static gboolean
set_replace (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	return davit_request_switch (option, value, &request->replace, error);
}

gboolean
davit_request_identity_set (DavitCreateRequest *request, const char *option, const char *value,
			    GError **error)
{
	static const DavitRequestOption table[] = {
		{"annotation", add_annotation},
		{"cidfile", set_cidfile},
		{"hostname", set_hostname},
		{"label", add_label},
		{"label-file", add_label_file},
		{"name", set_name},
		{"pidfile", set_pidfile},
		{"replace", set_replace},
		{NULL, NULL},
	};

	return davit_request_dispatch (table, request, option, value, error);
}
