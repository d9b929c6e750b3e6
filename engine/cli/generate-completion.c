/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Scripts for the three shells. All they know is how to ask "davit __complete" and how their shell
 * wants the answer: what there is to complete is decided in one place (complete.c).
 */

#include "cli/generate.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char bash_script[] =
	"# bash completion for davit\n"
	"\n"
	"_davit ()\n"
	"{\n"
	"	local words cword line word cur\n"
	"	words=(\"${COMP_WORDS[@]:1:COMP_CWORD}\")\n"
	"	COMPREPLY=()\n"
	"\n"
	"	# bash splits at = and :, which are letters to davit: put the words together "
	"again.\n"
	"	local joined=() glue=\"\"\n"
	"	for word in \"${words[@]}\"; do\n"
	"		if [[ ( $word == = || $word == : || $glue == yes ) && ${#joined[@]} -gt 0 "
	"]]; then\n"
	"			joined[-1]+=$word\n"
	"			if [[ $word == = || $word == : ]]; then glue=yes; else glue=\"\"; "
	"fi\n"
	"		else\n"
	"			joined+=(\"$word\")\n"
	"			glue=\"\"\n"
	"		fi\n"
	"	done\n"
	"	cur=${joined[-1]-}\n"
	"	# What bash replaces is only what stands behind the last of them.\n"
	"	local kept=${cur%\"${cur##*[=:]}\"}\n"
	"\n"
	"	while IFS= read -r line; do\n"
	"		word=${line%%$'\\t'*}\n"
	"		case $word in\n"
	"		:file) compopt -o filenames; mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY "
	"< <(compgen -f -- \"${cur#\"$kept\"}\") ;;\n"
	"		:directory) compopt -o filenames; mapfile -t -O \"${#COMPREPLY[@]}\" "
	"COMPREPLY < <(compgen -d -- \"${cur#\"$kept\"}\") ;;\n"
	"		*) COMPREPLY+=(\"${word#\"$kept\"}\") ;;\n"
	"		esac\n"
	"	done < <(\"${COMP_WORDS[0]}\" __complete -- \"${joined[@]}\" 2> /dev/null)\n"
	"}\n"
	"\n"
	"complete -F _davit davit\n";

static const char zsh_script[] =
	"#compdef davit\n"
	"# zsh completion for davit\n"
	"\n"
	"_davit ()\n"
	"{\n"
	"	local -a candidates\n"
	"	local line word\n"
	"	while IFS= read -r line; do\n"
	"		word=${line%%$'\\t'*}\n"
	"		case $word in\n"
	"		:file) _files ;;\n"
	"		:directory) _files -/ ;;\n"
	"		*) candidates+=(\"${word//:/\\\\:}:${line#*$'\\t'}\") ;;\n"
	"		esac\n"
	"	done < <(${words[1]} __complete -- \"${(@)words[2,CURRENT]}\" 2> /dev/null)\n"
	"	(( ${#candidates} )) && _describe davit candidates\n"
	"}\n"
	"\n"
	"if [[ $funcstack[1] == _davit ]]; then _davit \"$@\"; else compdef _davit davit; fi\n";

static const char fish_script[] =
	"# fish completion for davit\n"
	"\n"
	"function __davit_complete\n"
	"	set -l tokens (commandline -opc)\n"
	"	set -l current (commandline -ct)\n"
	"	for line in ($tokens[1] __complete -- $tokens[2..-1] \"$current\" 2> /dev/null)\n"
	"		switch $line\n"
	"			case ':file'\n"
	"				__fish_complete_path \"$current\"\n"
	"			case ':directory'\n"
	"				__fish_complete_directories \"$current\"\n"
	"			case '*'\n"
	"				echo $line\n"
	"		end\n"
	"	end\n"
	"end\n"
	"\n"
	"complete -c davit -f -a '(__davit_complete)'\n";

/*
 * A new file under the name, never a change of the old one: the build tells by the time of the
 * directory that it was made anew.
 */
gboolean
davit_generate_write (const char *directory, const char *name, const char *text, GError **error)
{
	g_autofree char *path = g_build_filename (directory, name, NULL);
	g_autofree char *temporary = g_strconcat (path, ".part", NULL);
	davit_autofd fd = -1;

	if (g_mkdir_with_parents (directory, 0755) != 0)
		return davit_error_errno (error, errno, "make directory \"%s\"", directory);
	fd = open (temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return davit_error_errno (error, errno, "write \"%s\"", path);
	if (!davit_fd_write (fd, text, strlen (text), path, error))
		return FALSE;
	if (rename (temporary, path) != 0)
		return davit_error_errno (error, errno, "write \"%s\"", path);
	return TRUE;
}

gboolean
davit_generate_completion (const char *shell, const char *directory, GError **error)
{
	static const struct {
		const char *shell;
		const char *name; /* as the shell looks for it */
		const char *script;
	} files[] = {
		{"bash", "davit", bash_script},
		{"zsh", "_davit", zsh_script},
		{"fish", "davit.fish", fish_script},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
		if (strcmp (files[i].shell, shell) == 0)
			return davit_generate_write (directory, files[i].name, files[i].script,
						     error);
	}
	return davit_error_set (error, DAVIT_ERROR_USAGE, "no completion for \"%s\"", shell);
}
