/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The loop over containers. */

#include "cli/each.h"

#include "base/error.h"

static gboolean
each_call (DavitCli *cli, const DavitEach *each, DavitContainer *container, const char *name)
{
	g_autoptr (GError) error = NULL;

	if (!each->func (cli, container, each->data, &error))
		return davit_cli_fail (cli, &error);
	if (!each->silent && !davit_cli_print_line (name, &error))
		return davit_cli_fail (cli, &error);
	return TRUE;
}

static gboolean
each_of_all (DavitCli *cli, const DavitEach *each, DavitEngine *engine, GError **error)
{
	g_autoptr (GPtrArray) containers = davit_container_list (engine, error);

	if (containers == NULL)
		return FALSE;
	for (guint i = 0; i < containers->len; i++) {
		DavitContainer *container = g_ptr_array_index (containers, i);

		if (each->statuses == 0 || (each->statuses & (1u << container->status)) != 0)
			each_call (cli, each, container, container->id);
	}
	return TRUE;
}

gboolean
davit_each_container (DavitCli *cli, const DavitEach *each, GError **error)
{
	DavitEngine *engine;

	if (each->all && each->names[0] != NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"%s\": --all and the name \"%s\" exclude each other",
					cli->verb->name, each->names[0]);
	if (!each->all && each->names[0] == NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"%s\" needs %s; see davit %s --help", cli->verb->name,
					cli->verb->synopsis, cli->verb->name);
	engine = davit_cli_engine (cli, error);
	if (engine == NULL)
		return FALSE;
	if (each->all)
		return each_of_all (cli, each, engine, error);
	for (const char *const *name = each->names; *name != NULL; name++) {
		g_autoptr (GError) local = NULL;
		g_autoptr (DavitContainer) container = davit_container_find (engine, *name, &local);

		if (container != NULL)
			each_call (cli, each, container, *name);
		else if (!each->ignore || !davit_error_matches (local, DAVIT_ERROR_NOT_FOUND))
			davit_cli_fail (cli, &local);
	}
	return TRUE;
}
