#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Limits, freezing and namespaces of cgroup v2, on a machine with systemd.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox
[ -f /sys/fs/cgroup/cgroup.controllers ] || tap_skip_all "needs cgroup v2"
box_image

run davit info --format '{{.host.cgroups}}'
expect_out v2
run davit run -d --name c --memory 64m --memory-swap 96m --memory-reservation 32m --pids-limit 33 --cpus 1.5 \
	--cpu-shares 512 --cpuset-cpus 0 --cgroup-conf memory.high=60M box sleep 1000
expect_status 0
pid=$(davit inspect --format '{{.State.Pid}}' c)
directory=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
expect_true "its cgroup bears its id" grep -q "$(davit inspect --format '{{.Id}}' c)" <<< "$directory"
expect_equal "$(cat "$directory/memory.max")" 67108864 "memory.max"
expect_equal "$(cat "$directory/memory.swap.max")" 33554432 "memory.swap.max is swap without memory"
expect_equal "$(cat "$directory/memory.low")" 33554432 "memory.low"
expect_equal "$(cat "$directory/memory.high")" 62914560 "memory.high"
expect_equal "$(cat "$directory/pids.max")" 33 "pids.max"
expect_equal "$(cat "$directory/cpu.max")" "150000 100000" "cpu.max"
expect_equal "$(cat "$directory/cpuset.cpus")" 0 "cpuset.cpus"
expect_true "cpu.weight is less than the default" test "$(cat "$directory/cpu.weight")" -lt 100
run davit exec c cat /proc/self/cgroup
expect_out '0::/'
run davit exec c cat /sys/fs/cgroup/memory.max
expect_out 67108864
run davit exec c sh -c 'echo 1 > /sys/fs/cgroup/memory.max'
expect_status 1

# The processor time stands still while it is paused.
run davit pause c
expect_status 0
expect_equal "$(sed -n 's/^frozen //p' "$directory/cgroup.events")" 1 "it is frozen"
run davit ps --format '{{.State}}'
expect_out paused
run davit unpause c
expect_status 0
expect_equal "$(sed -n 's/^frozen //p' "$directory/cgroup.events")" 0 "it is thawed"

# Devices are decided by a program of ours in the kernel.
run davit exec c sh -c 'test -c /dev/null && echo x > /dev/null && echo written'
expect_out written
run davit run --rm --cap-add mknod box sh -c 'mknod /tmp/disk b 254 0 && cat /tmp/disk | head -c 1'
expect_true "a disk can't be read" test "$status" != 0 -o -z "$out"
expect_err 'not permitted'
davit rm -f -t 0 c > /dev/null
expect_true "its cgroup is gone" test ! -d "$directory"

run davit run --name c --memory 24m --memory-swap 24m box sh -c 'tail /dev/zero'
expect_status 137
run davit inspect --format '{{.State.OOMKilled}}' c
expect_out true
davit rm c > /dev/null

# A cgroup below one that was named.
run davit run --rm --cgroupns host --cgroup-parent /davit-test.slice box cat /proc/self/cgroup
expect_match '^0::/davit-test\.slice/'
rmdir /sys/fs/cgroup/davit-test.slice 2> /dev/null
# A v1 setting that v2 does not know.
run davit run --rm --memory-swappiness 10 box true
expect_status 125
expect_err 'swappiness'

tap_end
