#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Control groups of an ordinary user: from the systemd user manager, as at a shell, and without it in
# a group that is his.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin busybox systemctl systemd-run
[ "$(id -u)" != 0 ] || tap_skip_all "needs an ordinary user"
[ -f /sys/fs/cgroup/cgroup.controllers ] || tap_skip_all "needs cgroup v2"
trap 'davit system reset --force > /dev/null 2>&1; rm -rf "$T"' EXIT
box_image

scopes ()
{
	systemctl --user list-units --plain --no-legend 'davit-*.scope' | wc -l
}

# The shell's own group is not its user's.
expect_true "the shell is in a group of root's" test ! -w "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/cgroup.procs"
run davit run -d --name c --memory 64m --pids-limit 33 --cpu-shares 512 box sleep 1000
expect_status 0
pid=$(davit inspect --format '{{.State.Pid}}' c)
directory=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
expect_true "its group is below the user's manager" grep -q "/user@$(id -u).service/.*/davit-.*scope/davit/$(davit inspect --format '{{.Id}}' c)\$" <<< "$directory"
expect_equal "$(cat "$directory/memory.max" "$directory/pids.max")" $'67108864\n33' "its limits"
expect_equal "$(scopes)" 1 "it has a scope"
run davit exec c cat /proc/self/cgroup /sys/fs/cgroup/memory.max
expect_out $'0::/\n67108864'
run davit exec c sh -c 'echo 1 > /sys/fs/cgroup/memory.max'
expect_status 1
run davit pause c
expect_out c
expect_equal "$(sed -n 's/^frozen //p' "$directory/cgroup.events")" 1 "it is frozen"
run davit ps --format '{{.State}}'
expect_out paused
run davit unpause c
expect_out c
run davit exec --detach c sleep 1000
expect_status 0
run davit rm --force --time 0 c
expect_status 0
expect_true "its group is gone" test ! -d "$directory"
wait_for 10 sh -c 'test -z "$(systemctl --user list-units --plain --no-legend "davit-*.scope")"'
expect_equal "$(scopes)" 0 "its scope is gone"

# What is limited by default.
run davit run --rm box cat /sys/fs/cgroup/pids.max
expect_out 2048
run davit run --name oom --memory 24m --memory-swap 24m box sh -c 'tail /dev/zero'
expect_status 137
run davit inspect --format '{{.State.OOMKilled}}' oom
expect_out true
davit rm oom > /dev/null
run davit run --rm --cpuset-cpus 0 box true
[ "$status" = 0 ] || expect_refused 125 'cpuset.cpus": No such file or directory; this kernel does not have the file, or the controller is not enabled in the group above'

# Several at once, from one command.
davit create --name one box sleep 1000 > /dev/null
davit create --name two box sleep 1000 > /dev/null
run davit start one two
expect_out $'one\ntwo'
run davit exec one cat /sys/fs/cgroup/pids.max
expect_out 2048
run davit exec two cat /sys/fs/cgroup/pids.max
expect_out 2048
run davit rm --force --time 0 one two
expect_status 0

# Nobody to ask: no limit by default, and a word where one is asked for.
alone ()
{
	env -u DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR="$T" "$DAVIT" --root "$T/root" --runroot "$T/run" "$@"
}
run alone run --rm box echo works
expect_out works
run alone run --rm --memory 64m box true
expect_refused 125 'Permission denied; an ordinary user has groups of his own where a systemd user manager runs'

# Nobody to ask, in a group that is the user's own.
cat > "$T/in-own" << 'END'
"$DAVIT" --root "$T/root" --runroot "$T/run" run --rm --memory 64m box cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max
"$DAVIT" --root "$T/root" --runroot "$T/run" run -d --name own box sleep 1000 > /dev/null
"$DAVIT" --root "$T/root" --runroot "$T/run" pause own
"$DAVIT" --root "$T/root" --runroot "$T/run" unpause own
"$DAVIT" --root "$T/root" --runroot "$T/run" exec own echo in
"$DAVIT" --root "$T/root" --runroot "$T/run" rm --force --time 0 own > /dev/null
sed 's,.*/davit-test-own.scope,,' /proc/self/cgroup
END
export T
run systemd-run --user --scope --quiet --property Delegate=yes --unit davit-test-own env \
	-u DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR="$T" sh "$T/in-own"
expect_out $'67108864\n2048\nown\nown\nin\n/davit-caller'

tap_end
