#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Drivers that were built against other headers than ours: of 1.0, and of a later 1.x. Both are
# listed, keep to the contract, take their options, and connect a container.

. "$(dirname "$0")/../lib/tap.sh"
tap_begin root ip
: "${DAVIT_FROZEN:?}"
here=$(dirname "$0")

mkdir "$T/plugins"
for name in old future; do
	cp "$DAVIT_FROZEN/$name.so" "$T/plugins/"
	chmod 755 "$T/plugins/$name.so"
	run davit --plugin-path "$T/plugins" plugin info --format '{{.Kind}} {{.Abi}} {{.State}} {{len .Operations}} {{range .Options}}{{.Key}}={{.Value}}{{end}}' "network/$name"
	case $name in
	old) expect_out 'network 1.0 usable 5 colour=blue' ;;
	future) expect_out 'network 1.7 usable 5 colour=blue' ;;
	esac
	run davit plugin check --directory "$T" "$T/plugins/$name.so"
	expect_status 0
	expect_out_lacks 'not ok'
	expect_out_has 'ok 21 - network: attach tells what is there'
	run davit --plugin-path "$T/plugins" --config "network.$name.colour=red" plugin check --only 'contract: opens' "$T/plugins/$name.so"
	expect_status 1
	expect_out_has 'blue, green'
	run davit --plugin-path "$T/plugins" --config "network.$name.colour=green" run --name "$name" --network-driver "$name" hello
	expect_status 0
	run davit --plugin-path "$T/plugins" rm "$name"
	expect_status 0
done
# The copy is one of another time: it does not follow ours.
expect_true "the frozen headers are those of 1.0" grep -q '#define DAVIT_ABI_MINOR 0' "$here/1.0/davit/plugin.h"

tap_end
