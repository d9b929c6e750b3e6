#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The small init that --init puts first: statuses, signals, orphans, a terminal.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox python3
box_image
talk=$(dirname "$0")/../lib/talk

run davit run --rm --init box sh -c 'exit 5'
expect_status 5
run davit run --rm --init box sh -c 'kill -9 $$'
expect_status 137
run davit run --rm --init box nothere
expect_status 127
expect_err 'nothere'
run davit run --rm --init box /etc
expect_status 126
run davit run --rm --init box cat /proc/1/comm
expect_out davit-init
run davit run --rm --init --init-path "$T/none" box true
expect_status 125
expect_err "$T/none"

# sleep as the first process would not end by SIGTERM.
davit run -d --name s --init box sleep 1000 > /dev/null
SECONDS=0
run davit stop -t 20 s
expect_status 0
expect_true "SIGTERM reaches the program" test $SECONDS -lt 10
run davit inspect --format '{{.State.ExitCode}}' s
expect_out 143
davit rm s > /dev/null

# Orphans are reaped: none is left as a zombie.
davit run -d --name o --init box sh -c 'for i in 1 2 3 4; do (sleep 0.01 &) ; done; sleep 1000' > /dev/null
no_zombies ()
{
	! davit exec o ps -o stat | grep -q Z
}
expect_true "orphans are reaped" wait_for 10 no_zombies
davit rm -f -t 0 o > /dev/null

run "$talk" 'expect:# ' "send:sh -c \"echo re''ady; exec sleep 100\"\\n" 'expect:ready' 'key:C' 'expect:# ' \
	'send:exit 6\n' end -- "$DAVIT" --root "$T/root" --runroot "$T/run" run --rm --init -it box
expect_status 6

tap_end
