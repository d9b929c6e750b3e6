#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The files that the engine gives a container, and that a hostile image can't lead them astray.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox
box_image

run davit run --rm --hostname harbour --add-host crane:10.1.2.3 box cat /etc/hostname /etc/hosts
expect_out_has harbour
expect_match '10\.1\.2\.3[[:space:]]+crane'
expect_match '127\.0\.0\.1[[:space:]]+localhost'
expect_match '127\.0\.1\.1[[:space:]]+harbour'
run davit run --rm box sh -c 'test "$(hostname)" = "$(cat /etc/hostname)" && test "$HOSTNAME" = "$(hostname)" && hostname'
expect_match '^[0-9a-f]{12}$'
run davit run --rm --dns 10.9.8.7 --dns-search example.org --dns-option ndots:2 box cat /etc/resolv.conf
expect_out_has 'nameserver 10.9.8.7'
expect_out_has 'search example.org'
expect_out_has 'options ndots:2'
run davit run --rm box sh -c 'test -f /run/.containerenv && echo $container'
expect_out davit
run davit run --rm --tz Asia/Tokyo box sh -c 'test -e /etc/localtime && tail -n 1 /etc/localtime'
if [ -f /usr/share/zoneinfo/Asia/Tokyo ]; then
	expect_out JST-9
fi
run davit run --rm --tz ../../etc/passwd box true
expect_status 125
expect_err '../../etc/passwd'
run davit run --rm -u 4711:4712 box sh -c 'id -un; id -gn; echo $HOME; grep -c . /etc/passwd'
expect_match '^4711'
run davit run --rm -u alice box sh -c 'id -un; id -Gn; echo $HOME'
expect_out $'alice\nalice staff\n/home/alice'
run davit run --rm -u alice:staff --group-add audio box id -Gn
expect_out 'staff audio'
run davit run --rm -u nosuch box true
expect_status 125
expect_err '"nosuch"'
run davit run --rm --group-add nosuch box true
expect_status 125
expect_err '"nosuch"'

# An image whose files are links to the host.
mkdir -p "$T/canary"
echo untouched > "$T/canary/file"
chmod 644 "$T/canary/file"
box_tree "$T/evil"
rm -rf "$T/evil/etc"
ln -s "$T/canary" "$T/evil/etc"
run davit import --quiet "$T/evil" evil-etc
expect_status 0
run davit run --rm evil-etc true
box_tree "$T/evil2"
for file in hosts hostname resolv.conf passwd group localtime; do
	rm -f "$T/evil2/etc/$file"
	ln -s "$T/canary/file" "$T/evil2/etc/$file"
done
mkdir -p "$T/evil2/run"
ln -s "$T/canary/file" "$T/evil2/run/.containerenv"
run davit import --quiet "$T/evil2" evil-files
run davit run --rm -u 4711 --tz local evil-files true
expect_equal "$(cat "$T/canary/file") $(ls "$T/canary" | wc -l)" "untouched 1" "nothing outside has changed"
for directory in dev proc sys; do
	box_tree "$T/evil-$directory"
	ln -s "$T/canary" "$T/evil-$directory/$directory"
	davit import --quiet "$T/evil-$directory" "evil-$directory" > /dev/null
	run davit run --rm "evil-$directory" true
	expect_status 125
	expect_err "/$directory"
done
expect_equal "$(ls "$T/canary" | wc -l)" 1 "nothing was made outside"

tap_end
