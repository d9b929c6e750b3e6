/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Names to programs. To ask for a version costs as much as a call that does something: a start
 * does not do it, only a probe, and the choice of one of several.
 */

#include "oci-program.h"

#include "oci-files.h"
#include "oci-words.h"
#include "runtime-error.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION_TIMEOUT_MSEC 2000
#define VERSION_OUTPUT_LIMIT 4096
#define PROGRAM_LIMIT 4096

static gboolean
is_program (const char *path)
{
	struct stat status;

	return path[0] == '/' && g_utf8_validate (path, -1, NULL) && stat (path, &status) == 0 &&
	       S_ISREG (status.st_mode) && access (path, X_OK) == 0;
}

/* Free with g_free. */
static char *
path_search (const char *name)
{
	const char *path = secure_getenv ("PATH");
	g_autofree char *joined = g_strconcat (path != NULL ? path : "", ":" OCI_SYSTEM_PATH, NULL);
	g_auto (GStrv) directories = g_strsplit (joined, ":", -1);

	for (guint i = 0; directories[i] != NULL; i++) {
		g_autofree char *file = g_build_filename (directories[i], name, NULL);

		if (is_program (file))
			return g_steal_pointer (&file);
	}
	return NULL;
}

/* The word in front of "=". Free with g_free. */
static char *
entry_name (const char *entry)
{
	return g_strndup (entry, strcspn (entry, "="));
}

static const char *
entry_path (const char *entry)
{
	const char *equals = strchr (entry, '=');

	return equals != NULL ? equals + 1 : NULL;
}

/* A name with a slash would be looked for beside the directories of PATH. */
static gboolean
entry_check (const char *entry, GError **error)
{
	static const char letters[] = G_CSET_A_2_Z G_CSET_a_2_z "0123456789_.-";
	g_autofree char *name = entry_name (entry);
	const char *path = entry_path (entry);

	if (g_ascii_isalnum (name[0]) && name[strspn (name, letters)] == '\0' &&
	    (path == NULL || path[0] == '/'))
		return TRUE;
	return runtime_error_say (error, DAVIT_ERROR_CONFIG,
				  "the option runtimes of [runtime.oci]: \"%s\" must be NAME or "
				  "NAME=/PATH, where NAME is of letters, digits and \"_.-\"",
				  entry);
}

static const char *const *
entries_of (const DavitHost *host)
{
	static const char *const none[] = {NULL};
	const char *const *entries = host->option_list (host, "runtimes");

	return entries != NULL ? entries : none;
}

/* "crun, runc". Free with g_free. */
static char *
entries_describe (const char *const *entries)
{
	g_autoptr (GString) text = g_string_new (NULL);

	for (guint i = 0; entries[i] != NULL; i++) {
		g_autofree char *name = entry_name (entries[i]);

		g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", name);
	}
	return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Free with g_free. */
static char *
entry_find (const char *entry, GError **error)
{
	g_autofree char *name = NULL;
	const char *path = entry_path (entry);
	char *found;

	if (!entry_check (entry, error))
		return NULL;
	name = entry_name (entry);
	if (path != NULL && is_program (path))
		return g_strdup (path);
	if (path != NULL) {
		runtime_error_say (
			error, DAVIT_ERROR_UNAVAILABLE,
			"the program \"%s\" of the runtime \"%s\" is not there or can't be "
			"run; the option runtimes of [runtime.oci] names it",
			path, name);
		return NULL;
	}
	found = path_search (name);
	if (found == NULL)
		runtime_error_say (
			error, DAVIT_ERROR_UNAVAILABLE,
			"the runtime \"%s\" is not installed: there is no such program in "
			"PATH",
			name);
	return found;
}

char *
oci_program_find (const DavitHost *host, const char *variant, GError **error)
{
	const char *const *entries = entries_of (host);
	g_autofree char *known = NULL;

	if (variant[0] == '/') {
		if (is_program (variant))
			return g_strdup (variant);
		runtime_error_say (error, DAVIT_ERROR_UNAVAILABLE,
				   "the runtime \"%s\" is not there or can't be run", variant);
		return NULL;
	}
	for (guint i = 0; entries[i] != NULL; i++) {
		g_autofree char *name = entry_name (entries[i]);

		if (strcmp (name, variant) == 0)
			return entry_find (entries[i], error);
	}
	known = entries_describe (entries);
	runtime_error_say (
		error, DAVIT_ERROR_NOT_FOUND,
		"no runtime is called \"%s\"; the option runtimes of [runtime.oci] names: "
		"%s; any other is asked for by its absolute path",
		variant, known[0] != '\0' ? known : "none");
	return NULL;
}

/* The first line of what it says about itself. Free with g_free. */
static char *
version_read (const DavitHost *host, const char *path, GError **error)
{
	const char *const argv[] = {path, "--version", NULL};
	const DavitHelper helper = {
		.size = sizeof helper,
		.argv = argv,
		.netns_fd = -1,
		.cwd_dirfd = -1,
		.timeout_msec = VERSION_TIMEOUT_MSEC,
		.output_limit = VERSION_OUTPUT_LIMIT,
	};
	g_autofree char *output = NULL;

	if (!host->run_helper (host, &helper, &output, error))
		return NULL;
	return oci_words_plain (output, (gssize) strcspn (output, "\n"));
}

/* Tells what there is of an entry. Free with g_free. */
static char *
entry_describe (const DavitHost *host, const char *entry, gboolean *ret_usable)
{
	g_autoptr (GError) local = NULL;
	g_autofree char *path = entry_find (entry, &local);
	g_autofree char *version = path != NULL ? version_read (host, path, &local) : NULL;
	g_autofree char *name = entry_name (entry);

	*ret_usable = version != NULL;
	if (version != NULL)
		return g_strdup_printf ("%s (%s, \"%s\")", name, path, version);
	return path == NULL ? g_strdup_printf ("%s (not there)", name)
			    : g_strdup_printf ("%s (%s)", name, local->message);
}

char *
oci_program_choose (const DavitHost *host, GError **error)
{
	const char *const *entries = entries_of (host);
	g_autoptr (GString) reasons = g_string_new (NULL);
	g_autofree char *path = NULL;

	if (host->variant != NULL) {
		path = oci_program_find (host, host->variant, error);
		return path != NULL ? g_strdup (host->variant) : NULL;
	}
	for (guint i = 0; entries[i] != NULL; i++) {
		gboolean usable = FALSE;
		g_autofree char *text = NULL;

		if (!entry_check (entries[i], error))
			return NULL;
		text = entry_describe (host, entries[i], &usable);
		if (usable)
			return entry_name (entries[i]);
		g_string_append_printf (reasons, "%s%s", i > 0 ? ", " : "", text);
	}
	runtime_error_say (
		error, DAVIT_ERROR_UNAVAILABLE,
		"there is no external runtime; the option runtimes of [runtime.oci] names: "
		"%s",
		reasons->len > 0 ? reasons->str : "none");
	return NULL;
}

gboolean
oci_program_is_crun (const char *path)
{
	const char *slash = strrchr (path, '/');

	return strcmp (slash != NULL ? slash + 1 : path, "crun") == 0;
}

gboolean
oci_program_remember (int dirfd, const char *path, GError **error)
{
	return oci_files_write (dirfd, OCI_FILE_PROGRAM, path, error);
}

char *
oci_program_recall (const DavitHost *host, int dirfd, GError **error)
{
	g_autofree char *path = NULL;
	g_autofree char *chosen = NULL;
	gsize length = 0;

	if (host->files->read_file (dirfd, OCI_FILE_PROGRAM, PROGRAM_LIMIT, &path, &length, NULL) &&
	    is_program (path))
		return g_steal_pointer (&path);
	chosen = oci_program_choose (host, error);
	return chosen != NULL ? oci_program_find (host, chosen, error) : NULL;
}

/*
 * One need, which one of them meets: that another is not there is no reason not to use the plugin,
 * but who looks wants to know.
 */
void
oci_program_probe (const DavitHost *host, DavitProbe *probe)
{
	const char *const *entries = entries_of (host);
	g_autoptr (GString) text = g_string_new ("one of the external runtimes: ");
	gboolean any = FALSE;

	for (guint i = 0; entries[i] != NULL; i++) {
		g_autoptr (GError) local = NULL;
		g_autofree char *found = NULL;
		gboolean usable = FALSE;

		if (!entry_check (entries[i], &local)) {
			host->probe_add (probe, "an option runtimes that can be understood", FALSE,
					 local->message);
			return;
		}
		found = entry_describe (host, entries[i], &usable);
		g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", found);
		any = any || usable;
	}
	if (entries[0] == NULL)
		g_string_append (text, "none is named");
	host->probe_add (probe, text->str, any,
			 "install crun or runc, or name another one in the option runtimes of "
			 "[runtime.oci]");
	host->probe_add (probe, "the privilege of root", !host->facts->rootless,
			 "use the runtime native, which does without");
}
