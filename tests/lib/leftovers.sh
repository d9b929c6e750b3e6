#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What tests may leave behind on a machine: leftovers.sh record FILE, leftovers.sh compare FILE.
# Only what davit could have made is looked at, since other programs use the machine too.

set -u

look ()
{
	# Mounts, without the numbers that change.
	awk '{ print "mount " $5 }' /proc/self/mountinfo | grep -E 'davit' | sort
	# The group "davit" that all containers' groups stand in stays, as those of other engines do.
	find /sys/fs/cgroup -depth -type d -path '*davit*' ! -name davit 2> /dev/null |
		sed 's/^/cgroup /' | sort
	find /run/netns -mindepth 1 2> /dev/null | sed 's/^/netns /' | sort
	if command -v nft > /dev/null; then
		nft list tables 2> /dev/null | grep -i davit | sed 's/^/nft /'
	fi
	for process in /proc/[0-9]*; do
		name=$(readlink "$process/exe" 2> /dev/null) || continue
		case $name in
		*/davit | */davit-monitor | */davit-archive | */davit\ * | */davit-monitor\ * | */davit-archive\ *)
			echo "process ${process#/proc/} $name" ;;
		esac
	done
	find "${TMPDIR:-/tmp}" -mindepth 1 -maxdepth 1 -name 'davit-*' ! -name 'davit-run.*' \
		! -name 'davit-vm*' | sed 's/^/file /' | sort
	for directory in /var/lib/davit /run/davit; do
		[ -e "$directory" ] && echo "directory $directory"
	done
	losetup -l -n -O NAME,BACK-FILE 2> /dev/null | grep davit | sed 's/^/loop /'
	:
}

case ${1-} in
record) look > "${2:?}" ;;
compare)
	# Layers of squash stay mounted for some seconds, by a process that keeps them.
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		look > "${2:?}.now"
		left=$(diff "$2" "$2.now" | sed -n 's/^> //p')
		[ -z "$left" ] && exit 0
		sleep 1
	done
	printf 'left behind:\n%s\n' "$left"
	exit 1
	;;
*)
	echo "usage: leftovers.sh record|compare FILE" >&2
	exit 2
	;;
esac
