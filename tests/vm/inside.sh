#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Inside the virtual machine: inside.sh SHARE. Runs the test scripts and programs against cgroup v2
# under systemd, one for each processor at a time; prints TAP behind a line "# script NAME" for each.

set -u
share=${1:?}
stage=$share/stage/usr/local
plugins=$(find "$stage" -type d -path '*/davit/plugins' | head -n 1)
out=$share/out

export DAVIT="$stage/bin/davit"
export DAVIT_LIBEXECDIR="$stage/libexec/davit" DAVIT_DATADIR="$stage/share/davit"
export DAVIT_MANUAL="$stage/share/man" DAVIT_COMPLETIONS="$share/none"
export DAVIT_TEST_VM=1
# That of the distribution works with its kernel.
DAVIT_TEST_CRIU=$(command -v criu) && export DAVIT_TEST_CRIU

# one FILE: a script or a program, whose output is printed whole when it has ended.
one ()
{
	# The copied plugins belong to the account, as a plugin must.
	case $1 in
	*.sh)
		name=$(basename "$(dirname "$1")")/$(basename "$1" .sh)
		set -- env DAVIT_PLUGIN_PATH="$plugins" bash "$1"
		;;
	*)
		name=$(basename "$1")
		set -- env DAVIT_PLUGIN_PATH="$share/plugins" "$1" --tap
		;;
	esac
	log=$out/$(basename "$name").$$
	begin=$(date +%s)
	"$@" > "$log" 2>&1
	status=$?
	exec 9> "$out/lock"
	flock 9
	echo "# script $name"
	cat "$log"
	echo "# $name: exit status $status, $(($(date +%s) - begin)) s"
	return "$status"
}

if [ $# = 2 ]; then
	one "$2"
	exit
fi
mkdir -p "$out"
# Those that take longest come first: none of them may be left alone at the end.
set -- matrix networks oci squash surroundings checkpoint oci-checkpoint networks-several
for name; do
	ls "$share/tests/root/$name.sh"
done > "$out/list"
for file in "$share"/tests/vm/test-*.sh "$share"/tests/cli/containers.sh "$share"/tests/root/*.sh \
	"$share"/programs/test-runtime-native-*; do
	[ ! -f "$file" ] || grep -qxF "$file" "$out/list" || echo "$file" >> "$out/list"
done
xargs -n 1 -P "$(nproc)" sh "$0" "$share" < "$out/list"
