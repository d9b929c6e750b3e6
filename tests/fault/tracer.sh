#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The tracer hits the call that it was told to, and no other: what rests on it would else pass for
# having tried nothing.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin
cd "$T" || exit 99

# A tracer within a tracer can't be had: under strace or gdb there is nothing to test.
"$DAVIT_TRACER" --report report true 2> /dev/null || tap_skip_all "no process can be traced here"

tracer ()
{
	"$DAVIT_TRACER" --report report "$@"
}

# The N-th of three directories is killed or fails: those before it are there.
run tracer --kill tree mkdir a b c
expect_status 0
calls=$(sed -n 's/^calls //p' report)
expect_equal "$(tail -n 1 report)" "status 0" "without --nth nothing is hit"
expect_equal "$(echo [abc])" "a b c" "without --nth all is done"
rmdir a b c
run tracer --kill tree --list list mkdir a b c
expect_equal "$(sed -n 's/^calls //p' report)" "$calls" "calls are counted alike each time"
expect_equal "$(wc -l < list)" "$calls" "each call that was counted is listed"
second=$(grep ' mkdir' list | sed -n '2s/ .*//p')
rmdir a b c
run tracer --nth "$second" --kill caller mkdir a b c
expect_equal "$(echo [abc])" "a" "killed at the second call, one has been made"
expect_equal "$(tail -n 1 report)" "status 137" "the report says that it was killed"
expect_true "the report names the call" grep -qE "^hit $second mkdir mkdir" report
rmdir a
run tracer --nth $((calls + 1)) --kill tree mkdir a b c
expect_equal "$(grep -E '^(calls|hit|status)' report)" "calls $calls"$'\nstatus 0' "a call that never comes is not hit"
rmdir a b c

run tracer --fail ENOSPC --list list mkdir a b c
second=$(grep ' mkdir' list | sed -n '2s/ .*//p')
rmdir a b c
run tracer --nth "$second" --fail ENOSPC mkdir a b c
expect_err 'No space left on device'
expect_equal "$(echo [abc])" "a c" "the second call has failed, and the third was made"
expect_equal "$(tail -n 1 report)" "status 1" "the report has the status of the command"
rmdir a c
run tracer --only mkdir --nth 3 --fail EIO mkdir a b c
expect_equal "$(echo [abc])" "a b" "the third of the calls of that name has failed"
rmdir a b
for error in EIO ENOMEM EMFILE EINTR; do
	tracer --fail "$error" --list list cat list > /dev/null 2>&1
	expect_true "calls that may fail with $error are counted" test -s list
done
run tracer --nth 1 --fail EFAULT true
expect_status 2
run tracer --nth 1 true
expect_status 2

# Who is killed: the caller alone, the command alone, or all of them.
children='mkdir in; sh -c "mkdir child && echo alive > told"; echo $? > after'
for whom in caller main tree; do
	rm -rf in child told after
	tracer --until all --only mkdir --nth 2 --kill "$whom" sh -c "$children" 2> err
	# Nobody waits for the one that is spared.
	[ "$whom" != main ] || wait_for 10 test -e told
	left=$(find . -name in -o -name child -o -name told -o -name after | sort | xargs)
	case $whom in
	caller) expect_equal "$left" "./after ./in" "the caller alone is killed" ;;
	main) expect_equal "$left" "./child ./in ./told" "the command alone is killed" ;;
	tree) expect_equal "$left" "./in" "all are killed" ;;
	esac
done

rm -rf in
run tracer sh -c 'kill -ABRT $$'
expect_true "a crash is reported" grep -qx 'crash sh ABRT' report

# One that is spared goes on.
rm -rf in
cp "$(command -v mkdir)" spared
tracer --until all --kill tree --spare spared --list list sh -c './spared in; true'
expect_true "what one that is spared does is not counted" sh -c '! grep -q mkdir list'

# Short reads and writes, and the same in the end.
head -c 3000 /dev/urandom | base64 > data
tap_command="tracer --short dd"
"$DAVIT_TRACER" --short --report report --list list dd if=data of=copy bs=60 iflag=fullblock 2> /dev/null
expect_true "short reads and writes change nothing" cmp data copy
expect_true "a file is read and written byte by byte" \
	test "$(grep -c ' write$' list)" -ge 4000 -a "$(grep -c ' read$' list)" -ge 4000

tap_end
