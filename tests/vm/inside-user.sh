#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Inside the virtual machine, as an ordinary user: inside-user.sh SHARE SCRIPT... The same as
# inside.sh, with the scripts that are named.

set -u
share=${1:?}
shift
stage=$share/stage/usr/local
plugins=$(find "$stage" -type d -path '*/davit/plugins' | head -n 1)

export DAVIT="$stage/bin/davit"
export DAVIT_PLUGIN_PATH="$plugins" DAVIT_LIBEXECDIR="$stage/libexec/davit" DAVIT_DATADIR="$stage/share/davit"
# What root's scripts ask for is what a user has of his own.
export DAVIT_TEST_VM=1 DAVIT_TEST_USER=1
failed=0
for script; do
	echo "# script $(id -un)/$script"
	bash "$share/tests/$script.sh" || failed=1
done
exit $failed
