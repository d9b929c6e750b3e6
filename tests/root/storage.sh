#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Storage as containers use it: what they write, kept in memory.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox mksquashfs jq
box_image

# What is written to memory: within the size, seen by exec too, and gone with the end.
for storage in overlay squash; do
	run davit run -d --name "m-$storage" --storage "$storage" --tmpfs-upper 2m box \
		sh -c 'echo kept > /var/note; cat /var/note /etc/group > /dev/null; sleep 1000'
	expect_status 0
	wait_for 20 davit exec "m-$storage" test -s /var/note
	run davit exec "m-$storage" cat /var/note
	expect_out kept
	run davit exec "m-$storage" sh -c 'dd if=/dev/zero of=/big bs=64k count=64 2>&1; rm /big; echo again > /var/note && cat /var/note'
	expect_out_has 'No space left on device'
	expect_out_has again
	run davit inspect --format '{{.HostConfig.TmpfsUpper}} {{.GraphDriver.Name}}' "m-$storage"
	expect_out "2097152 $storage"
	# Nothing of it is on the disk, and nothing in the host's mount table.
	run find "$T/root/storage/$storage/rootfs" -name note -o -name upper
	expect_out ''
	run grep -c "$T" /proc/self/mountinfo
	expect_out 0
	run davit stop -t 0 "m-$storage"
	expect_status 0
	run davit start "m-$storage"
	expect_status 0
	wait_for 20 davit exec "m-$storage" test -s /var/note
	run davit exec "m-$storage" cat /var/note
	expect_out kept
	run davit rm -f -t 0 "m-$storage"
	expect_status 0
	expect_equal "$(ls "$T/root/storage/$storage/rootfs")" "" "$storage keeps nothing of a container that was removed"

	run davit create --name "s-$storage" --storage "$storage" --tmpfs-upper 1m box sh -c 'cat /x 2> /dev/null; echo x > /x; mkdir /d; chown 1000 /d; ln -s x /l; rm /etc/group; ls -A / | tr "\n" " "'
	expect_status 0
	for _ in 1 2; do
		run davit start -a "s-$storage"
		expect_status 0
		expect_out_lacks $'x\n'
		expect_out_has ' d '
	done
	# The mode and owner of "/" are the image's, not those of the memory.
	run davit run --rm --storage "$storage" --tmpfs-upper 1m box stat -c '%a %u:%g' /
	expect_out "$(stat -c '%a %u:%g' "$T/box-tree")"
	# The least that there is suffices to start, since nothing must be written for that.
	run davit run --rm --storage "$storage" --tmpfs-upper 4k box sh -c 'cat /etc/hosts > /dev/null && echo ran'
	expect_out ran
	# It counts as memory of the container.
	run davit run --rm --storage "$storage" --memory 16m --memory-swap 16m --tmpfs-upper 256m box \
		dd if=/dev/zero of=/big bs=1M count=64
	expect_status 137
	run davit rm "s-$storage"
	expect_status 0
done
run davit run --rm --storage vfs --tmpfs-upper 1m box true
expect_refused 125 "can't be kept in memory; choose the storage driver"
expect_equal "$(davit ps -aq | wc -l)" 0 "nothing is left of it"
run davit run --rm --tmpfs-upper 0 box true
expect_refused 125 'option "--tmpfs-upper": "0" is too small: 4k is the least'
run davit run --rm --rootfs --tmpfs-upper 1m "$T/box-tree" true
expect_refused 125 'options "--rootfs" and "--tmpfs-upper" exclude each other'
run davit run --rm --read-only --tmpfs-upper 1m box true
expect_refused 125 'options "--read-only" and "--tmpfs-upper" exclude each other'

tap_end
