#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Containers on a network of the driver cni, with the distribution's plugins. The bridge, its rules
# and its leases are in a network namespace of this script, and below its directory.

if [ -z "${NETWORKS_INSIDE-}" ] && [ "$(id -u)" = 0 ]; then
	NETWORKS_INSIDE=1 exec unshare -n bash "$0"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox ip iptables nsenter python3 /usr/lib/cni/bridge
box_image
ip link set lo up

mkdir -p "$T/net.d" "$T/www"
cat > "$T/net.d/10-yard.conflist" << END
{"cniVersion": "1.0.0", "name": "yard", "plugins": [
  {"type": "bridge", "bridge": "yard0", "isGateway": true, "ipMasq": true, "ipam": {
    "type": "host-local", "dataDir": "$T/leases", "ranges": [[{"subnet": "10.89.7.0/24"}]],
    "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
END
echo 'from the yard' > "$T/www/index.html"

yard ()
{
	local verb=$1
	shift
	# Many at once wait for each other, longest where processors are emulated.
	davit --config "network.cni.conf-directories=$T/net.d" --config network.cni.timeout=300s "$verb" "$@"
}

leases ()
{
	find "$T/leases" -name '10.*' 2> /dev/null | wc -l
}

# Nothing is left in the namespace of a host: interfaces, rules, leases.
expect_nothing_left ()
{
	# The kernel takes a namespace apart when it comes to it.
	expect_true "no interface is left" wait_for 10 sh -c '! ip -o link | grep -q veth'
	expect_equal "$(iptables-save -t nat | grep -c -- '--to-destination\|10.89.7.[0-9]*/')" 0 "no rule is left"
	expect_equal "$(leases)" 0 "no lease is left"
}

net="--network-driver cni --network yard"

# shellcheck disable=SC2086
{
	run yard run --rm $net box ip -4 -o addr show eth0
	expect_status 0
	expect_match 'inet 10\.89\.7\.2/24'
	run yard run --rm $net --ip 10.89.7.77 --name fixed box cat /etc/hosts
	expect_status 0
	expect_match '10\.89\.7\.77.*fixed'
	expect_nothing_left

	run yard run -d --name web $net -p 8080:80 -p 127.0.0.1:5300:53/udp -v "$T/www:/www" box \
		httpd -f -p 80 -h /www
	expect_status 0
	expect_true "the published port answers" wait_for 10 sh -c 'busybox wget -q -O - http://127.0.0.1:8080/ | grep yard'
	run yard inspect --format '{{.NetworkSettings.IPAddress}} {{.NetworkSettings.Gateway}}' web
	expect_match '^10\.89\.7\.[0-9]+ 10\.89\.7\.1$'
	address=${out%% *}
	run yard ps --format '{{.Ports}}'
	expect_match '8080->80/tcp'
	run yard inspect --format '{{.State.Pid}}' web
	# busybox has no server for udp; one of ours does, inside the container's network.
	nsenter -t "$out" -n python3 -c '
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("", 53))
print("ready", flush=True)
peer = server.recvfrom(100)[1]
server.sendto(b"y", peer)' > "$T/udp" &
	wait_for 10 grep -q ready "$T/udp"
	answer=
	exec {udp}<> /dev/udp/127.0.0.1/5300
	echo x >&"$udp"
	read -rN 1 -t 10 -u "$udp" answer
	exec {udp}>&-
	wait $!
	expect_equal "$answer" y "the udp one answers"
	run yard run --rm $net box wget -q -O - "http://$address/"
	expect_status 0
	expect_out 'from the yard'
	run yard run --rm $net -p 8080:80 box true
	expect_status 125
	expect_err '8080'
	# Published is what the driver says, not what was asked for.
	run yard inspect --format '{{json .NetworkSettings.Ports}}' web
	expect_out_has '"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}]'
	run yard rm -f -t 0 web
	expect_status 0
	expect_nothing_left
	run davit run -d --name alone -p 8080:80 box sleep 100
	expect_err 'published ports are dropped'
	run davit ps --format '{{.Ports}}'
	expect_out ''
	run davit inspect --format '{{json .NetworkSettings.Ports}}' alone
	expect_out '{}'
	run davit rm -f -t 0 alone
	# So it is where the configuration, and not an option, says that it is the host's.
	run davit --config engine.network=host run --rm -p 8080:80 box true
	expect_status 0
	expect_err 'published ports are dropped'
	run davit --config engine.network=host run --rm --ip 10.1.1.1 box true
	expect_refused 125 'option "--ip" needs a network of its own'
	run davit --config engine.network=host run --rm --sysctl net.ipv4.ip_forward=1 box true
	expect_refused 125 'the network namespace is shared'

	run yard run --rm $net --ip 10.1.1.1 box true
	expect_status 125
	expect_err '10.1.1.1'
	run yard run --rm --network-driver cni --network garden box true
	expect_status 125
	expect_err '"garden"'
	expect_nothing_left
}

# A helper in user space: it goes with its container.
helpers ()
{
	local exe
	for exe in /proc/[0-9]*/exe; do
		case $(readlink "$exe" 2> /dev/null) in
		*/slirp4netns*) [ "$(readlink "${exe%exe}ns/net")" = "$(readlink /proc/self/ns/net)" ] && echo "$exe" ;;
		esac
	done
}
no_helper ()
{
	[ -z "$(helpers)" ]
}
if command -v slirp4netns > /dev/null && [ -c /dev/net/tun ]; then
	run davit run -d --name user --network-driver slirp4netns -p 8081:80 -v "$T/www:/www" box httpd -f -p 80 -h /www
	expect_status 0
	expect_true "its published port answers" wait_for 10 sh -c 'busybox wget -q -O - http://127.0.0.1:8081/ | grep yard'
	run davit inspect --format '{{.NetworkSettings.IPAddress}}' user
	expect_out 10.0.2.100
	run davit exec user cat /etc/resolv.conf
	expect_out_has 'nameserver 10.0.2.3'
	expect_equal "$(helpers | wc -l)" 1 "one helper runs"
	run davit kill user
	expect_status 0
	expect_true "it ends with the container" wait_for 10 no_helper
	run davit rm -f user
	expect_status 0
fi

# 64 at once: no address twice.
for i in $(seq 64); do
	# shellcheck disable=SC2086
	yard run --rm $net box sh -c 'ip -4 -o addr show eth0; sleep 2' > "$T/out.$i" 2> "$T/err.$i" &
	pids[i]=$!
done
wrong=""
for i in $(seq 64); do
	wait "${pids[i]}" || wrong="$wrong $i"
done
expect_equal "$wrong" "" "64 at once are connected"
for i in $wrong; do
	sed "s/^/# $i: /" "$T/err.$i"
done
expect_equal "$(cat "$T"/out.* | grep -o 'inet [0-9.]*' | sort | uniq -d)" "" "no address is given twice"
expect_nothing_left

tap_end
