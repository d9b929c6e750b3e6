#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Storage as containers use it: what they write, kept in memory; images in several drivers.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox mksquashfs jq python3
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

davit rmi box > /dev/null

# An image of two layers: the upper one deletes a file and all of a directory.
mkdir -p "$T/upper/etc" "$T/upper/var/dir" "$T/layout/blobs/sha256"
mkdir -p "$T/box-tree/var/dir"
echo old > "$T/box-tree/var/dir/old"
: > "$T/upper/etc/.wh.group"
: > "$T/upper/var/dir/.wh..wh..opq"
echo new > "$T/upper/var/dir/new"
ln "$T/upper/var/dir/new" "$T/upper/var/dir/same"
setfattr -n user.note -v told "$T/upper/var/dir/new"
chown 1000:50 "$T/upper/var/dir/new"
tar -C "$T/box-tree" --xattrs -cf "$T/one.tar" .
tar -C "$T/upper" --xattrs -cf "$T/two.tar" .
python3 - "$T" <<'PYTHON'
import hashlib, json, os, shutil, sys
top = sys.argv[1]
def put(data):
    digest = hashlib.sha256(data).hexdigest()
    open(f'{top}/layout/blobs/sha256/{digest}', 'wb').write(data)
    return {'digest': 'sha256:' + digest, 'size': len(data)}
layers = [put(open(f'{top}/{name}.tar', 'rb').read()) for name in ('one', 'two')]
config = put(json.dumps({'architecture': 'amd64', 'os': 'linux', 'config': {'Cmd': ['sh']},
                         'rootfs': {'type': 'layers', 'diff_ids': [l['digest'] for l in layers]}}).encode())
kind = 'application/vnd.oci.image.'
manifest = put(json.dumps({'schemaVersion': 2, 'mediaType': kind + 'manifest.v1+json',
                           'config': dict(config, mediaType=kind + 'config.v1+json'),
                           'layers': [dict(l, mediaType=kind + 'layer.v1.tar') for l in layers]}).encode())
index = {'schemaVersion': 2, 'manifests': [dict(manifest, mediaType=kind + 'manifest.v1+json',
         annotations={'org.opencontainers.image.ref.name': 'two'})]}
open(f'{top}/layout/index.json', 'w').write(json.dumps(index))
open(f'{top}/layout/oci-layout', 'w').write('{"imageLayoutVersion":"1.0.0"}')
PYTHON
run davit load --quiet -i "$T/layout"
expect_status 0
id=$(davit images -q --no-trunc two)
upper=$(sha256sum < "$T/two.tar")
upper=${upper%% *}

# What a container of the image sees.
seen ()
{
	davit run --rm --storage "$1" two sh -c 'find /etc /var -type d -exec stat -c "%n %a %u %g" {} +
		find /etc /var ! -type d -exec stat -c "%n %a %u %g %h %s" {} + | grep -v -e /hosts -e /resolv.conf -e /hostname -e /mtab
		cat /var/dir/*; ls /etc/group' 2> /dev/null | sort
}

expected=$(seen overlay)
expect_equal "$(grep -c -e old -e group <<< "$expected")" 0 "what the upper layer deletes is gone"
for storage in squash vfs; do
	expect_true "$storage has none of it yet" test -z "$(ls "$T/root/storage/$storage/layers" 2> /dev/null)"
	for _ in 1 2; do
		run davit image convert two --storage "$storage"
		expect_status 0
		expect_out "$id"
	done
	expect_equal "$(ls "$T/root/storage/$storage/layers" | wc -l)" 2 "$storage has both layers"
	expect_equal "$(ls "$T/root/storage/$storage/stages" | wc -l)" 0 "$storage has nothing half"
	inode=$(stat -c %i "$T/root/storage/$storage/layers/"*/stamp)
	expect_equal "$(seen "$storage")" "$expected" "$storage shows the same"
	expect_equal "$(stat -c %i "$T/root/storage/$storage/layers/"*/stamp)" "$inode" "run finds the layers ready"
done
run davit image convert --quiet two --storage squash
expect_no_err

# Broken off in the middle, it leaves what the next one takes away.
davit rmi two > /dev/null
run davit load --quiet -i "$T/layout"
mkdir "$T/slow"
mkfifo "$T/slow/begun"
cat > "$T/slow/mksquashfs" <<'SLOW'
#!/bin/sh
echo > "${0%/*}/begun"
exec sleep 1000
SLOW
chmod +x "$T/slow/mksquashfs"
PATH=$T/slow:$PATH setsid "$DAVIT" --root "$T/root" --runroot "$T/run" image convert two --storage squash > /dev/null 2>&1 &
read -r _ < "$T/slow/begun"
kill -KILL -- "-$!"
wait "$!" 2> /dev/null
expect_equal "$(ls "$T/root/storage/squash/layers" | wc -l)" 0 "no layer is there after the crash"
run davit image convert two --storage squash
expect_status 0
expect_equal "$(ls "$T/root/storage/squash/layers" | wc -l) $(ls "$T/root/storage/squash/stages" | wc -l)" "2 0" "the next one makes all of it"
expect_equal "$(seen squash)" "$expected" "and it is right"

# Blobs that are gone: the layers of another driver do.
davit rmi two > /dev/null
run davit load --quiet -i "$T/layout"
rm "$T/root/content/sha256/$upper"
run davit image convert two --storage vfs
expect_status 0
expect_err 'its blob is gone; it is made of that of storage "overlay"'
expect_equal "$(seen vfs)" "$expected" "a layer that was packed again is the same"
run davit image convert two --storage squash
expect_status 0
expect_equal "$(seen squash)" "$expected" "also as a squashfs"
rm -r "$T/root/storage/squash/layers/"*
rm -r "$T/root/storage/overlay/layers/"*
run davit image convert two --storage squash
expect_status 125
expect_err 'and no other storage gives it: '
expect_err 'storage "overlay" lacks the layer'
expect_err 'storage "vfs" has it only together with those below it'
expect_equal "$(ls "$T/root/storage/squash/layers" "$T/root/storage/squash/stages" | grep -vc -e : -e '^$')" 0 "nothing half is left"

# A layer that is damaged is not taken for ready.
run davit load --quiet -i "$T/layout"
run davit image convert two --storage squash
expect_status 0
layer=$(find "$T/root/storage/squash/layers" -name layer.sqfs | head -1)
chmod 644 "$layer"
printf x | dd of="$layer" bs=1 seek=200 conv=notrunc 2> /dev/null
run davit image convert two --storage squash
expect_status 125
expect_err 'is not what it was when it was committed'
expect_err 'davit system check --repair makes it anew'
run davit system check --repair
run davit image convert two --storage squash
expect_status 0

run davit image convert none --storage squash
expect_refused 125 'image "none" not found'
run davit image convert two
expect_refused 125 '"image convert" needs --storage NAME; davit plugin list shows which there are'
run davit image convert two --storage none
expect_refused 125 'no storage plugin "none"'

tap_end
