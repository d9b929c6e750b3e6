/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Loads a plugin and checks its descriptor, before any of its functions is called.
 *
 * libltdl 2.4.7 answers "file not found" to whatever is wrong with a file and binds functions
 * lazily, so that a missing symbol would end the engine in the middle of an operation. dlopen goes
 * first, for the linker's own words and with everything bound; lt_dlopen finds it loaded.
 *
 * Nothing is unloaded: every program of davit ends soon, to unmap would cost it time, and a report
 * of a leak could not name what it met in there.
 */

#include "driver/loader.h"

#include "base/error.h"
#include "base/text.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <ltdl.h>
#include <string.h>

/* Up to where a descriptor of any ABI is the same: magic and both versions. */
#define LOADER_PREFIX_SIZE G_STRUCT_OFFSET (DavitPlugin, size)
/* What ABI 1.0 has. It stays when the struct grows. */
#define LOADER_SIZE_1_0 (G_STRUCT_OFFSET (DavitPlugin, ops) + sizeof (const void *))

/* A table longer than this is a missing end. */
#define LOADER_OPTIONS_LIMIT 256

static gboolean abi_error (const DavitModule *module, GError **error, const char *format, ...)
	G_GNUC_PRINTF (3, 4);

static gboolean
abi_error (const DavitModule *module, GError **error, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start (arguments, format);
	text = g_strdup_vprintf (format, arguments);
	va_end (arguments);
	return davit_error_set (error, DAVIT_ERROR_PLUGIN_ABI, "plugin \"%s\": %s", module->path,
				text);
}

/* The linker's words, without the path in front that we give ourselves. */
static const char *
linker_reason (const char *path)
{
	const char *text = dlerror ();
	gsize length = strlen (path);

	if (text == NULL)
		return "the dynamic linker gives no reason";
	if (strncmp (text, path, length) == 0 && strncmp (text + length, ": ", 2) == 0)
		return text + length + 2;
	return text;
}

static gboolean
module_load (DavitModule *module, GError **error)
{
	void *probe = dlopen (module->path, RTLD_NOW | RTLD_LOCAL);
	const char *reason;

	if (probe == NULL)
		return davit_error_set (error, DAVIT_ERROR_PLUGIN_LOAD, "plugin \"%s\": %s",
					module->path, linker_reason (module->path));
	/* Counted: the last lt_dlexit frees what libltdl keeps. */
	if (lt_dlinit () == 0)
		module->handle = lt_dlopen (module->path);
	reason = module->handle == NULL ? lt_dlerror () : NULL;
	dlclose (probe);
	if (module->handle != NULL)
		return TRUE;
	davit_error_set (error, DAVIT_ERROR_PLUGIN_LOAD, "plugin \"%s\": libltdl: %s", module->path,
			 reason != NULL ? reason : "no reason given");
	lt_dlexit ();
	return FALSE;
}

/*
 * Finds the symbol, and what the file says of its size, so that a symbol of that name which is
 * something else is not read beyond its end.
 */
static gboolean
module_find_descriptor (DavitModule *module, const DavitPlugin **ret_descriptor, gsize *ret_size,
			GError **error)
{
	const DavitPlugin *descriptor;
	const ElfW (Sym) *symbol = NULL;
	Dl_info info;

	descriptor =
		(const DavitPlugin *) lt_dlsym ((lt_dlhandle) module->handle, DAVIT_PLUGIN_SYMBOL);
	if (descriptor == NULL)
		return abi_error (module, error,
				  "has no symbol \"" DAVIT_PLUGIN_SYMBOL
				  "\"; it is no plugin of davit");
	if (dladdr1 (descriptor, &info, (void **) &symbol, RTLD_DL_SYMENT) == 0 || symbol == NULL)
		return abi_error (module, error,
				  "symbol \"" DAVIT_PLUGIN_SYMBOL "\" has no entry in the file");
	if (ELF64_ST_TYPE (symbol->st_info) != STT_OBJECT || symbol->st_size < LOADER_PREFIX_SIZE)
		return abi_error (module, error,
				  "symbol \"" DAVIT_PLUGIN_SYMBOL
				  "\" is no descriptor; DAVIT_PLUGIN_DEFINE makes one");
	*ret_descriptor = descriptor;
	*ret_size = symbol->st_size;
	return TRUE;
}

static gboolean
module_copy_descriptor (DavitModule *module, GError **error)
{
	const DavitPlugin *descriptor = NULL;
	gsize size = 0;

	if (!module_find_descriptor (module, &descriptor, &size, error))
		return FALSE;
	if (descriptor->magic != DAVIT_PLUGIN_MAGIC)
		return abi_error (module, error, "has the magic number 0x%08x and not 0x%08x",
				  descriptor->magic, DAVIT_PLUGIN_MAGIC);
	/* A newer minor version only appends: what we know of it means the same. */
	if (descriptor->abi_major != DAVIT_ABI_MAJOR)
		return abi_error (
			module, error,
			"is built for ABI %u.%u, and this davit has %u.%u; build it again "
			"with the headers of this davit",
			descriptor->abi_major, descriptor->abi_minor, DAVIT_ABI_MAJOR,
			DAVIT_ABI_MINOR);
	if (size < LOADER_SIZE_1_0 || descriptor->size < LOADER_SIZE_1_0 || descriptor->size > size)
		return abi_error (
			module, error,
			"its descriptor says it has %u bytes; the symbol has %zu, and ABI "
			"1.0 has %zu",
			descriptor->size, size, LOADER_SIZE_1_0);
	memcpy (&module->plugin, descriptor, MIN ((gsize) descriptor->size, sizeof (DavitPlugin)));
	return TRUE;
}

static gboolean
module_check_name (const DavitModule *module, GError **error)
{
	g_autofree char *file = g_path_get_basename (module->path);
	g_autofree char *expected = NULL;

	if (module->plugin.name == NULL || !davit_text_is_plugin_name (module->plugin.name))
		return abi_error (module, error, "its name must be of a-z, 0-9 and \"-\"");
	expected = g_strconcat (module->plugin.name, ".so", NULL);
	if (!g_str_equal (file, expected))
		return abi_error (module, error,
				  "is called \"%s\" by its descriptor; the file must be \"%s\"",
				  module->plugin.name, expected);
	if (module->plugin.version == NULL || module->plugin.summary == NULL ||
	    module->plugin.license == NULL)
		return abi_error (module, error,
				  "its descriptor lacks version, summary or license");
	return TRUE;
}

static gboolean
module_check_option (const DavitModule *module, const DavitOption *option, GError **error)
{
	if (!davit_text_is_plugin_name (option->key))
		return abi_error (module, error,
				  "option \"%s\": must be lower-case words joined by \"-\"",
				  option->key);
	if (option->type < DAVIT_OPTION_STRING || option->type > DAVIT_OPTION_LIST)
		return abi_error (module, error, "option \"%s\": has the unknown type %d",
				  option->key, (int) option->type);
	if (option->type == DAVIT_OPTION_CHOICE && option->choices == NULL)
		return abi_error (module, error, "option \"%s\": is a choice without choices",
				  option->key);
	if (option->help == NULL)
		return abi_error (module, error, "option \"%s\": has no help", option->key);
	return TRUE;
}

static gboolean
module_check_options (const DavitModule *module, GError **error)
{
	const DavitOption *option = module->plugin.options;

	for (guint i = 0; option != NULL && option[i].key != NULL; i++) {
		if (i == LOADER_OPTIONS_LIMIT)
			return abi_error (module, error,
					  "its table of options has no end: a zeroed entry");
		if (!module_check_option (module, &option[i], error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
module_copy_ops (DavitModule *module, GError **error)
{
	module->kind = davit_kind_info ((DavitKind) module->plugin.kind);
	if (module->kind == NULL)
		return abi_error (module, error, "is of the unknown kind %u", module->plugin.kind);
	if (module->plugin.ops == NULL)
		return abi_error (module, error, "has no table of operations");
	memcpy (&module->ops, module->plugin.ops,
		MIN ((gsize) module->plugin.ops_size, module->kind->ops_size));
	for (const DavitOperation *operation = module->kind->operations; operation->name != NULL;
	     operation++) {
		if (operation->required && !davit_kind_has_operation (&module->ops, operation))
			return abi_error (module, error,
					  "lacks the operation \"%s\", which every %s plugin must "
					  "have",
					  operation->name, module->kind->name);
	}
	return TRUE;
}

DavitModule *
davit_loader_open (const char *path, GError **error)
{
	g_autoptr (DavitModule) module = NULL;

	if (!davit_loader_check_file (path, error))
		return NULL;
	module = g_new0 (DavitModule, 1);
	module->path = g_strdup (path);
	if (!module_load (module, error) || !module_copy_descriptor (module, error) ||
	    !module_check_name (module, error) || !module_copy_ops (module, error) ||
	    !module_check_options (module, error))
		return NULL;
	return g_steal_pointer (&module);
}

void
davit_loader_close (DavitModule *module)
{
	if (module == NULL)
		return;
	g_free (module->path);
	g_free (module);
}
