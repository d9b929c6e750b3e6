/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of the reader of record.json (libFuzzer): what it gives is complete, and what it refuses
 * it says so.
 */

#include "container/record.h"

#include "base/error.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

static void
namespace_check (const DavitNamespace *namespace)
{
	gboolean names = namespace->mode == DAVIT_NAMESPACE_CONTAINER ||
			 namespace->mode == DAVIT_NAMESPACE_PATH;

	if (davit_record_namespace_word (namespace->mode) == NULL)
		__builtin_trap ();
	if (names && namespace->target == NULL)
		__builtin_trap ();
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitRecord) record = davit_record_parse ((const char *) bytes, size, &error);

	if ((record == NULL) != (error != NULL))
		__builtin_trap ();
	if (record == NULL) {
		if (!davit_error_matches (error, DAVIT_ERROR_CORRUPT) &&
		    !davit_error_matches (error, DAVIT_ERROR_CONFIG))
			__builtin_trap ();
		return 0;
	}
	if (record->id == NULL || record->name == NULL || record->args[0] == NULL ||
	    record->runtime == NULL || record->layers == NULL || record->labels == NULL)
		__builtin_trap ();
	if (record->rootfs == NULL && (record->image_id == NULL || record->storage == NULL))
		__builtin_trap ();
	for (char **pair = record->env; *pair != NULL; pair++) {
		if (strchr (*pair, '=') == NULL)
			__builtin_trap ();
	}
	if (record->networks == NULL ||
	    (record->networks->len == 0) ==
		    (record->network_namespace.mode == DAVIT_NAMESPACE_PRIVATE))
		__builtin_trap ();
	namespace_check (&record->pid_namespace);
	namespace_check (&record->ipc_namespace);
	namespace_check (&record->uts_namespace);
	namespace_check (&record->network_namespace);
	namespace_check (&record->cgroup_namespace);
	namespace_check (&record->time_namespace);
	namespace_check (&record->user_namespace);
	return 0;
}
