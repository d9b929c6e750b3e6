#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Root file systems of Debian 12 and 13, made here: import, and a shell that a person can use.

. "$(dirname "$0")/../lib/tap.sh"
tap_begin root debootstrap python3
talk=$(dirname "$0")/../lib/talk
# The root file systems are kept between runs; each is made under a name of its own first.
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/davit-test
mkdir -p "$cache"

# debian_archive SUITE
debian_archive ()
{
	local file=$cache/$1.tar
	if [ ! -f "$file" ]; then
		debootstrap --variant=minbase "$1" "$T/$1" > "$T/$1.log" 2>&1 || {
			tail -n 5 "$T/$1.log" | sed 's/^/# /'
			return 1
		}
		rm -rf "$T/$1"/var/cache/apt/archives/*.deb "$T/$1"/var/lib/apt/lists/*
		tar -C "$T/$1" --xattrs -cf "$file.$$" . && mv "$file.$$" "$file"
		rm -rf "${T:?}/$1"
	fi
	archive=$file
}

for suite in bookworm trixie; do
	if ! debian_archive "$suite"; then
		tap_ok 1 "debootstrap makes $suite"
		continue
	fi
	run davit import --quiet --change 'CMD ["bash"]' --change 'ENV LANG=C.UTF-8' "$archive" "$suite"
	expect_status 0
	run davit run --rm "$suite" cat /etc/debian_version
	expect_match '^1[23]'

	# A shell: prompt, echo, size, job control, history, Ctrl-C, exit status.
	run "$talk" --size 33x101 'expect:# ' 'send:stty size\n' 'expect:33 101' 'expect:# ' \
		'send:tty\n' 'expect:/dev/' 'expect:# ' "send:sh -c \"echo re''ady; exec sleep 100\"\\n" 'expect:ready' 'key:C' 'expect:# ' \
		'send:sleep 100 &\n' 'expect:[1]' 'send:jobs\n' 'expect:Running' 'expect:# ' 'send:kill %1; wait\n' \
		'expect:# ' 'send:echo $TERM-$HOME-$(hostname | wc -c)\n' 'expect:-/root-13' 'expect:# ' \
		'send:exit 7\n' end -- \
		"$DAVIT" --root "$T/root" --runroot "$T/run" run --rm -it "$suite"
	expect_status 7
	expect_out_lacks 'cannot set terminal process group'
	expect_out_lacks 'no job control'

	# What a distribution's own programs expect of a container.
	run davit run --rm "$suite" sh -ec 'useradd -m tester; su tester -c "id -un; touch ~/file"; stat -c %U /home/tester/file'
	expect_status 0
	expect_out $'tester\ntester'
	run davit run --rm "$suite" sh -ec 'dpkg --verify base-files coreutils; dpkg -l | grep -c ^ii'
	expect_status 0
	run davit run --rm "$suite" sh -ec 'perl -e "print 6*7"; mktemp -d > /dev/null; df /dev/shm | tail -n 1'
	expect_status 0
	expect_out_has 42shm
	run davit run --rm -u nobody "$suite" sh -c 'id -un; cat /etc/shadow'
	expect_out nobody
	expect_status 1
	run davit rmi "$suite"
	expect_status 0
done

tap_end
