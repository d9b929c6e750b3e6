#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# own.sh KIND/NAME[:VARIANT] FILE: "davit plugin check" of one of our own plugins, with what it needs
# to work.

set -u
here=$(dirname "$0")
plugin=$1 file=$2
if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP needs root"
	exit 0
fi
# For the cgroups of crun, and nothing of it is seen outside.
if [ -z "${DAVIT_TEST_UNSHARED-}" ]; then
	DAVIT_TEST_UNSHARED=1 exec unshare --mount bash "$0" "$@"
fi
. "$here/../lib/drivers.sh"
T=$(mktemp -d "${TMPDIR:-/tmp}/davit-test.XXXXXX") || exit 99
trap 'rm -rf --one-file-system "$T"' EXIT
unset DAVIT_CONFIG
options=() words=()

case $plugin in
checkpoint/criu)
	if [ -z "${DAVIT_TEST_CRIU-}" ]; then
		echo "1..0 # SKIP needs CRIU: sh tests/get-criu"
		exit 0
	fi
	options+=(--config "checkpoint.criu.program=$DAVIT_TEST_CRIU")
	;;
network/cni)
	mkdir "$T/net.d"
	cat > "$T/net.d/10-check.conflist" <<- END
	{"cniVersion": "1.0.0", "name": "check", "plugins": [
	  {"type": "bridge", "bridge": "check0", "isGateway": true, "ipMasq": true, "ipam": {
	    "type": "host-local", "dataDir": "$T/leases", "ranges": [[{"subnet": "10.89.8.0/24"}]],
	    "routes": [{"dst": "0.0.0.0/0"}]}},
	  {"type": "portmap", "capabilities": {"portMappings": true}}]}
	END
	options+=(--config "network.cni.conf-directories=$T/net.d")
	;;
runtime/*:*)
	words+=(--variant "${plugin#*:}")
	case $plugin in
	*:crun) drivers_crun_cgroups > "$T/crun.log" ;;
	esac
	;;
esac
"${DAVIT:?}" --root "$T/root" --runroot "$T/run" "${options[@]}" plugin check --directory "$T" "${words[@]}" "$file"
