/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * CRIU makes a table of its own for each run, with a name that only it knows, and removes it when
 * a dump fails. If it was killed, the container runs on and its connections would be held up for
 * ever. nft is asked since this is rare, and where its library locks packets it is there.
 */

#include "criu-lock.h"

#include "criu-fd.h"

#include <string.h>

#define PREFIX "table inet CRIU-"

static gboolean
nft_run (const DavitHost *host, int netns_fd, const char *const *argv, char **ret_output,
	 GError **error)
{
	const DavitHelper helper = {
		.size = sizeof helper,
		.argv = argv,
		.netns_fd = netns_fd,
		.cwd_dirfd = -1,
	};

	return host->run_helper (host, &helper, ret_output, error);
}

void
criu_lock_remove (const DavitHost *host, int netns_fd)
{
	static const char *const list[] = {"nft", "list", "tables", NULL};
	g_autoptr (GError) error = NULL;
	g_autofree char *tables = NULL;
	char *save = NULL;

	if (nft_run (host, netns_fd, list, &tables, &error)) {
		for (char *line = strtok_r (tables, "\n", &save); line != NULL && error == NULL;
		     line = strtok_r (NULL, "\n", &save)) {
			const char *const delete_[] = {
				"nft", "delete", "table", "inet", line + strlen ("table inet "),
				NULL};

			if (g_str_has_prefix (line, PREFIX))
				nft_run (host, netns_fd, delete_, NULL, &error);
		}
	}
	if (error != NULL) {
		g_autofree char *text = g_strconcat (
			"connections of the container may be held up by a table \"inet CRIU-…\" of "
			"nftables in its network, which can't be removed: ",
			error->message, NULL);

		host->log (host, DAVIT_LOG_WARNING, text);
	}
}
