#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh BUILD WORK RESULTS: runs what depends on cgroup v2 and systemd in a virtual machine that has
# them (tests/vm/vm): as root (tests/vm/inside.sh), and as users with and without subordinate ids
# (tests/vm/inside-user.sh). The programs are those of BUILD.

set -u
build=${1:?} work=${2:?} results=${3:?}
here=$(cd "$(dirname "$0")/../.." && pwd)
vm=$here/tests/vm/vm

result ()
{
	printf '%s\t%s\t%s\n' "$1" "$2" "${3-}" >> "$results"
}

if ! bash "$vm" build > "$work/vm-build.log" 2>&1; then
	tail -n 20 "$work/vm-build.log"
	result failed "vm: build"
	exit 0
fi

# What the machine needs of the tree, and nothing of the host.
share=$work/vm-share
mkdir -p "$share/tests" &&
	DESTDIR=$share/stage meson install -C "$build" --no-rebuild --quiet &&
	cp -r "$here/tests/lib" "$here/tests/cli" "$here/tests/root" "$here/tests/vm" "$share/tests/" || {
	result failed "vm: share"
	exit 0
}
# Unit tests of the native runtime too: cgroup v2 is where they differ.
mkdir -p "$share/programs"
find "$build/plugins" -type f -name 'test-*' -perm -u+x -exec cp {} "$share/programs/" \;
cp -r "$build/plugins" "$share/plugins"

# in_vm USER COMMAND...
in_vm ()
{
	user=$1 log=$work/vm-$1.log
	shift
	bash "$vm" run --user "$user" --timeout 1200 --share "$share" -- "$@" > "$log" 2>&1
	status=$?
	# "ok 3 - description" and "not ok 4 - description", and "# script NAME" before those of a script.
	awk -F '\t' '
		/^# script / { name = substr ($0, 10); next }
		/^1\.\.0 # SKIP/ { print "skipped\tvm: " name "\t" substr ($0, 12); next }
		/^ok .*# SKIP/ { sub (/^ok [0-9]* (- )?/, ""); print "skipped\tvm: " name ": " $0 "\t"; next }
		/^ok / { sub (/^ok [0-9]* (- )?/, ""); print "passed\tvm: " name ": " $0 "\t" }
		/^not ok / { sub (/^not ok [0-9]* (- )?/, ""); print "failed\tvm: " name ": " $0 "\t" }
	' "$log" >> "$results"
	if [ $status != 0 ] || ! grep -q '^ok ' "$log"; then
		grep -A 8 '^not ok' "$log" | head -n 120
		tail -n 5 "$log"
		result failed "vm: run as $user" "exit status $status"
	fi
}

chmod -R go+rX "$share"
in_vm root sh "$share/tests/vm/inside.sh" "$share"
in_vm user sh "$share/tests/vm/inside-user.sh" "$share" vm/user vm/user-drivers cli/containers
in_vm plain sh "$share/tests/vm/inside-user.sh" "$share" vm/user vm/user-drivers
rm -rf "$share"
