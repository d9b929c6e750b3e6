/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Checks of the file and of what it says of itself, before anything of it is run. */

#include "check/check-private.h"

#include "base/error.h"
#include "check/check-elf.h"

#include <string.h>

static gboolean
file_trusted (DavitCheck *check, GError **error)
{
	return davit_loader_check_file (check->request->path, error);
}

/* Names that begin with "__" are the compiler's: a sanitizer exports some. */
static gboolean
name_is_compilers (const char *name)
{
	return g_str_has_prefix (name, "__");
}

static gboolean
file_exports (DavitCheck *check, GError **error)
{
	g_autoptr (DavitCheckElf) elf = davit_check_elf_read (check->request->path, error);
	gboolean found = FALSE;

	if (elf == NULL)
		return FALSE;
	for (char **name = (char **) elf->exported->pdata; *name != NULL; name++) {
		if (strcmp (*name, DAVIT_PLUGIN_SYMBOL) == 0)
			found = TRUE;
		else if (!name_is_compilers (*name))
			return davit_check_fail (
				error,
				"exports \"%s\" too; a plugin exports \"" DAVIT_PLUGIN_SYMBOL
				"\" alone: build it with -fvisibility=hidden",
				*name);
	}
	return found || davit_check_fail (error, "does not export \"" DAVIT_PLUGIN_SYMBOL
						 "\"; DAVIT_PLUGIN_DEFINE does that");
}

/* Nobody would be there to give it to the plugin: the engine exports nothing. */
static gboolean
file_wants (DavitCheck *check, GError **error)
{
	g_autoptr (DavitCheckElf) elf = davit_check_elf_read (check->request->path, error);

	if (elf == NULL)
		return FALSE;
	for (char **name = (char **) elf->wanted->pdata; *name != NULL; name++) {
		if (g_str_has_prefix (*name, "davit_"))
			return davit_check_fail (error,
						 "wants the symbol \"%s\", which no library has; "
						 "what the engine gives is in DavitHost",
						 *name);
	}
	return TRUE;
}

static gboolean
file_hardened (DavitCheck *check, GError **error)
{
	g_autoptr (DavitCheckElf) elf = davit_check_elf_read (check->request->path, error);

	if (elf == NULL)
		return FALSE;
	if (elf->executable_stack)
		return davit_check_fail (error, "asks for an executable stack, which the whole "
						"engine would get; link it with -z noexecstack");
	if (elf->search_path != NULL)
		return davit_check_fail (error,
					 "looks for libraries in \"%s\" (RPATH), which may come to "
					 "belong to somebody else; link it without -rpath",
					 elf->search_path);
	return TRUE;
}

static gboolean
descriptor_loads (DavitCheck *check, GError **error)
{
	g_autoptr (DavitModule) module = NULL;

	davit_check_phase (check, "loading");
	module = davit_loader_open (check->request->path, error);
	return module != NULL;
}

/* What people see in lists: one line, as everywhere. */
static gboolean
text_check (const char *what, const char *text, GError **error)
{
	gsize length = strlen (text);

	if (!g_utf8_validate (text, -1, NULL) || text[strcspn (text, "\n\r\t\033")] != '\0')
		return davit_check_fail (error, "its %s is not one line of text", what);
	if (length == 0)
		return davit_check_fail (error, "its %s is empty", what);
	if (text[length - 1] == '.')
		return davit_check_fail (error, "its %s ends with a full stop: \"%s\"", what, text);
	return TRUE;
}

static gboolean
descriptor_texts (DavitCheck *check, GError **error)
{
	g_autoptr (DavitModule) module = davit_loader_open (check->request->path, error);

	return module != NULL && text_check ("version", module->plugin.version, error) &&
	       text_check ("summary", module->plugin.summary, error) &&
	       text_check ("license", module->plugin.license, error);
}

static gboolean
option_check (const DavitOption *options, const DavitOption *option, GError **error)
{
	g_autofree char *what = g_strdup_printf ("help of the option \"%s\"", option->key);

	for (const DavitOption *other = options; other < option; other++) {
		if (strcmp (other->key, option->key) == 0)
			return davit_check_fail (error, "the option \"%s\" is in its table twice",
						 option->key);
	}
	return text_check (what, option->help, error);
}

/* The fallbacks are read as the engine reads them: with nothing configured. */
static gboolean
descriptor_options (DavitCheck *check, GError **error)
{
	g_autoptr (DavitModule) module = davit_loader_open (check->request->path, error);
	g_autoptr (DavitPaths) nowhere = davit_paths_new ();
	g_autoptr (DavitConfig) config = NULL;
	g_autoptr (DavitOptionValues) values = NULL;
	g_autofree char *group = NULL;

	if (module == NULL)
		return FALSE;
	for (const DavitOption *option = module->plugin.options;
	     option != NULL && option->key != NULL; option++) {
		if (!option_check (module->plugin.options, option, error))
			return FALSE;
	}
	davit_paths_set (&nowhere->datadir, check->directory);
	davit_paths_set (&nowhere->sysconfdir, check->directory);
	config = davit_config_load (nowhere, NULL, error);
	if (config == NULL)
		return FALSE;
	/* The group of a name that nobody configures. */
	group = g_strconcat (module->kind->name, ".", module->plugin.name, ".fallbacks", NULL);
	values = davit_config_check_group (config, group, module->plugin.options, error);
	return values != NULL;
}

const DavitCheckCase davit_check_file_cases[] = {
	{"file: belongs to root or to the caller, and nobody else may write to it",
	 DAVIT_CHECK_NEEDS_FILE, file_trusted, 0},
	{"file: exports one symbol", DAVIT_CHECK_NEEDS_FILE, file_exports, 0},
	{"file: wants no symbol of davit", DAVIT_CHECK_NEEDS_FILE, file_wants, 0},
	{"file: no executable stack, no search path of its own", DAVIT_CHECK_NEEDS_FILE,
	 file_hardened, 0},
	{"descriptor: loads and is complete", DAVIT_CHECK_NEEDS_FILE, descriptor_loads, 0},
	{"descriptor: texts are one line each", DAVIT_CHECK_NEEDS_MODULE, descriptor_texts, 0},
	{"descriptor: options and their fallbacks", DAVIT_CHECK_NEEDS_MODULE, descriptor_options,
	 0},
	{0},
};
