#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Ordinary users: "one" and "two" with subordinate ids, "plain" without. They are users of this test
# alone: in a mount namespace of its own it has files of /etc that name them.

if [ -z "${DAVIT_TEST_USERS-}" ] && [ "$(id -u)" = 0 ]; then
	DAVIT_TEST_USERS=1 exec unshare --mount --propagation private bash "$0"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox setpriv newuidmap newgidmap

# The programs where everybody can reach them, and the users with what is theirs.
chmod 711 "$T"
mkdir "$T/bin" "$T/bin/plugins" "$T/bin/libexec"
cp "$DAVIT" "$T/bin/davit"
cp "$DAVIT_LIBEXECDIR"/davit-* "$T/bin/libexec/" 2> /dev/null
find "$DAVIT_PLUGIN_PATH" -name '*.so' -exec cp {} "$T/bin/plugins/" \;
cp -r "$DAVIT_DATADIR" "$T/bin/data"
chmod -R go+rX,go-w "$T/bin"
declare -A uid=([one]=64101 [two]=64102 [plain]=64103) first=([one]=641000000 [two]=642000000)
for file in passwd group subuid subgid; do
	cp "/etc/$file" "$T/$file" 2> /dev/null || : > "$T/$file"
done
for name in "${!uid[@]}"; do
	install -d -m 700 -o "${uid[$name]}" -g "${uid[$name]}" "$T/$name" "$T/$name/home" "$T/$name/run" \
		"$T/$name/work"
	echo "$name:x:${uid[$name]}:${uid[$name]}::$T/$name/home:/bin/sh" >> "$T/passwd"
	echo "$name:x:${uid[$name]}:" >> "$T/group"
	[ -z "${first[$name]-}" ] ||
		echo "$name:${first[$name]}:65536" | tee -a "$T/subuid" >> "$T/subgid"
done
for file in passwd group subuid subgid; do
	[ -e "/etc/$file" ] || : > "/etc/$file"
	mount --bind "$T/$file" "/etc/$file"
done

# as USER COMMAND...
as ()
{
	local name=$1
	shift
	(cd "$T/$name/work" &&
		exec setpriv --reuid "${uid[$name]}" --regid "${uid[$name]}" --clear-groups env -i \
			PATH=/usr/local/bin:/usr/bin:/bin HOME="$T/$name/home" XDG_RUNTIME_DIR="$T/$name/run" \
			DAVIT_PLUGIN_PATH="$T/bin/plugins" DAVIT_LIBEXECDIR="$T/bin/libexec" \
			DAVIT_DATADIR="$T/bin/data" "$@")
}
one () { as one "$T/bin/davit" "$@"; }
two () { as two "$T/bin/davit" "$@"; }
plain () { as plain "$T/bin/davit" "$@"; }

users_clean ()
{
	local name
	for name in "${!uid[@]}"; do
		timeout 60 setpriv --reuid "${uid[$name]}" --regid "${uid[$name]}" --clear-groups env -i \
			PATH=/usr/bin:/bin HOME="$T/$name/home" XDG_RUNTIME_DIR="$T/$name/run" \
			DAVIT_PLUGIN_PATH="$T/bin/plugins" DAVIT_LIBEXECDIR="$T/bin/libexec" \
			"$T/bin/davit" rm --force --time 0 --all > /dev/null 2>&1
	done
	tap_remove
}
trap users_clean EXIT

box_tree "$T/box-tree"
mkdir -p "$T/box-tree/home/alice" "$T/box-tree/dev"
chown 1000:1000 "$T/box-tree/home/alice"
chmod 700 "$T/box-tree/home/alice"
mknod "$T/box-tree/dev/disk" b 7 0
tar -C "$T/box-tree" --numeric-owner -cf "$T/box.tar" .
chmod 644 "$T/box.tar"

# Processes of a user that are davit's.
processes_of ()
{
	local process
	for process in /proc/[0-9]*; do
		case $(readlink "$process/exe" 2> /dev/null) in
		"$T"/bin/*) [ "$(stat -c %u "$process" 2> /dev/null)" != "$1" ] || echo "${process#/proc/}" ;;
		esac
	done
}

# What every ordinary user can do.
for who in one plain; do
	run "$who" run --rm hello
	expect_status 0
	expect_out_has "Hello from a container"
	run "$who" import --quiet --change 'CMD ["sh"]' "$T/box.tar" box
	expect_status 0
	run "$who" run --rm --storage vfs box echo copied
	expect_out copied
	run "$who" run --rm box sh -c 'id -u; id -g; id -G; cat /proc/self/uid_map | wc -l; echo x > /x && cat /x'
	[ "$who" = one ] && expect_out $'0\n0\n0\n2\nx' || expect_out $'0\n0\n0\n1\nx'
	run "$who" run --rm box sh -c 'echo > /dev/null && head -c 3 /dev/zero | wc -c && stat -c %t:%T /dev/urandom &&
		mount | grep -c "^proc on /proc " && test ! -e /dev/disk && ls /sys | wc -l > /dev/null && echo all'
	expect_out $'3\n1:9\n1\nall'
	run "$who" run --rm box sh -c 'grep -E "^(Seccomp|NoNewPrivs|CapInh|CapBnd):" /proc/self/status | tr -d "\t"'
	expect_out $'CapInh:0000000000000000\nCapBnd:00000000800405fb\nNoNewPrivs:0\nSeccomp:2'
	run "$who" run -d --name web box sh -c 'trap "exit 3" TERM; echo started; while :; do sleep 0.05; done'
	expect_match '^[0-9a-f]{64}$'
	run "$who" ps --format '{{.Names}} {{.State}}'
	expect_out 'web running'
	run "$who" exec web sh -c 'id -u; readlink /proc/self/ns/user'
	expect_status 0
	expect_equal "$out" "0"$'\n'"$("$who" exec web readlink /proc/1/ns/user)" "of exec: the namespace"
	run "$who" exec --detach web touch /by-exec
	expect_status 0
	wait_for 10 "$who" exec web test -e /by-exec
	run "$who" exec web stat -c %u /by-exec
	expect_out 0
	run "$who" run --rm --network container:web --pid container:web box sh -c 'ps | grep -q "[t]rap" && echo seen'
	expect_out seen
	run "$who" logs web
	expect_out started
	run "$who" pause web
	if grep -q cgroup2 /proc/filesystems && [ "$status" != 0 ]; then
		expect_refused 125 "has no control group that could freeze it"
	fi
	run "$who" stop web
	expect_out web
	run "$who" wait web
	expect_out 3
	run "$who" start web
	expect_out web
	run "$who" restart --time 5 web
	expect_status 0
	run "$who" kill web
	expect_out web
	run "$who" wait web
	expect_out 137
	run "$who" inspect --format '{{.State.Status}} {{.State.ExitCode}} {{.HostConfig.NetworkMode}}' web
	expect_match '^exited 137 '
	run "$who" rm web
	expect_out web
	TAP_INPUT=$T/input
	echo typed > "$T/input"
	run "$who" create --interactive --name fed box cat
	run "$who" start --attach --interactive fed
	expect_out typed
	unset TAP_INPUT
	run "$who" rm fed
	expect_out fed
	run "$who" tag box other
	run "$who" save --output "$T/$who/work/other.tar" other
	expect_status 0
	run "$who" rmi other
	expect_status 0
	run "$who" load --quiet --input "$T/$who/work/other.tar"
	expect_status 0
	run "$who" images --format '{{.Repository}}'
	expect_out_has localhost/other
	run "$who" history --quiet other
	expect_status 0
	run "$who" system check
	expect_status 0
	run "$who" info --format '{{.Host.Security.Rootless}} {{.Store.GraphDriverName}} {{.Store.GraphRoot}}'
	expect_out "true overlay $T/$who/home/.local/share/davit"
	run "$who" run --rm --memory 100m box true
	[ "$status" = 0 ] || expect_refused 125 'limit "104857600" needs'
	expect_equal "$(processes_of "${uid[$who]}")" "" "no process is left of $who"
	"$who" info > /dev/null
	expect_equal "$(find "$T/$who/run/davit/user" "$T/$who/run/davit/containers" -mindepth 1)" "" "nothing is noted of $who"
	expect_equal "$(find "$T/$who" ! -user "${uid[$who]}" -prune -print | grep -cv "/storage/")" 0 "all in the home is the user's"
done

# Whose files are whose.
run one run --rm -v "$T/one/work:/work" box sh -c 'touch /work/root; touch /work/alice; chown 1000:50 /work/alice'
expect_status 0
expect_equal "$(stat -c %u:%g "$T/one/work/root" "$T/one/work/alice" | tr '\n' ' ')" \
	"64101:64101 641000999:641000049 " "owners on the host"
run one run --rm --user alice box sh -c 'id -u; id -G; touch /home/alice/x && stat -c %u /home/alice/x'
expect_out $'1000\n1000 50\n1000'
run one run --rm --user 65536 box id -u
expect_out 65536
run one run --rm --user 65537 box id -u
expect_refused 125 "user 65537: not among the ids that you have; root can give you more in /etc/subuid and /etc/subgid"
run one run --rm --group-add 70000 box id -u
expect_refused 125 "group 70000: not among the ids that you have"
run plain run --rm box stat -c '%u %g %a' /home/alice
expect_out '0 0 700'
run plain run --rm --user alice box id -u
expect_refused 125 "user 1000: not among the ids that you have; without subordinate ids (/etc/subuid, /etc/subgid, newuidmap) a container has only user and group 0, which are you"
run plain run --rm --group-add 50 box id -u
expect_refused 125 "group 50: not among the ids that you have"

run one run --rm --mount type=bind,src=/,dst=/host,bind-nonrecursive box true
expect_refused 125 'mount "/host": source "/": in a user namespace what is mounted below it can'"'t be left out; bind it recursively"
run one run --rm -v /:/host box sh -c 'touch /host/etc/davit-test'
expect_status 1
expect_err "Permission denied"
run one run --rm --network host box sh -c 'test -e /sys/class/net/lo && touch /sys/kernel/x'
expect_err "Read-only file system"
run one run --rm --pid host box sh -c 'test -d /proc/$PPID && touch /proc/sys/kernel/x'
expect_status 1

# Nobody else's.
one run -d --name private box sleep 1000 > /dev/null
run two ps -a --quiet
expect_out ""
run two images --quiet
expect_out ""
run two exec private true
expect_err 'no container with name or id "private"'
run two --root "$T/one/home/.local/share/davit" --runroot "$T/one/run/davit" ps
expect_refused 125 "Permission denied"
chmod 711 "$T/one" "$T/one/home" "$T/one/run"
chmod 755 "$T/one/home/.local" "$T/one/home/.local/share" "$T/one/home/.local/share/davit" "$T/one/run/davit"
run two --root "$T/one/home/.local/share/davit" --runroot "$T/one/run/davit" rm x
expect_refused 125 "directory \"$T/one/run/davit\" belongs to user 64101, not to user 64102; it must be the caller's own"
run two --root "$T/one/home/.local/share/davit" --runroot "$T/two/run/own" ps
expect_refused 125 "directory \"$T/one/home/.local/share/davit\" belongs to user"
chmod 700 "$T/one/home/.local/share/davit" "$T/one/run/davit"
pid=$(one inspect --format '{{.State.Pid}}' private)
for action in "kill -9 $pid" "cat /proc/$pid/environ" "ls /proc/$pid/root/" "nsenter --user --target $pid true"; do
	# shellcheck disable=SC2086
	run as two $action
	expect_true "somebody else can't: ${action%% *}" test "$status" != 0
done
# Subordinate ids of the one are no ids of the other.
run two run --rm -v "$T:/host:ro" hello
expect_status 0
run one exec private true
expect_status 0

# Commands at once share one namespace, also if nobody is in it before.
one rm --force --time 0 private > /dev/null
for i in 1 2 3 4 5 6; do
	one run -d --name "together$i" box sleep 1000 > "$T/together$i" 2>&1 &
done
wait
expect_equal "$(for i in 1 2 3 4 5 6; do one exec "together$i" readlink /proc/1/ns/user; done | sort -u | wc -l)" 1 \
	"all containers are in one user namespace"
run one kill --all
expect_equal "$(wc -w <<< "$out")" 6 "killed at once"
run one rm --all
expect_status 0

# A monitor that is killed, and a command that is.
one run -d --name lonely box sleep 1000 > /dev/null
monitor=$(one inspect --format '{{.State.ConmonPid}}' lonely)
kill -KILL "$monitor"
run one exec lonely true
one rm --force --time 0 lonely > /dev/null 2>&1
run one ps --all --quiet
expect_out ""
run one run --rm box echo again
expect_out again
one info > /dev/null
expect_equal "$(find "$T/one/run/davit/user" -mindepth 1)" "" "old entries are forgotten"

# Without XDG_RUNTIME_DIR: a directory whose owner counts.
run as one env -u XDG_RUNTIME_DIR "$T/bin/davit" info --format '{{.Store.RunRoot}}'
expect_out "/tmp/davit-64101"
install -d -m 700 -o 64102 /tmp/davit-64101
run as one env -u XDG_RUNTIME_DIR "$T/bin/davit" ps
expect_refused 125 "open directory \"/tmp/davit-64101\": Permission denied"
rm -rf /tmp/davit-64101
install -d -m 777 -o 64101 /tmp/davit-64101
chmod 777 /tmp/davit-64101
run as one env -u XDG_RUNTIME_DIR "$T/bin/davit" ps
expect_refused 125 'directory "/tmp/davit-64101" is writable by others'
rm -rf /tmp/davit-64101

# A host that allows no user namespaces, and one whose files give what newuidmap refuses.
unshare --user sleep 1000 &
namespace=$!
until [ "$(readlink "/proc/$namespace/ns/user")" != "$(readlink /proc/self/ns/user)" ]; do :; done
echo "0 0 65000" > "/proc/$namespace/uid_map"
echo "0 0 65000" > "/proc/$namespace/gid_map"
none ()
{
	nsenter --user --target "$namespace" bash -c \
		'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --reuid 64103 --regid 64103 --clear-groups \
			env -i HOME="$1/plain/home" XDG_RUNTIME_DIR="$1/plain/run" DAVIT_DATADIR="$1/bin/data" \
			DAVIT_PLUGIN_PATH="$1/bin/plugins" "$1/bin/davit" "${@:2}"' - "$T" "$@"
}
run none run hello
expect_refused 125 "make a user namespace: No space left on device; this host allows none: /proc/sys/user/max_user_namespaces is 0"
run none ps --all
expect_status 0
run none images --quiet
expect_status 0
run none plugin list --noheading --format '{{.Name}} {{.State}}'
expect_out_has "native usable"
expect_out_has "overlay not usable here: permission to mount is missing"
kill "$namespace"

# The size of what a container has written, with files of other ids.
run one run --name large --user alice box sh -c 'umask 077 && mkdir /home/alice/d && head -c 300000 /dev/zero > /home/alice/d/x'
expect_status 0
run one ps --all --size --format '{{.Names}} {{.Size}}'
expect_match '^large 3[0-9]{2}(\.[0-9])?kB'
run one ps --all --size --format json
expect_out_has '"rwSize"'
run one rm large
expect_out large


# Plugins that somebody else could have put there.
mkdir -m 777 "$T/open" "$T/strange"
chmod 777 "$T/open"
mkdir "$T/strange/storage"
chown 64102 "$T/strange/storage"
chmod 755 "$T/strange"
run one --plugin-path "$T/open" rm x
expect_refused 125 "directory of plugins \"$T/open\": must belong to root or to you and be writable by nobody else (mode 0777, owner 0)"
run one --plugin-path "$T/strange" rm x
expect_refused 125 "directory of plugins \"$T/strange/storage\": must belong to root or to you"
run one --plugin-path "$T/none" run --rm box echo found
expect_out found

# Who is killed first when memory is short.
run one run --rm --oom-score-adj 500 box cat /proc/self/oom_score_adj
expect_out 500
run one run --rm --oom-score-adj -500 box true
expect_refused 125 "set process.oomScoreAdj to -500: Permission denied"

# What is not for them.
for verb in "checkpoint x" "restore x"; do
	# shellcheck disable=SC2086
	run one $verb
	expect_refused 125 "needs root: it is not supported yet for other users; run davit as root, such as with sudo"
done
run one run --rm --network cni hello
expect_status 125

tap_end
