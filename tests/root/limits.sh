#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Limits on whatever cgroups the host has, and what is said where one can't be kept.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox
box_image

# value V1-CONTROLLER V1-FILE V2-FILE: what the cgroup of the container "c" says.
value ()
{
	local pid directory
	pid=$(davit inspect --format '{{.State.Pid}}' c)
	if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
		directory=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
		cat "$directory/$3"
	else
		directory=$(sed -nE "s/^[0-9]+:([^:]*,)?$1(,[^:]*)?:(.*)/\3/p" "/proc/$pid/cgroup")
		cat "/sys/fs/cgroup/$1$directory/$2"
	fi
}

run davit run -d --name c --memory 64m --pids-limit 33 --cpus 0.5 --cpuset-cpus 0 box sleep 1000
expect_status 0
expect_equal "$(value memory memory.limit_in_bytes memory.max)" 67108864 "the limit of memory is set"
expect_equal "$(value pids pids.max pids.max)" 33 "the number of processes is limited"
case $(value cpu cpu.cfs_quota_us cpu.max) in
50000 | "50000 100000") tap_ok 0 "the time of processors is limited" ;;
*) tap_ok 1 "the time of processors is limited: $(value cpu cpu.cfs_quota_us cpu.max)" ;;
esac
expect_equal "$(value cpuset cpuset.cpus cpuset.cpus)" 0 "it may use one processor"
run davit inspect --format '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}' c
expect_out '67108864 33'
run davit exec c cat /proc/self/cgroup
expect_out_lacks davit-none
cgroups=$(find /sys/fs/cgroup -type d -path "*$(davit inspect --format '{{.Id}}' c)*" | wc -l)
expect_true "it has a cgroup of its own" test "$cgroups" -gt 0
id=$(davit inspect --format '{{.Id}}' c)
run davit rm -f -t 0 c
expect_status 0
expect_equal "$(find /sys/fs/cgroup -type d -path "*$id*" | wc -l)" 0 "no cgroup is left"

# The default number of processes, and a bomb that it stops.
run davit run -d --name c box sleep 1000
expect_equal "$(value pids pids.max pids.max)" 2048 "2048 is the default number of processes"
davit rm -f -t 0 c > /dev/null
run davit run --rm --pids-limit 10 box sh -c 'for i in $(seq 20); do sleep 5 & done; wait'
expect_true "a bomb does not explode" test "$status" != 0
expect_err "fork"

# Memory that is used up.
run davit run --name c --memory 24m --memory-swap 24m box sh -c 'tail /dev/zero'
expect_status 137
run davit inspect --format '{{.State.OOMKilled}}' c
expect_out true
davit rm c > /dev/null

# What is asked for in a wrong way.
run davit run --rm --memory 1x box true
expect_refused 125 'option "--memory"'
run davit run --rm --cpus -1 box true
expect_refused 125 'option "--cpus"'
run davit run --rm --pids-limit many box true
expect_refused 125 'option "--pids-limit"'
run davit run --rm --cpuset-cpus 4000 box true
expect_status 125
expect_err 'cpuset'
run davit run --rm --ulimit nofile=64:64 box sh -c 'ulimit -n'
expect_out 64
run davit run --rm --ulimit nonsense=1 box true
expect_refused 125 '"nonsense'
run davit run --rm --ulimit nofile=5:4 box true
expect_status 125
expect_err 'nofile'

# Paused, it stands still.
run davit run -d --name c box sh -c 'while :; do echo x >> /tmp/count; done'
run davit pause c
expect_status 0
first=$(davit inspect --format '{{.State.Status}}' c)
run davit pause c
expect_status 125
expect_err paused
run davit exec c true
expect_true "no further process enters a paused container" test "$status" != 0
run davit unpause c
expect_status 0
run davit unpause c
expect_status 125
expect_equal "$first" paused "its state is paused"
run davit pause c
run davit rm -f -t 0 c
expect_status 0

tap_end
