#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Attacks of hostile images and containers: each must fail, and a canary outside must not change.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox
[ -x "${DAVIT_ATTACKER-}" ] || tap_skip_all "no attacker program; meson builds it"
box_image
mkdir "$T/canary" "$T/tools"
echo untouched > "$T/canary/file"
cp "$DAVIT_ATTACKER" "$T/tools/attacker"
tools=(-v "$T/tools:/tools:ro")

canary ()
{
	(cd "$T/canary" && find . -printf '%p %m %u %T@ %C@ ' && cat file)
	sha256sum "$DAVIT" "$DAVIT_PLUGIN_PATH/native.so"
}
before=$(canary)
expect_canary ()
{
	expect_equal "$(canary | sha256sum)" "$(sha256sum <<< "$before")" "$1: nothing outside has changed"
}
davit_bounded ()
{
	timeout -k 1 30 "$DAVIT" --root "$T/root" --runroot "$T/run" "$@"
}

# System calls; without the filter the same program gets through.
run davit run --rm "${tools[@]}" box /tools/attacker calls
bad=$(grep -vE ' (EPERM|ENOSYS|EAFNOSUPPORT)$|^modify_ldt |^x32_getpid ESRCH' <<< "$out")
expect_equal "$bad" "" "no forbidden call is answered"
expect_out_has 'clone3 ENOSYS'
run davit run --rm --security-opt seccomp=unconfined "${tools[@]}" box /tools/attacker calls
expect_out_has 'keyctl allowed'
expect_out_has 'unshare_user allowed'

# Descriptors of the caller, and working directories that lead to them (CVE-2024-21626).
run davit run --rm "${tools[@]}" box /tools/attacker descriptors 5< /etc/passwd 6< /
expect_equal "$(cut -d' ' -f1 <<< "$out" | tr '\n' ' ')" "0 1 2 " "run passes no descriptor on"
davit run -d --name victim "${tools[@]}" box sleep 1000 > /dev/null
run davit exec victim /tools/attacker descriptors 5< /etc/passwd 6< /
expect_equal "$(cut -d' ' -f1 <<< "$out" | tr '\n' ' ')" "0 1 2 " "exec passes no descriptor on"
for number in 3 4 5 6 7 8 9 10; do
	run davit run --rm -w /proc/self/fd/$number box ls
	expect_true "run in descriptor $number is refused" test "$status" != 0
	run davit exec -w /proc/self/fd/$number victim ls
	expect_true "exec in descriptor $number is refused" test "$status" != 0
done
for user in 0:0:x -1 4294967295 4294967296 ' 1' 99999999999999999999; do
	run davit exec -u "$user" victim id
	expect_refused 125 'user'
done
davit rm -f -t 0 victim > /dev/null

# A process on its way into a container that may trace, by exec or as the first one of a container
# that joins its pid namespace (CVE-2016-9962, CVE-2019-5736).
word=engine-secret-$$
watcher_start ()
{
	davit run -d --name watcher --cap-add SYS_PTRACE "$@" "${tools[@]}" box \
		/tools/attacker watch "$T/canary/file" "$word" > /dev/null
	wait_for 20 eval 'davit logs watcher | grep -q watching'
	tap_ok $? "the watcher watches"
}
watcher_saw_nothing ()
{
	run davit logs watcher
	expect_out_has watching
	if [ -n "${DAVIT_SANITIZED-}" ]; then
		# A sanitizer's run time must stay mapped: the engine's program and memory can't be
		# left, its root and descriptors can.
		expect_out_lacks 'root of the host'
		expect_out_lacks 'directory of the host'
		expect_out_lacks 'descriptor of the host'
	else
		expect_out_lacks 'of the host'
		expect_out_lacks 'memory of the engine'
	fi
	expect_out_lacks 'more capabilities'
	davit rm -f -t 0 watcher > /dev/null
}
for more in "" "--security-opt no-new-privileges" "--security-opt seccomp=unconfined"; do
	watcher_start $more
	for ((i = 0; i < 60; i++)); do
		SECRET=$word davit exec watcher true
	done
	watcher_saw_nothing
	watcher_start $more
	for ((i = 0; i < 60; i++)); do
		SECRET=$word davit run --rm --network none --pid container:watcher $more box true
	done
	watcher_saw_nothing
done
# It sees the host where that is there to be seen. It is told where to look: to follow the host's
# processes, among those of other tests, it would lose its way.
run davit run --rm --pid host --cap-add SYS_PTRACE "${tools[@]}" box /tools/attacker look $$ "$T/canary/file"
expect_out_has 'root of the host'

# The engine's own program as the container's.
box_tree "$T/own"
ln -s /proc/self/exe "$T/own/link"
printf '#!/proc/self/exe\n' > "$T/own/script"
chmod 755 "$T/own/script"
mknod "$T/own/memory" c 1 1
davit import --quiet "$T/own" own > /dev/null
for program in /link /script /proc/self/exe; do
	run davit run --rm own $program
	expect_refused 126 'leads to a file of the host'
done
run davit run --rm own head -c 1 /memory
expect_true "a device of the image can't be used" test "$status" != 0
expect_canary "own program"

# A root file system with something else in place of a directory.
for name in dev proc sys etc run tmp; do
	for shape in link up file fifo device loop; do
		tree=$T/shape
		rm -rf "$tree"
		mkdir -p "$tree/bin"
		cp "$T/box-tree/bin/busybox" "$tree/bin/true"
		case $shape in
		link) ln -s "$T/canary" "$tree/$name" ;;
		up) ln -s "../../../../../../../..$T/canary" "$tree/$name" ;;
		file) echo x > "$tree/$name" ;;
		fifo) mkfifo "$tree/$name" ;;
		device) mknod "$tree/$name" c 1 3 ;;
		loop) ln -s $name "$tree/$name" ;;
		esac
		davit import --quiet "$tree" shape > /dev/null
		run davit_bounded run --rm -u 4711:4712 --tz local shape true
		expect_true "/$name as $shape ends" test "$status" = 0 -o "$status" = 125
	done
done
expect_canary "shapes"

# A mount point that another container exchanges with a link while it is used (CVE-2021-30465).
mkdir -p "$T/volume/place/point"
ln -s "$T/canary" "$T/volume/link"
davit run -d --name racer -v "$T/volume:/volume" "${tools[@]}" box \
	/tools/attacker swap /volume/place /volume/link > /dev/null
for ((i = 0; i < 150; i++)); do
	davit run --rm -v "$T/volume:/volume" -v "$T/tools:/volume/place/point/deep" box true > /dev/null 2>&1
done
expect_canary "race for a mount point"
davit rm -f -t 0 racer > /dev/null
# Either name may be the link now.
rm -rf "$T/volume"
mkdir -p "$T/volume/place" "$T/prey"
ln -s "$T/prey" "$T/volume/other"
davit run -d --name racer -v "$T/volume:/volume" "${tools[@]}" box \
	/tools/attacker swap /volume/place /volume/other > /dev/null
wait_for 20 eval 'mkdir -p "$T/volume/place/naive"; test -e "$T/prey/naive"'
tap_ok $? "who resolves paths by name loses that race"
davit rm -f -t 0 racer > /dev/null

# What is on disk, damaged: the others are still there, and it can be removed, processes and all.
davit run -d --name good box sleep 1000 > /dev/null
for file in root/record.json root/state.json run/run.json run/runtime/record run/runtime/config.json; do
	for damage in link fifo directory empty random; do
		davit run -d --name bad box sleep 1000 > /dev/null
		id=$(davit inspect -f '{{.Id}}' bad)
		pid=$(davit inspect -f '{{.State.Pid}}' bad)
		path=$T/${file%%/*}/containers/$id/${file#*/}
		rm -f "$path"
		case $damage in
		link) ln -s "$T/canary/file" "$path" ;;
		fifo) mkfifo "$path" ;;
		directory) mkdir -p "$path/x" ;;
		empty) : > "$path" ;;
		random) head -c 1000 /dev/urandom > "$path" ;;
		esac
		run davit_bounded ps --format '{{.Names}}'
		expect_out_has good
		run davit_bounded rm -f -t 0 bad
		expect_status 0
		wait_for 5 test ! -e "/proc/$pid/exe" -a ! -e "$T/root/containers/$id"
		tap_ok $? "$file as $damage: nothing is left"
	done
done
expect_canary "damaged state"

tap_end
