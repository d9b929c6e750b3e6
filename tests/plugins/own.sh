#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# own.sh KIND/NAME FILE: "davit plugin check" of one of our own plugins, with what it needs to work.

set -u
plugin=$1 file=$2
if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP needs root"
	exit 0
fi
T=$(mktemp -d "${TMPDIR:-/tmp}/davit-test.XXXXXX") || exit 99
trap 'rm -rf --one-file-system "$T"' EXIT
unset DAVIT_CONFIG
options=()

case $plugin in
checkpoint/criu)
	if [ -z "${DAVIT_TEST_CRIU-}" ]; then
		echo "1..0 # SKIP needs CRIU: sh tests/get-criu"
		exit 0
	fi
	options+=(--config "checkpoint.criu.program=$DAVIT_TEST_CRIU")
	;;
esac
"${DAVIT:?}" --root "$T/root" --runroot "$T/run" "${options[@]}" plugin check --directory "$T" "$file"
