#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every way in which a plugin can be broken, and the words for it: of "plugin check", where one
# check fails and the others go on, and of "plugin list", where it is one line.

. "$(dirname "$0")/../lib/tap.sh"
tap_begin root
: "${DAVIT_ZOO:?}" "${DAVIT_FIXTURES:?}"

mkdir "$T/cages" "$T/scratch"
export TMPDIR=$T/scratch

# put FILE: a copy that nobody else can write to, which is the only one that is listed.
put ()
{
	rm -rf "$T/cages"
	mkdir "$T/cages"
	cp "$1" "$T/cages/"
	chmod "${2-755}" "$T/cages/"*
	cage=$T/cages/$(basename "$1")
}

# animal NAME CHECK WORDS [LIST]: the check of that name fails with these words, and no other check
# of the same stage does; WORDS and LIST may say @ for the directory. LIST: the line of plugin list.
animal ()
{
	local name=$1 check=$2 words=${3//@/$T\/cages} list=${4-} file=$DAVIT_ZOO/$1.so
	[ -e "$file" ] || file=$DAVIT_FIXTURES/$1.so
	put "$file"
	run davit plugin check --timeout "${timeout-10s}" "$cage"
	expect_status 1
	expect_no_err
	expect_equal "$(grep -A1 -- "^not ok [0-9]* - $check\$" <<< "$out" | tail -n 1)" "# $words" "$name: $check"
	expect_match $'\n1\\.\\.[0-9]+$'
	failed=$(grep -c '^not ok' <<< "$out")
	if [ -n "$list" ]; then
		run davit --plugin-path "$T/cages" plugin list --noheading --format '{{.Path}} {{.State}}'
		expect_equal "$(grep "^$T/cages/" <<< "$out")" "$cage ${list//@/$T\/cages}" "$name: plugin list"
	fi
}

# alone NAME...: the same, and it is the only check that fails.
alone ()
{
	animal "$@"
	expect_equal "$failed" 1 "$1: only that check fails"
}

loads='descriptor: loads and is complete'
rounds='contract: opens and closes 100 times'
usable='not usable here: animals is missing; catch some'

# One that is well: everything is skipped that it can't do, and nothing fails.
put "$DAVIT_FIXTURES/unmet.so"
run davit plugin check "$cage"
expect_status 1
expect_out_has 'not ok 18 - contract: says what it needs, and what to do'
expect_out_has '# the need "a star" is not met, and no hint says what to do'

# What the loader finds: the file and the descriptor.
loader ()
{
	animal "$1" "$loads" "plugin \"@/$1.so\": $2" "does not load: plugin \"@/$1.so\": $2"
}
loader no-symbol 'has no symbol "davit_plugin"; it is no plugin of davit'
loader not-descriptor 'symbol "davit_plugin" is no descriptor; DAVIT_PLUGIN_DEFINE makes one'
loader wrong-magic 'has the magic number 0x12345678 and not 0x74766164'
loader future-major 'is built for ABI 2.0, and this davit has 1.0; build it again with the headers of this davit'
loader unknown-kind 'is of the unknown kind 99'
loader wrong-name 'is called "other" by its descriptor; the file must be "other.so"'
loader missing-op 'lacks the operation "attach", which every network plugin must have'
loader no-ops 'has no table of operations'
loader no-version 'its descriptor lacks version, summary or license'
loader bad-option 'option "shape": has the unknown type 77'
loader undefined-symbol 'undefined symbol: davit_fixture_function_that_nobody_has'
short=$(davit plugin check "$DAVIT_FIXTURES/short-descriptor.so" | grep -A1 "$loads" | tail -n 1)
expect_equal "${short%%; *}" "# plugin \"$DAVIT_FIXTURES/short-descriptor.so\": its descriptor says it has 16 bytes" "short-descriptor: $loads"
expect_true "what does not load is not looked at further" test "$(davit plugin check "$DAVIT_FIXTURES/no-ops.so" | grep -c contract)" = 0

animal crash "$loads" 'crashed with signal 11 (SIGSEGV) while loading' \
	'does not load: crashed with signal 11 (SIGSEGV) while loading'
animal exit "$loads" 'ended the process with status 3 while loading' \
	'does not load: ended the process with status 3 while loading'
timeout=1s animal hang "$loads" 'did not answer within 1 s while loading' \
	'does not load: did not answer within 5 s while loading'
animal crash-open "$rounds" 'crashed with signal 11 (SIGSEGV) while calling open' \
	'not usable here: crashed with signal 11 (SIGSEGV) while opening'
animal crash-probe "$rounds" 'crashed with signal 11 (SIGSEGV) while calling probe' \
	'not usable here: crashed with signal 11 (SIGSEGV) while probing'
timeout=300ms animal hang-probe "$rounds" 'did not answer within 0.3 s while calling probe'

# Files that are no plugins, or not to be trusted.
refused ()
{
	run davit plugin check "$cage"
	expect_status 1
	expect_equal "$(grep -A1 -- "^not ok 1 - " <<< "$out" | tail -n 1)" "# plugin \"$cage\": ${1//@/$cage}" "$2"
	run davit --plugin-path "$T/cages" plugin list --noheading --format '{{.Path}} {{.State}}'
	expect_equal "$(grep "^$cage" <<< "$out")" "$cage does not load: plugin \"$cage\": ${1//@/$cage}" "$2: plugin list"
}
put "$DAVIT_ZOO/tame.so" 777
refused 'must belong to root or to you and be writable by nobody else (mode 0777, owner 0)' "world-writable"
put "$DAVIT_ZOO/tame.so" 4755
refused 'must not be set-user-id or set-group-id (mode 4755)' "set-user-id"
put "$DAVIT_ZOO/tame.so"
chown 1234 "$cage"
refused 'must belong to root or to you and be writable by nobody else (mode 0755, owner 1234)' "of another user"
put "$DAVIT_ZOO/tame.so"
mv "$cage" "$T/elsewhere.so"
ln -s "$T/elsewhere.so" "$cage"
refused 'must be a regular file and not a symbolic link' "a link"
put "$DAVIT_ZOO/tame.so"
chmod 777 "$T/cages"
refused 'its directory must belong to root or to you and be writable by nobody else (mode 0777, owner 0)' "in a directory that is writable for all"
chmod 755 "$T/cages"
garbage ()
{
	run davit plugin check "$cage"
	expect_status 1
	expect_equal "$(grep -A1 -- "^not ok [0-9]* - $1\$" <<< "$out" | tail -n 1)" "# plugin \"$cage\": $2" "$3: $1"
}
head -c 5000 /dev/urandom > "$cage"
garbage 'file: exports one symbol' 'it is no ELF file' garbage
garbage "$loads" 'invalid ELF header' garbage
: > "$cage"
garbage "$loads" 'file too short' 'an empty file'
head -c 3000 "$DAVIT_ZOO/tame.so" > "$cage"
garbage 'file: exports one symbol' 'its table of sections is not in the file' 'half a file'
cp "$DAVIT" "$cage"
garbage "$loads" 'cannot dynamically load position-independent executable' 'a program'
run davit plugin check "$T/cages/none.so"
expect_refused 125 "plugin \"$T/cages/none.so\": No such file or directory"

# What the file shows.
alone two-symbols 'file: exports one symbol' 'exports "zoo_number" too; a plugin exports "davit_plugin" alone: build it with -fvisibility=hidden'
alone wants 'file: wants no symbol of davit' 'wants the symbol "davit_version", which no library has; what the engine gives is in DavitHost'
alone executable-stack 'file: no executable stack, no search path of its own' 'asks for an executable stack, which the whole engine would get; link it with -z noexecstack'
alone search-path 'file: no executable stack, no search path of its own' 'looks for libraries in "/tmp/somewhere" (RPATH), which may come to belong to somebody else; link it without -rpath'
alone full-stop 'descriptor: texts are one line each' 'its summary ends with a full stop: "Animals."' "$usable"
alone twice 'descriptor: options and their fallbacks' 'the option "visitors" is in its table twice'
animal fallback 'descriptor: options and their fallbacks' 'default: key "visitors" of [network.fallback.fallbacks]: "many" must be a whole number'

# What it does.
put "$DAVIT_ZOO/leak.so"
run davit plugin check "$cage"
expect_status 1
expect_match $'not ok 9 - contract: leaves no descriptor open\n# open, probe and close leave a descriptor open: [0-9]+ \\(/dev/null\\)\n'
expect_equal "$(grep -c '^not ok' <<< "$out")" 1 "leak: only that check fails"
alone directory 'contract: leaves the working directory' 'open, probe or close changed the working directory' "$usable"
alone umask 'contract: leaves the umask' 'open, probe or close changed the umask from 0022 to 0000' "$usable"
alone signals 'contract: leaves the signals' 'open, probe or close changed the signal mask' "$usable"
alone environment 'contract: leaves the environment' 'open, probe or close changed the environment' "$usable"
alone thread 'contract: starts no thread' 'open, probe or close changed the number of threads from 1 to 2' "$usable"
alone print 'contract: prints nothing' 'open, probe or close printed "the zoo is open"; host->log is for what people should read' "$usable"
alone print-at-load 'contract: prints nothing' 'open, probe or close printed "the zoo is open"; host->log is for what people should read' "$usable"
alone needs-directory 'contract: can be looked at without directories' 'network/needs-directory: has no directory' 'not usable here: network/needs-directory: has no directory'
alone no-hint 'contract: says what it needs, and what to do' 'the need "a lion" is not met, and no hint says what to do' 'not usable here: a lion is missing'
animal option "$rounds" 'asks for the option "colour", which is not in its table'
animal silent "$rounds" 'round 1 of 100: network/silent: probe failed without saying why' \
	'not usable here: network/silent: probe failed without saying why'
animal both "$rounds" 'round 1 of 100: network/both: probe succeeded and yet set an error: cage "1": is being cleaned' \
	'not usable here: network/both: probe succeeded and yet set an error: cage "1": is being cleaned'
animal output "$rounds" 'round 1 of 100: network/output: open failed and yet gave an output; it failed with: cage "1": is being cleaned' \
	'not usable here: network/output: open failed and yet gave an output; it failed with: cage "1": is being cleaned'
animal abort "$rounds" 'crashed with signal 6 (SIGABRT) while calling probe' \
	'not usable here: crashed with signal 6 (SIGABRT) while probing'
animal crash-close "$rounds" 'crashed with signal 11 (SIGSEGV) while closing' "$usable"
animal closes 'contract: leaves no descriptor open' 'probe has closed a directory of the engine'

# Options of the command.
none=$DAVIT_PLUGIN_PATH/none.so
run davit plugin check --only 'contract: leaves the' "$none"
expect_status 0
expect_out $'ok 1 - contract: leaves the working directory\nok 2 - contract: leaves the umask\nok 3 - contract: leaves the signals\nok 4 - contract: leaves the environment\n1..4'
run davit plugin check --only 'no check of that name' "$none"
expect_refused 125 'no check has "no check of that name" in its name'
run davit plugin check --timeout 0 "$none"
expect_refused 125 'option "--timeout" of "plugin check" can'"'"'t be "0"'
run davit plugin check --timeout soon "$none"
expect_refused 125 '--timeout'
run davit plugin check --directory "$T/nowhere" "$none"
expect_status 125
expect_err "make a directory in \"$T/nowhere\": No such file or directory"
run davit plugin check --variant other --only 'contract: opens and closes' "$none"
expect_status 1
expect_out_has '# round 1 of 100: it has no variants such as "other"'
run davit plugin check --bench "$none"
expect_status 0
expect_match $'^ok 1 - network: times\n# attach +20 calls +p50 +[0-9.]+ ms +p95 +[0-9.]+ ms\n# detach +20 calls .*\n1..1$'
run davit plugin check --bench "$DAVIT_FIXTURES/no-ops.so"
expect_status 1
expect_out_has 'has no table of operations'
# What is configured counts, and what is configured wrongly is told.
run davit --config network.none.colour=red plugin check --only 'contract: opens and closes' "$none"
expect_status 1
expect_out_has 'unknown key "colour" of [network.none]'
expect_equal "$(ls -A "$TMPDIR")" "" "nothing is left of the checks"

tap_end
