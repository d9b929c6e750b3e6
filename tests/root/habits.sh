#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What users of docker and podman type from habit: forms of options, what an image asks for.

. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox
box_image

# Values that say "as usual".
run davit run --rm --name '' --cpus 0 -m 0 -c 0 box echo made
expect_out made
run davit run --rm --systemd=false --sdnotify=ignore --no-healthcheck --http-proxy=false box echo made
expect_out made
run davit run --rm -u :50 box sh -c 'id -u; id -g'
expect_out $'0\n50'
run davit run --rm -u : box true
expect_refused 125 'option "--user": ":" must be USER or USER:GROUP'
mkdir "$T/shared"
if [ ! -e /sys/fs/selinux/enforce ]; then
	run davit run --rm -v "$T/shared:/one:z" -v "$T/shared:/two:ro,Z" box sh -c 'touch /one/x; ls /two'
	expect_out x
fi

# An image that says everything.
run davit import --quiet --change 'ENTRYPOINT ["echo", "first"]' --change 'CMD ["second"]' \
	--change 'ENV GREETING=good day' --change 'USER alice:staff' --change 'WORKDIR /work/deep' \
	--change 'LABEL a=b' --change 'STOPSIGNAL USR1' --change 'VOLUME /data/sub' \
	--change 'EXPOSE 80/tcp' "$T/box-tree" full
expect_status 0
run davit run --rm full
expect_out 'first second'
run davit run --rm full third
expect_out 'first third'
run davit run --rm --entrypoint '' full sh -c 'id -un; id -gn; pwd; echo $GREETING; stat -c "%u %a" /data/sub'
expect_out $'alice\nstaff\n/work/deep\ngood day\n0 755'
run davit run --rm --entrypoint '["printf", "%s,%s", "a b"]' full c
expect_out 'a b,c'
run davit run --rm --entrypoint '' full
expect_refused 125 'does not say which program to run'
run davit run --rm --read-only -u root --entrypoint sh full -c 'touch /data/sub/x && echo written'
expect_out written
run davit create --name asked --label c=d full
run davit inspect --format '{{.Config.StopSignal}} {{.Config.Labels}} {{json .Config.ExposedPorts}} {{.Path}} {{.Args}}' asked
expect_out 'SIGUSR1 map[a:b c:d] {"80/tcp":{}} echo [first second]'
davit rm asked > /dev/null
davit import --quiet --change 'VOLUME /etc/passwd' --change 'VOLUME /../x' "$T/box-tree" odd > /dev/null
run davit run --rm odd sh -c 'test -f /etc/passwd && test -d /x && echo both'
expect_out both

# What scripts ask inspect for.
davit run -d --name seen --tmpfs /t:size=1m box sleep 1000 > /dev/null
run davit inspect --format '{{.State.Pid}} {{.State.ConmonPid}}' seen
read -r pid monitor <<< "$out"
expect_equal "$(sed -n 's/^PPid:\t//p' "/proc/$pid/status")" "$monitor" "the monitor is the parent"
expect_true "the monitor runs" test "$(readlink "/proc/$monitor/exe" | sed 's|.*/||')" = davit-monitor
run davit inspect --format '{{.State.CgroupPath}}' seen
expect_true "a hierarchy has that group" grep -q ":$out\$" "/proc/$pid/cgroup"
expect_match '^/.*[0-9a-f]{64}'
run davit inspect --format '{{.HostConfig.LogConfig.Path}}' seen
expect_out "$(davit inspect --format '{{.LogPath}}' seen)"
run davit inspect --format '{{.HostConfig.Tmpfs}}|{{.AppArmorProfile}}|{{.Config.Domainname}}|{{.NetworkSettings.Bridge}}|{{len .Dependencies}}{{.IsInfra}}' seen
expect_match '^map\[/t:size=1048576,.*\]\|\|\|\|0false$'
davit rm -f -t 0 seen > /dev/null
run davit create --name unseen box
run davit inspect --format '{{.State.ConmonPid}} "{{.State.CgroupPath}}"' unseen
expect_out '0 ""'
davit rm unseen > /dev/null

# Waiting.
davit run -d --name w box sh -c 'exit 4' > /dev/null
run davit wait --condition=stopped w
expect_out 4
run davit wait -i 250ms w
expect_out 4
run davit wait --ignore none w
expect_out 4
run davit wait --condition running w
expect_refused 125 'option "--condition" of "wait": "running" is not there yet'
run davit wait --condition happy w
expect_refused 125 'must be one of exited, stopped, not-running, not "happy"'
davit rm w > /dev/null

tap_end
