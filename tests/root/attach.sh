#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Terminals, attaching and detaching, several clients, signals, logs that rotate, time that runs out.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox python3
box_image
talk=$(dirname "$0")/../lib/talk
command=("$DAVIT" --root "$T/root" --runroot "$T/run")

run "$talk" 'expect:/ # ' 'send:stty size\n' 'expect:24 80' 'size:40x120' 'send:\n' 'expect:# ' \
	'send:sleep 0.2; stty size\n' 'expect:40 120' 'send:exit 5\n' end -- "${command[@]}" run --rm -it box
expect_status 5

# Detached by keys, it goes on; attached again, it is the same shell.
run "$talk" 'expect:/ # ' 'send:mark=here\n' 'expect:/ # ' 'key:P' 'key:Q' end -- "${command[@]}" run -it --name shell box
expect_status 0
run davit ps --format '{{.Names}} {{.State}}'
expect_out 'shell running'
run "$talk" 'send:echo [$mark]\n' 'expect:[here]' 'key:P' 'key:Q' end -- "${command[@]}" attach shell
expect_status 0
run "$talk" 'send:echo [$mark]\n' 'expect:[here]' 'send:exit 4\n' end -- "${command[@]}" attach shell
expect_status 4
run davit attach shell
expect_status 125
expect_err '"shell"'
davit rm shell > /dev/null

# Two clients see the same; one that goes takes nothing with it.
davit run -d -i --name cat box sh -c 'echo ready; cat' > /dev/null
mkfifo "$T/in"
davit attach --no-stdin cat > "$T/second" 2>&1 &
second=$!
davit attach cat < "$T/in" > "$T/first" 2>&1 &
first=$!
exec 7> "$T/in"
# Both are there once each has seen a line that came after they were started.
seen ()
{
	echo "line" >&7
	grep -q line "$T/first" && grep -q line "$T/second"
}
expect_true "both clients see a line" wait_for 10 seen
exec 7>&-
wait_for 10 sh -c "! kill -0 $first" 2> /dev/null
davit kill -s TERM cat > /dev/null 2>&1
davit rm -f -t 0 cat > /dev/null
wait "$second" 2> /dev/null
wait "$first" 2> /dev/null

# Signals go to the first process.
"${command[@]}" run --name trap box sh -c 'trap "echo caught; exit 3" TERM; echo ready; while :; do sleep 0.1; done' > "$T/trap" 2>&1 &
pid=$!
expect_true "it is ready" wait_for 10 grep -q ready "$T/trap"
kill -TERM $pid
wait $pid
status=$?
tap_command="kill -TERM on the client"
expect_status 3
expect_true "the signal was passed on" grep -q caught "$T/trap"
davit rm trap > /dev/null

# Time that runs out.
run davit run --rm --timeout 1 --stop-signal KILL box sleep 100
expect_status 137

# A log that rotates.
run davit run --name noisy --log-opt max-size=20k --log-opt max-file=3 box sh -c 'i=0; while [ $i -lt 2000 ]; do echo "line number $i of many"; i=$((i+1)); done'
expect_status 0
run davit logs --tail 2 noisy
expect_out $'line number 1998 of many\nline number 1999 of many'
files=$(find "$T/root/containers" -name '*log*' -type f)
expect_true "the log has several files" test "$(wc -l <<< "$files")" -gt 1
large=$(find "$T/root/containers" -name '*log*' -type f -size +24k)
expect_equal "$large" "" "none is larger than asked for"
davit rm noisy > /dev/null
run davit run --name silent --log-driver none box echo x
expect_out x
run davit logs silent
expect_status 125
expect_err none
davit rm silent > /dev/null
run davit run --rm --log-driver nonsense box true
expect_refused 125 'nonsense'

# Logs that are followed end with the container.
davit run -d --name slow box sh -c 'echo one; sleep 1; echo two' > /dev/null
run timeout 20 "${command[@]}" logs -f slow
expect_status 0
expect_out $'one\ntwo'
davit rm -f -t 0 slow > /dev/null

# What is written in one piece arrives in one piece, and binary data unchanged.
run sh -c "head -c 3000000 /dev/urandom > '$T/data'; '$DAVIT' --root '$T/root' --runroot '$T/run' run --rm -i box cat < '$T/data' | cmp - '$T/data'"
expect_status 0

# Whoever reads our output goes away: what runs is left alone, also with --rm, and goes at its end.
davit run --rm --name unread box sh -c 'echo one; until [ -e /go ]; do sleep 0.1; echo more; done' \
	2> "$T/err" | head -n 1 > "$T/out"
expect_equal "$(cat "$T/out")" one "the first line is read"
run davit ps --format '{{.Names}} {{.State}}'
expect_out 'unread running'
davit exec unread touch /go
expect_true "it is removed at its end" wait_for 10 sh -c "! '$DAVIT' --root '$T/root' --runroot '$T/run' container exists unread"

# A detached command keeps its terminal, and its caller's output is not kept open.
davit run -d --name held box sleep 1000 > /dev/null
before=$(timeout 10 "$DAVIT" --root "$T/root" --runroot "$T/run" exec -dt held sh -c 'tty > /tty; read -t 1; until [ -e /go ]; do sleep 0.1; done; echo out; echo > /done; sleep 1000')
expect_equal "$?:$before" "0:" "it is started"
davit exec held touch /go
expect_true "it runs on" wait_for 10 davit exec held test -e /done
run davit exec held cat /tty
expect_out '/dev/pts/0'
davit rm -f -t 0 held > /dev/null

# Waiting, by several.
davit run -d --name w box sh -c 'sleep 0.5; exit 6' > /dev/null
davit wait w > "$T/wait.1" &
davit wait w > "$T/wait.2" &
wait
expect_equal "$(cat "$T/wait.1" "$T/wait.2" | tr '\n' ' ')" "6 6 " "both learn the status"
davit rm w > /dev/null

# The monitor is killed: the container's state is told from facts, and it can be removed.
davit run -d --name orphan box sleep 1000 > /dev/null
pid=$(davit inspect --format '{{.State.Pid}}' orphan)
monitor=$(sed -n 's/^PPid:\t//p' "/proc/$pid/status")
expect_match_name=$(readlink "/proc/$monitor/exe")
expect_true "its parent is the monitor" test "${expect_match_name##*/}" = davit-monitor
kill -KILL "$monitor"
run davit ps --format '{{.Names}} {{.State}}'
expect_out 'orphan running'
run davit rm -f -t 0 orphan
expect_status 0
expect_true "its process has ended" wait_for 5 sh -c "! kill -0 $pid"
run davit system check
expect_out ''

# What was stored goes when the kernel has taken the mounts apart: the exit file's lock is free then.
id=$(davit run -d --name held box sleep 1000)
pid=$(davit inspect --format '{{.State.Pid}}' held)
monitor=$(sed -n 's/^PPid:\t//p' "/proc/$pid/status")
expect_equal "$(readlink "/proc/$monitor/fd/"* | grep -c "^$(readlink "/proc/$pid/ns/mnt" | sed 's/[][]/\\&/g')\$")" 1 "the monitor holds the mounts"
kill -KILL "$monitor"
expect_true "the monitor is gone" wait_for 5 sh -c "! kill -0 $monitor"
ended=$T/run/containers/$id/exit
echo '{"version":1,"status":0,"finished":1}' > "$ended"
exec 8< "$ended"
flock 8
davit rm -f -t 0 held > /dev/null 8<&- &
remover=$!
davit wait held > "$T/waited" 8<&- &
waiter=$!
expect_true "wait waits for the mounts" wait_for 10 sh -c "[ \$(grep -c -e '-> FLOCK .*:$(stat -c %i "$ended") ' /proc/locks) = 2 ]"
expect_equal "$(cat "$T/waited")" "" "and says nothing before"
expect_true "rm waits for the mounts" wait_for 10 grep -q -e "-> FLOCK .*:$(stat -c %i "$ended") " /proc/locks
expect_true "and has not taken away what they show" test -n "$(find "$T/root/storage" -path "*/rootfs/$id")"
exec 8<&-
wait "$remover"
expect_equal "$?" 0 "then it goes on"
wait "$waiter"
expect_equal "$(cat "$T/waited")" 0 "so does wait"
expect_true "and takes it away" test -z "$(find "$T/root/storage" -path "*/rootfs/$id")"

tap_end
