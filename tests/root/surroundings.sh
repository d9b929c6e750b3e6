#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Containers whose starter has odd surroundings: paths, masks, signals, closed streams, limits, and
# files that are full.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox python3 strace
box_image

# Paths with everything that a mount option, a socket or a JSON document might trip over.
long=$(printf 'long%.0s' {1..40})
for name in "$long/$long" 'sp ace' 'co:lon,com\ma' $'line\nbreak' 'żółw' $'esc\033[31m' '"quo\"te"' 'trail/'; do
	mkdir -p "$T/p"
	run "$DAVIT" --root "$T/p/$name" --runroot "$T/p/run-$name" run --rm -v "$T/box-tree/etc:/mnt" hello
	expect_out_has 'Hello from a container made by davit.'
	"$DAVIT" --root "$T/p/$name" --runroot "$T/p/run-$name" create --name again hello > /dev/null
	run "$DAVIT" --root "$T/p/$name" --runroot "$T/p/run-$name" start -a again
	expect_out_has 'Hello from a container made by davit.'
	run "$DAVIT" --root "$T/p/$name" --runroot "$T/p/run-$name" rm again
	expect_out again
	rm -rf --one-file-system "$T/p"
done
cd "$T"
run "$DAVIT" --root ./rel/ --runroot rel-run//x run --rm hello
expect_out_has 'Hello from a container made by davit.'
cd /
ln -s "$T/box-tree/tmp" "$T/linked"
run "$DAVIT" --root "$T/linked/root" --runroot "$T/linked/run" run --rm hello
expect_out_has 'Hello from a container made by davit.'
rm -rf --one-file-system "$T/box-tree/tmp/root" "$T/box-tree/tmp/run"

# File systems that forbid what images have.
mkdir "$T/small"
for options in noexec,nodev,nosuid relatime; do
	mount -t tmpfs -o "size=20m,$options" tmpfs "$T/small"
	small=("$DAVIT" --root "$T/small/root" --runroot "$T/run")
	run "${small[@]}" import --quiet "$T/box-tree" box
	run "${small[@]}" run --rm box sh -c 'echo x > /dev/null && echo ran'
	expect_out ran
	wait_for 5 umount "$T/small"
done
mount -t tmpfs -o ro tmpfs "$T/small"
run "${small[@]}" run --rm hello
expect_refused 125 "make directory \"$T/small/root\": Read-only file system"
umount "$T/small"

# Masks.
for mask in 000 077 777; do
	run sh -c 'umask $1; shift; exec "$@"' sh $mask "$DAVIT" --root "$T/root" --runroot "$T/run" run --rm box \
		sh -c 'umask; stat -c %a / /etc /etc/hosts /etc/resolv.conf /run/.containerenv; touch /x; stat -c %a /x'
	expect_equal "$(tr '\n' ' ' <<< "$out")" "0022 755 755 644 644 644 644 " "umask $mask does not reach the container"
	run sh -c 'umask $1; shift; exec "$@"' sh $mask "$DAVIT" --root "$T/root" --runroot "$T/run" run --rm -u alice \
		-w /made/here -v "$T/box-tree/etc:/new/place" box sh -c 'cd /new/place && stat -c %a /made /made/here /new; cat /etc/hosts > /dev/null && echo read'
	expect_equal "$(tr '\n' ' ' <<< "$out")" "755 755 755 read " "with umask $mask another user can enter what was made"
done

# What the caller ignores and blocks.
cat > "$T/ignore" <<'PYTHON'
import os, signal, sys
for number in signal.valid_signals():
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
os.execv(sys.argv[1], sys.argv[1:])
PYTHON
ignoring ()
{
	python3 "$T/ignore" "$DAVIT" --root "$T/root" --runroot "$T/run" "$@"
}
clean=$'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000'
run ignoring run --rm box grep -E '^Sig(Blk|Ign)' /proc/self/status
expect_status 0
expect_out "$clean"
run ignoring run --rm --init box grep -E '^Sig(Blk|Ign)' /proc/self/status
expect_out "$clean"
run ignoring run -d --name ignored box sleep 1000
expect_status 0
run ignoring exec ignored sh -c 'grep -E "^Sig(Blk|Ign)" /proc/self/status; exit 3'
expect_status 3
expect_out "$clean"
run ignoring stop -t 0 ignored
expect_status 0
run ignoring wait ignored
expect_out 137
run ignoring rm ignored
expect_status 0

# Closed streams.
for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
	tap_command="davit run box $closed"
	eval "davit run --name closed box sh -c 'echo out; echo err >&2; ls /proc/self/fd | wc -l; exit 4' $closed" > "$T/out" 2> "$T/err" < /dev/null
	status=$? out=$(cat "$T/out") err=$(cat "$T/err")
	expect_status 4
	run davit logs closed
	expect_out $'out\n4'
	run davit rm closed
	expect_status 0
done

# Nobody takes what is written.
tap_command="davit run > /dev/full"
davit run --name full box sh -c 'echo text' > /dev/full 2> "$T/err"
status=$? err=$(cat "$T/err")
expect_status 125
expect_err 'No space left on device'
davit wait full > /dev/null
run davit logs full
expect_out text
davit rm full > /dev/null
davit run -d --name writer box sh -c 'while :; do echo line; done' > /dev/null
for command in "logs -f writer" "exec writer yes" "attach writer" "run --rm box yes"; do
	tap_command="davit $command | head -n 1"
	timeout 20 "$DAVIT" --root "$T/root" --runroot "$T/run" $command 2> "$T/err" | head -n 1 > "$T/out"
	status=${PIPESTATUS[0]} err=$(cat "$T/err")
	expect_true "$tap_command: ends ($status)" test "$status" = 141 -o "$status" = 125
done
# Whose reader is gone runs on, with --rm too.
davit rm -fa -t 0 > /dev/null
run davit ps -aq
expect_out ''

clean ()
{
	[ -z "$(davit system check)" ]
}
# Who is told to end while a container is made or started leaves no half of one behind.
for delay in 0.002 0.004 0.006 0.008 0.010 0.015 0.020; do
	for signal in INT TERM HUP; do
		timeout -s $signal $delay "$DAVIT" --root "$T/root" --runroot "$T/run" run -d --rm --name early box true > /dev/null 2>&1
		timeout -s $signal $delay "$DAVIT" --root "$T/root" --runroot "$T/run" run --rm box sleep 0.1 > /dev/null 2>&1
		davit rm -fa -t 0 > /dev/null
		# What removes itself may be at it still.
		wait_for 5 clean || davit system check
	done
done > "$T/early" 2>&1
expect_equal "$(cat "$T/early")" "" "nothing is left half made"

# Killed while the first process waits already, before anybody could be told of it: nobody else would
# ever let that process go, or end it. What runs in between is held where it reports.
ASAN_OPTIONS=detect_leaks=0 strace -f -o /dev/null -e trace=writev -e inject=writev:delay_enter=5000000:when=1 \
	"$DAVIT" --root "$T/root" --runroot "$T/run" run -d --name orphan --cidfile "$T/orphan" box sleep 1000 > /dev/null 2>&1 &
tracer=$!
of_orphan () { test -s "$T/orphan" && grep -qs "davit/$(cat "$T/orphan")\$" /proc/[0-9]*/cgroup; }
expect_true "its first process waits" wait_for 20 of_orphan
kill -9 "$(pgrep -P $tracer)"
nothing_of_orphan () { ! of_orphan; }
expect_true "it is ended without any further command" wait_for 20 nothing_of_orphan
kill -9 $tracer
wait $tracer 2> /dev/null
run davit start orphan
expect_status 0
davit rm -f -t 0 orphan > /dev/null
expect_true "nothing is left of it" wait_for 5 clean

# Limits of the caller: a log that becomes larger than a file may be ends nothing.
(ulimit -f 50 && davit run -d --name talker box sh -c 'i=0; while [ $i -lt 9000 ]; do echo line $i; i=$((i + 1)); done; exit 6') > /dev/null
run timeout 20 "$DAVIT" --root "$T/root" --runroot "$T/run" wait talker
expect_out 6
run davit logs talker
expect_status 0
# The last thing in it may be how much is missing.
expect_match 'line [0-9]+'
davit rm talker > /dev/null
run sh -c 'ulimit -n 128 && "$@"' sh "$DAVIT" --root "$T/root" --runroot "$T/run" run --rm box true
expect_status 0

# The monitor that can't be run is what is told, not what follows from it.
run env DAVIT_LIBEXECDIR=/none "$DAVIT" --root "$T/root" --runroot "$T/run" run --rm box true
expect_status 125
expect_err '/none/davit-monitor'
expect_true "only that is told" test "$(wc -l < "$T/err")" = 1
run davit ps -aq
expect_out ''

# A full disk: nothing half made stays, what frees space works, and so does all once there is space.
fill ()
{
	dd if=/dev/zero of="$T/small/fill" bs=64k 2> /dev/null
	dd if=/dev/zero of="$T/small/fill-more" bs=1 count=4096 2> /dev/null
	:
}
left_over ()
{
	find "$T/small/root/content/stage" "$T/small/root/storage"/*/stages "$T/small/root/storage"/*/tombs \
		"$T/small/root/containers" "$T/small/root/names" "$T/small/root/images" -mindepth 1 -maxdepth 1 2> /dev/null
}
for size in 40k 80k 1m 3m; do
	mount -t tmpfs -o "size=$size" tmpfs "$T/small"
	run "${small[@]}" import --quiet "$T/box-tree" box
	expect_status 125
	expect_err 'No space left on device'
	expect_equal "$(left_over)" "" "nothing is left of an import into $size"
	run "${small[@]}" system check
	expect_out ''
	mount -o remount,size=20m "$T/small"
	run "${small[@]}" import --quiet "$T/box-tree" box
	expect_status 0
	run "${small[@]}" run --rm box echo works
	expect_out works
	wait_for 5 umount "$T/small"
done
mount -t tmpfs -o size=20m tmpfs "$T/small"
"${small[@]}" import --quiet "$T/box-tree" box > /dev/null
for name in stopped killed removed; do
	"${small[@]}" run -d --name $name box sh -c 'trap "exit 3" TERM; while :; do echo line; sleep 0.01; done' > /dev/null
done
fill
run "${small[@]}" run --rm box true
expect_status 125
expect_err 'No space left on device'
run "${small[@]}" stop -t 5 stopped
expect_out stopped
run "${small[@]}" wait stopped
expect_out 3
run "${small[@]}" kill killed
expect_out killed
run "${small[@]}" wait killed
expect_out 137
run "${small[@]}" rm -f -t 0 stopped killed removed
expect_status 0
run "${small[@]}" rmi box
expect_status 0
expect_out_has Deleted
expect_equal "$(left_over)" "" "all of it is gone"
wait_for 5 umount "$T/small"

# The same without a free inode.
for inodes in 24 30 36 40 45 50 55; do
	mount -t tmpfs -o "nr_inodes=$inodes" tmpfs "$T/small"
	run "${small[@]}" run --rm hello
	case $status in
	# The monitor can't say why.
	125) expect_true "it says what failed: $err" grep -q -e 'No space left on device' -e 'the monitor has ended' "$T/err" ;;
	*) expect_status 0 ;;
	esac
	expect_equal "$("${small[@]}" ps -aq 2> /dev/null)" "" "no container is left where there are $inodes inodes"
	run "${small[@]}" system check
	expect_out ''
	run "${small[@]}" rmi hello
	expect_true "$inodes inodes: the image goes, if it came" test "$status" = 0 -o "$status" = 1
	mount -o remount,nr_inodes=1000 "$T/small"
	run "${small[@]}" run --rm hello
	expect_status 0
	wait_for 5 umount "$T/small"
done

tap_end
