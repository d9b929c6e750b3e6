/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "criu-program.h"

#include "criu-fd.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define VERSION(major, minor, sublevel) ((major) *1000000 + (minor) *1000 + (sublevel))

static gboolean
file_is_program (const char *path)
{
	struct stat status;

	return stat (path, &status) == 0 && S_ISREG (status.st_mode) && access (path, X_OK) == 0;
}

/* Those of Linux 6.16 and later refuse what older versions ask of sockets. */
static guint
version_needed (void)
{
	struct utsname name;
	guint major = 0;
	guint minor = 0;

	if (uname (&name) == 0 && sscanf (name.release, "%u.%u", &major, &minor) == 2 &&
	    (major > 6 || (major == 6 && minor >= 16)))
		return VERSION (4, 1, 0);
	return VERSION (3, 17, 0);
}

char *
criu_program_advice (void)
{
	guint needed = version_needed ();

	return g_strdup_printf ("install CRIU %u.%u or newer, or set program in "
				"[checkpoint.criu]",
				needed / 1000000, needed / 1000 % 1000);
}

static char *
program_missing (const char *name, const char *how, GError **error)
{
	g_autofree char *advice = criu_program_advice ();

	criu_error_set (error, DAVIT_ERROR_UNAVAILABLE, "program \"%s\" %s; %s", name, how, advice);
	return NULL;
}

char *
criu_program_find (const DavitHost *host, GError **error)
{
	const char *name = host->option_string (host, "program");
	g_autofree char *path = criu_worker_path ();
	g_auto (GStrv) directories = g_strsplit (path, ":", -1);

	if (name[0] == '/')
		return file_is_program (name)
			       ? g_strdup (name)
			       : program_missing (name, "is not there or can't be run", error);
	for (guint i = 0; directories[i] != NULL; i++) {
		g_autofree char *file = g_build_filename (directories[i], name, NULL);

		if (file[0] == '/' && file_is_program (file))
			return g_steal_pointer (&file);
	}
	return program_missing (name, "is not in PATH", error);
}

/* One question, outside of every container. */
static gboolean
program_ask (const DavitHost *host, const char *program, const GByteArray *request,
	     CriuResponse *ret, GError **error)
{
	g_auto (CriuPlace) place = {.fd = -1};
	g_auto (CriuWorker) worker = CRIU_WORKER_INIT;
	CriuSpawn spawn = {0};
	gint64 timeout = host->option_integer (host, "timeout");

	/* Never longer than this, and less if that is wanted. */
	if (timeout <= 0 || timeout > CRIU_ASK_TIMEOUT_MSEC)
		timeout = CRIU_ASK_TIMEOUT_MSEC;
	if (!criu_place_init (&place, host, program, error))
		return FALSE;
	criu_place_use (&place, &spawn);
	if (!criu_worker_start (&worker, program, &spawn, NULL, 0, (guint32) timeout, error) ||
	    !criu_worker_ask (&worker, request, NULL, NULL, ret, error))
		return FALSE;
	criu_worker_end (&worker);
	criu_place_keep_kernel (&place);
	return TRUE;
}

gboolean
criu_program_features (const DavitHost *host, const char *program, CriuResponse *ret,
		       GError **error)
{
	g_autoptr (GByteArray) request = criu_message_features_request ();

	if (!program_ask (host, program, request, ret, error))
		return FALSE;
	return (ret->success && ret->has_features) ||
	       criu_error_set (error, DAVIT_ERROR_UNAVAILABLE,
			       "program \"%s\" can't find out what the kernel can do; \"criu "
			       "check\" says why",
			       program);
}

static guint
version_number (const CriuResponse *version)
{
	return (guint) CLAMP (version->major, 0, 999) * 1000000 +
	       (guint) CLAMP (version->minor, 0, 999) * 1000 +
	       (guint) CLAMP (version->sublevel, 0, 999);
}

static gboolean
version_check (const char *program, const CriuResponse *version, char **ret_text, GError **error)
{
	guint needed = version_needed ();

	*ret_text = version->sublevel > 0
			    ? g_strdup_printf ("%d.%d.%d", version->major, version->minor,
					       version->sublevel)
			    : g_strdup_printf ("%d.%d", version->major, version->minor);
	if (version_number (version) >= needed)
		return TRUE;
	return criu_error_set (error, DAVIT_ERROR_UNAVAILABLE,
			       "program \"%s\" has version %s, which is too old; %u.%u or newer is "
			       "needed with this kernel",
			       program, *ret_text, needed / 1000000, needed / 1000 % 1000);
}

char *
criu_program_greet (CriuWorker *worker, GError **error)
{
	g_autoptr (GByteArray) request = criu_message_version_request ();
	g_auto (CriuResponse) version = {0};
	g_autofree char *text = NULL;

	if (!criu_worker_ask (worker, request, NULL, NULL, &version, error))
		return NULL;
	if (!version.success || !version.has_version) {
		criu_error_set (error, DAVIT_ERROR_HELPER,
				"program \"%s\" does not say its version; it may be another "
				"program",
				worker->program);
		return NULL;
	}
	if (!version_check (worker->program, &version, &text, error))
		return NULL;
	return g_steal_pointer (&text);
}

/*
 * What it wants to know about the kernel it can't find out in every network namespace (it connects
 * to itself). Asked here, that is once in the life of the system, it does so outside.
 */
gboolean
criu_program_place (const DavitHost *host, const char *program, CriuPlace *ret, GError **error)
{
	g_auto (CriuResponse) features = {0};

	if (!criu_place_init (ret, host, program, error))
		return FALSE;
	if (ret->has_kernel)
		return TRUE;
	if (!criu_program_features (host, program, &features, error))
		return FALSE;
	criu_place_give_kernel (ret);
	return TRUE;
}
