#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Squashfs files that are run where they are, and layers that are squashfs files.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox mksquashfs squashfuse_ll jq python3
box_tree "$T/box-tree"
chown 1000:1000 "$T/box-tree/root"
mkdir "$T/images"
mksquashfs "$T/box-tree" "$T/images/box.data" -comp zstd -quiet -no-progress > /dev/null || exit 99
file=$T/images/box.data
digest=$(sha256sum "$file")
digest=${digest%% *}

# Those that serve files of this test.
servers ()
{
	local process
	for process in /proc/[0-9]*; do
		[ "$(cat "$process/comm" 2> /dev/null)" = squashfuse_ll ] || continue
		case $(readlink "$process/fd/4") in
		"$T"/*) echo "${process#/proc/}" ;;
		esac
	done
}

no_servers ()
{
	[ -z "$(servers)" ]
}

no_loops ()
{
	! losetup -l -n -O BACK-FILE | grep -q "^$T/"
}

# Everything that a run makes is gone; what was mounted stays so for some seconds.
nothing_left ()
{
	wait_for 20 no_servers
	tap_ok $? "$1: nothing serves a file any more"
	wait_for 20 no_loops
	tap_ok $? "$1: no loop device is left"
	expect_equal "$(davit ps -aq | wc -l)" 0 "$1: no container is left"
	expect_equal "$(ls "$T/root/storage/squash/rootfs" "$T/root/storage/squash/stages" 2> /dev/null | grep -vc -e : -e '^$')" 0 \
		"$1: no writable part and no stage is left"
}

# By what it is, not by its name; the shell is what is run; whatever the configured storage is.
cd "$T/images"
run davit run --rm ./box.data id -u
expect_status 0
expect_out 0
expect_no_err
TAP_INPUT=$T/script
echo 'echo "$0: $PATH"; stat -c %u /root; echo x > /written' > "$T/script"
run davit --config engine.storage=vfs run --rm -i "$file"
expect_out $'/bin/sh: /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n1000'
unset TAP_INPUT
run davit run --rm ../images/./box.data echo up
expect_out up
ln -s box.data link
run davit run --rm ./link echo linked
expect_out linked
run davit run --rm --user alice --env A=1 --workdir /tmp --tmpfs-upper 1m ./box.data sh -c 'id -un; echo $A; pwd; echo x > y; cat y'
expect_out $'alice\n1\n/tmp\nx'
expect_equal "$(sha256sum < box.data)" "$digest  -" "the file is as it was"
expect_equal "$(find "$T/root" -size +64k | wc -l)" 0 "nothing was copied"
nothing_left "runs of a file"

# What is shown of it.
run davit create --name file ./link sleep 1000
expect_status 0
run davit ps -a --format '{{.Image}}'
expect_out "$T/images/link"
run davit inspect --format '{{.ImageName}} {{.Image}} {{.Driver}} {{index .GraphDriver.Data.Layers 0}}' file
expect_out "$T/images/link sha256:$digest squash $digest"
run davit images -q
expect_out ''
run davit system check
expect_status 0
expect_out ''

# A container holds the layer, and nothing else does.
davit import --quiet "$T/box-tree" other > /dev/null
run davit rmi other
expect_out_lacks "$digest"
run davit start file
expect_status 0
run davit exec file cat /etc/passwd
expect_out_has alice
run davit exec file sh -c 'echo more > /more'
expect_equal "$(servers | wc -l)" 1 "one program serves it"
server=$(servers)
expect_true "it does not run as root" test "$(stat -c %u "/proc/$server")" != 0
run davit stop -t 0 file
wait_for 20 no_servers
expect_equal "$?" 0 "it ends with its last user"
# What was written is still there, unlike the program.
run davit start file
run davit exec file cat /more
expect_out more

# Another process in its mounts keeps it; killed, it takes the container's files away and no more.
pid=$(davit inspect --format '{{.State.Pid}}' file)
nsenter --mount --target "$pid" sleep 1000 &
keeper=$!
wait_for 20 test "$(readlink "/proc/$keeper/ns/mnt")" = "$(readlink "/proc/$pid/ns/mnt")"
run davit stop -t 0 file
expect_equal "$(servers | wc -l)" 1 "it stays as long as somebody has the mount"
kill "$keeper"
wait "$keeper" 2> /dev/null
wait_for 20 no_servers
expect_equal "$?" 0 "it ends with that one"
run davit start file
kill -KILL "$(servers)"
wait_for 20 no_servers
run davit exec file cat /etc/group
expect_status 126
expect_err 'Transport endpoint is not connected'
run davit stop -t 0 file
expect_status 0
run davit start file
run davit exec file cat /more
expect_out more
run davit rm -f -t 0 file
expect_status 0
nothing_left "a container of a file"
davit import --quiet "$T/box-tree" other > /dev/null
expect_true "the layer is there" test -d "$T/root/storage/squash/layers/$digest"
run davit rmi other
expect_true "the layer goes with the next removal" test ! -e "$T/root/storage/squash/layers/$digest"
expect_true "the file stays when its layer goes" test -s "$file"

# What becomes of the file later.
cp box.data moving
davit create --name moving ./moving cat /etc/group > /dev/null
mv moving moved
run davit start -a moving
expect_refused 125 "its file \"$T/images/moving\" is gone; put it back, or run it again from where it is now"
run davit system check
expect_status 1
expect_out_has "container \"moving\": storage/squash: layer \"$digest\": its file \"$T/images/moving\" is gone"
run davit run --rm ./moved echo found
expect_out found
run davit start -a moving
expect_out_has alice
touch moved
chmod 444 moved
run davit start -a moving
expect_out_has alice
python3 -c '
import os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
os.pwrite(fd, b"x", os.fstat(fd).st_size - 1)' moved
run davit start -a moving
expect_refused 125 "its file \"$T/images/moved\" is not what it was; run it again by its path"
run davit system check
expect_status 1
expect_out_has "container \"moving\": storage/squash: layer \"$digest\": its file \"$T/images/moved\" is not what it was"
run davit rm moving
expect_status 0
rm moved

# Two at the same path, one after the other: what is run is what is there.
mkdir "$T/small"
cp -a "$T/box-tree/." "$T/small"
echo second > "$T/small/mark"
mksquashfs "$T/small" second -comp gzip -quiet -no-progress > /dev/null
cp box.data turn
run davit run --rm ./turn cat /mark
expect_status 1
cat second > turn
run davit run --rm ./turn cat /mark
expect_out second
rm turn second
expect_equal "$(ls "$T/root/storage/squash/layers" | wc -l)" 2 "each has a layer of its own"

# Many at once.
for _ in {1..16}; do
	davit run --rm "$file" true &
done
failed=0
for job in $(jobs -p); do
	wait "$job" || failed=$((failed + 1))
done
expect_equal "$failed" 0 "16 runs of a file at once"
nothing_left "many runs of a file"

# What is no squashfs says what it is, and what would work.
expect_no_image ()
{
	run timeout 20 "$DAVIT" --root "$T/root" --runroot "$T/run" run --rm "$1" true
	expect_refused 125 "\"$1\": $2"
}
tar -C "$T/box-tree" -cf tree.tar etc
gzip -k tree.tar
xz -k tree.tar
zstd -q -k tree.tar
python3 -c 'import bz2; open("tree.tar.bz2", "wb").write(bz2.compress(open("tree.tar", "rb").read()))'
import='and only a squashfs file is run as it is; davit import makes an image of it, or davit load if it holds one'
expect_no_image ./tree.tar "is a tar archive, $import"
expect_no_image ./tree.tar.gz "is compressed with gzip, $import"
expect_no_image ./tree.tar.xz "is compressed with xz, $import"
expect_no_image ./tree.tar.zst "is compressed with zstd, $import"
expect_no_image ./tree.tar.bz2 "is compressed with bzip2, $import"
mksquashfs='and only a squashfs file is run as it is; mksquashfs makes one of a directory tree'
echo '#!/bin/sh' > script
expect_no_image ./script "is a script, $mksquashfs"
expect_no_image "$DAVIT" "is a program, $mksquashfs"
: > empty
expect_no_image ./empty "is empty, $mksquashfs"
echo text > text.sqfs
expect_no_image ./text.sqfs "is of no format that is known, $mksquashfs"
printf 'sqsh%0100d' 0 > big
expect_no_image ./big "is a squashfs file of big-endian numbers, which is no longer in use, $mksquashfs"
truncate -s 1M ext4
mkfs.ext4 -q -O ^has_journal ext4
expect_no_image ./ext4 "is an ext2, ext3 or ext4 file system, $mksquashfs"
printf '%032d%s' 0 SIF_MAGIC > sif
expect_no_image ./sif "is an image of apptainer (SIF), $mksquashfs"
expect_no_image "$T/box-tree" "is a directory; --rootfs runs it, and davit import makes an image of it"
mkfifo pipe
expect_no_image ./pipe "is a named pipe, and only a squashfs file is run as it is"
expect_no_image /dev/null "is a device, and only a squashfs file is run as it is"
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
run davit run --rm ./socket true
expect_refused 125 'open "./socket": No such device or address'
run davit run --rm ./none true
expect_refused 125 'open "./none": No such file or directory'
ln -s nowhere dangling
run davit run --rm ./dangling true
expect_refused 125 'open "./dangling": No such file or directory'
run davit run --rm box.data true
expect_refused 125 'image "box.data" not found; to run the file of that name write "./box.data"'
run davit run --rm --storage overlay ./box.data true
expect_refused 125 "\"$file\": is a squashfs file, which storage \"overlay\" can't run as it is; leave --storage out, or choose \"squash\""
mkdir "$T/fewer"
for plugin in "${DAVIT_PLUGIN_PATH%%:*}"/*.so; do
	case $plugin in
	*/squash.so) ;;
	*) ln -s "$plugin" "$T/fewer" ;;
	esac
done
run env DAVIT_PLUGIN_PATH="$T/fewer" "$DAVIT" --root "$T/root" --runroot "$T/run" run --rm ./box.data true
expect_refused 125 "\"$file\": is a squashfs file, which storage \"squash\" runs: no storage plugin \"squash\""
cp box.data private
chmod 600 private
run davit run --rm ./private true
expect_refused 125 'nobody but root may read its file, and squashfuse_ll does not run as root; make it readable for others (chmod o+r)'
chown 1000 private
run davit run --rm ./private echo owner
expect_out owner
run davit --config storage.squash.mount=kernel run --rm ./box.data echo kernel
expect_out kernel
nothing_left "what is no image"

# Damaged ones.
damage ()
{
	cp box.data "damaged"
	python3 - "$1" damaged <<'PYTHON'
import os, struct, sys
what, path = sys.argv[1:]
fd = os.open(path, os.O_RDWR)
size = os.fstat(fd).st_size
block = os.pread(fd, 96, 0)
tables = dict(zip(('id', 'xattr', 'inode', 'directory', 'fragment', 'export'), struct.unpack_from('<6Q', block, 48)))
if what == 'short':
    os.ftruncate(fd, size // 2)
elif what == 'stub':
    os.ftruncate(fd, 50)
elif what == 'version':
    os.pwrite(fd, b'\x03', 28)
elif what == 'block':
    os.pwrite(fd, b'\xff', 22)
elif what == 'beyond':
    os.pwrite(fd, struct.pack('<Q', 1 << 60), 64)
elif what == 'root':
    os.pwrite(fd, b'\xff' * 8, 32)
elif what == 'data':
    os.pwrite(fd, b'\xff' * 4096, 96 + 4096)
elif what == 'compression':
    os.pwrite(fd, b'\x63', 20)
else:
    os.pwrite(fd, b'\xff' * 64, tables[what])
PYTHON
}
while read -r what text; do
	damage "$what"
	run timeout 60 "$DAVIT" --root "$T/root" --runroot "$T/run" run --rm ./damaged true
	expect_refused 125 "$text"
done <<'CASES'
short it has
stub it ends in its superblock
version its version is 3.0, and 4.0 is the only one known
block its block size is none
beyond a table lies outside of it
root squashfuse_ll can't serve it
compression its compression is number 99, which is none
CASES
# What is damaged deeper is found when it is read.
damage data
run timeout 60 "$DAVIT" --root "$T/root" --runroot "$T/run" run --rm ./damaged true
expect_true "a program that can't be read is not run" test "$status" = 126 -o "$status" = 127 -o "$status" -gt 128
for what in inode id directory; do
	damage "$what"
	run timeout 60 "$DAVIT" --root "$T/root" --runroot "$T/run" run --rm ./damaged true
	expect_true "damage of a table ($what) is no success" test "$status" -ge 125
	expect_true "and is told" test -n "$err"
done
nothing_left "damaged files"

tap_end
