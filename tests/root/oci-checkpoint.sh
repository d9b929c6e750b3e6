#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Checkpoints by an external runtime's own verbs, with the real runc and the real CRIU. crun is only
# refused, in oci.sh: there it is built without.

here=$(dirname "$0")
# CRIU first: it may have to be fetched.
if [ -z "${OCI_CRIU-}" ] && [ "$(id -u)" = 0 ]; then
	OCI_CRIU=${DAVIT_TEST_CRIU:-$(bash "$here/../get-criu" -q)} || OCI_CRIU=none
	export OCI_CRIU
	exec unshare -m --propagation private bash "$0"
fi
. "$here/../lib/tap.sh"
. "$here/../lib/box.sh"
tap_begin root busybox runc python3
[ "$OCI_CRIU" != none ] || tap_skip_all "no CRIU that works here"
box_image
talk=$here/../lib/talk
command=("$DAVIT" --root "$T/root" --runroot "$T/run")
archive=$T/c.tar

# left ID: what a container, or all of them, left in the run directory and in control groups.
left ()
{
	find "$T/run/containers" -mindepth 1 2> /dev/null
	find /sys/fs/cgroup \( -fstype cgroup -o -fstype cgroup2 \) -type d -name "davit-$1*"
}

counter='i=0; while :; do echo $i; i=$((i+1)); sleep 0.05; done'

# The numbers that the counter has written are all of them, each once, and more than COUNT by now.
counts ()
{
	davit logs "$1" 2> /dev/null | python3 -c '
import sys
numbers = [int(line) for line in sys.stdin.read().split()]
sys.exit(numbers != list(range(len(numbers))))' || return 1
	[ "$(davit logs "$1" | wc -l)" -gt "$2" ]
}

lines ()
{
	davit logs "$1" | wc -l
}

by_runc ()
{
	davit --config runtime.oci.criu="$OCI_CRIU" "$@"
}

id=$(davit run -d --name k --network none --pids-limit 40 --runtime oci:runc box sh -c "$counter")
davit exec k sh -c 'echo kept > /kept; rm /etc/group'
for round in 1 2 3; do
	expect_true "it counts" wait_for 20 counts k "$(lines k)"
	run by_runc checkpoint k
	expect_status 0
	expect_equal "$(davit inspect --format '{{.State.Status}} {{.State.Pid}}' k)" "exited 0" "it is gone"
	before=$(lines k)
	run by_runc restore k
	expect_status 0
	expect_true "it goes on" wait_for 20 counts k "$before"
done
run davit exec k cat /kept
expect_out kept
run davit ps --format '{{.Names}} {{.State}}'
expect_out_has 'k running'

# It runs on, after a success as after failures.
run by_runc checkpoint --leave-running --print-stats k
expect_status 0
expect_match '"frozen_time": *[1-9]'
expect_true "it runs on" wait_for 20 counts k "$(lines k)"
run davit --config runtime.oci.criu="$T/none" checkpoint k
expect_refused 125 "\"$T/none\" is not there or can't be run"
expect_true "it runs on" wait_for 20 counts k "$(lines k)"
run davit --config runtime.oci.criu=/bin/false checkpoint k
expect_refused 125 '"/usr/sbin/runc checkpoint" failed'
expect_true "it runs on" wait_for 20 counts k "$(lines k)"
run by_runc checkpoint --checkpoint-opt nothing=1 k
expect_refused 125 'option "nothing=1": checkpoints by an external runtime have no options of this kind'
"${command[@]}" exec k sh -c 'echo up; exec sleep 1000' > "$T/guest" &
guest=$!
wait_for 20 grep -q up "$T/guest"
run by_runc checkpoint k
expect_refused 125 'came into the container by exec and would be lost; end it first'
expect_true "it runs on" wait_for 20 counts k "$(lines k)"
kill $guest
wait $guest 2> /dev/null
guest_left ()
{
	[ "$(davit exec k ps -o args | grep -c '^sleep 1000')" = 0 ]
}
expect_true "the guest leaves" wait_for 20 guest_left

# As a file, with its changes; a file that isn't whole is no container.
run by_runc checkpoint --export "$archive" k
expect_status 0
before=$(lines k)
davit rm k > /dev/null
expect_equal "$(left "$id")" "" "nothing is left of it"
run by_runc restore --import "$archive"
expect_status 0
expect_true "it goes on" wait_for 20 counts k "$before"
run davit exec k sh -c 'cat /kept; ls /etc/group 2> /dev/null; exit 3'
expect_status 3
expect_out kept
run by_runc restore --import "$archive" --name l --tcp-close
expect_refused 125 '"/usr/sbin/runc restore" has no option "--tcp-close"'
run by_runc checkpoint k
expect_status 0
run davit --config runtime.oci.criu=/bin/false restore k
expect_refused 125 '"/usr/sbin/runc restore" failed'
expect_equal "$(davit inspect --format '{{.State.Status}}' k)" exited "it does not run"
expect_equal "$(left "$id" | grep cgroup)" "" "no control group is left of it"
run by_runc restore k
expect_status 0
davit rm -f --time 0 k > /dev/null
expect_equal "$(left "$id")" "" "nothing is left of it"

# Files and memory are of one moment, also if it runs on: what it writes has no gap and nothing twice.
davit run -d --name r --network none --runtime oci:runc box \
	sh -c 'i=0; while :; do echo $i >> /numbers; i=$((i+1)); done' > /dev/null
numbers ()
{
	davit exec "$1" sh -c 'n=$(wc -l < /numbers); [ $n -gt '"$2"' ] && head -n $n /numbers' > "$T/numbers" &&
		python3 -c '
import sys
numbers = [int(line) for line in open(sys.argv[1])]
sys.exit(numbers != list(range(len(numbers))))' "$T/numbers"
}
expect_true "it writes" wait_for 20 numbers r 100
run by_runc checkpoint --leave-running --export "$archive" r
expect_status 0
run by_runc restore --import "$archive" --name twin
expect_status 0
expect_true "its twin goes on" wait_for 20 numbers twin "$(davit exec twin sh -c 'wc -l < /numbers')"
expect_true "it runs on" wait_for 20 numbers r "$(davit exec r sh -c 'wc -l < /numbers')"
davit rm -f --time 0 r twin > /dev/null

# Connections only when they are wanted.
davit run -d --name net --network none --runtime oci:runc box sh -c \
	'nc -ll -p 5000 -e cat & sleep 0.2; (while :; do echo x; sleep 0.05; done) | nc 127.0.0.1 5000 |
	(n=0; while read -r l; do echo $n; n=$((n+1)); done)' > /dev/null
expect_true "net counts" wait_for 20 counts net 2
run by_runc checkpoint net
expect_refused 125 'checkpoint: a TCP connection is open: "inet: Connected TCP socket'
expect_true "it runs on" wait_for 20 counts net "$(lines net)"
run by_runc checkpoint --tcp-established net
expect_status 0
before=$(lines net)
run by_runc restore net
expect_status 0
expect_true "connections go on" wait_for 20 counts net "$before"
davit rm -f --time 0 net > /dev/null

# Who was killed in the middle of it leaves a container that is paused, and something to take away.
mkfifo "$T/go"
cat > "$T/hangs" << END
#!/bin/sh
: > "$T/hanging"
read -r line < "$T/go"
exit 1
END
chmod +x "$T/hangs"
davit run -d --name k --network none --runtime oci:runc box sh -c "$counter" > /dev/null
"${command[@]}" --config runtime.oci.criu="$T/hangs" checkpoint k > "$T/killed" 2>&1 &
victim=$!
expect_true "the checkpoint is on its way" wait_for 20 test -e "$T/hanging"
kill -9 $victim
wait $victim 2> /dev/null
echo > "$T/go"
run davit unpause k
expect_status 0
expect_true "it runs on" wait_for 20 counts k "$(lines k)"
run davit system check --repair
run davit system check
expect_status 0
expect_out ''
run by_runc checkpoint k
expect_status 0
run by_runc restore k
expect_status 0
davit rm -f --time 0 k > /dev/null

# Standard input, and a terminal: who attaches later finds what was there.
davit run -d -i --name i --network none --runtime oci:runc box cat > /dev/null
by_runc checkpoint i > /dev/null
run by_runc restore i
expect_status 0
expect_equal "$(echo through | davit attach i)" through "what goes in comes out"
davit rm -f --time 0 i > /dev/null
davit run -dit --name t --network none --runtime oci:runc box sh > /dev/null
run by_runc checkpoint t
expect_status 0
run by_runc restore t
expect_status 0
run "$talk" 'send:\n' 'expect:# ' 'send:tty; exit 7\n' 'expect:/dev/' end -- "${command[@]}" attach t
expect_status 7
davit rm t > /dev/null

run davit system check
expect_status 0
expect_out ''
tap_end
