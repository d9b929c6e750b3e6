#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Many at once: 64 runs beside lists and removals, and nothing is left.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox
box_image

tap_command="64 runs at once"
for i in $(seq 64); do
	davit run --rm --network none box sh -c "echo $i; exit $((i % 3))" > "$T/out.$i" 2> "$T/err.$i" &
	pids[i]=$!
done
# Readers see whole containers or none, and never fail.
lists=0
for _ in $(seq 20); do
	davit ps -a > /dev/null 2> "$T/ps.err" || lists=1
	[ -s "$T/ps.err" ] && lists=1
done
wrong=""
for i in $(seq 64); do
	wait "${pids[i]}"
	[ $? = $((i % 3)) ] && [ "$(cat "$T/out.$i")" = "$i" ] && [ ! -s "$T/err.$i" ] || wrong="$wrong $i"
done
expect_equal "$wrong" "" "every run has its own output and status"
for i in $wrong; do
	sed "s/^/# $i: /" "$T/err.$i"
done
expect_equal "$lists" 0 "lists beside them succeed"
run davit ps -aq
expect_out ''
expect_equal "$(ls "$T/root/containers" "$T/root/names" 2> /dev/null | grep -cE '^[0-9a-z_]+$')" 0 "no record and no name is left"
expect_equal "$(ls "$T/run/containers" 2> /dev/null | wc -l)" 0 "no run directory is left"
expect_true "no mount is left" sh -c "! grep -q '$T' /proc/self/mountinfo"
run davit system check
expect_out ''
expect_status 0

# The same name at once: one wins, the others say who has it.
for i in 1 2 3 4 5 6 7 8; do
	davit run -d --name same box sleep 100 > "$T/out.$i" 2> "$T/err.$i" &
	pids[i]=$!
done
winners=0
told=0
for i in 1 2 3 4 5 6 7 8; do
	wait "${pids[i]}"
	case $? in
	0) winners=$((winners + 1)) ;;
	125) grep -q '"same"' "$T/err.$i" && told=$((told + 1)) ;;
	esac
done
expect_equal "$winners $told" "1 7" "one gets the name, seven are told"
# Removed by eight at once: each succeeds or says that it is not there.
for i in 1 2 3 4 5 6 7 8; do
	davit rm -f -t 0 same > /dev/null 2> "$T/err.$i" &
	pids[i]=$!
done
failed=0
for i in 1 2 3 4 5 6 7 8; do
	wait "${pids[i]}" || failed=$((failed + 1))
done
expect_equal "$failed" 0 "eight removals of the same container succeed"
run davit ps -aq
expect_out ''
run davit system check
expect_out ''

# Beside a pause a command is started or refused; frozen on its way in it would keep its caller.
davit run -d --name held box sleep 100 > "$T/out" 2> "$T/err" || sed 's/^/# /' "$T/err"
wrong=""
for i in $(seq 30); do
	timeout 20 "$DAVIT" --root "$T/root" --runroot "$T/run" exec -d held true 2> "$T/err.exec" &
	pid=$!
	read -rt "0.00$((i % 10))" <> <(:)
	davit pause held > /dev/null 2> "$T/err.pause" || wrong="$wrong pause:$i"
	wait "$pid"
	case $? in
	0) ;;
	255) grep -q 'it is paused' "$T/err.exec" || wrong="$wrong $i" ;;
	*) wrong="$wrong $i" ;;
	esac
	davit unpause held > /dev/null 2>> "$T/err.pause" || wrong="$wrong unpause:$i"
done
expect_equal "$wrong" "" "30 commands beside a pause are started or refused"

# Killed beside a pause it ends, whichever comes first.
davit rm -f -t 0 held > /dev/null
wrong=""
for i in $(seq 10); do
	davit run -d --name held box sleep 100 > /dev/null 2> "$T/err" || wrong="$wrong run:$i"
	davit pause held > /dev/null 2> "$T/err.pause" &
	pid=$!
	davit kill held > /dev/null 2> "$T/err.kill" || wrong="$wrong kill:$i"
	wait "$pid" || grep -qE 'has ended|exited|stopped|does not run|no process|removed' "$T/err.pause" ||
		wrong="$wrong pause:$i:$(cat "$T/err.pause")"
	timeout 20 "$DAVIT" --root "$T/root" --runroot "$T/run" wait held > /dev/null 2> "$T/err" || wrong="$wrong wait:$i"
	davit rm held > /dev/null 2> "$T/err" || wrong="$wrong rm:$i"
done
expect_equal "$wrong" "" "a container that is killed beside a pause ends"

tap_end
