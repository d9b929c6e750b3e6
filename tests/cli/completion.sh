#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completions, in the shells themselves: the scripts only ask davit.

. "$(dirname "$0")/../lib/tap.sh"
tap_begin
: "${DAVIT_COMPLETIONS:?}"

mkdir "$T/bin"
ln -s "$DAVIT" "$T/bin/davit"
PATH=$T/bin:$PATH
. "$DAVIT_COMPLETIONS/davit"

# bash splits words at = and : (COMP_WORDBREAKS); the words here are as it would give them.
complete_bash ()
{
	COMP_WORDS=(davit "$@")
	COMP_CWORD=$(($# ))
	COMPREPLY=()
	compopt () { :; } # only allowed while bash completes
	_davit
	out=$(printf '%s\n' "${COMPREPLY[@]-}")
	status=0 err=""
	tap_command="completing davit $*"
}

complete_bash ru
expect_out run
complete_bash plugin l
expect_out_has list
complete_bash run --hostn
expect_out --hostname
complete_bash ps --sort n
expect_out names
complete_bash ps --sort = n
expect_out names
complete_bash save --format oci-
expect_out_has oci-dir
complete_bash kill -s SIGTE
expect_out SIGTERM
complete_bash --log-format j
expect_out json
touch "$T/some-file.tar"
complete_bash load --input "$T/some-f"
expect_out "$T/some-file.tar"
complete_bash nonsense x
expect_out ''

if command -v fish > /dev/null; then
	run fish --no-config -c "source $DAVIT_COMPLETIONS/davit.fish; complete -C 'davit ru'"
	expect_out_has run
	run fish --no-config -c "source $DAVIT_COMPLETIONS/davit.fish; complete -C 'davit ps --sort n'"
	expect_out_has names
fi
if command -v zsh > /dev/null; then
	run zsh -f -n "$DAVIT_COMPLETIONS/_davit"
	expect_status 0
	expect_no_err
fi
if command -v shellcheck > /dev/null; then
	run shellcheck -s bash -e SC2034 "$DAVIT_COMPLETIONS/davit"
	expect_status 0
fi

tap_end
