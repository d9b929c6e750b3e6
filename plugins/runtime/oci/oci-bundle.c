/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What differs: the version of the specification, since older runtimes refuse a newer number also
 * where nothing of it is used; the path of the root file system; and the control groups, which must
 * be known before anything is made, so that they are found after a crash.
 */

#include "oci-bundle.h"

#include "oci-files.h"
#include "oci-namespaces.h"
#include "oci-seccomp.h"
#include "runtime-error.h"

#include <string.h>
#include <unistd.h>

#define CONFIG_FILE "config.json"
#define CONFIG_LIMIT ((gsize) 16 * 1024 * 1024)
/* All of them take it: what is newer is checked here, or refused by them. */
#define SPEC_VERSION "1.0.0"

static gboolean
document_read (const DavitHost *host, int dirfd, const char *name, DavitJson **ret, GError **error)
{
	g_autofree char *text = NULL;
	gsize length = 0;

	if (!host->files->read_file (dirfd, name, CONFIG_LIMIT, &text, &length, error))
		return FALSE;
	*ret = host->json->parse (text, (gssize) length, error);
	if (*ret == NULL) {
		g_prefix_error (error, CONFIG_FILE ": ");
		return FALSE;
	}
	return host->json->type (*ret) == DAVIT_JSON_OBJECT ||
	       runtime_error_say (error, DAVIT_ERROR_CONFIG, CONFIG_FILE ": must be an object");
}

gboolean
oci_terminal_read (const DavitHost *host, const DavitJson *process, OciTerminal *ret,
		   GError **error)
{
	const DavitJson *size = NULL;
	gint64 rows = 0;
	gint64 columns = 0;

	memset (ret, 0, sizeof *ret);
	if (!host->json->get_boolean (process, "terminal", &ret->wanted, error) ||
	    !host->json->get_object (process, "consoleSize", &size, error) ||
	    !host->json->get_integer (size, "height", 0, G_MAXUINT16, &rows, error) ||
	    !host->json->get_integer (size, "width", 0, G_MAXUINT16, &columns, error))
		return FALSE;
	ret->rows = (guint16) rows;
	ret->columns = (guint16) columns;
	return TRUE;
}

/*
 * A runtime that does not know time namespaces leaves one out, or ends without a word: which of the
 * two can't be seen from outside.
 */
static gboolean
namespaces_read (OciBundle *bundle, const DavitJson *linux_, GError **error)
{
	const DavitJsonOps *json = bundle->host->json;
	const DavitJson *namespaces = NULL;

	if (!json->get_array (linux_, "namespaces", &namespaces, error))
		return FALSE;
	for (guint i = 0; i < json->length (namespaces); i++) {
		const DavitJson *entry = json->element (namespaces, i);
		const char *type = NULL;
		const char *path = NULL;

		if (!json->get_string (entry, "type", &type, error) ||
		    !json->get_string (entry, "path", &path, error))
			return FALSE;
		if (g_strcmp0 (type, "time") == 0)
			return runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
						  "a time namespace can't be had from an external "
						  "runtime; use the runtime native for it");
		if (g_strcmp0 (type, "pid") == 0 && path == NULL)
			bundle->own_pids = TRUE;
	}
	return TRUE;
}

/* One that is relative means another place to each runtime: here it is one below the root. */
static char *
cgroups_path_make (const DavitHost *host, const char *id, const char *given)
{
	const char *parent = host->facts->cgroup_parent;
	g_autofree char *path = NULL;

	if (given != NULL && given[0] != '\0')
		path = g_strdup (given);
	else if (parent != NULL && parent[0] != '\0')
		path = g_strconcat (parent, "/davit-", id, NULL);
	else
		path = g_strconcat ("davit-", id, NULL);
	return g_strconcat (path[0] == '/' ? "" : "/", path, NULL);
}

static gboolean
cgroups_path_read (OciBundle *bundle, const char *id, const DavitJson *linux_, GError **error)
{
	const DavitHost *host = bundle->host;
	const char *given = NULL;

	if (!host->json->get_string (linux_, "cgroupsPath", &given, error))
		return FALSE;
	bundle->cgroups_path = cgroups_path_make (host, id, given);
	return TRUE;
}

char *
oci_bundle_cgroups_path (const DavitHost *host, const DavitRuntimeContainer *container)
{
	DavitJson *document = NULL;
	const char *given = NULL;
	char *path;

	if (document_read (host, container->dirfd, OCI_FILE_BUNDLE "/" CONFIG_FILE, &document,
			   NULL))
		given = host->json->string (
			host->json->member (host->json->member (document, "linux"), "cgroupsPath"));
	path = cgroups_path_make (host, container->id, given);
	if (document != NULL)
		host->json->document_free (document);
	return path;
}

static gboolean
rootfs_read (OciBundle *bundle, const DavitRuntimeCreate *request, GError **error)
{
	const DavitJsonOps *json = bundle->host->json;
	const DavitJson *root = NULL;
	const char *path = NULL;

	if (!json->get_object (bundle->document, "root", &root, error) ||
	    !json->get_string (root, "path", &path, error))
		return FALSE;
	if (request->rootfs_mount_fd >= 0)
		bundle->rootfs = oci_files_path (request->container.dirfd, OCI_FILE_ROOTFS, error);
	else if (path == NULL)
		runtime_error_say (error, DAVIT_ERROR_CONFIG, "root.path: is missing");
	else if (path[0] == '/')
		bundle->rootfs = g_strdup (path);
	else
		bundle->rootfs = oci_files_path (request->bundle_dirfd, path, error);
	return bundle->rootfs != NULL;
}

gboolean
oci_bundle_read (const DavitHost *host, const DavitRuntimeCreate *request, OciBundle *ret,
		 GError **error)
{
	const DavitJson *linux_ = NULL;

	ret->host = host;
	return document_read (host, request->bundle_dirfd, CONFIG_FILE, &ret->document, error) &&
	       host->json->get_object (ret->document, "process", &ret->process, error) &&
	       host->json->get_object (ret->document, "linux", &linux_, error) &&
	       namespaces_read (ret, linux_, error) &&
	       cgroups_path_read (ret, request->container.id, linux_, error) &&
	       rootfs_read (ret, request, error) &&
	       oci_terminal_read (host, ret->process, &ret->terminal, error);
}

static void
string_append (GString *text, const char *string)
{
	g_string_append_c (text, '"');
	for (; *string != '\0'; string++) {
		if (*string == '"' || *string == '\\')
			g_string_append_c (text, '\\');
		if ((guchar) *string < ' ')
			g_string_append_printf (text, "\\u%04x", (guint) (guchar) *string);
		else
			g_string_append_c (text, *string);
	}
	g_string_append_c (text, '"');
}

/* "KEY":"STRING", and in front of it a comma if it is not the first. */
static void
member_append (GString *text, const char *key, const char *string)
{
	if (text->str[text->len - 1] != '{')
		g_string_append_c (text, ',');
	string_append (text, key);
	g_string_append_c (text, ':');
	string_append (text, string);
}

/* All members of an object, but those that are named. */
static void
members_append (const DavitHost *host, GString *text, const DavitJson *object,
		const char *const *but)
{
	for (guint i = 0; i < host->json->length (object); i++) {
		const char *key = host->json->element_key (object, i);
		g_autofree char *value = NULL;

		if (g_strv_contains (but, key))
			continue;
		if (text->str[text->len - 1] != '{')
			g_string_append_c (text, ',');
		value = host->json->to_text (host->json->element (object, i));
		string_append (text, key);
		g_string_append_c (text, ':');
		g_string_append (text, value);
	}
}

static void
root_append (const OciBundle *bundle, GString *text)
{
	static const char *const but[] = {"path", NULL};

	g_string_append (text, ",\"root\":{");
	members_append (bundle->host, text, bundle->host->json->member (bundle->document, "root"),
			but);
	member_append (text, "path", bundle->rootfs);
	g_string_append_c (text, '}');
}

static void
namespaces_append (const OciBundle *bundle, GString *text, const DavitJson *namespaces,
		   const char *directory)
{
	const DavitHost *host = bundle->host;

	g_string_append (text, "\"namespaces\":[");
	for (guint i = 0; i < host->json->length (namespaces); i++) {
		static const char *const but[] = {"path", NULL};
		const DavitJson *entry = host->json->element (namespaces, i);
		const char *path = host->json->string (host->json->member (entry, "path"));
		const char *link = oci_namespace_link (host, entry);
		g_autofree char *full = NULL;

		if (link != NULL)
			full = g_build_filename (directory, link, NULL);
		g_string_append (text, i > 0 ? ",{" : "{");
		members_append (host, text, entry, but);
		if (path != NULL)
			member_append (text, "path", full != NULL ? full : path);
		g_string_append_c (text, '}');
	}
	g_string_append_c (text, ']');
}

static void
linux_append (const OciBundle *bundle, GString *text, const char *directory)
{
	static const char *const but[] = {"namespaces", "cgroupsPath", NULL};
	const DavitJsonOps *json = bundle->host->json;
	const DavitJson *linux_ = json->member (bundle->document, "linux");
	const DavitJson *namespaces = json->member (linux_, "namespaces");

	g_string_append (text, ",\"linux\":{");
	if (namespaces != NULL)
		namespaces_append (bundle, text, namespaces, directory);
	members_append (bundle->host, text, linux_, but);
	member_append (text, "cgroupsPath", bundle->cgroups_path);
	g_string_append_c (text, '}');
}

/* With the compiled filter, if there is one and nobody gave another. */
static void
annotations_append (const OciBundle *bundle, const char *program, GString *text)
{
	static const char *const none[] = {NULL};
	const DavitJsonOps *json = bundle->host->json;
	const DavitJson *annotations = json->member (bundle->document, "annotations");
	const DavitJson *linux_ = json->member (bundle->document, "linux");
	g_autofree char *filter = NULL;

	if (json->member (annotations, OCI_SECCOMP_ANNOTATION) == NULL)
		filter = oci_seccomp_filter (bundle->host, program,
					     json->member (linux_, "seccomp"));
	g_string_append (text, ",\"annotations\":{");
	members_append (bundle->host, text, annotations, none);
	if (filter != NULL)
		member_append (text, OCI_SECCOMP_ANNOTATION, filter);
	g_string_append_c (text, '}');
}

gboolean
oci_bundle_write (const OciBundle *bundle, int dirfd, const char *program, GError **error)
{
	static const char *const but[] = {"ociVersion", "root", "linux", "annotations", NULL};
	const DavitJsonOps *json = bundle->host->json;
	const DavitJson *linux_ = json->member (bundle->document, "linux");
	g_autoptr (GString) text = g_string_new ("{");
	g_autofree char *directory = oci_files_path (dirfd, NULL, error);

	if (directory == NULL ||
	    !oci_namespaces_link (bundle->host, dirfd, json->member (linux_, "namespaces"), error))
		return FALSE;
	member_append (text, "ociVersion", SPEC_VERSION);
	root_append (bundle, text);
	linux_append (bundle, text, directory);
	annotations_append (bundle, program, text);
	members_append (bundle->host, text, bundle->document, but);
	g_string_append_c (text, '}');
	return oci_files_make_directory (dirfd, OCI_FILE_BUNDLE, error) &&
	       oci_files_write (dirfd, OCI_FILE_BUNDLE "/" CONFIG_FILE, text->str, error);
}

void
oci_bundle_clear (OciBundle *bundle)
{
	if (bundle->document != NULL)
		bundle->host->json->document_free (bundle->document);
	bundle->document = NULL;
	g_clear_pointer (&bundle->rootfs, g_free);
	g_clear_pointer (&bundle->cgroups_path, g_free);
}
