#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Inside the virtual machine: inside.sh SHARE. Runs the test scripts and programs against cgroup v2
# under systemd; prints TAP behind a line "# script NAME" for each.

set -u
share=${1:?}
stage=$share/stage/usr/local
plugins=$(find "$stage" -type d -path '*/davit/plugins' | head -n 1)

export DAVIT="$stage/bin/davit"
export DAVIT_PLUGIN_PATH="$plugins" DAVIT_LIBEXECDIR="$stage/libexec/davit" DAVIT_DATADIR="$stage/share/davit"
export DAVIT_MANUAL="$stage/share/man" DAVIT_COMPLETIONS="$share/none"
export DAVIT_TEST_VM=1
failed=0

# The copied plugins belong to the account, as a plugin must.
for script in "$share"/tests/vm/test-*.sh "$share"/tests/cli/containers.sh "$share"/tests/root/*.sh; do
	[ -f "$script" ] || continue
	echo "# script $(basename "$(dirname "$script")")/$(basename "$script" .sh)"
	bash "$script" || failed=1
done
export DAVIT_PLUGIN_PATH="$share/plugins"
for program in "$share"/programs/test-runtime-native-*; do
	[ -x "$program" ] || continue
	echo "# script $(basename "$program")"
	"$program" --tap || failed=1
done
exit $failed
