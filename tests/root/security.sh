#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a container may not do and see by default, and how that is changed on purpose.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox
box_image

run davit run --rm box sh -c 'grep ^Cap /proc/self/status'
expect_out_has $'CapInh:\t0000000000000000'
expect_out_has $'CapPrm:\t00000000800405fb'
expect_out_has $'CapEff:\t00000000800405fb'
expect_out_has $'CapBnd:\t00000000800405fb'
expect_out_has $'CapAmb:\t0000000000000000'
run davit run --rm -u alice box grep -E 'CapEff|CapPrm' /proc/self/status
expect_out $'CapPrm:\t0000000000000000\nCapEff:\t0000000000000000'
run davit run --rm --cap-drop all --cap-add net_admin box grep CapEff /proc/self/status
expect_out $'CapEff:\t0000000000001000'
run davit run --rm --cap-add nonsense box true
expect_refused 125 'nonsense'
run davit run --rm box grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status
expect_out $'NoNewPrivs:\t0\nSeccomp:\t2'
run davit run --rm --security-opt no-new-privileges box grep NoNewPrivs /proc/self/status
expect_out $'NoNewPrivs:\t1'
run davit run --rm --security-opt seccomp=unconfined box grep ^Seccomp: /proc/self/status
expect_out $'Seccomp:\t0'
run davit run --rm --security-opt seccomp=/none box true
expect_refused 125 '/none'
run davit run --rm box unshare -U true
expect_true "no user namespace in a container" test "$status" != 0

# No descriptor of ours, and standard ones always.
run davit run --rm box ls /proc/self/fd
expect_out $'0\n1\n2\n3'

# Paths.
for path in /proc/kcore /proc/keys /proc/timer_list /proc/interrupts; do
	[ -e "$path" ] || continue
	run davit run --rm box sh -c "cat $path | wc -c"
	expect_out 0
done
run davit run --rm box ls /proc/acpi /sys/firmware /proc/scsi
expect_out_lacks 'wakeup'
run davit run --rm box sh -c 'echo 1 > /proc/sys/kernel/printk'
expect_status 1
run davit run --rm box sh -c 'echo b > /proc/sysrq-trigger'
expect_status 1
run davit run --rm box sh -c 'mkdir /sys/fs/cgroup/x'
expect_status 1
run davit run --rm box ls /dev
for device in console core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero; do
	[ $device = console ] || grep -qx $device <<< "$out" || echo "# no /dev/$device"
done
expect_out_lacks sda
run davit run --rm box sh -c 'test -c /dev/null && test -c /dev/full && echo x > /dev/null && cat /dev/zero | head -c 3 | wc -c'
expect_out 3
run davit run --rm box mknod /tmp/x b 8 0
expect_status 1
run davit run --rm --device /dev/null:/dev/other box sh -c 'test -c /dev/other && echo x > /dev/other'
expect_status 0
run davit run --rm --device /dev/none box true
expect_refused 125 '/dev/none'

# Reading only.
run davit run --rm --read-only box sh -c 'touch /x'
expect_status 1
run davit run --rm --read-only box sh -c 'touch /tmp/x /run/x /var/tmp/x /dev/shm/x && echo written'
expect_out written
run davit run --rm --read-only --read-only-tmpfs=false box touch /tmp/x
expect_status 1

# Mounts of the user.
mkdir -p "$T/shared"
echo seen > "$T/shared/file"
run davit run --rm -v "$T/shared:/mnt" box sh -c 'cat /mnt/file; echo made > /mnt/new'
expect_out seen
expect_equal "$(cat "$T/shared/new")" made "a bound directory can be written to"
run davit run --rm -v "$T/shared:/mnt:ro" box touch /mnt/x
expect_status 1
run davit run --rm --mount "type=bind,source=$T/shared,target=/mnt/deep/er,readonly" box cat /mnt/deep/er/file
expect_out seen
run davit run --rm --mount type=tmpfs,target=/scratch,tmpfs-size=1m box sh -c 'df -k /scratch | tail -n 1'
expect_match ' 1024 '
run davit run --rm --tmpfs /scratch:size=2m,mode=700 box stat -c %a /scratch
expect_out 700
run davit run --rm -v "$T/none:/mnt" box true
expect_status 125
expect_err "$T/none"
run davit run --rm -v "$T/shared:mnt" box true
expect_status 125
expect_err '"mnt"'
run davit run --rm -v "$T/shared:/mnt:strange" box true
expect_status 125
expect_err 'strange'

# Namespaces.
for namespace in pid mnt ipc uts net cgroup; do
	inside=$(davit run --rm box readlink /proc/self/ns/$namespace 2> /dev/null)
	if [ $namespace = cgroup ] && [ ! -f /sys/fs/cgroup/cgroup.controllers ]; then
		continue
	fi
	expect_true "$namespace is of its own" test -n "$inside" -a "$inside" != "$(readlink /proc/self/ns/$namespace)"
done
run davit run --rm --network host box readlink /proc/self/ns/net
expect_out "$(readlink /proc/self/ns/net)"
run davit run --rm --pid host box sh -c 'test -d /proc/1 && readlink /proc/self/ns/pid'
expect_out "$(readlink /proc/self/ns/pid)"
run davit run --rm --ipc host --uts host box sh -c 'for n in ipc uts; do readlink /proc/self/ns/$n; done'
expect_out "$(readlink /proc/self/ns/ipc /proc/self/ns/uts)"
run davit run --rm --network none box sh -c 'ip link | grep -c ": "; ip address show lo'
expect_out_has 'UP'
expect_match '^1'
run davit run --rm --timens private --time-offset boottime=1000000 box cut -d. -f1 /proc/uptime
expect_true "the clock is shifted" test "$out" -gt 1000000
davit run -d --name owner box sleep 1000 > /dev/null
pid=$(davit inspect --format '{{.State.Pid}}' owner)
run davit run --rm --network container:owner --pid container:owner --ipc container:owner --uts container:owner box \
	sh -c 'for n in net pid uts; do readlink /proc/self/ns/$n; done; ps | grep -c "[s]leep 1000"'
expect_out "$(readlink /proc/$pid/ns/net /proc/$pid/ns/pid /proc/$pid/ns/uts)"$'\n1'
run davit run --rm --network container:nobody box true
expect_status 125
expect_err '"nobody"'
# In its pid namespace: exit status, signals, further processes, and what ends with it.
run davit run --rm --network none --pid container:owner box sh -c 'test $$ != 1 && exit 42'
expect_status 42
davit run -d --name guest --network none --pid container:owner box sh -c 'trap "exit 7" TERM; while :; do sleep 0.05; done' > /dev/null
run davit exec guest readlink /proc/self/ns/pid
expect_out "$(readlink /proc/$pid/ns/pid)"
run davit exec owner ps
expect_out_has 'trap "exit 7"'
davit kill -s TERM guest > /dev/null
run davit wait guest
expect_out 7
davit start guest > /dev/null
davit stop -t 0 owner > /dev/null
run davit wait guest
expect_out 137
run davit start guest
expect_refused 125 '"owner" can'\''t be joined: it is exited; start it first'
davit create --name early box true > /dev/null
run davit run --rm --network none --pid container:early box true
expect_refused 125 '"early" can'\''t be joined: it is created; start it first'
davit rm -f -t 0 guest early owner > /dev/null

# A privileged one.
run davit run --rm --privileged box sh -c 'grep -E "^(CapEff|Seccomp):" /proc/self/status; ls /dev | grep -c .'
expect_out_has $'Seccomp:\t0'
expect_out_lacks $'CapEff:\t00000000800405fb'

# Sysctls of the container's own namespaces only.
run davit run --rm --sysctl net.ipv4.ip_default_ttl=99 box cat /proc/sys/net/ipv4/ip_default_ttl
expect_out 99
run davit run --rm --sysctl kernel.msgmax=9999 box cat /proc/sys/kernel/msgmax
expect_out 9999
run davit run --rm --sysctl vm.swappiness=1 box true
expect_status 125
expect_err 'vm.swappiness'
run davit run --rm --network host --sysctl net.ipv4.ip_forward=1 box true
expect_status 125
expect_err 'net.ipv4.ip_forward'

tap_end
