#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Drivers that are sound but for one fault, and the check of their kind that finds it.

. "$(dirname "$0")/../lib/tap.sh"
tap_begin root
: "${DAVIT_ZOO:?}"

# spoilt KIND HOW CHECK [WORDS]: with words that check fails and says them; without it passes.
spoilt ()
{
	local kind=$1 how=$2 check=$3 words=${4-} of
	case $kind in
	storage) of=vfs ;;
	network) of=none ;;
	runtime) of=native ;;
	esac
	run davit --config "$kind.spoilt-$kind.of=$DAVIT_PLUGIN_PATH/$of.so" --config "$kind.spoilt-$kind.how=$how" \
		plugin check --timeout "${timeout-15s}" --directory "$T" --only "$kind: $check" "$DAVIT_ZOO/spoilt-$kind.so"
	if [ -z "$words" ]; then
		expect_status 0
		expect_out_has "ok 1 - $kind: $check"
		return
	fi
	expect_status 1
	[[ $out == "not ok 1 - $kind: $check"*$'\n# '*"$words"* ]]
	tap_ok $? "$kind, $how: $words"
}

# wait_until COMMAND: for ten seconds.
wait_until ()
{
	for ((tries = 0; tries < 1000; tries++)); do
		"$1" && return
		sleep 0.01
	done
	return 1
}

# Nothing is spoilt: whatever fails below fails by what is spoilt there.
for check in 'a layer is there once it is committed' 'whiteouts' 'leaves nothing' 'no mount that the host sees'; do
	spoilt storage not "$check"
done
for check in 'attach tells what is there' 'detach when the namespace is gone' 'leaves nothing'; do
	spoilt network not "$check"
done
for check in 'created, running, stopped, gone' 'transitions that there are not' 'standard streams'; do
	spoilt runtime not "$check"
done

spoilt storage early 'a layer is there once it is committed' 'layer_exists has a layer that is not committed'
spoilt storage forgetful 'a layer is there once it is committed' 'layer_exists denies a layer that is committed'
spoilt storage half 'killed between begin and commit' '"half" must not be there, and is'
spoilt storage stubborn 'abort on nothing, on half and twice' 'layer_abort of nothing, call 1: storage/spoilt-storage: it is not there'
spoilt storage once 'unmount and remove on nothing and twice' 'on nothing: storage/spoilt-storage: it is not there'
spoilt storage whiteouts 'whiteouts' '"gone" for the check: File exists'
spoilt storage writable 'read-only' 'a root file system that was asked for read-only can be written to'
spoilt storage boundless 'a quota is kept or refused' 'a limit of 1 MiB was taken, and 4 MiB could be written'
spoilt storage boundless 'writes in memory are limited or refused' 'a limit of 1 MiB was taken, and 4 MiB could be written'
spoilt storage shared 'root file systems on the same layers' 'what one container writes another one sees'
spoilt storage leak 'leaves nothing' 'a life leaves a descriptor open: '
spoilt storage moved 'a root file system without layers' 'rootfs_mount changed the working directory'
spoilt storage visible 'no mount that the host sees' 'rootfs_mount has changed the table of mounts'
spoilt storage litter 'leaves nothing' 'a life leaves "state/litter-'

spoilt network quiet 'attach tells what is there' 'attach told no "interface"'
spoilt network liar 'attach tells what is there' 'there is no interface "eth9" with the address 10.0.0.1 that is up'
spoilt network formless 'attach tells what is there' 'the address "10.0.0.1" has not the form INTERFACE ADDRESS/PREFIX'
spoilt network socket 'attach without a socket in the namespace' 'it is not there'
spoilt network idle 'the loopback interface is reached' 'connect to 127.0.0.1 port 8000'
spoilt network greedy "what can't be given is refused" 'an option that it does not have: must be refused, and succeeded'
spoilt network needs-namespace 'detach when the namespace is gone' 'detach when the namespace is gone, call 1'
spoilt network needs-status 'killed after attach' 'network/spoilt-network: it is not there'
spoilt network litter 'leaves nothing' 'a life leaves "state/litter-'
spoilt network leak 'leaves nothing' 'a life leaves a descriptor open: '

spoilt runtime eager 'created, running, stopped, gone' 'state tells "running", and the container is created'
spoilt runtime optimist 'operations on nothing' 'state of nothing: must be refused, and succeeded'
spoilt runtime careless 'transitions that there are not' 'start for a second time: must be refused, and succeeded'
spoilt runtime brutal 'transitions that there are not' 'delete of what runs, without force: must be refused, and succeeded'
spoilt runtime litter 'created, running, stopped, gone' 'delete leaves "litter" in the container'"'"'s directory'
spoilt runtime careless "a program that is not there" 'start: must be refused, and succeeded'
spoilt runtime crossed 'standard streams' 'the program must write "hello" and wrote "complaint"'
spoilt runtime thrifty 'a descriptor is passed on' 'the program'"'"'s output ends with ""'
# One that hangs; and nothing is left of it, not even its cgroups.
named ()
{
	set -- "$T"/davit-check-*
	[ -d "$1" ] || return
	name=${1##*/}
	[ -n "$(find /sys/fs/cgroup -path "*$name*" -print -quit)" ]
}
timeout=3s spoilt runtime deaf 'signals reach it' 'did not answer within 3 s while' > "$T/deaf" &
expect_true "the check makes cgroups" wait_until named
wait
expect_equal "$(grep -c '^ok' "$T/deaf") $(grep -c '^not ok' "$T/deaf")" "2 0" "runtime, deaf: what hangs is told"
expect_equal "$(find /sys/fs/cgroup -path "*${name:?}*")" "" "no cgroup of it is left"
expect_equal "$(ls -d "$T"/davit-check-* 2> /dev/null)" "" "no directory of a check is left"

tap_end
