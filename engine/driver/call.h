/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How an operation of a plugin is called, and the checks that it kept the contract.
 *
 * Outputs of an operation are not the caller's own variables: a wrapper passes variables that hold
 * a value no operation gives, looks at them afterwards, and only then hands them on.
 */

#pragma once

#include "driver/driver.h"
#include "driver/result.h"

G_BEGIN_DECLS

/**
 * DavitCall: one call on its way.
 */
typedef struct {
	DavitDriver *driver;
	char operation[32];
	DavitResult *result; /* or NULL */
	guint result_length; /* before the call */
	GError *error;	     /* what the plugin sets */
} DavitCall;

/* path: the member with its kind, such as "runtime.delete_". UNSUPPORTED if the slot is empty. */
gboolean davit_call_begin (DavitCall *call, const char *path, gboolean present, GError **error);
gboolean davit_call_end (DavitCall *call, gboolean succeeded, GError **error);

/*
 * Calls driver->ops.member (instance, ..., &error), such as member = storage.changes, and gives
 * whether it succeeded. result is what the operation fills in, or NULL.
 */
#define davit_call(driver_, member_, result_, error_, ...)                                         \
	({                                                                                         \
		DavitCall call_ = {.driver = (driver_), .result = (result_)};                      \
		davit_call_begin (&call_, #member_, call_.driver->module->ops.member_ != NULL,     \
				  (error_)) &&                                                     \
			davit_call_end (&call_,                                                    \
					call_.driver->module->ops.member_ (call_.driver->instance, \
									   __VA_ARGS__,            \
									   &call_.error),          \
					(error_));                                                 \
	})

/* PLUGIN_CONTRACT "storage/x: OPERATION FORMAT". Returns FALSE. */
gboolean davit_contract_broken (const DavitDriver *driver, const char *operation, GError **error,
				const char *format, ...) G_GNUC_PRINTF (4, 5);

/* After a failure: outputs must be as they were. Turns *error into PLUGIN_CONTRACT if not. */
gboolean davit_contract_untouched (const DavitDriver *driver, const char *operation,
				   gboolean untouched, GError **error);

/*
 * After success: an open descriptor of a directory, or of a process whose "pid" is in the result;
 * made close-on-exec.
 */
gboolean davit_contract_directory (const DavitDriver *driver, const char *operation, int fd,
				   GError **error);
gboolean davit_contract_process (const DavitDriver *driver, const char *operation, int pidfd,
				 const DavitResult *result, GError **error);

G_END_DECLS
