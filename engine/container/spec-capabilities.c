/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Capabilities of a process: none is inheritable or ambient (CVE-2022-24769 and its kin), and a
 * process that is not root has them in its bounding set alone.
 */

#include "container/spec-private.h"

#include "base/log.h"
#include "container/create-private.h"

#include <string.h>

static gboolean
is_available (const char *name, guint64 available)
{
	const char *const *names = davit_request_capabilities ();

	for (guint i = 0; names[i] != NULL; i++) {
		if (strcmp (names[i], name) == 0)
			return (available >> i & 1) != 0;
	}
	/* One that this program does not know: whether there is such a one the runtime says. */
	return TRUE;
}

gboolean
davit_spec_capabilities (const DavitRecord *record, const char ***ret, GError **error)
{
	guint64 available = davit_creation_capabilities_available ();
	g_autofree const char **names = NULL;
	guint kept = 0;

	if (!davit_json_get_strings (record->json, "capabilities", &names, error))
		return FALSE;
	if (names == NULL)
		names = g_new0 (const char *, 1);
	for (guint i = 0; names[i] != NULL; i++) {
		if (is_available (names[i], available))
			names[kept++] = names[i];
		else
			davit_debug ("capability \"%s\" is left out: the caller lacks it",
				     names[i]);
	}
	names[kept] = NULL;
	*ret = g_steal_pointer (&names);
	return TRUE;
}

void
davit_spec_write_capabilities (const char *const *capabilities, gboolean root,
			       DavitJsonWriter *writer)
{
	davit_json_writer_begin_object (writer, "capabilities");
	davit_json_writer_strings (writer, "bounding", capabilities);
	if (root) {
		davit_json_writer_strings (writer, "effective", capabilities);
		davit_json_writer_strings (writer, "permitted", capabilities);
	}
	davit_json_writer_end_object (writer);
}

void
davit_spec_write_all_capabilities (gboolean root, DavitJsonWriter *writer)
{
	guint64 available = davit_creation_capabilities_available ();
	const char *const *names = davit_request_capabilities ();
	const char *given[65] = {NULL};
	guint kept = 0;

	for (guint i = 0; names[i] != NULL; i++) {
		if ((available >> i & 1) != 0)
			given[kept++] = names[i];
	}
	davit_spec_write_capabilities (given, root, writer);
}
