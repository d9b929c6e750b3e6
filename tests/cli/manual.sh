#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The manual pages that the build has made: clean for groff and mandoc, one for every command.

. "$(dirname "$0")/../lib/tap.sh"
tap_begin man
: "${DAVIT_MANUAL:?}"

for page in "$DAVIT_MANUAL"/man*/*; do
	run env MANWIDTH=80 man --warnings -l "$page"
	expect_status 0
	expect_no_err
	if command -v mandoc > /dev/null; then
		# Without dates on purpose; the rest of what it finds is style of mdoc.
		run mandoc -T lint -W warning "$page"
		err=$(grep -v -e 'missing date' -e 'cross reference' -e 'bad date' <<< "$out$err")
		expect_no_err
	fi
done
run davit --help
verbs=$(sed -n 's/^  \([a-z][a-z ]*[a-z]\)   *[a-z].*/\1/p' <<< "$out")
expect_true "commands were found" test "$(wc -l <<< "$verbs")" -gt 25
while read -r verb; do
	expect_true "there is a page for $verb" test -f "$DAVIT_MANUAL/man1/davit-${verb// /-}.1"
done <<< "$verbs"
expect_true "davit.conf(5) names the plugins" grep -q 'fBstorage' "$DAVIT_MANUAL/man5/davit.conf.5"

# Every operation of every kind, whether our own drivers have it or not.
page=$DAVIT_MANUAL/man7/davit-plugin.7
for plugin in storage/vfs network/none runtime/native checkpoint/criu; do
	run davit plugin info --format '{{range .Operations}}{{.}} {{end}}{{range .MissingOperations}}{{.}} {{end}}' "$plugin"
	expect_match ' '
	kind=${plugin%/*}
	section=$(sed -n "/^\.SH ${kind^^} OPERATIONS/,/^\.SH ${kind^^} REQUESTS/p" "$page")
	for operation in $out; do
		expect_true "davit-plugin(7) tells of $operation of a $kind" grep -qx "\.SS $operation" <<< "$section"
	done
done
for section in NAME SYNOPSIS 'ABI PROMISE' LIFECYCLE DESCRIPTOR 'HOST SERVICES' ERRORS EXAMPLE; do
	expect_true "davit-plugin(7) has $section" grep -qx "\.SH $section" "$page"
done

tap_end
