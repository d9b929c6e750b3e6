/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A look at the program, by the rules of the kernel and of a shell's search in PATH. */

#include "oci-reason.h"

#include "runtime-error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_SIZE 256
/* Only there is anything registered that makes the kernel run other formats. */
#define BINFMT_STATUS "/proc/sys/fs/binfmt_misc/status"

/* What can't be told is no reason. */
typedef enum {
	LOOK_GOOD,
	LOOK_UNKNOWN,
	LOOK_ABSENT,
	LOOK_DIRECTORY,
	LOOK_FORBIDDEN,
	LOOK_FORMAT,
	LOOK_INTERPRETER,
} Look;

typedef struct {
	const DavitHost *host;
	int root_fd;
} Place;

static int
place_open (const Place *place, const char *path, Look *ret_look)
{
	g_autoptr (GError) local = NULL;
	int fd = -1;

	if (place->host->files->open_in_root (place->root_fd, path, O_PATH, 0, &fd, &local))
		return fd;
	*ret_look = g_error_matches (local, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND) ? LOOK_ABSENT
										: LOOK_UNKNOWN;
	return -1;
}

/* A script's interpreter must be there; that of an ELF file the kernel alone knows how to find. */
static Look
script_look (const Place *place, char *line)
{
	Look look = LOOK_GOOD;
	int fd;

	line += strspn (line, " \t");
	line[strcspn (line, " \t\n")] = '\0';
	if (line[0] != '/')
		return LOOK_UNKNOWN;
	fd = place_open (place, line, &look);
	if (fd >= 0)
		close (fd);
	return look == LOOK_ABSENT ? LOOK_INTERPRETER : LOOK_GOOD;
}

static Look
head_look (const Place *place, int path_fd)
{
	g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", path_fd);
	char head[HEAD_SIZE + 1] = "";
	int fd = open (link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t length = fd >= 0 ? read (fd, head, HEAD_SIZE) : -1;

	if (fd >= 0)
		close (fd);
	if (length < 0)
		return LOOK_UNKNOWN;
	if (length >= 4 && memcmp (head, "\177ELF", 4) == 0)
		return LOOK_GOOD;
	if (length >= 2 && head[0] == '#' && head[1] == '!')
		return script_look (place, head + 2);
	return access (BINFMT_STATUS, F_OK) == 0 ? LOOK_UNKNOWN : LOOK_FORMAT;
}

static Look
file_look (const Place *place, const char *path)
{
	Look look = LOOK_GOOD;
	struct stat status;
	int fd = place_open (place, path, &look);

	if (fd < 0)
		return look;
	if (fstat (fd, &status) < 0)
		look = LOOK_UNKNOWN;
	else if (S_ISDIR (status.st_mode))
		look = LOOK_DIRECTORY;
	else if (!S_ISREG (status.st_mode) || (status.st_mode & 0111) == 0)
		look = LOOK_FORBIDDEN;
	else
		look = head_look (place, fd);
	close (fd);
	return look;
}

/*
 * The value of PATH in the list of the environment; the last one counts, as for the kernel's heir.
 */
static const char *
search_path (const DavitHost *host, const DavitJson *process)
{
	const DavitJson *env = host->json->member (process, "env");
	const char *path = NULL;

	for (guint i = 0; i < host->json->length (env); i++) {
		const char *entry = host->json->string (host->json->element (env, i));

		if (entry != NULL && g_str_has_prefix (entry, "PATH="))
			path = entry + strlen ("PATH=");
	}
	return path;
}

static Look
path_look (const Place *place, const char *path, const char *cwd, const char *name)
{
	g_auto (GStrv) directories = g_strsplit (path, ":", -1);
	Look found = LOOK_ABSENT;

	for (guint i = 0; directories[i] != NULL; i++) {
		const char *directory = directories[i][0] != '\0' ? directories[i] : cwd;
		g_autofree char *file = directory[0] == '/'
						? g_build_filename (directory, name, NULL)
						: g_build_filename (cwd, directory, name, NULL);
		Look look = file_look (place, file);

		/* What is there and can't be run says more than what is not there. */
		if (look != LOOK_ABSENT && look != LOOK_DIRECTORY && look != LOOK_FORBIDDEN)
			return look;
		if (look == LOOK_FORBIDDEN)
			found = look;
	}
	return found;
}

static gboolean
look_say (Look look, const char *name, gboolean searched, GError **error)
{
	switch (look) {
	case LOOK_ABSENT:
		if (searched)
			return runtime_error_say (error, DAVIT_ERROR_NO_PROGRAM,
						  "program \"%s\": not found in PATH", name);
		return runtime_error_say (error, DAVIT_ERROR_NO_PROGRAM, "program \"%s\": %s", name,
					  g_strerror (ENOENT));
	case LOOK_DIRECTORY:
		return runtime_error_say (error, DAVIT_ERROR_NOT_EXECUTABLE, "program \"%s\": %s",
					  name, g_strerror (EISDIR));
	case LOOK_FORBIDDEN:
		return runtime_error_say (error, DAVIT_ERROR_NOT_EXECUTABLE, "program \"%s\": %s",
					  name, g_strerror (EACCES));
	case LOOK_FORMAT:
		return runtime_error_say (
			error, DAVIT_ERROR_NOT_EXECUTABLE,
			"program \"%s\": %s; built for another machine, or a script "
			"without #! line",
			name, g_strerror (ENOEXEC));
	case LOOK_INTERPRETER:
		return runtime_error_say (
			error, DAVIT_ERROR_NO_PROGRAM,
			"program \"%s\": exists, but the interpreter that it names "
			"does not",
			name);
	case LOOK_GOOD:
	case LOOK_UNKNOWN:
	default:
		return TRUE;
	}
}

gboolean
oci_reason_check (const DavitHost *host, int root_fd, const DavitJson *process, GError **error)
{
	const Place place = {host, root_fd};
	const DavitJson *args = host->json->member (process, "args");
	const char *name = host->json->string (host->json->element (args, 0));
	const char *cwd = host->json->string (host->json->member (process, "cwd"));
	const char *path = search_path (host, process);
	g_autofree char *file = NULL;

	if (name == NULL || name[0] == '\0' || cwd == NULL || cwd[0] != '/')
		return TRUE;
	if (strchr (name, '/') == NULL)
		return path == NULL ||
		       look_say (path_look (&place, path, cwd, name), name, TRUE, error);
	file = name[0] == '/' ? g_strdup (name) : g_build_filename (cwd, name, NULL);
	return look_say (file_look (&place, file), name, FALSE, error);
}

gboolean
oci_reason_mounts_matter (const DavitHost *host, const DavitJson *mounts)
{
	/* What every container has, and where nobody keeps programs. */
	static const char *const places[] = {"/proc", "/dev", "/sys", "/etc", "/run/.containerenv"};

	for (guint i = 0; i < host->json->length (mounts); i++) {
		const DavitJson *mount = host->json->element (mounts, i);
		const char *to = host->json->string (host->json->member (mount, "destination"));
		gboolean below = FALSE;

		for (guint j = 0; to != NULL && j < G_N_ELEMENTS (places); j++) {
			gsize length = strlen (places[j]);

			below = below || (strncmp (to, places[j], length) == 0 &&
					  (to[length] == '/' || to[length] == '\0'));
		}
		if (!below)
			return TRUE;
	}
	return FALSE;
}
