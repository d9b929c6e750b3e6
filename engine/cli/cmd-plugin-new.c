/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit plugin new: a directory in which a new plugin can be built at once. */

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_LIMIT 64
#define FILE_LIMIT ((gsize) 64 * 1024)

/* The name that the plugin of the template has. */
#define PLACEHOLDER "mine"

const char davit_plugin_new_manual[] =
	"Makes a directory with a plugin that can be built, and passes davit-plugin-check(1): "
	"meson.build, NAME.c, test-NAME.sh and README.md. It is found through pkg-config "
	"(davit-1), with the headers of an installed davit. KIND is storage, network, runtime or "
	"checkpoint. A network plugin works from the beginning; the others say that they are not "
	"written yet, and davit-plugin(7) says what there is to write.\n"
	"$ davit plugin new storage mine\n"
	"$ cd mine && meson setup build && ninja -C build && meson test -C build\n";

typedef struct {
	const char *kind;
	const char *name;
	char *prefix; /* of functions */
	int template_fd;
	int target_fd;
} Author;

/* It becomes the name of a file, of functions, and of a group of the configuration. */
static gboolean
name_check (const char *name, GError **error)
{
	gsize length = strlen (name);

	if (davit_text_is_plugin_name (name) && g_ascii_islower (name[0]) &&
	    name[length - 1] != '-' && length <= NAME_LIMIT)
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_USAGE,
				"name \"%s\": must be of a-z, 0-9 and \"-\", begin with a letter, "
				"not end with \"-\", and have %d characters at most",
				name, NAME_LIMIT);
}

/* The option of davit run that chooses a plugin of a kind. */
static const char *
kind_option (const char *kind)
{
	return strcmp (kind, "network") == 0 ? "network-driver" : kind;
}

/* Replaces each word "from", which may have other letters neither before nor behind it. */
static char *
words_replace (const char *text, const char *from, const char *to, char behind)
{
	g_autoptr (GString) result = g_string_new (NULL);
	gsize length = strlen (from);
	const char *begin = text;

	while (*text != '\0') {
		gboolean is_word = strncmp (text, from, length) == 0 &&
				   (text == begin || !g_ascii_isalnum (text[-1]));
		char next = is_word ? text[length] : '\0';

		if (is_word &&
		    (behind != '\0' ? next == behind : !g_ascii_isalnum (next) && next != '_')) {
			g_string_append (result, to);
			text += length;
		} else {
			g_string_append_c (result, *text++);
		}
	}
	return g_string_free (g_steal_pointer (&result), FALSE);
}

static gboolean
file_copy (const Author *author, const char *from, const char *to, mode_t mode, GError **error)
{
	g_autofree char *text = NULL;
	g_autofree char *functions = NULL;
	g_autofree char *named = NULL;
	g_auto (GStrv) kinds = NULL;
	g_auto (GStrv) options = NULL;
	g_autofree char *with_kind = NULL;
	g_autofree char *all = NULL;
	g_autofree char *option = g_strconcat ("--", kind_option (author->kind), NULL);
	davit_autofd fd = -1;

	if (!davit_path_read_file (author->template_fd, from, FILE_LIMIT, &text, NULL, error))
		return davit_error_prefix (error, "template");
	functions = words_replace (text, PLACEHOLDER, author->prefix, '_');
	named = words_replace (functions, PLACEHOLDER, author->name, '\0');
	kinds = g_strsplit (named, "@KIND@", -1);
	with_kind = g_strjoinv (author->kind, kinds);
	options = g_strsplit (with_kind, "@OPTION@", -1);
	all = g_strjoinv (option, options);
	fd = openat (author->target_fd, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return davit_error_errno (error, errno, "write \"%s\"", to);
	return davit_fd_write (fd, all, strlen (all), to, error);
}

static gboolean
files_copy (const Author *author, GError **error)
{
	g_autofree char *template = g_strconcat (author->kind, ".c", NULL);
	g_autofree char *source = g_strconcat (author->name, ".c", NULL);
	g_autofree char *test = g_strconcat ("test-", author->name, ".sh", NULL);

	return file_copy (author, "project.build", "meson.build", 0666, error) &&
	       file_copy (author, "README.md", "README.md", 0666, error) &&
	       file_copy (author, "test.sh", test, 0777, error) &&
	       file_copy (author, template, source, 0666, error);
}

static gboolean
directory_make (Author *author, const char *path, GError **error)
{
	if (mkdir (path, 0777) < 0)
		return davit_error_errno (error, errno, "make directory \"%s\"", path);
	author->target_fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (author->target_fd < 0)
		return davit_error_errno (error, errno, "open directory \"%s\"", path);
	return TRUE;
}

/* It was made a moment ago, and only by us. */
static void
directory_remove (const char *path)
{
	g_autofree char *parent = g_path_get_dirname (path);
	g_autofree char *name = g_path_get_basename (path);
	davit_autofd fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		davit_path_remove_tree (fd, name, NULL);
}

static gboolean
plugin_make (Author *author, const char *datadir, const char *path, GError **error)
{
	g_autofree char *template = g_build_filename (datadir, "plugin-template", NULL);
	davit_autofd template_fd = open (template, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	davit_autofd target_fd = -1;
	gboolean copied;

	if (template_fd < 0)
		return davit_error_errno (error, errno, "template \"%s\"", template);
	author->template_fd = template_fd;
	if (!directory_make (author, path, error))
		return FALSE;
	target_fd = author->target_fd;
	copied = files_copy (author, error);
	if (!copied)
		directory_remove (path);
	return copied;
}

gboolean
davit_plugin_new_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	const char *const *operands = davit_arguments_operands (arguments);
	const char *directory =
		davit_arguments_operand_count (arguments) > 2 ? operands[2] : operands[1];
	Author author = {.kind = operands[0], .name = operands[1], .target_fd = -1};
	g_autofree char *prefix = g_strdelimit (g_strdup (author.name), "-", '_');
	g_autofree char *path = g_canonicalize_filename (directory, NULL);
	DavitKind kind;

	author.prefix = prefix;
	if (!davit_drivers_parse_kind (author.kind, &kind, error) ||
	    !name_check (author.name, error) || davit_cli_engine (cli, error) == NULL)
		return FALSE;
	if (davit_drivers_has (cli->engine->drivers, kind, author.name))
		return davit_error_set (error, DAVIT_ERROR_EXISTS,
					"%s plugin \"%s\" exists already; choose another name",
					author.kind, author.name);
	return plugin_make (&author, cli->engine->paths->datadir, path, error) &&
	       davit_cli_print_line (path, error);
}
