/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* davit rm, davit cleanup, davit container exists */

#include "base/error.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/each.h"

#include <string.h>

#define ID_LENGTH 64
#define SECONDS_LIMIT (366 * 24 * 3600)

const char davit_rm_manual[] =
	"A container that runs is only removed with --force, which stops it first. --force also "
	"removes one whose record is damaged; by its full id even one whose record is gone.\n"
	"The exit status is 1 if a container does not exist, 2 if one runs or is paused, and 125 "
	"after any other failure. All the others are removed nevertheless.\n"
	"$ davit rm web db\n"
	"$ davit rm --force --all\n";

const DavitFlag davit_rm_flags[] = {
	{.name = "all", .letter = 'a', .type = DAVIT_FLAG_SWITCH, .help = "all containers"},
	{.name = "force",
	 .letter = 'f',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "also if it runs or is damaged"},
	{.name = "ignore",
	 .letter = 'i',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "a container that does not exist is no error"},
	{.name = "time",
	 .letter = 't',
	 .type = DAVIT_FLAG_TEXT,
	 .argument = "SECONDS",
	 .help = "with --force: how long to wait before SIGKILL",
	 .fallback = "the container's, or 10"},
	{.name = "volumes",
	 .letter = 'v',
	 .type = DAVIT_FLAG_SWITCH,
	 .help = "its anonymous volumes too; davit keeps none, so this changes nothing"},
	{.name = NULL},
};

typedef struct {
	gboolean force;
	gint64 timeout_msec;
} Removal;

static gboolean
container_remove (DavitCli *cli, DavitContainer *container, gpointer data, GError **error)
{
	const Removal *removal = data;

	return davit_container_remove (container, removal->force, removal->timeout_msec, error);
}

static gboolean
name_is_id (const char *name)
{
	return strlen (name) == ID_LENGTH && strspn (name, "0123456789abcdef") == ID_LENGTH;
}

/*
 * Full ids whose records are gone: what bears the id is taken away. They are left out of names, so
 * that the loop over containers does not report them.
 */
static gboolean
lost_remove (DavitCli *cli, const char *const *names, GPtrArray *left, GError **error)
{
	DavitEngine *engine = davit_cli_engine (cli, error);

	if (engine == NULL)
		return FALSE;
	for (; *names != NULL; names++) {
		g_autoptr (GError) local = NULL;
		g_autoptr (DavitContainer) container = NULL;

		if (name_is_id (*names))
			container = davit_container_find (engine, *names, &local);
		if (!davit_error_matches (local, DAVIT_ERROR_NOT_FOUND)) {
			g_ptr_array_add (left, (gpointer) *names);
			continue;
		}
		g_clear_error (&local);
		if (!davit_container_remove_id (engine, *names, &local) ||
		    !davit_cli_print_line (*names, &local))
			davit_cli_fail (cli, &local);
	}
	return TRUE;
}

gboolean
davit_rm_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	const char *seconds = davit_arguments_text (arguments, "time");
	g_autoptr (GPtrArray) left = g_ptr_array_new ();
	Removal removal = {davit_arguments_switch (arguments, "force"), -1};
	DavitEach each = {
		.names = davit_arguments_operands (arguments),
		.all = davit_arguments_switch (arguments, "all"),
		/* As docker and podman: what is to be gone by force and is gone is no error. */
		.ignore = davit_arguments_switch (arguments, "ignore") || removal.force,
		.parallel = TRUE,
		.func = container_remove,
		.data = &removal,
	};
	guint64 number;

	if (seconds != NULL) {
		if (!davit_text_parse_unsigned (seconds, SECONDS_LIMIT, "option \"--time\"",
						&number, error))
			return FALSE;
		removal.timeout_msec = (gint64) number * 1000;
	}
	if (removal.force && each.names[0] != NULL && !each.all) {
		if (!lost_remove (cli, each.names, left, error))
			return FALSE;
		if (left->len == 0)
			return TRUE;
		g_ptr_array_add (left, NULL);
		each.names = (const char *const *) left->pdata;
	}
	return davit_each_container (cli, &each, error);
}

static gboolean
container_cleanup (DavitCli *cli, DavitContainer *container, gpointer data, GError **error)
{
	return davit_container_cleanup (container, error);
}

gboolean
davit_cleanup_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	DavitEach each = {
		.names = davit_arguments_operands (arguments),
		.ignore = TRUE, /* somebody removed it meanwhile: then all is done */
		.silent = TRUE,
		.func = container_cleanup,
	};

	return davit_each_container (cli, &each, error);
}

gboolean
davit_container_exists_main (DavitCli *cli, DavitArguments *arguments, GError **error)
{
	DavitEngine *engine = davit_cli_engine (cli, error);
	g_autoptr (DavitContainer) container = NULL;
	g_autoptr (GError) local = NULL;

	if (engine == NULL)
		return FALSE;
	container = davit_container_find (engine, davit_arguments_operands (arguments)[0], &local);
	if (container != NULL)
		return TRUE;
	if (!davit_error_matches (local, DAVIT_ERROR_NOT_FOUND)) {
		g_propagate_error (error, g_steal_pointer (&local));
		return FALSE;
	}
	cli->status = 1;
	return TRUE;
}
