#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What needs a device that everybody may open: slirp4netns and squashfuse, for an ordinary user.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin busybox slirp4netns squashfuse_ll curl
[ "$(id -u)" != 0 ] || tap_skip_all "needs an ordinary user"
[ -w /dev/net/tun ] && [ -w /dev/fuse ] || tap_skip_all "needs /dev/net/tun and /dev/fuse for everybody"
trap 'davit system reset --force > /dev/null 2>&1; rm -rf "$T"' EXIT
box_image

helpers ()
{
	pgrep -u "$(id -u)" -x "$1" | wc -l
}

mkdir "$T/www"
echo 'from a user' > "$T/www/index.html"
run davit run --rm --network slirp4netns box sh -c 'ip -4 -o address show dev eth0'
expect_status 0
expect_out_has 'inet 10.0.2.100/24'
run davit run -d --name web --network slirp4netns -p 8080:80 -v "$T/www:/www:ro" box httpd -f -p 80 -h /www
expect_status 0
expect_true "its port answers" wait_for 20 curl -s -o /dev/null http://127.0.0.1:8080/
expect_equal "$(curl -s http://127.0.0.1:8080/)" 'from a user' "what it answers"
run davit ps --format '{{.Ports}}'
expect_out '0.0.0.0:8080->80/tcp'
run davit run --rm --network slirp4netns -p 8080:80 box true
expect_status 125
expect_err '8080'
run davit rm --force --time 0 web
expect_status 0
expect_true "the helper has ended" wait_for 10 sh -c "! pgrep -u $(id -u) -x slirp4netns"

run davit --config engine.storage=squash run --rm box sh -c 'echo new > /file && cat /file'
expect_out new
run davit run --rm --storage squash --tmpfs-upper 10m box sh -c 'echo new > /file && cat /file'
expect_out new
davit run -d --name packed --storage squash box sleep 1000 > /dev/null
expect_true "a process serves its layer" test "$(helpers squashfuse_ll)" -ge 1
run davit exec packed cat /etc/passwd
expect_status 0
run davit rm --force --time 0 packed
expect_status 0
expect_true "it ends with the last user of the layer" wait_for 20 sh -c "! pgrep -u $(id -u) -x squashfuse_ll"
run davit system check
expect_out ''

tap_end
