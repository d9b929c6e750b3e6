/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Asking for the version takes as long as half a start of the helper. A start does not ask: it
 * passes what all supported versions know, and asks when the program failed, to say why.
 */

#include "slirp4netns-program.h"

#include "slirp4netns-text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "slirp4netns"
/* Also looked at when they are not in PATH. */
#define SYSTEM_PATH "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
#define VERSION_TIMEOUT_MSEC 10000
#define TUN "/dev/net/tun"

static gboolean
file_is_program (const char *path)
{
	struct stat status;

	return stat (path, &status) == 0 && S_ISREG (status.st_mode) && access (path, X_OK) == 0;
}

char *
slirp4netns_program_find (const DavitHost *host, GError **error)
{
	const char *configured = host->option_string (host, "program");
	const char *path = secure_getenv ("PATH");
	g_autofree char *joined = g_strconcat (path != NULL ? path : "", ":" SYSTEM_PATH, NULL);
	g_auto (GStrv) directories = g_strsplit (joined, ":", -1);

	if (configured != NULL && configured[0] != '\0') {
		if (file_is_program (configured) && g_utf8_validate (configured, -1, NULL))
			return g_strdup (configured);
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNAVAILABLE,
			     "program \"%s\" is not there or can't be run; the option program "
			     "names it",
			     configured);
		return NULL;
	}
	for (guint i = 0; directories[i] != NULL; i++) {
		g_autofree char *file = g_build_filename (directories[i], NAME, NULL);

		if (file[0] == '/' && g_utf8_validate (file, -1, NULL) && file_is_program (file))
			return g_steal_pointer (&file);
	}
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNAVAILABLE,
		     "program \"" NAME "\" is not installed; it was searched in PATH");
	return NULL;
}

static gboolean
version_parse (const char *output, guint *ret)
{
	static const char prefix[] = NAME " version ";
	const char *text = output;
	guint parts[3] = {0};

	if (!g_str_has_prefix (text, prefix))
		return FALSE;
	text += strlen (prefix);
	for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
		char *end = NULL;
		guint64 number;

		if (!g_ascii_isdigit (*text))
			return FALSE;
		number = g_ascii_strtoull (text, &end, 10);
		if (number > 999)
			return FALSE;
		parts[i] = (guint) number;
		text = end;
		if (i + 1 < G_N_ELEMENTS (parts) && *text++ != '.')
			return FALSE;
	}
	*ret = SLIRP_VERSION (parts[0], parts[1], parts[2]);
	return TRUE;
}

gboolean
slirp4netns_program_version (const DavitHost *host, const char *path, guint *ret_version,
			     GError **error)
{
	const char *const argv[] = {path, "--version", NULL};
	const DavitHelper helper = {
		.size = sizeof helper,
		.argv = argv,
		.netns_fd = -1,
		.cwd_dirfd = -1,
		.timeout_msec = VERSION_TIMEOUT_MSEC,
		.output_limit = 4096,
	};
	g_autofree char *output = NULL;
	g_autofree char *said = NULL;

	if (!host->run_helper (host, &helper, &output, error))
		return FALSE;
	if (version_parse (output, ret_version))
		return TRUE;
	said = slirp4netns_text_escape (output, strcspn (output, "\n"));
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_HELPER,
		     "program \"%s\" says \"%s\" where its version was expected; it may be another "
		     "program",
		     path, said);
	return FALSE;
}

char *
slirp4netns_program_version_text (guint version)
{
	return g_strdup_printf ("%u.%u.%u", version / 1000000, version / 1000 % 1000,
				version % 1000);
}

gboolean
slirp4netns_program_require (const DavitHost *host, const char *path, guint version,
			     const char *what, GError **error)
{
	g_autofree char *has = NULL;
	g_autofree char *wanted = NULL;
	guint found = 0;

	if (!slirp4netns_program_version (host, path, &found, error))
		return FALSE;
	if (found >= version)
		return TRUE;
	has = slirp4netns_program_version_text (found);
	wanted = slirp4netns_program_version_text (version);
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNAVAILABLE,
		     "program \"%s\" has version %s, which is too old; %s%s%s or newer is needed",
		     path, has, what != NULL ? what : "", what != NULL ? ": " : "", wanted);
	return FALSE;
}

/* FALSE if the file says 0; TRUE also if there is no such file: then there is no such limit. */
static gboolean
limit_allows (const char *path)
{
	g_autofree char *text = NULL;

	if (!g_file_get_contents (path, &text, NULL, NULL))
		return TRUE;
	return g_ascii_strtoull (text, NULL, 10) > 0;
}

static void
probe_version (const DavitHost *host, DavitProbe *probe, const char *path)
{
	g_autoptr (GError) local = NULL;
	g_autofree char *wanted = slirp4netns_program_version_text (SLIRP_VERSION_MINIMUM);
	g_autofree char *what = g_strdup_printf ("version %s or newer of " NAME, wanted);
	gboolean met =
		slirp4netns_program_require (host, path, SLIRP_VERSION_MINIMUM, NULL, &local);

	host->probe_add (probe, what, met, met ? NULL : local->message);
}

static void
probe_tun (const DavitHost *host, DavitProbe *probe)
{
	struct stat status;
	gboolean there = stat (TUN, &status) == 0 && S_ISCHR (status.st_mode);

	host->probe_add (probe, "device \"" TUN "\"", there,
			 "load the kernel module tun, or make the device");
	if (there)
		host->probe_add (probe, "permission to use \"" TUN "\"",
				 access (TUN, R_OK | W_OK) == 0,
				 "chmod 0666 " TUN
				 " as root; it is of use only with privilege over "
				 "a network namespace");
}

void
slirp4netns_program_probe (const DavitHost *host, DavitProbe *probe)
{
	g_autoptr (GError) local = NULL;
	g_autofree char *path = slirp4netns_program_find (host, &local);

	host->probe_add (probe, "program \"" NAME "\"", path != NULL,
			 path != NULL ? NULL : local->message);
	if (path != NULL)
		probe_version (host, probe, path);
	probe_tun (host, probe);
	host->probe_add (probe, "kernel support for network namespaces",
			 access ("/proc/self/ns/net", F_OK) == 0, "the kernel needs CONFIG_NET_NS");
	if (!host->facts->rootless)
		return;
	host->probe_add (probe, "kernel support for user namespaces",
			 access ("/proc/self/ns/user", F_OK) == 0,
			 "the kernel needs CONFIG_USER_NS");
	host->probe_add (probe, "permission for new user namespaces",
			 limit_allows ("/proc/sys/user/max_user_namespaces") &&
				 limit_allows ("/proc/sys/kernel/unprivileged_userns_clone"),
			 "write a number above 0 to /proc/sys/user/max_user_namespaces and 1 to "
			 "/proc/sys/kernel/unprivileged_userns_clone");
}
