#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Several networks of one container, options of --network, and helpers that die. Bridges, rules and
# leases are in a network namespace of this script, and below its directory.

if [ -z "${NETWORKS_INSIDE-}" ] && [ "$(id -u)" = 0 ]; then
	NETWORKS_INSIDE=1 exec unshare -n bash "$0"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/box.sh"
tap_begin root busybox ip iptables nsenter python3 slirp4netns /usr/lib/cni/bridge
box_image
ip link set lo up

# network NAME NUMBER [MORE]: a bridge of its own with addresses 10.89.NUMBER.0/24
network ()
{
	cat > "$T/net.d/$2-$1.conflist" << END
{"cniVersion": "1.0.0", "name": "$1", "plugins": [
  {"type": "bridge", "bridge": "${1}0", "isGateway": true, "ipMasq": true, "capabilities": {"mac": true, "ips": true},
    "ipam": {"type": "host-local", "dataDir": "$T/leases",
    "ranges": [[{"subnet": "10.89.$2.0/24"}], [{"subnet": "fd89:$2::/64"}]],
    "routes": [{"dst": "0.0.0.0/0"}]}, "dns": {"nameservers": ["10.89.$2.53", "10.89.0.53"]}},
  {"type": "portmap", "capabilities": {"portMappings": true}},
  {"type": "firewall"}]}
END
}
mkdir -p "$T/net.d" "$T/www"
network yard 7
network quay 8
echo here > "$T/www/index.html"

cni ()
{
	local verb=$1
	shift
	davit --config "network.cni.conf-directories=$T/net.d" "$verb" "$@"
}

expect_nothing_left ()
{
	# The kernel takes a namespace apart when it comes to it.
	expect_true "no interface is left" wait_for 10 sh -c '! ip -o link | grep -q veth'
	expect_equal "$({ iptables-save; ip6tables-save; } | grep -c -- '--to-destination\|10\.89\.[78]\.[0-9]*/\|fd89:[78]::')" 0 "no rule is left"
	expect_equal "$(find "$T/leases" -name '10.*' -o -name 'fd*' 2> /dev/null | wc -l)" 0 "no lease is left"
	expect_equal "$(find "$T/root/plugins/network/cni" -type f 2> /dev/null | grep -c '@')" 0 "no record is left"
}

# Both, with an interface each; a network is found by its name alone.
run cni run -d --name both --network yard --network quay:ip=10.89.8.77,ip6=fd89:8::77,mac=02:00:00:00:08:77 \
	-p 8080:80 -v "$T/www:/www" box httpd -f -p 80 -h /www
expect_status 0
run cni exec both ip -4 -o addr show
expect_out_has 'eth0    inet 10.89.7.2/24'
expect_out_has 'eth1    inet 10.89.8.77/24'
run cni exec both ip -o addr show eth1
expect_out_has 'fd89:8::77/64'
run cni exec both cat /sys/class/net/eth1/address
expect_out 02:00:00:00:08:77
run cni exec both cat /etc/hosts
expect_match '10\.89\.7\.2.*both'
expect_match '10\.89\.8\.77.*both'
# The servers of all networks, each once.
run cni exec both sed -n 's/nameserver //p' /etc/resolv.conf
expect_out $'10.89.7.53\n10.89.0.53\n10.89.8.53'
run cni inspect --format '{{range $name, $net := .NetworkSettings.Networks}}{{$name}} {{$net.IPAddress}} {{$net.Gateway}} {{$net.InterfaceName}};{{end}}' both
expect_out 'quay 10.89.8.77 10.89.8.1 eth1;yard 10.89.7.2 10.89.7.1 eth0;'
run cni inspect --format '{{.NetworkSettings.Networks.quay.MacAddress}} {{.NetworkSettings.Networks.quay.GlobalIPv6Address}} {{.NetworkSettings.IPAddress}}' both
expect_out '02:00:00:00:08:77 fd89:8::77 10.89.7.2'
run cni ps --format '{{.Networks}} {{.Ports}}'
expect_out 'yard,quay 0.0.0.0:8080->80/tcp'
expect_true "the published port answers" wait_for 10 busybox wget -q -O - http://127.0.0.1:8080/
# One of each network reaches it by the address in that network.
for network in yard:10.89.7.2 quay:10.89.8.77; do
	run cni run --rm --network "${network%%:*}" box wget -q -O - "http://${network#*:}/"
	expect_out here
done

# Started again: nothing stays behind.
run cni restart -t 0 both
expect_status 0
run cni rm -f -t 0 both
expect_status 0
expect_nothing_left

# podman's list of names, docker's long form, another name of the interface.
run cni run --rm --network yard,quay box ip -4 -o addr show eth1
expect_out_has 'inet 10.89.8.'
run cni run --rm --network name=yard,ip=10.89.7.9 --network quay:interface_name=lan0 box ip -4 -o addr show
expect_out_has 'eth0    inet 10.89.7.9/24'
expect_out_has 'lan0    inet 10.89.8.'
run cni run --rm --network yard --ip 10.89.7.20 --ip6 fd89:7::20 --mac-address 02-00-00-00-07-20 box ip addr show eth0
expect_out_has 10.89.7.20/24
expect_out_has fd89:7::20/64
expect_out_has 02:00:00:00:07:20
# The network of the configuration.
run davit --config "network.cni.conf-directories=$T/net.d" --config engine.network=cni --config network.cni.network=quay \
	run --rm --network bridge:ip=10.89.8.30 box ip -4 -o addr show eth0
expect_out_has 10.89.8.30/24
expect_nothing_left

# The second fails: the first is undone, too.
run cni run --rm --network yard --network quay:ip=10.1.1.1 box true
expect_refused 125 '10.1.1.1'
run cni run --rm --network yard --network quay:color=blue box true
expect_refused 125 'color=blue'
run cni run --rm --network yard --network garden box true
expect_refused 125 'no network "garden"; there are: none, host, container:NAME; cni: yard, quay; slirp4netns'
run cni run --rm --network yard --network slirp4netns box true
expect_refused 125 'must be of one driver'
run cni run --rm --network yard --network yard box true
expect_refused 125 '"yard" is given twice'
run cni run --rm --network bridge box true
expect_refused 125 '"bridge" is the configured network, and there is none'
run cni run --rm --network none --network yard box true
expect_refused 125 "can't be combined with"
# An address and a port that somebody has.
run cni run -d --name holder --network yard --ip 10.89.7.50 -p 8090:80 box sleep 1000
expect_status 0
run cni run --rm --network yard --ip 10.89.7.50 box true
expect_refused 125 10.89.7.50
run cni run --rm --network quay --network yard -p 8090:80 box true
expect_refused 125 'published by the container "holder"'
run cni rm -f -t 0 holder
expect_status 0
expect_nothing_left

# plugin TYPE TEXT: a CNI plugin of this test
plugin ()
{
	printf '#!/bin/sh\n%s\n' "$2" > "$T/bin/$1"
	chmod 755 "$T/bin/$1"
}
# wrong NAME TYPE: a network whose second plugin is that one, so that there is something to undo
wrong ()
{
	sed "s/\"yard\"/\"$1\"/; s/yard0/${1}0/; s/10\\.89\\.7/10.89.9/; s/fd89:7/fd89:9/; s/\"firewall\"/\"$2\"/" \
		"$T/net.d/7-yard.conflist" > "$T/net.d/9-$1.conflist"
}
mkdir "$T/bin"
ln -s /usr/lib/cni/* "$T/bin/"
chmod 755 "$T" "$T/bin"
# For one that hangs, and long enough for those that do not where processors are emulated.
patience=1s
[ -z "${DAVIT_TEST_VM-}" ] || patience=10s
broken ()
{
	davit --config "network.cni.conf-directories=$T/net.d" --config "network.cni.plugin-directories=$T/bin" \
		--config "network.cni.timeout=$patience" run --rm --network yard --network "$1" box true
}
wrong lacking lacking
run broken lacking
expect_refused 125 'plugin "lacking": there is no such program'
wrong garbage garbage
plugin garbage '[ "$CNI_COMMAND" = DEL ] || { cat > /dev/null; printf "\033[2Jwhat?"; }'
run broken garbage
expect_refused 125 'plugin "garbage" (ADD)'
wrong killed killed
plugin killed '[ "$CNI_COMMAND" = DEL ] || kill -9 $$'
run broken killed
expect_refused 125 'plugin "killed" (ADD)'
wrong hanging hanging
plugin hanging '[ "$CNI_COMMAND" = DEL ] || exec sleep 1000'
run broken hanging
expect_refused 125 "did not end within ${patience%s}000 ms and was killed"
expect_nothing_left
run davit system check
expect_out ''

# davit is killed while the second network is made: before anything of it is there (the bridge's ADD),
# and when the most of it is (the firewall's). The namespace goes with davit and its plugin, and
# whatever looks at the container next takes the rest away.
mkdir -m 755 "$T/slow"
mkfifo "$T/reached"
# slow TYPE: a directory of plugins in which that one waits at ADD of eth1, while there is a gate
slow ()
{
	rm -f "$T/slow/"*
	ln -s /usr/lib/cni/* "$T/slow/"
	rm "$T/slow/$1"
	cat > "$T/slow/$1" << END
#!/bin/sh
if [ "\$CNI_COMMAND \$CNI_IFNAME" = "ADD eth1" ] && [ -e "$T/gate" ]; then
	echo \$PPID > "$T/reached"
	read -r go < "$T/gate"
fi
exec /usr/lib/cni/$1
END
	chmod 755 "$T/slow/$1"
}
slowly ()
{
	davit --config "network.cni.conf-directories=$T/net.d" --config "network.cni.plugin-directories=$T/slow" "$@"
}
no_interface ()
{
	! ip -o link | grep -q veth
}
leases ()
{
	find "$T/leases" -name '10.*' | wc -l
}
exec {reached}<> "$T/reached"
for case in bridge:1 firewall:2; do
	slow "${case%:*}"
	for way in repair start rm; do
		mkfifo "$T/gate"
		slowly run -d --name cut --network yard --network quay -p 8070:80 box sleep 1000 > "$T/cut" 2>&1 &
		client=$!
		victim=
		read -rt 20 victim <&"$reached"
		expect_equal "$(readlink "/proc/$victim/exe")" "$(readlink -f "$DAVIT")" "davit waits for ${case%:*}, to be left to $way"
		kill -KILL "$victim"
		wait "$client"
		expect_true "the namespace goes with it" wait_for 10 no_interface
		expect_equal "$(leases)" "${case#*:}" "but the leases do not"
		rm "$T/gate"
		case $way in
		repair)
			run davit system check
			expect_out 'container "cut": its start was broken off'
			run slowly system check --repair
			run davit system check
			expect_out ''
			expect_equal "$(ls "$T/run/containers")" "" "no run is left"
			expect_nothing_left
			;;
		start)
			run slowly start cut
			expect_status 0
			expect_equal "$(leases)" 2 "it has two addresses and no more"
			;;
		esac
		run slowly rm -f -t 0 cut
		expect_status 0
		expect_nothing_left
	done
done
exec {reached}>&-

# slirp4netns by its name, with options.
run davit run --rm --network slirp4netns:mtu=1400,cidr=10.55.0.0/24,enable_ipv6=false box sh -c 'cat /sys/class/net/eth0/mtu; ip -4 -o addr show eth0; cat /etc/resolv.conf'
expect_status 0
expect_match '^1400'
expect_out_has 10.55.0.100/24
expect_out_has 'nameserver 10.55.0.3'
run davit run --rm --network slirp4netns:interface_name=tap0,mac=02:00:00:00:00:55 box cat /sys/class/net/tap0/address
expect_out 02:00:00:00:00:55
run davit run --rm --network slirp4netns:colour=blue box true
expect_refused 125 'there is no such option; there are allow_host_loopback, cidr, enable_ipv6, mtu, outbound_addr, outbound_addr6 and port_handler'
run davit run --rm --network slirp4netns:mtu=1 box true
expect_refused 125 'must be a number of bytes from 68 to 65521'
run davit run --rm --network slirp4netns:ip=10.0.2.5 box true
expect_refused 125 "can't give the address \"10.0.2.5\""
run davit run --rm --network-driver cni --network slirp4netns box true
expect_refused 125 'no network of the driver "cni" "slirp4netns"'
run davit run --rm --network none:mtu=5 box true
expect_refused 125 '"none" takes no options'

# helper NAME PROGRAM: what stands in for slirp4netns
helper ()
{
	printf '#!/bin/sh\n%s\n' "$1" > "$T/bin/stand-in"
	chmod 755 "$T/bin/stand-in"
	davit --config "network.slirp4netns.program=$T/bin/stand-in" --config network.slirp4netns.timeout=1s \
		run --rm --network slirp4netns box true
}
run davit --config "network.slirp4netns.program=$T/bin/nothing" run --rm --network slirp4netns box true
expect_refused 125 "$T/bin/nothing"
run helper 'exec sleep 1000'
expect_refused 125 'the network was not ready after 1000 ms, and it was killed'
run helper 'printf garbage >&3; exec sleep 1000'
expect_refused 125 'said "garbage" where "1" was expected'
run helper 'echo too bad >&2; exit 3'
expect_refused 125 'ended with status 3 before the network was ready: too bad'
run helper 'printf 1 >&3; exec sleep 1000'
expect_refused 125 'says that it is ready, but interface "eth0" is not there'
run davit ps -aq
expect_out ''
expect_equal "$(find "$T/run/plugins/network/slirp4netns" -mindepth 1 2> /dev/null | wc -l)" 0 "no file of a helper is left"

# A helper that is killed: the container runs on, and everybody is told.
davit run --name user --network slirp4netns box sleep 1000 > "$T/told" 2>&1 &
client=$!
expect_true "it runs" wait_for 20 sh -c "'$DAVIT' --root '$T/root' --runroot '$T/run' ps -q | grep -q ."
run davit inspect --format '{{.NetworkSettings.Networks.slirp4netns.HelperPid}} {{.NetworkSettings.Networks.slirp4netns.Lost}}' user
expect_match '^[1-9][0-9]* false$'
pid=${out%% *}
run davit system check
expect_out ''
python3 -c '
import os, signal, sys
fd = os.pidfd_open(int(sys.argv[1]))
assert "slirp4netns" in os.readlink("/proc/" + sys.argv[1] + "/exe")
signal.pidfd_send_signal(fd, signal.SIGKILL)' "$pid"
expect_true "who is connected is told" wait_for 10 grep -q 'davit: warning: a process that connects the container has ended; restart the container' "$T/told"
expect_true "the log says so" wait_for 10 sh -c "'$DAVIT' --root '$T/root' --runroot '$T/run' logs user 2>&1 | grep -q 'davit-monitor: a process that connects'"
run davit inspect --format '{{.State.Running}} {{.NetworkSettings.Networks.slirp4netns.Lost}} {{.State.Error}}' user
expect_match '^true true a process that connects it has ended'
run davit ps --format '{{.Status}}'
expect_match 'Up .* \(network lost\)$'
run davit system check
expect_out_has "container \"user\": process $pid, which connects it to network \"slirp4netns\", has ended; restart the container"
run davit exec user true
expect_status 0
run davit rm -f -t 0 user
expect_status 0
wait "$client"
run davit system check
expect_out ''

tap_end
