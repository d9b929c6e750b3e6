#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# One suite of containers (tests/lib/suite.sh) over the drivers: each storage driver with each
# runtime, and each network driver with each runtime. A cell is one combination; it has a store, a
# network namespace and a mount namespace of its own.
#
#     matrix.sh                            all cells, several at once, since they mostly wait
#     matrix.sh STORAGE NETWORK RUNTIME    one cell
#
# Emulation is slow, and sanitizers are: in the virtual machine and with them each driver is in one
# cell at least, and not each pair in one.

here=$(dirname "$0")
. "$here/../lib/tap.sh"
. "$here/../lib/box.sh"
. "$here/../lib/drivers.sh"

if [ $# = 3 ] && [ -z "${MATRIX_INSIDE-}" ] && [ "$(id -u)" = 0 ]; then
	MATRIX_INSIDE=1 exec unshare -n -m --propagation private bash "$0" "$@"
fi
tap_begin root busybox ip iptables nsenter python3

if [ $# = 3 ]; then
	. "$here/../lib/suite.sh"
	suite "$@"
	tap_end
fi

all_pairs ()
{
	local storage network runtime
	for runtime in $drivers_runtime; do
		for storage in $drivers_storage; do
			echo "$storage ${drivers_network%% *} $runtime"
		done
		for network in ${drivers_network#* }; do
			echo "${drivers_storage%% *} $network $runtime"
		done
	done
}

# The n-th of each kind together.
each_once ()
{
	paste -d ' ' <(tr ' ' '\n' <<< "$drivers_storage") <(tr ' ' '\n' <<< "$drivers_network") \
		<(tr ' ' '\n' <<< "$drivers_runtime")
}

# Whatever is built is in the list.
run davit plugin list --noheading --format '{{.Kind}} {{.Name}}'
while read -r kind name; do
	list=drivers_$kind
	expect_true "tests/lib/drivers.sh names $kind/$name" grep -qE "(^| )$name(:| |$)" <<< "${!list}"
done <<< "$out"

if [ -n "${DAVIT_TEST_VM-}${DAVIT_SANITIZED-}" ]; then
	cells=$(each_once)
else
	cells=$(all_pairs)
fi

# cell NUMBER STORAGE NETWORK RUNTIME
cell ()
{
	local number=$1 missing
	shift
	for missing in "$(drivers_missing storage "$1")" "$(drivers_missing network "$2")" "$(drivers_missing runtime "$3")"; do
		[ -z "$missing" ] || { echo "1..0 # SKIP $missing" > "$T/cell.$number"; return; }
	done
	bash "$here/matrix.sh" "$@" > "$T/cell.$number" 2>&1
}

number=0
while read -r words; do
	number=$((number + 1))
	names[number]=${words// /+}
	while [ "$(jobs -pr | wc -l)" -ge $((2 * $(nproc))) ]; do
		wait -n
	done
	# shellcheck disable=SC2086 # three words
	cell $number $words &
done <<< "$cells"
wait

# One stream of TAP: numbered anew, the cell before each name.
for number in "${!names[@]}"; do
	while IFS= read -r line; do
		case $line in
		"ok "* | "not ok "*)
			tap_count=$((tap_count + 1))
			[ "${line%% *}" = ok ] || tap_failed=$((tap_failed + 1))
			[[ $line =~ ^((not )?ok)\ [0-9]+\ -\ (.*)$ ]] &&
				echo "${BASH_REMATCH[1]} $tap_count - ${names[number]}: ${BASH_REMATCH[3]}"
			;;
		"1..0 # SKIP "*)
			tap_count=$((tap_count + 1))
			echo "ok $tap_count - ${names[number]} # SKIP ${line#1..0 # SKIP }"
			;;
		1..*) ;;
		*) echo "# ${names[number]}: ${line#\# }" ;;
		esac
	done < "$T/cell.$number"
	tap_command=
	grep -q '^1\.\.' "$T/cell.$number"
	tap_ok $? "${names[number]}: the suite came to its end"
done

tap_end
