#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# roots.sh WORK RESULTS: in bare root file systems of Debian 12 and 13, made by debootstrap, a fresh
# clone is built, and in Debian 12 data/quickstart runs from nothing to containers.

set -u
work=${1:?} results=${2:?}
here=$(cd "$(dirname "$0")/.." && pwd)
roots=$work/roots
mkdir -p "$roots"

result ()
{
	printf '%s\t%s\t%s\n' "$1" "$2" "${3-}" >> "$results"
}

# inside ROOT COMMAND: in a mount namespace whose root is ROOT, with the host's network.
inside ()
{
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --pid --fork --kill-child bash -euc '
		root=$1
		shift
		mount --make-rprivate /
		mount --bind "$root" "$root"
		mkdir -p "$root/old"
		mount --rbind /dev "$root/dev"
		mount --rbind /sys "$root/sys"
		mount -t proc proc "$root/proc"
		cp /etc/resolv.conf "$root/etc/resolv.conf" 2> /dev/null || :
		cd "$root"
		pivot_root . old
		cd /
		umount -l /old
		rmdir /old
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"
	' inside "$@" < /dev/null
}

try ()
{
	local suite=$1 what=$2 root
	root=$roots/$suite
	shift 2
	if [ ! -d "$root/src/davit" ]; then
		debootstrap --variant=minbase --include=git,ca-certificates "$suite" "$root" \
			> "$roots/$suite.log" 2>&1 || {
			tail -n 5 "$roots/$suite.log"
			result failed "$what on $suite" "debootstrap failed"
			return
		}
		mkdir -p "$root/src"
		git clone -q --no-hardlinks "$here" "$root/src/davit" || return 1
	fi
	if inside "$root" "$@" > "$roots/$suite-$what.log" 2>&1; then
		result passed "$what on $suite"
	else
		result failed "$what on $suite"
		tail -n 40 "$roots/$suite-$what.log"
	fi
}

try bookworm quickstart sh /src/davit/data/quickstart
try trixie quickstart sh /src/davit/data/quickstart
rm -rf --one-file-system "$roots"
