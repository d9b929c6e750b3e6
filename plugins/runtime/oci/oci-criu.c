/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Runtimes may be built without CRIU, have other options, and find the program in other ways. None
 * of that follows from a name or a version: the runtime's own help is asked. A flag that it does
 * not name is refused here, since not all of them complain about an option that they don't know.
 */

#include "oci-criu.h"

#include "criu-log.h"
#include "oci-files.h"
#include "oci-program.h"
#include "oci-words.h"
#include "runtime-error.h"

#include <string.h>
#include <unistd.h>

#define HELP_TIMEOUT_MSEC 5000

/* Without it the runtime is asked for the help of all. Status and complaint as of DavitHelper. */
static gboolean
help_read (const OciCriu *criu, const char *verb, int *ret_status, char **ret_complaint,
	   char **ret_help, GError **error)
{
	const char *const argv[] = {criu->program, verb != NULL ? verb : "--help",
				    verb != NULL ? "--help" : NULL, NULL};
	const DavitHelper helper = {
		.size = sizeof helper,
		.argv = argv,
		.netns_fd = -1,
		.cwd_dirfd = -1,
		.timeout_msec = HELP_TIMEOUT_MSEC,
		.ret_status = ret_status,
		.ret_complaint = ret_complaint,
	};

	return criu->host->run_helper (criu->host, &helper, ret_help, error);
}

/* Whether a help names an option, and not only a longer one. */
static gboolean
help_names (const char *help, const char *option)
{
	gsize length = strlen (option);

	for (const char *at = strstr (help, option); at != NULL; at = strstr (at + 1, option)) {
		if (!g_ascii_isalnum (at[length]) && at[length] != '-')
			return TRUE;
	}
	return FALSE;
}

static gboolean
verb_check (OciCriu *criu, GError **error)
{
	g_autofree char *complaint = NULL;
	g_autofree char *said = NULL;
	int status = 0;

	if (!help_read (criu, criu->verb, &status, &complaint, &criu->help, error))
		return FALSE;
	if (status == 0 && help_names (criu->help, "--image-path"))
		return TRUE;
	said = oci_words_plain (complaint != NULL ? complaint : "", -1);
	return runtime_error_say (
		error, DAVIT_ERROR_UNSUPPORTED,
		"the runtime \"%s\" can't make or restore checkpoints: it has no verb "
		"\"%s\"%s%s%s; it may be built without CRIU",
		criu->program, criu->verb, said[0] != '\0' ? " (\"" : "", said,
		said[0] != '\0' ? "\")" : "");
}

/* Older ones have an option for it; the others only search a program "criu". */
static gboolean
program_set (OciCriu *criu, GError **error)
{
	const char *path = criu->host->option_string (criu->host, "criu");
	g_autofree char *help = NULL;
	g_autofree char *complaint = NULL;
	g_autofree char *directory = NULL;
	g_autofree char *name = NULL;
	int status = 0;

	if (path == NULL)
		return TRUE;
	if (access (path, X_OK) < 0)
		return runtime_error_say (
			error, DAVIT_ERROR_UNAVAILABLE,
			"the option criu of [runtime.oci]: \"%s\" is not there or "
			"can't be run",
			path);
	if (!help_read (criu, NULL, &status, &complaint, &help, error))
		return FALSE;
	if (help_names (help, "--criu")) {
		criu->criu = path;
		return TRUE;
	}
	name = g_path_get_basename (path);
	if (strcmp (name, "criu") != 0)
		return runtime_error_say (
			error, DAVIT_ERROR_UNSUPPORTED,
			"the option criu of [runtime.oci]: the runtime \"%s\" takes "
			"CRIU from PATH, so that a file must be called \"criu\", and "
			"not \"%s\"",
			criu->program, name);
	directory = g_path_get_dirname (path);
	criu->environment = g_new0 (char *, 3);
	criu->environment[0] = g_strconcat ("PATH=", directory, ":" OCI_SYSTEM_PATH, NULL);
	criu->environment[1] = g_strdup ("LANG=C.UTF-8");
	return TRUE;
}

gboolean
oci_criu_open (OciCriu *criu, const DavitHost *host, const char *program, const char *verb,
	       GError **error)
{
	criu->host = host;
	criu->program = program;
	criu->verb = verb;
	criu->arguments = g_ptr_array_new ();
	return verb_check (criu, error) && program_set (criu, error);
}

gboolean
oci_criu_directories (OciCriu *criu, int images_dirfd, int work_dirfd, GError **error)
{
	criu->images = oci_files_path (images_dirfd, NULL, error);
	criu->work = criu->images != NULL ? oci_files_path (work_dirfd, NULL, error) : NULL;
	if (criu->work == NULL)
		return FALSE;
	g_ptr_array_add (criu->arguments, (gpointer) "--image-path");
	g_ptr_array_add (criu->arguments, criu->images);
	g_ptr_array_add (criu->arguments, (gpointer) "--work-path");
	g_ptr_array_add (criu->arguments, criu->work);
	return TRUE;
}

gboolean
oci_criu_flags (OciCriu *criu, guint32 flags, const char *const *options, GError **error)
{
	/* TERMINAL is none: a runtime knows which of its containers have one. */
	static const struct {
		guint32 flag;
		const char *option;
	} known[] = {
		{DAVIT_CHECKPOINT_LEAVE_RUNNING, "--leave-running"},
		{DAVIT_CHECKPOINT_TCP_ESTABLISHED, "--tcp-established"},
		{DAVIT_CHECKPOINT_TCP_CLOSE, "--tcp-close"},
		{DAVIT_CHECKPOINT_FILE_LOCKS, "--file-locks"},
		{DAVIT_CHECKPOINT_EXTERNAL_UNIX, "--ext-unix-sk"},
	};

	if (options != NULL && options[0] != NULL)
		return runtime_error_say (
			error, DAVIT_ERROR_USAGE,
			"option \"%s\": checkpoints by an external runtime have no "
			"options of this kind",
			options[0]);
	for (gsize i = 0; i < G_N_ELEMENTS (known); i++) {
		if (!(flags & known[i].flag))
			continue;
		if (!help_names (criu->help, known[i].option))
			return runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
						  "\"%s %s\" has no option \"%s\"", criu->program,
						  criu->verb, known[i].option);
		g_ptr_array_add (criu->arguments, (gpointer) known[i].option);
	}
	return TRUE;
}

gboolean
oci_criu_explain (const DavitHost *host, int work_dirfd, const char *file, const char *what,
		  GError **error)
{
	g_autoptr (GError) said = NULL;

	/* One that never came to run CRIU has said itself what the matter is. */
	if (error == NULL || *error == NULL || !oci_files_exist (work_dirfd, file) ||
	    !g_error_matches (*error, DAVIT_ERROR, DAVIT_ERROR_HELPER))
		return FALSE;
	criu_log_explain (host, work_dirfd, file, what, NULL, 0, &said);
	if (said->code == DAVIT_ERROR_HELPER) {
		g_autofree char *both =
			g_strdup_printf ("%s; %s", (*error)->message, said->message);

		g_clear_error (error);
		return runtime_error_say (error, DAVIT_ERROR_HELPER, "%s", both);
	}
	g_clear_error (error);
	g_propagate_error (error, g_steal_pointer (&said));
	return FALSE;
}

void
oci_criu_clear (OciCriu *criu)
{
	g_clear_pointer (&criu->help, g_free);
	g_clear_pointer (&criu->images, g_free);
	g_clear_pointer (&criu->work, g_free);
	g_clear_pointer (&criu->environment, g_strfreev);
	g_clear_pointer (&criu->arguments, g_ptr_array_unref);
}
